import { decodePacket, qosOf } from './decode.ts';
import { malformed, ProtocolError, protocolError } from './errors.ts';
import type { Packet, ProtocolVersion, PublishPacket } from './packets.ts';
import { PacketType } from './packets.ts';
import { readProperties } from './properties.ts';
import { ReasonCode } from './reason-codes.ts';
import { Reader } from './reader.ts';
import type { TopicCache } from './topic-cache.ts';

/**
 * Turns the bytes of one direction of one connection into packets, however they are split. Usage: `push` a chunk,
 * take packets with `next` until it returns null. Packets that lie whole in the chunk are views on it; `next` copies
 * an incomplete rest, so that the chunk's memory may be used again once `next` returned null or `keep` was called.
 */
export class Decoder {
  /** How packets after CONNECT are read; a CONNECT sets it. */
  version: ProtocolVersion = 4;
  /** Bytes of the largest packet that is accepted, fixed header included; checked before its body is waited for. */
  maxPacketSize: number;

  readonly #topics: TopicCache;
  readonly #reader = new Reader();
  #chunk: Buffer = EMPTY;
  #at = 0;
  /** The chunk is a copy of ours already: it is long when every one of its packets has to wait. */
  #kept = false;
  /** The beginning of a packet that came in an earlier chunk: `#partial[0, #partialLength)`. */
  #partial: Buffer | null = null;
  #partialLength = 0;

  constructor(topics: TopicCache, maxPacketSize: number) {
    this.#topics = topics;
    this.maxPacketSize = maxPacketSize;
  }

  /** Hands over the next bytes. Only when `next` has returned null for those before, or `keep` was called. */
  push(chunk: Buffer): void {
    this.#kept = this.#at < this.#chunk.length;
    this.#chunk = this.#kept ? Buffer.concat([this.#chunk.subarray(this.#at), chunk]) : chunk;
    this.#at = 0;
  }

