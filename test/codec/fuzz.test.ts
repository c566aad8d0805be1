import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { Decoder } from '../../src/codec/decoder.ts';
import { encode } from '../../src/codec/encode.ts';
import { ProtocolError } from '../../src/codec/errors.ts';
import { type Packet, PacketType, type ProtocolVersion } from '../../src/codec/packets.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { TopicCache } from '../../src/codec/topic-cache.ts';
import { cuts, packetOf } from './arbitraries.ts';
import { split, withoutViews } from './reading.ts';

/** Small, so that the limit is met often. */
const LARGEST = 400;
const topics = new TopicCache();
const KNOWN = new Set<number>(Object.values(ReasonCode));

interface Outcome {
  readonly packets: readonly Packet[];
  /** The reason code at the end; null when the stream was read to its end. */
  readonly refusal: number | null;
}

/** Reads `chunks` to the first error; fails for anything but packets, null and a ProtocolError with a known code. */
function outcomeOf(chunks: readonly Buffer[], version: ProtocolVersion): Outcome {
  const decoder = new Decoder(topics, LARGEST);
  decoder.version = version;
  const stream = Buffer.concat(chunks);
  const packets: Packet[] = [];
  let pushed = 0;
  let taken = 0;
  try {
    for (const chunk of chunks) {
      const memory = Buffer.from(chunk);
      decoder.push(memory);
      pushed += chunk.length;
      for (let packet = decoder.next(); packet !== null; packet = decoder.next()) {
        packets.push(withoutViews(packet));
        assertReadsAgain(packet, decoder.version);
        taken += sizeOfPacketAt(stream, taken);
        assert.ok(taken <= pushed);
      }
      assert.ok(pushed - taken <= LARGEST, `${pushed - taken} bytes wait for more`);
      memory.fill(0xff);
    }
    return { packets, refusal: null };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    assert.ok(KNOWN.has(error.reasonCode) && error.reasonCode >= 0x80 && error.message !== '', error.stack);
    return { packets, refusal: error.reasonCode };
  }
}

/** What was read can be written, and means the same when it is read again. */
function assertReadsAgain(packet: Packet, version: ProtocolVersion): void {
  const decoder = new Decoder(topics, Infinity);
  decoder.version = version;
  decoder.push(encode(packet, version));
  const again = decoder.next();
  assert.ok(again !== null);
  if (!isDeepStrictEqual(withoutFrame(again), withoutFrame(packet))) assert.deepEqual(again, packet);
  assert.equal(decoder.next(), null);
}

/** The frame may have a longer form of the remaining length than we write. */
function withoutFrame(packet: Packet): Packet {
  return packet.type === PacketType.publish ? { ...packet, frame: null } : packet;
}

/** Bytes of the packet at `start`, by its fixed header. */
function sizeOfPacketAt(stream: Buffer, start: number): number {
  let length = 0;
  let at = start + 1;
  for (let factor = 1; ; factor *= 128) {
    const byte = stream[at++] ?? 0;
    length += (byte & 0x7f) * factor;
    if (byte < 0x80) return at - start + length;
  }
}

/** Replaces `removed` bytes at `at` (thousandths of the length) by others. */
interface Mutation {
  readonly at: number;
  readonly removed: number;
  readonly put: Uint8Array;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(999),
  removed: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.nat(4)),
  put: fc.oneof(
    { weight: 3, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 1 }) },
    fc.uint8Array({ maxLength: 4 }),
    fc.constantFrom(...['00', '80', 'ff', '00ff', 'eda080', '260001610001'].map((hex) => Buffer.from(hex, 'hex'))),
  ),
});

function mutate(stream: Buffer, { at, removed, put }: Mutation): Buffer {
  const start = Math.floor((stream.length * at) / 1000);
  return Buffer.concat([stream.subarray(0, start), put, stream.subarray(start + removed)]);
}

function assertSameInPieces(stream: Buffer, where: readonly number[], version: ProtocolVersion): void {
  const whole = outcomeOf([stream], version);
  const inPieces = outcomeOf(split(stream, where), version);
  if (!isDeepStrictEqual(inPieces, whole)) assert.deepEqual(inPieces, whole);
}

suite('fuzz: any bytes give packets, a wait for more or a ProtocolError, the same in any pieces', () => {
  for (const version of [3, 4, 5] as const) {
    test(`mutated packets of protocol version ${version}`, () => {
      const packets = fc.array(packetOf(version), { minLength: 1, maxLength: 3 });
      const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });
      fc.assert(
        fc.property(packets, mutations, cuts, (valid, changes, where) => {
          const stream = Buffer.concat(valid.map((packet) => encode(packet, version)));
          assertSameInPieces(changes.reduce(mutate, stream), where, version);
        }),
        { seed: 11, numRuns: 2500 },
      );
    });

    test(`random bytes to a decoder of protocol version ${version}`, () => {
      const anything = fc.uint8Array({ minLength: 1, maxLength: 60 });
      // A plausible fixed header leads deeper than chance alone does.
      const framed = fc
        .tuple(fc.nat(255), fc.uint8Array({ maxLength: 30 }))
        .map(([first, body]) => Buffer.from([first, body.length, ...body]));
      fc.assert(
        fc.property(fc.array(fc.oneof(anything, framed), { minLength: 1, maxLength: 3 }), cuts, (parts, where) =>
          assertSameInPieces(Buffer.concat(parts), where, version),
        ),
        { seed: 12, numRuns: 2500 },
      );
    });
  }
});
