import { Decoder } from '../../../src/codec/decoder.ts';
import type { Packet, ProtocolVersion } from '../../../src/codec/packets.ts';
import { TopicCache } from '../../../src/codec/topic-cache.ts';

const LIMIT_MS = 10_000;

/** A packet as it came, and as it is read. */
export interface Received {
  readonly packet: Packet;
  readonly bytes: Buffer;
}

/** What the broker has sent to one client, packet by packet; reading waits for it. */
export class Inbox {
  readonly #decoder = new Decoder(new TopicCache(), Infinity);
  readonly #packets: Received[] = [];
  /** Bytes that are no whole packet yet. */
  #rest: Buffer = Buffer.alloc(0);
  #ended = false;
  #error: Error | null = null;
  #changed: () => void = () => {};

  constructor(version: ProtocolVersion) {
    this.#decoder.version = version;
  }

  data(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    try {
      for (let size = packetSize(this.#rest); size <= this.#rest.length; size = packetSize(this.#rest))
        this.#take(size);
    } catch (error) {
      this.failed(error instanceof Error ? error : new Error(String(error)));
    }
    this.#changed();
  }

  closed(): void {
    this.#ended = true;
    this.#changed();
  }

  failed(error: Error): void {
    this.#error ??= error;
    this.#changed();
  }

  /** The next packet; rejects when the connection ends before it, with `what` was waited for. */
  async next(what: string): Promise<Received> {
    await this.#until(() => this.#packets.length > 0 || this.#ended, what);
    const received = this.#packets.shift();
    if (received === undefined) throw new Error(`the connection ended and ${what} was expected`);
    return received;
  }

  /** The next packet, null when the connection ends before it. */
  async nextOrEnd(): Promise<Received | null> {
    await this.#until(() => this.#packets.length > 0 || this.#ended, 'the end of the connection');
    const received = this.#packets.shift() ?? null;
    if (received === null && this.#rest.length > 0)
      throw new Error(`the connection ended within a packet: ${this.#rest.toString('hex')}`);
    return received;
  }

  #take(size: number): void {
    const bytes = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    this.#decoder.push(bytes);
    const packet = this.#decoder.next();
    this.#decoder.keep();
    if (packet === null) throw new Error(`not one packet: ${bytes.toString('hex')}`);
    this.#packets.push({ packet, bytes });
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const came = (): string => this.#packets.map(({ bytes }) => bytes.toString('hex', 0, 32)).join(', ');
    const guard = setTimeout(() => reject(new Error(`waited ${LIMIT_MS} ms for ${what}; came: ${came()}`)), LIMIT_MS);
    this.#changed = () => {
      if (this.#error !== null) reject(this.#error);
      else if (condition()) resolve();
    };
    this.#changed();
    await promise.finally(() => clearTimeout(guard));
  }
}

/** Bytes of the packet that `bytes` begin with; Infinity while its length has not come. */
function packetSize(bytes: Buffer): number {
  let length = 0;
  for (let at = 1; at < 5; at++) {
    const byte = bytes[at];
    if (byte === undefined) return Infinity;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if (byte < 0x80) return at + 1 + length;
  }
  throw new Error('the length of a packet from the broker has more than four bytes');
}
