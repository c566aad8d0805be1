import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Decoder } from '../../src/codec/decoder.ts';
import { ProtocolError } from '../../src/codec/errors.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { TopicCache } from '../../src/codec/topic-cache.ts';
import { bytes, packet, varint } from '../kit/packets.ts';
import { decoderOf, pieces, readAll } from './reading.ts';

const MB = 1024 * 1024;

/** The beginning of a PUBLISH that says how long it is; `size` counts the bytes behind the remaining length. */
function headerOf(size: number): Buffer {
  return bytes(0x30, varint(size));
}

function isTooLarge(error: unknown): boolean {
  return error instanceof ProtocolError && error.reasonCode === ReasonCode.packet_too_large;
}

suite('the largest packet', () => {
  test('is accepted at the limit and refused one byte beyond, the fixed header included', () => {
    for (const size of [100, 127, 128, 129, 130, 16_386, 16_387, 16_388]) {
      const sent = packet(0x30, 'a', Buffer.alloc(size));
      for (const chunks of [[sent], pieces(sent, 7)]) {
        assert.equal(readAll(decoderOf(4, sent.length), chunks).length, 1);
        assert.throws(() => readAll(decoderOf(4, sent.length - 1), chunks), isTooLarge);
      }
    }
  });

  test('is refused at its header, before its body comes: 200 MB where 10 MB are allowed', () => {
    const header = headerOf(200 * MB);
    assert.throws(() => readAll(decoderOf(4, 10 * MB), [header]), isTooLarge);
    const decoder = decoderOf(4, 10 * MB);
    assert.deepEqual(readAll(decoder, pieces(header.subarray(0, -1), 1)), []);
    assert.throws(() => readAll(decoder, [header.subarray(-1)]), isTooLarge);
  });

  test('is known for the whole range of the remaining length', () => {
    assert.throws(() => readAll(decoderOf(4, 268_435_459), [headerOf(268_435_455)]), isTooLarge);
    assert.deepEqual(readAll(decoderOf(4, 268_435_460), [headerOf(268_435_455)]), []);
  });

  test('may be changed between two packets', () => {
    const sent = packet(0x30, 'a', Buffer.alloc(1000));
    const decoder = decoderOf(4, 100);
    assert.equal(readAll(decoder, [packet(0xc0)]).length, 1);
    decoder.maxPacketSize = 2000;
    assert.equal(readAll(decoder, [sent]).length, 1);
  });

  test('does not concern several packets that are small, each by itself', () => {
    const small = packet(0x30, 'a', Buffer.alloc(50));
    assert.equal(readAll(decoderOf(4, 100), [Buffer.concat(Array.from({ length: 100 }, () => small))]).length, 100);
  });
});

/** Bytes of buffers that exist more after `run`, garbage included. */
function buffersTakenBy(run: () => unknown): number {
  const before = process.memoryUsage().arrayBuffers;
  const kept = run();
  const taken = process.memoryUsage().arrayBuffers - before;
  assert.ok(kept !== undefined);
  return taken;
}

suite('memory for packets that are not complete', () => {
  test('follows the bytes that came, not those that are claimed: 9 MB claimed and 10 bytes sent', () => {
    const count = 1000;
    const sent = bytes(headerOf(9 * MB), 'topic').subarray(0, 10);
    const topics = new TopicCache();
    const taken = buffersTakenBy(() =>
      Array.from({ length: count }, () => {
        const decoder = new Decoder(topics, 10 * MB);
        assert.deepEqual(readAll(decoder, [sent]), []);
        return decoder;
      }),
    );
    assert.ok(taken / count < 512, `${taken / count} bytes for each`);
  });

  test('at most doubles what came, and never exceeds the packet', () => {
    const decoder = decoderOf(4, 10 * MB);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const first = bytes(headerOf(9 * MB), 'topic');
    const taken = buffersTakenBy(() => {
      decoder.push(first);
      assert.equal(decoder.next(), null);
      for (let sent = 0; sent < MB; sent += chunk.length) {
        decoder.push(chunk);
        assert.equal(decoder.next(), null);
      }
      return decoder;
    });
    // 2 MB in use, and less than that in the smaller buffers before.
    assert.ok(taken < 4.5 * MB, `${taken} bytes for 1 MB`);
  });
});

function isTooMany(error: unknown): boolean {
  return error instanceof ProtocolError && error.reasonCode === ReasonCode.quota_exceeded;
}

/** SUBSCRIBE or UNSUBSCRIBE with the same filter again and again. */
const packetOf = (first: number, one: Buffer, count: number): Buffer =>
  packet(first, Buffer.from([0, 1]), Buffer.concat(Array.from({ length: count }, () => one)));

suite('the filters of one packet', () => {
  const most = 65_535;
  const packets: readonly [string, number, Buffer][] = [
    ['SUBSCRIBE', 0x82, bytes(0, 1, 0x61, 0)],
    ['UNSUBSCRIBE', 0xa2, bytes(0, 1, 0x61)],
  ];
  for (const [name, first, one] of packets)
    test(`${name}: ${most} are read, one more is refused`, () => {
      assert.equal(readAll(decoderOf(4), [packetOf(first, one, most)]).length, 1);
      assert.throws(() => readAll(decoderOf(4), [packetOf(first, one, most + 1)]), isTooMany);
    });

  test('are not looked at beyond that', () => {
    const good = bytes(0, 1, 0x61, 0);
    const wrong = bytes(0, 1, 0x61, 0xff);
    const sent = packetOf(0x82, Buffer.concat([...Array.from({ length: most }, () => good), wrong]), 1);
    assert.throws(() => readAll(decoderOf(4), [sent]), isTooMany);
    assert.throws(() => readAll(decoderOf(4), [packetOf(0x82, Buffer.concat([good, wrong]), 1)]), /reserved/);
  });
});