  /** Copies what was pushed and not yet taken: the chunk's memory is about to be used again. */
  keep(): void {
    if (this.#kept && this.#at < this.#chunk.length) return;
    this.#kept = true;
    if (this.#at < this.#chunk.length) this.#chunk = Buffer.from(this.#chunk.subarray(this.#at));
    else this.#chunk = EMPTY;
    this.#at = 0;
  }

  /** The next packet, or null when more bytes are needed. Throws ProtocolError: the connection is beyond repair then. */
  next(): Packet | null {
    if (this.#partial !== null) return this.#nextPartial(this.#partial);
    const chunk = this.#chunk;
    const start = this.#at;
    if (start === chunk.length) return null;
    const body = bodyStart(chunk, start, chunk.length, this.version);
    if (body === 0) return this.#begin(0);
    const end = body + remainingLength(chunk, start);
    if (end - start > this.maxPacketSize) throw tooLarge(end - start, this.maxPacketSize);
    if (end > chunk.length) return this.#begin(end - start);
    this.#at = end;
    return this.#decode(chunk, start, body, end);
  }

  /** Keeps the rest of the chunk as the beginning of a packet of `size` bytes (0: not known yet). */
  #begin(size: number): null {
    const rest = this.#chunk.subarray(this.#at);
    // Memory follows the bytes that came, not the length that the peer claims.
    this.#partial = Buffer.allocUnsafe(Math.max(MIN_PARTIAL, Math.min(size, rest.length * 2)));
    rest.copy(this.#partial);
    this.#partialLength = rest.length;
    this.#chunk = EMPTY;
    this.#at = 0;
    return null;
  }

  #nextPartial(partial: Buffer): Packet | null {
    // One byte at a time until the length is known: at most four rounds.
    while (bodyStart(partial, 0, this.#partialLength, this.version) === 0) {
      if (this.#at === this.#chunk.length) return this.#spent();
      partial[this.#partialLength++] = this.#chunk[this.#at++] as number;
    }
    const body = bodyStart(partial, 0, this.#partialLength, this.version);
    const size = body + remainingLength(partial, 0);
    if (size > this.maxPacketSize) throw tooLarge(size, this.maxPacketSize);
    const taken = Math.min(size - this.#partialLength, this.#chunk.length - this.#at);
    const room = this.#grow(partial, this.#partialLength + taken, size);
    this.#chunk.copy(room, this.#partialLength, this.#at, this.#at + taken);
    this.#at += taken;
    this.#partialLength += taken;
    if (this.#partialLength < size) return this.#spent();
    this.#partial = null;
    this.#partialLength = 0;
    return this.#decode(room, 0, body, size);
  }

  #grow(partial: Buffer, needed: number, size: number): Buffer {
    if (needed <= partial.length) return partial;
    const larger = Buffer.allocUnsafe(Math.min(size, Math.max(needed, partial.length * 2)));
    partial.copy(larger, 0, 0, this.#partialLength);
    this.#partial = larger;
    return larger;
  }

  #spent(): null {
    this.#chunk = EMPTY;
    this.#at = 0;
    return null;
  }

  #decode(bytes: Buffer, start: number, body: number, end: number): Packet {
    const first = bytes[start] as number;
    this.#reader.set(bytes, body, end);
    if (first >> 4 === PacketType.publish) return this.#decodePublish(first, start, body, end);
    const packet = decodePacket(this.#reader, first, this.version);
    if (packet.type === PacketType.connect) this.version = packet.version;
    return packet;
  }

  #decodePublish(first: number, start: number, body: number, end: number): PublishPacket {
    const reader = this.#reader;
    const qos = qosOf((first >> 1) & 3);
    const dup = (first & 0x08) !== 0;
    if (dup && qos === 0 && this.version > 3) throw malformed('DUP at QoS 0'); // [MQTT-3.3.1-2]
    const topicStart = reader.at + 2;
    const topicEnd = topicStart + reader.u16();
    if (topicEnd > end) throw malformed('the packet ends before its fields do');
    const topic = this.#topics.read(reader.bytes, topicStart, topicEnd);
    reader.at = topicEnd;
    let packetId = 0;
    if (qos > 0) {
      packetId = reader.u16();
      if (packetId === 0) throw protocolError('packet identifier 0');
    }
    const properties = this.version === 5 ? readProperties(reader, 'publish') : null;
    const payload = reader.bytes.subarray(reader.at, end);
    // A length in more bytes than it needs is the sender's affair, not what receivers are to see.
    const isPlain = qos === 0 && this.version < 5 && bodyOffset(end - body) === body - start;
    const frame = isPlain ? reader.bytes.subarray(start, end) : null;
    const retain = (first & 0x01) !== 0;
    return { type: PacketType.publish, dup, qos, retain, topic, packetId, properties, payload, frame };
  }
}

const EMPTY = Buffer.alloc(0);
const MIN_PARTIAL = 64;

/** Where the body begins of the packet at `start`; 0 while its length is incomplete. */
function bodyStart(bytes: Buffer, start: number, end: number, version: ProtocolVersion): number {
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x80) {
      // Only 5.0 asks for the shortest form [MQTT-1.5.5-1].
      if (byte === 0 && at > start + 1 && version === 5) throw malformed('the remaining length is longer than needed');
      return at + 1;
    }
    if (at === start + 4) throw malformed('the remaining length has more than four bytes');
  }
  return 0;
}

/** Bytes before the body of a packet with this remaining length. */
function bodyOffset(remaining: number): number {
  return remaining < 128 ? 2 : remaining < 16_384 ? 3 : remaining < 2_097_152 ? 4 : 5;
}

/** The remaining length of the packet at `start`, which `bodyStart` has found complete. */
function remainingLength(bytes: Buffer, start: number): number {
  let value = 0;
  for (let at = start + 1, shift = 0; ; at++, shift += 7) {
    const byte = bytes[at] as number;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

function tooLarge(size: number, limit: number): ProtocolError {
  return new ProtocolError(ReasonCode.packet_too_large, `a packet of ${size} bytes, ${limit} are allowed`);
}
