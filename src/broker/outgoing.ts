import { encodeAck } from '../codec/encode.ts';
import type { AckPacket } from '../codec/packets.ts';
import type { PublishFrame } from '../codec/publish-frame.ts';
import type { Wire } from './ports.ts';
import type { Counters } from './stats.ts';
import type { Flushable, Turn } from './turn.ts';

const EMPTY = Buffer.alloc(0);
/** Bytes of pieces with which the wire gets to work before the turn ends: a receiver that keeps up is not a slow one. */
const MANY = 256 * 1024;

/**
 * What one connection is about to send: collected during a turn of the event loop, written once at its end. Its
 * buffer is borrowed from the turn, so that an idle connection holds none.
 */
export class Outgoing {
  readonly #wire: Wire;
  readonly #turn: Turn;
  readonly #owner: Flushable;
  readonly #counters: Counters;
  #buffer: Buffer = EMPTY;
  #length = 0;
  /** Finished pieces before the buffer, where large payloads are sent by reference. */
  #pieces: Buffer[] | null = null;
  #piecesBytes = 0;
  #scheduled = false;
  #closed = false;

  /** `owner` is told at the end of a turn in which there was something to send, and calls `flush` then. */
  constructor(wire: Wire, turn: Turn, owner: Flushable, counters: Counters) {
    this.#counters = counters;
    this.#wire = wire;
    this.#turn = turn;
    this.#owner = owner;
  }

  /** Bytes that the operating system has not taken yet. */
  get pending(): number {
    return this.#length + this.#piecesBytes + this.#wire.backlog;
  }

  /** Any packet, encoded. */
  bytes(packet: Buffer): void {
    const at = this.#reserve(packet.length);
    if (at === -1) this.#byReference(packet);
    else packet.copy(this.#buffer, at);
  }

  /** PUBACK, PUBREC, PUBREL or PUBCOMP without reason code. */
  ack(type: AckPacket['type'], packetId: number): void {
    const at = this.#reserve(4);
    encodeAck(type, packetId, this.#buffer, at);
  }

  /** PUBLISH; `first` is its first byte. */
  publish(publish: PublishFrame, first: number, packetId: number, alias: number): void {
    const { frame, packetIdAt, aliasAt, tail } = publish;
    const at = this.#reserve(frame.length);
    if (at === -1) {
      const own = Buffer.from(frame);
      own[0] = first;
      if (packetIdAt !== 0) patch(own, packetIdAt, packetId);
      if (aliasAt !== 0) patch(own, aliasAt, alias);
      this.#byReference(own);
    } else {
      frame.copy(this.#buffer, at);
      this.#buffer[at] = first;
      if (packetIdAt !== 0) patch(this.#buffer, at + packetIdAt, packetId);
      if (aliasAt !== 0) patch(this.#buffer, at + aliasAt, alias);
    }
    if (tail !== null) this.#byReference(tail);
  }

  /** Gives everything to the wire. */
  flush(): void {
    this.#scheduled = false;
    if (this.#closed) return;
    // Let go of everything first: the wire may report its end, and so close this, before `write` returns.
    const buffer = this.#buffer;
    const pieces = this.#pieces;
    const rest = buffer.subarray(0, this.#length);
    this.#buffer = EMPTY;
    this.#length = 0;
    if (pieces !== null) {
      this.#pieces = null;
      this.#counters.bytesSent += this.#piecesBytes + rest.length;
      this.#piecesBytes = 0;
      if (rest.length > 0) pieces.push(rest);
      else if (buffer !== EMPTY) this.#turn.giveBack(buffer);
      this.#wire.writeAll(pieces);
    } else if (rest.length > 0) {
      this.#counters.bytesSent += rest.length;
      this.#write(rest, buffer);
    }
  }

  /** Behind a backlog little bytes wait long: in memory of their own, for the borrowed buffer is far larger. */
  #write(bytes: Buffer, buffer: Buffer): void {
    const own = bytes.length * 2 < buffer.length && this.#wire.backlog > 0;
    if (this.#wire.write(own ? Buffer.from(bytes) : bytes) || own) this.#turn.giveBack(buffer);
  }

  /** Forgets what was not sent; nothing goes out any more. */
  close(): void {
    this.#closed = true;
    if (this.#buffer !== EMPTY) this.#turn.giveBack(this.#buffer);
    this.#buffer = EMPTY;
    this.#length = 0;
    this.#pieces = null;
    this.#piecesBytes = 0;
  }

  /** Room for `size` bytes in the buffer; -1 when they are more than any buffer has. */
  #reserve(size: number): number {
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#turn.add(this.#owner);
    }
    const at = this.#length;
    if (at + size <= this.#buffer.length) {
      this.#length = at + size;
      return at;
    }
    return this.#reserveMore(size);
  }

  #reserveMore(size: number): number {
    const small = this.#buffer;
    const larger = this.#turn.borrow(this.#length + size);
    if (larger !== null) {
      small.copy(larger, 0, 0, this.#length);
      if (small !== EMPTY) this.#turn.giveBack(small);
      this.#buffer = larger;
      const at = this.#length;
      this.#length += size;
      return at;
    }
    if (this.#length === 0) return -1;
    // A full buffer goes out at once: the peer may work on it while we fill the next.
    this.flush();
    return this.#reserve(size);
  }

  #byReference(piece: Buffer): void {
    this.#pieces ??= [];
    if (this.#length > 0) {
      // Copied into memory of its own: the borrowed buffer is far larger than what it holds here.
      this.#pieces.push(Buffer.from(this.#buffer.subarray(0, this.#length)));
      this.#piecesBytes += this.#length;
      this.#length = 0;
    }
    this.#pieces.push(piece);
    this.#piecesBytes += piece.length;
    if (this.#piecesBytes > MANY) return this.flush();
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#turn.add(this.#owner);
    }
  }
}

function patch(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >> 8;
  buffer[at + 1] = value & 0xff;
}
