import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { malformed, ProtocolError } from '../../src/codec/errors.ts';
import { TopicCache } from '../../src/codec/topic-cache.ts';

/** A cache, and each topic that it had checked: one that is checked again was not kept. */
function recordingCache(): { checked: string[]; read: (topic: string) => string } {
  const checked: string[] = [];
  const cache = new TopicCache((topic) => checked.push(topic));
  return { checked, read: (topic) => readWith(cache, topic) };
}

/** Reads the topic as it lies in a packet: with other bytes around it, in memory that is used again. */
function readWith(cache: TopicCache, topic: string): string {
  const length = Buffer.byteLength(topic);
  const memory = Buffer.from(`ab${topic}yz`);
  const read = cache.read(memory, 2, 2 + length);
  memory.fill(0xff);
  return read;
}

suite('TopicCache', () => {
  test('checks and decodes a topic once, and gives the kept string from then on', () => {
    const { checked, read } = recordingCache();
    for (let round = 0; round < 3; round++)
      for (const topic of ['a', 'a/b', 'sensors/7/temperature', 'ä/€/🦊']) assert.equal(read(topic), topic);
    assert.deepEqual(checked, ['a', 'a/b', 'sensors/7/temperature', 'ä/€/🦊']);
  });

  test('keeps topics up to 128 bytes, and reads longer ones and the empty one each time', () => {
    const { checked, read } = recordingCache();
    const [kept, long] = ['x'.repeat(128), 'x'.repeat(129)];
    for (const topic of [kept, kept, long, long, '', '']) assert.equal(read(topic), topic);
    assert.deepEqual(checked, [kept, long, long, '', '']);
  });

  test('tells topics apart that fall into one slot: the newest stays', () => {
    const { checked, read } = recordingCache();
    const other = topicInSlotOf('first');
    checked.length = 0;
    for (const topic of ['first', other, other, 'first']) assert.equal(read(topic), topic);
    assert.deepEqual(checked, ['first', other, 'first']);
  });

  test('tells topics apart that have one hash', () => {
    // Found by search: all 32 bits of the hash and the length are the same.
    const [one, other] = ['device/kz3uqm', 'device/guff89'];
    const { read } = recordingCache();
    for (const topic of [one, other, one, other]) assert.equal(read(topic), topic);
  });

  test('tells topics apart that differ in any one place', () => {
    const { read } = recordingCache();
    const topic = 'a/b/c/d/e/f';
    for (let at = 0; at < topic.length; at++)
      for (const char of ['0', 'A', 'z']) {
        const changed = topic.slice(0, at) + char + topic.slice(at + 1);
        assert.equal(read(topic), topic);
        assert.equal(read(changed), changed);
      }
  });

  test('reads what was written, whatever was read before', () => {
    const { read } = recordingCache();
    const topic = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 6 }),
      fc.string({ maxLength: 140 }),
    );
    fc.assert(
      fc.property(
        topic.map((text) => text.replaceAll('\0', '0')),
        (text) => assert.equal(read(text), text),
      ),
      { seed: 21, numRuns: 5000 },
    );
  });

  test('does not keep a topic that the check refuses, nor one that is not UTF-8', () => {
    let calls = 0;
    const cache = new TopicCache(() => {
      calls++;
      throw malformed('not this one');
    });
    for (let round = 0; round < 2; round++) assert.throws(() => readWith(cache, 'refused'), /not this one/);
    assert.equal(calls, 2);
    for (let round = 0; round < 2; round++)
      assert.throws(() => cache.read(Buffer.from('61ff', 'hex'), 0, 2), ProtocolError);
    assert.equal(calls, 2);
  });

  test('is bounded: of 100,000 topics it keeps a few thousand', () => {
    const { checked, read } = recordingCache();
    const topics = Array.from({ length: 100_000 }, (_, index) => `t/${index}`);
    for (const topic of topics) read(topic);
    checked.length = 0;
    for (const topic of topics.toReversed()) read(topic);
    assert.ok(checked.length > 90_000, `${topics.length - checked.length} were kept`);
  });

  test('spreads the topics of a usual fleet: most of 1000 stay', () => {
    const { checked, read } = recordingCache();
    const topics = Array.from({ length: 1000 }, (_, index) => `plant/4/machine/${index}/temperature`);
    for (const topic of topics) read(topic);
    checked.length = 0;
    for (const topic of topics) read(topic);
    assert.ok(checked.length < 400, `${checked.length} were read again`);
  });
});

/** A topic that throws `topic` out of the cache. */
function topicInSlotOf(topic: string): string {
  const { checked, read } = recordingCache();
  for (let index = 0; index < 200_000; index++) {
    read(topic);
    checked.length = 0;
    read(`t/${index}`);
    read(topic);
    if (checked.at(-1) === topic) return `t/${index}`;
  }
  throw new Error(`no topic falls into the slot of ${topic}`);
}
