import type { Socket } from 'node:net';
import type { Peer, Wire, WireHandler } from '../broker/ports.ts';
import type { Flow } from './turns.ts';

/** Milliseconds that `end` gives the peer to take what was sent, before the connection is cut. */
const LINGER = 2000;

/** Milliseconds of silence before the system probes the peer. */
const PROBE_DELAY = 60_000;

/** A socket, or a TLS socket, as a wire. */
export class SocketWire implements Wire {
  readonly peer: Peer;
  readonly #socket: Socket;
  readonly #flow: Flow;
  readonly #encrypts: boolean;

  /** `flow`: what stops the bytes and lets them come again, where it is not the socket itself. */
  constructor(socket: Socket, peer: Peer, flow: Flow = socket) {
    this.#socket = socket;
    this.#flow = flow;
    this.#encrypts = 'encrypted' in socket;
    this.peer = peer;
  }

  /**
   * Tells `handler` what happens from now on, but for the bytes: those come by the way the listener reads. Somebody
   * listens for the socket's errors already.
   */
  serve(handler: WireHandler): void {
    this.#socket.on('drain', () => handler.drained());
    this.#socket.on('close', () => handler.closed());
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Buffer): boolean {
    const socket = this.#socket;
    if (!socket.writable) return true;
    // What is encrypted is copied at once, unless it has to wait for what was written before.
    const copied = this.#encrypts && socket.writableLength === 0;
    socket.write(bytes);
    return copied || socket.writableLength === 0;
  }

  writeAll(pieces: readonly Buffer[]): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  pause(): void {
    this.#flow.pause();
  }

  resume(): void {
    this.#flow.resume();
  }

  end(): void {
    const socket = this.#socket;
    // There is nothing that the peer would still have to take.
    if (socket.bytesWritten === 0) return void socket.destroy();
    const cut = setTimeout(() => socket.destroy(), LINGER);
    socket.once('close', () => clearTimeout(cut));
    socket.end();
    this.#flow.resume(); // Only who reads on sees the peer's end.
  }

  probe(): void {
    this.#socket.setKeepAlive(true, PROBE_DELAY);
  }
}
