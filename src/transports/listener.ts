import { createServer, type Server, type Socket } from 'node:net';
import type { Listener, ListenerAddress, Peer, Wire, WireHandler } from '../broker/ports.ts';
import { LayeredWire } from './layered-wire.ts';
import type { Place } from './place.ts';
import { peerOf } from './peer.ts';
import { serveHandles, serveSockets } from './serve.ts';
import { SocketWire } from './socket-wire.ts';
import { Turns } from './turns.ts';

/** A connection on its way up: the layers of its listener do their handshakes one after the other. */
export interface Rising {
  /**
   * What the next layer reads and writes: the accepted socket, or the TLS socket on top of it. It is not flowing, and
   * may be paused: who listens for its 'data' also calls `resume`. Bytes that came too early for the layer below lie in
   * front of it (`unshift`).
   */
  readonly stream: Socket;
  /** What the broker has accepted already. A layer tells it what it finds out about the peer (`identify`). */
  readonly wire: LayeredWire;
  readonly handler: WireHandler;
}

/**
 * One layer below MQTT: the header of the PROXY protocol, TLS. Whoever destroys the stream ends the connection; that
 * the wire is closed is told by the listener.
 */
export interface Layer {
  /** The peer's address comes from this layer: until then the wire has none. */
  readonly identifies?: true;
  /** Gets ready before the listener opens; what it rejects with is what `open` of the listener rejects with. */
  open?(): Promise<void>;
  /** Does its handshake, then calls `next` with the stream for the layer above; or destroys the stream. */
  rise(connection: Rising, next: (stream: Socket) => void): void;
}

/**
 * What turns the stream above the last layer into the carrier of the wire: MQTT's bytes as they are (the usual case),
 * or a WebSocket.
 */
export interface Top {
  /**
   * Takes the connection over: from this call on it is up to the top to call `handler.closed` once when all is over,
   * whoever ended it, also where its own handshake never ends well; the bytes that came before are told before. Until
   * `wire.carry` the wire's `end` destroys the accepted socket, and so the stream.
   */
  carry(connection: Rising): void;
}

/** What makes a listener. */
export interface ListenerParts<Address extends ListenerAddress> {
  readonly name: string;
  readonly place: Place<Address>;
  /** From the bottom to the top. */
  readonly layers: readonly Layer[];
  /** `plainTop` where it is left out. */
  readonly top?: Top;
}

/**
 * Every listener is made here: it accepts sockets at a place, tells the broker of each at once, and has it rise
 * through the layers. Without layers a socket is the wire itself.
 */
export function layeredListener<Address extends ListenerAddress>(parts: ListenerParts<Address>): Listener<Address> {
  const { name, place, layers, top } = parts;
  const server = createServer({ noDelay: true });
  const open = new Set<Socket>();
  const track = (socket: Socket): void => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // 'close' follows, and what a reset connection is called does not matter to anybody.
    socket.on('error', () => {});
  };
  return {
    name,
    async open(accept) {
      for (const layer of layers) await layer.open?.(); // oxlint-disable-line no-await-in-loop -- the first problem is told
      const address = await place.listen(server);
      // What may fail from now on is to accept one connection: its client tries again.
      server.on('error', () => {});
      if (layers.length === 0 && top === undefined) serveDirectly(server, name, accept, track);
      else
        server.on('connection', (socket) => {
          track(socket);
          rise(socket, parts, accept);
        });
      return address;
    },
    async close() {
      // Not `once` of node:events: that rejects when a socket is reset, which is as good an end as any.
      const ends = [server, ...open].map((source) => new Promise((resolve) => source.once('close', resolve)));
      place.leave(server);
      await Promise.all(ends);
    },
  };
}

type Accept = (wire: Wire) => WireHandler;

/** The fast way: a socket without layers is a wire. */
function serveDirectly(server: Server, name: string, accept: Accept, track: (socket: Socket) => void): void {
  const serve = (socket: Socket): WireHandler => {
    track(socket);
    const wire = new SocketWire(socket, peerOf(socket, name));
    const handler = accept(wire);
    wire.serve(handler);
    return handler;
  };
  if (!serveHandles(server, serve)) serveSockets(server, serve);
}

/** Has the broker accept the connection as it is, then lets it rise layer by layer. */
function rise(socket: Socket, { name, layers, top = plainTop }: ListenerParts<ListenerAddress>, accept: Accept): void {
  const later = layers.some((layer) => layer.identifies === true);
  const peer: Peer = { ...peerOf(socket, name), ...(later ? { address: '', port: 0 } : {}) };
  const wire = new LayeredWire(peer, () => socket.destroy());
  const handler = accept(wire);
  const closed = (): void => handler.closed();
  socket.once('close', closed);
  const climb = (stream: Socket, level: number): void => {
    if (socket.destroyed) return;
    const connection = { stream, wire, handler };
    const layer = layers[level];
    if (layer !== undefined) return layer.rise(connection, (above) => climb(above, level + 1));
    socket.off('close', closed);
    top.carry(connection);
  };
  climb(socket, 0);
}

/** MQTT's bytes are the stream's bytes. */
const plainTop: Top = {
  carry({ stream, wire, handler }) {
    const turns = new Turns(stream);
    const carrier = new SocketWire(stream, wire.peer, turns);
    carrier.serve(handler);
    stream.on('data', (bytes: Buffer) => {
      turns.took(bytes.length);
      handler.data(bytes);
    });
    stream.resume();
    wire.carry(carrier);
  },
};
