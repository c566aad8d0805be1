import type { Socket } from 'node:net';
import type { Peer, Wire, WireHandler } from '../broker/ports.ts';

/** Milliseconds that `end` gives the peer to take what was sent, before the connection is cut. */
const LINGER = 2000;

/** Milliseconds of silence before the system probes the peer. */
const PROBE_DELAY = 60_000;

/** A TCP socket as a wire. */
export class TcpWire implements Wire {
  readonly peer: Peer;
  readonly #socket: Socket;

  constructor(socket: Socket, listener: string) {
    this.#socket = socket;
    const address = socket.remoteAddress ?? '';
    this.peer = {
      address: address.startsWith('::ffff:') ? address.slice(7) : address,
      port: socket.remotePort ?? 0,
      listener,
    };
  }

  /** Tells `handler` what happens from now on, but for the bytes: those come by the way the listener reads. */
  serve(handler: WireHandler): void {
    this.#socket.on('drain', () => handler.drained());
    this.#socket.on('close', () => handler.closed());
    // 'close' follows, and what a reset connection is called does not matter to anybody.
    this.#socket.on('error', () => {});
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Buffer): boolean {
    const socket = this.#socket;
    if (!socket.writable) return true;
    socket.write(bytes);
    return socket.writableLength === 0;
  }

  writeAll(pieces: readonly Buffer[]): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    const socket = this.#socket;
    const cut = setTimeout(() => socket.destroy(), LINGER);
    socket.once('close', () => clearTimeout(cut));
    socket.end();
    socket.resume(); // Only who reads on sees the peer's end.
  }

  probe(): void {
    this.#socket.setKeepAlive(true, PROBE_DELAY);
  }
}
