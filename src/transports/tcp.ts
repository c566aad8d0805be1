import { createServer, type Server, Socket, type SocketConstructorOpts } from 'node:net';
import type { Listener, WireHandler } from '../broker/ports.ts';
import { TcpWire } from './tcp-wire.ts';

/** Where a TCP listener listens. */
export interface TcpOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Name or address; 127.0.0.1 where it is left out. */
  readonly host?: string;
  /** Name of the listener: `tcp` where it is left out. */
  readonly name?: string;
}

/** Connections that the system holds for us while we are busy. */
const BACKLOG = 4096;

/** A listener for MQTT over TCP. */
export function tcp(options: TcpOptions): Listener {
  const { name = 'tcp', host = '127.0.0.1', port } = options;
  const server = createServer({ noDelay: true });
  const open = new Set<Socket>();
  return {
    name,
    open(accept) {
      const serve = (socket: Socket): WireHandler => {
        open.add(socket);
        socket.once('close', () => open.delete(socket));
        const wire = new TcpWire(socket, name);
        const handler = accept(wire);
        wire.serve(handler);
        return handler;
      };
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, host, backlog: BACKLOG }, () => {
          server.off('error', reject);
          // What may fail from now on is to accept one connection: its client tries again.
          server.on('error', () => {});
          if (!serveHandles(server, serve)) serveSockets(server, serve);
          const address = server.address();
          if (typeof address === 'object' && address !== null) resolve({ host: address.address, port: address.port });
        });
      });
    },
    async close() {
      // Not `once` of node:events: that rejects when a socket is reset, which is as good an end as any.
      const ends = [server, ...open].map((source) => new Promise((resolve) => source.once('close', resolve)));
      server.close();
      await Promise.all(ends);
    },
  };
}

/** The plain way: every socket reads into memory of its own. */
function serveSockets(server: Server, serve: (socket: Socket) => WireHandler): void {
  server.on('connection', (socket) => {
    const handler = serve(socket);
    socket.on('data', (bytes: Buffer) => handler.data(bytes));
  });
}

/** Bytes that are read at once. One buffer serves all sockets of a listener: nobody keeps what it reads. */
const READ_BUFFER = 256 * 1024;

/** What of Node's internals the fast way touches; public API offers `onread` to clients only. */
interface ServerInternals {
  readonly _handle?: { onconnection?: (error: number, handle: TcpHandle | undefined) => void };
}

interface TcpHandle {
  setNoDelay(on: boolean): void;
}

/**
 * The fast way: sockets that all read into one buffer (`onread`), which saves a tenth of the cost of a message. Node
 * makes such sockets for clients only, so they are made here from the accepted handles. False where this Node has no
 * such handles.
 */
function serveHandles(server: Server, serve: (socket: Socket) => WireHandler): boolean {
  const internal = (server as unknown as ServerInternals)._handle;
  if (typeof internal?.onconnection !== 'function') return false;
  const buffer = Buffer.allocUnsafeSlow(READ_BUFFER);
  internal.onconnection = (error, handle) => {
    if (error !== 0 || handle === undefined) return;
    let handler: WireHandler | null = null;
    const callback = (length: number): boolean => {
      handler?.data(buffer.subarray(0, length));
      return true;
    };
    const socket = new Socket({ handle, onread: { buffer, callback } } as unknown as SocketConstructorOpts);
    handle.setNoDelay(true);
    handler = serve(socket);
  };
  return true;
}
