import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { encode } from '../../src/codec/encode.ts';
import { type Packet, PacketType } from '../../src/codec/packets.ts';
import { bytes, packet, u16 } from '../kit/packets.ts';
import { packetOf } from './arbitraries.ts';
import { decoderOf, pieces, readAll, received, withoutViews } from './reading.ts';

const first = packet(0x30, 'a', Buffer.from('one'));
const second = packet(0x32, 'a/b', u16(7), Buffer.from('two'));
const third = packet(0xc0);
const threePackets = bytes(first, second, third);

function payloadOf(read: Packet | null | undefined): Buffer {
  assert.ok(read?.type === PacketType.publish);
  return read.payload;
}

function typesOf(packets: readonly Packet[]): number[] {
  return packets.map(({ type }) => type);
}

suite('the decoder and the chunks of a stream', () => {
  test('finds several packets in one chunk', () => {
    const read = readAll(decoderOf(4), [threePackets]);
    assert.deepEqual(typesOf(read), [PacketType.publish, PacketType.publish, PacketType.pingreq]);
  });

  test('reads the same, whatever the size of the pieces', () => {
    const whole = readAll(decoderOf(4), [threePackets]);
    for (let size = 1; size < threePackets.length; size++)
      assert.deepEqual(readAll(decoderOf(4), pieces(threePackets, size)), whole, `pieces of ${size} bytes`);
  });

  test('reads the same, wherever a stream is cut in two', () => {
    const whole = readAll(decoderOf(4), [threePackets]);
    for (let cut = 0; cut <= threePackets.length; cut++) {
      const halves = [threePackets.subarray(0, cut), threePackets.subarray(cut)];
      assert.deepEqual(readAll(decoderOf(4), halves), whole, `cut after ${cut} bytes`);
    }
  });

  test('reads each length of a remaining length in pieces', () => {
    for (const size of [0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
      const sent = packet(0x30, 'a', Buffer.alloc(size, size));
      for (const chunks of [pieces(sent.subarray(0, 6), 1), [sent.subarray(0, 2), sent.subarray(2, 6)]]) {
        const [read] = readAll(decoderOf(4, 4_000_000), [...chunks, sent.subarray(6)]);
        assert.equal(payloadOf(read).length, size);
      }
    }
  });

  test('puts a payload of 1 MB together from chunks of 64 KB, and goes on behind it', () => {
    const payload = Buffer.from(Array.from({ length: 1024 * 1024 }, (_, index) => index % 251));
    const stream = bytes(first, packet(0x30, 'large', payload), second);
    const read = readAll(decoderOf(4, 2_000_000), pieces(stream, 65_536));
    assert.deepEqual(typesOf(read), [PacketType.publish, PacketType.publish, PacketType.publish]);
    assert.ok(payloadOf(read[1]).equals(payload));
    assert.equal(payloadOf(read[2]).toString(), 'two');
  });

  test('has no packet in an empty chunk, and loses none by it', () => {
    const nothing = Buffer.alloc(0);
    const halves = [nothing, first.subarray(0, 3), nothing, nothing, first.subarray(3), nothing];
    assert.equal(readAll(decoderOf(4), halves).length, 1);
  });

  test('gives the payload of a packet that lies whole in a chunk as a view: it is not copied', () => {
    const decoder = decoderOf(4);
    const chunk = Buffer.from(first);
    decoder.push(chunk);
    assert.equal(payloadOf(decoder.next()).buffer, chunk.buffer);
  });
});

suite('Decoder.keep', () => {
  test('keeps what is left of a chunk whose memory is used again', () => {
    const decoder = decoderOf(4);
    const chunk = Buffer.from(threePackets);
    decoder.push(chunk);
    assert.equal(payloadOf(decoder.next()).toString(), 'one');
    decoder.keep();
    chunk.fill(0xff);
    assert.equal(payloadOf(decoder.next()).toString(), 'two');
    assert.equal(decoder.next()?.type, PacketType.pingreq);
    assert.equal(decoder.next(), null);
  });

  test('lets further chunks come before the rest is taken', () => {
    const decoder = decoderOf(4);
    decoder.push(Buffer.from(threePackets));
    decoder.next();
    decoder.keep();
    for (const chunk of pieces(bytes(first, third), 3)) {
      decoder.push(chunk);
      decoder.keep();
    }
    const rest: Packet[] = [];
    for (let read = decoder.next(); read !== null; read = decoder.next()) rest.push(read);
    assert.deepEqual(typesOf(rest), [PacketType.publish, PacketType.pingreq, PacketType.publish, PacketType.pingreq]);
  });

  test('does nothing where nothing is left', () => {
    const decoder = decoderOf(4);
    decoder.keep();
    decoder.push(third);
    decoder.next();
    decoder.keep();
    assert.equal(decoder.next(), null);
    assert.equal(readAll(decoder, [third]).length, 1);
  });

  test('loses and repeats no packet, however takings, keepings and chunks follow each other', () => {
    fc.assert(
      fc.property(
        fc.array(packetOf(5), { minLength: 1, maxLength: 6 }),
        fc.array(fc.record({ size: fc.integer({ min: 1, max: 200 }), taken: fc.nat(3) }), { minLength: 1 }),
        (packets, steps) => {
          const written = packets.map((one) => encode(one, 5));
          assert.deepEqual(
            readWithPauses(Buffer.concat(written), steps),
            packets.map((one, index) => received(one, 5, written[index] ?? Buffer.alloc(0))),
          );
        },
      ),
      { numRuns: 500, seed: 2 },
    );
  });
});

/** Takes at most `taken` packets after each chunk of `size` bytes, then has the decoder keep the rest. */
function readWithPauses(stream: Buffer, steps: readonly { size: number; taken: number }[]): Packet[] {
  const decoder = decoderOf(5);
  const packets: Packet[] = [];
  const take = (limit: number): void => {
    for (let count = 0; count < limit; count++) {
      const read = decoder.next();
      if (read === null) return;
      packets.push(withoutViews(read));
    }
    decoder.keep();
  };
  for (let at = 0, step = 0; at < stream.length; step++) {
    const { size, taken } = steps[step % steps.length] ?? { size: 1, taken: 0 };
    const chunk = Buffer.from(stream.subarray(at, at + size));
    at += size;
    decoder.push(chunk);
    take(taken);
    chunk.fill(0xff);
  }
  take(Infinity);
  return packets;
}
