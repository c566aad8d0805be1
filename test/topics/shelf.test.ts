import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { TopicShelf } from '../../src/topics/shelf.ts';
import { heapKeptBy } from '../kit/heap.ts';
import { filters, naiveMatch, topics } from './naive.ts';

/** A shelf whose values are their topics. */
function shelfOf(...given: readonly string[]): TopicShelf<string> {
  const shelf = new TopicShelf<string>();
  for (const topic of given) shelf.set(topic, topic);
  return shelf;
}

suite('TopicShelf', () => {
  test('finds what a naive matcher finds, however additions and deletions follow each other', () => {
    const step = fc.record({ add: fc.boolean(), topic: topics });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.array(filters, { minLength: 1, maxLength: 5 }),
        (steps, asked) => {
          const shelf = new TopicShelf<string>();
          const naive = new Set<string>();
          for (const { add, topic } of steps) {
            if (add) shelf.set(topic, topic);
            else assert.equal(shelf.delete(topic), naive.has(topic) ? topic : undefined);
            if (add) naive.add(topic);
            else naive.delete(topic);
            assert.equal(shelf.get(topic), naive.has(topic) ? topic : undefined);
            assert.equal(shelf.size, naive.size);
          }
          for (const filter of asked)
            assert.deepEqual(
              shelf.match(filter).toSorted(),
              [...naive].filter((topic) => naiveMatch(filter, topic)).toSorted(),
              filter,
            );
        },
      ),
      { seed: 61, numRuns: 2000 },
    );
  });

  test('replaces the value of a topic that is there', () => {
    const shelf = shelfOf('a/b');
    shelf.set('a/b', 'new');
    assert.equal(shelf.size, 1);
    assert.deepEqual(shelf.match('a/+'), ['new']);
  });

  test('keeps a topic when one above or below it is deleted', () => {
    const shelf = shelfOf('a', 'a/b', 'a/b/c');
    assert.equal(shelf.delete('a/b'), 'a/b');
    assert.equal(shelf.delete('a/b'), undefined);
    assert.deepEqual(shelf.match('#').toSorted(), ['a', 'a/b/c']);
    assert.equal(shelf.delete('a/b/c'), 'a/b/c');
    assert.equal(shelf.get('a'), 'a');
  });

  test('gives wildcards at the first level no topic that starts with $ [MQTT-4.7.2-1]', () => {
    const shelf = shelfOf('$SYS', '$SYS/a', '$x/a', 'a', 'a/$x');
    assert.deepEqual(shelf.match('#').toSorted(), ['a', 'a/$x']);
    assert.deepEqual(shelf.match('+'), ['a']);
    assert.deepEqual(shelf.match('+/#').toSorted(), ['a', 'a/$x']);
    assert.deepEqual(shelf.match('+/a'), []);
    assert.deepEqual(shelf.match('$SYS/#').toSorted(), ['$SYS', '$SYS/a']);
    assert.deepEqual(shelf.match('a/+'), ['a/$x']);
  });

  test('is not misled by names that JavaScript objects have', () => {
    const shelf = shelfOf('__proto__/a');
    assert.deepEqual(shelf.match('+/a'), ['__proto__/a']);
    assert.equal(shelf.get('constructor'), undefined);
    assert.equal(shelf.delete('toString'), undefined);
  });

  test('carries topics of 20,000 levels without exhausting the stack', () => {
    const topic = Array.from({ length: 20_000 }, () => 'a').join('/');
    const shelf = shelfOf(topic, 'a', `${topic}/x`);
    assert.equal(shelf.match('#').length, 3);
    assert.deepEqual(shelf.match(topic.replaceAll('a', '+')), [topic]);
    assert.equal(shelf.match(`${topic}/#`).length, 2);
    assert.equal(shelf.delete(topic), topic);
    assert.equal(shelf.delete(`${topic}/x`), `${topic}/x`);
    assert.equal(shelf.size, 1);
  });

  test('keeps nothing of topics that were deleted', () => {
    const shelf = new TopicShelf<boolean>();
    const kept = heapKeptBy((round) => {
      const some = Array.from({ length: 20_000 }, (_, at) => `site/${round}-${at}/sensor/${at}/state`);
      for (const topic of some) shelf.set(topic, true);
      for (const topic of some) shelf.delete(topic);
    });
    assert.equal(shelf.size, 0);
    assert.ok(kept < 500_000, `${kept} bytes are kept`);
  });
});
