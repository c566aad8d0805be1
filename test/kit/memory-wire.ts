import assert from 'node:assert/strict';
import type { Clock } from '../../src/base/clock.ts';
import type { Peer, Wire, WireHandler } from '../../src/broker/ports.ts';

export interface MemoryWireOptions {
  readonly clock: Clock;
  readonly peer?: Partial<Peer>;
}

/**
 * A wire without a system below it. The broker's end is the `Wire`; a test holds the other end: it sends, reads, stops
 * reading, and vanishes. It is as strict as a wire may be: bytes that the broker gets are overwritten after the call,
 * bytes that the wire keeps are not copied.
 */
export class MemoryWire implements Wire {
  peer: Peer;
  /** The broker has stopped reading. */
  paused = false;
  /** Whether the system was asked to look after a silent peer. */
  probed = false;
  /** The broker has ended the stream, or the peer has cut it. */
  ended = false;
  /** How often the broker wrote. */
  writes = 0;
  readonly #clock: Clock;
  #handler: WireHandler | null = null;
  /** Bytes that the system below takes before it makes the broker wait. */
  #room = Infinity;
  #backlog: Buffer[] = [];
  #backlogBytes = 0;
  #arrived: Buffer[] = [];
  /** Bytes of the peer that wait while the broker does not read. */
  #unread: Buffer[] = [];
  #isClosed = false;

  constructor({ clock, peer = {} }: MemoryWireOptions) {
    this.#clock = clock;
    this.peer = { address: '192.0.2.1', port: 40_000, listener: 'memory', certificate: null, ...peer };
  }

  /** Tells `handler` what happens: the broker's answer to `attach`. */
  serve(handler: WireHandler): void {
    this.#handler = handler;
  }

  // The broker's end

  get backlog(): number {
    return this.#backlogBytes;
  }

  write(bytes: Buffer): boolean {
    if (this.ended) return true;
    this.writes++;
    this.#backlog.push(bytes);
    this.#backlogBytes += bytes.length;
    this.#move();
    return this.#backlogBytes === 0;
  }

  writeAll(pieces: readonly Buffer[]): void {
    if (this.ended) return;
    this.writes++;
    for (const piece of pieces) {
      this.#backlog.push(piece);
      this.#backlogBytes += piece.length;
    }
    this.#move();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.#clock.endOfTurn(() => this.#deliver());
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#clock.endOfTurn(() => this.#close());
  }

  probe(): void {
    this.probed = true;
  }

  // The test's end

  /** Something below has found out who the peer is. */
  identify(found: Partial<Peer>): void {
    this.peer = { ...this.peer, ...found };
    this.#handler?.identified();
  }

  /** Sends bytes to the broker; they wait while it does not read. */
  send(bytes: Uint8Array): void {
    this.#unread.push(Buffer.from(bytes));
    this.#deliver();
  }

  /** The bytes that have arrived since the last call, in the pieces in which the broker wrote them. */
  read(): Buffer[] {
    const arrived = this.#arrived;
    this.#arrived = [];
    return arrived;
  }

  /** Bytes that the broker sent and that the peer does not take: `bytes` more are taken before all has to wait. */
  stall(bytes = 0): void {
    this.#room = bytes;
  }

  /** Takes `bytes` more, all of them and all that follow without an argument; tells the broker when all was taken. */
  drain(bytes = Infinity): void {
    const waited = this.#backlogBytes > 0;
    this.#room = bytes;
    this.#move();
    if (waited && this.#backlogBytes === 0 && !this.#isClosed) this.#handler?.drained();
  }

  /** The peer is gone without a word. */
  cut(): void {
    this.ended = true;
    this.#close();
  }

  #move(): void {
    while (this.#room > 0) {
      const piece = this.#backlog.shift();
      if (piece === undefined) return;
      const taken = piece.subarray(0, Math.min(piece.length, this.#room));
      this.#arrived.push(Buffer.from(taken));
      this.#room -= taken.length;
      this.#backlogBytes -= taken.length;
      if (taken.length < piece.length) this.#backlog.unshift(piece.subarray(taken.length));
    }
  }

  #deliver(): void {
    while (!this.paused && !this.#isClosed) {
      const bytes = this.#unread.shift();
      if (bytes === undefined) return;
      assert.ok(this.#handler, 'nobody serves this wire');
      this.#handler.data(bytes);
      bytes.fill(0xee);
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handler?.closed();
  }
}
