import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { FilterTrie } from '../../src/topics/trie.ts';
import { heapKeptBy } from '../kit/heap.ts';
import { filters, naiveMatch, topics } from './naive.ts';

/** A trie whose values say what they are: `filter key`. */
function trieOf(...entries: readonly (readonly [filter: string, key: number])[]): FilterTrie<number, string> {
  const trie = new FilterTrie<number, string>();
  for (const [filter, key] of entries) trie.set(filter, key, `${filter} ${key}`);
  return trie;
}

function matchesOf(trie: FilterTrie<number, string>, topic: string): string[] {
  const found: string[] = [];
  trie.match(topic, (value) => found.push(value));
  return found.toSorted();
}

const entries = fc.array(fc.tuple(filters, fc.nat(2)), { maxLength: 40 });

suite('FilterTrie', () => {
  test('finds what a naive matcher finds among all filters, each value once', () => {
    fc.assert(
      fc.property(entries, fc.array(topics, { minLength: 1, maxLength: 5 }), (given, asked) => {
        const trie = trieOf(...given);
        const naive = new Map(given.map(([filter, key]) => [`${filter} ${key}`, filter]));
        assert.equal(trie.size, naive.size);
        for (const topic of asked)
          assert.deepEqual(
            matchesOf(trie, topic),
            [...naive]
              .filter(([, filter]) => naiveMatch(filter, topic))
              .map(([value]) => value)
              .toSorted(),
          );
      }),
      { seed: 51, numRuns: 1500 },
    );
  });

  test('finds what is left after deletions, however they follow additions', () => {
    const step = fc.record({ add: fc.boolean(), filter: filters, key: fc.nat(2) });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.array(topics, { minLength: 1, maxLength: 4 }),
        (steps, asked) => {
          const trie = new FilterTrie<number, string>();
          const naive = new Map<string, string>();
          for (const { add, filter, key } of steps) {
            const value = `${filter} ${key}`;
            if (add) trie.set(filter, key, value);
            else assert.equal(trie.delete(filter, key), naive.has(value));
            if (add) naive.set(value, filter);
            else naive.delete(value);
            assert.equal(trie.get(filter, key), naive.has(value) ? value : undefined);
          }
          assert.equal(trie.size, naive.size);
          for (const topic of asked)
            assert.deepEqual(
              matchesOf(trie, topic),
              [...naive]
                .filter(([, filter]) => naiveMatch(filter, topic))
                .map(([value]) => value)
                .toSorted(),
            );
        },
      ),
      { seed: 52, numRuns: 1500 },
    );
  });

  test('replaces the value of a filter and key that are there', () => {
    const trie = trieOf(['a/+', 1], ['a/+', 2]);
    trie.set('a/+', 1, 'new');
    assert.equal(trie.size, 2);
    assert.deepEqual(matchesOf(trie, 'a/b'), ['a/+ 2', 'new']);
  });

  test('keeps filters apart that look alike', () => {
    const trie = trieOf(['a', 1], ['a/', 2], ['/a', 3], ['a/#', 4], ['a//', 5], ['+', 6], ['/', 7]);
    assert.deepEqual(matchesOf(trie, 'a'), ['+ 6', 'a 1', 'a/# 4']);
    assert.deepEqual(matchesOf(trie, 'a/'), ['a/ 2', 'a/# 4']);
    assert.deepEqual(matchesOf(trie, '/'), ['/ 7']);
  });

  test('gives no wildcard at the first level a topic that starts with $ [MQTT-4.7.2-1]', () => {
    const trie = trieOf(['#', 1], ['+/x', 2], ['+/#', 3], ['$SYS/#', 4], ['$SYS/+', 5], ['$SYS/x', 6]);
    assert.deepEqual(matchesOf(trie, '$SYS/x'), ['$SYS/# 4', '$SYS/+ 5', '$SYS/x 6']);
    assert.deepEqual(matchesOf(trie, '$other/x'), []);
    assert.deepEqual(matchesOf(trie, 'a/x'), ['# 1', '+/# 3', '+/x 2']);
    assert.deepEqual(matchesOf(trieOf(['a/+', 1], ['a/#', 2]), 'a/$x'), ['a/# 2', 'a/+ 1']);
  });

  test('is not misled by names that JavaScript objects have', () => {
    const trie = trieOf(['__proto__', 1], ['constructor/a', 2]);
    assert.deepEqual(matchesOf(trie, '__proto__'), ['__proto__ 1']);
    assert.deepEqual(matchesOf(trie, 'constructor'), []);
    assert.equal(trie.get('toString', 1), undefined);
    assert.equal(trie.delete('hasOwnProperty', 1), false);
  });

  test('tells when there is nothing to delete, and stays as it is', () => {
    const trie = trieOf(['a/b', 1]);
    for (const [filter, key] of [
      ['a/b', 2],
      ['a', 1],
      ['a/b/c', 1],
      ['a/+', 1],
      ['a/#', 1],
      ['#', 1],
    ] as const)
      assert.equal(trie.delete(filter, key), false, filter);
    assert.deepEqual(matchesOf(trie, 'a/b'), ['a/b 1']);
    assert.equal(trie.size, 1);
  });

  test('carries topics and filters of 20,000 levels without exhausting the stack', () => {
    const levels = Array.from({ length: 20_000 }, (_, index) => (index % 2 === 0 ? 'a' : ''));
    const topic = levels.join('/');
    const plusses = levels.map(() => '+').join('/');
    const trie = trieOf([topic, 1], [plusses, 2], [`${topic}/#`, 3], ['#', 4], [`${topic}/x`, 5]);
    assert.equal(matchesOf(trie, topic).length, 4);
    assert.equal(trie.get(plusses, 2), `${plusses} 2`);
    assert.equal(trie.delete(topic, 1), true);
    assert.equal(trie.delete(`${topic}/#`, 3), true);
    assert.equal(matchesOf(trie, topic).length, 2);
  });

  test('keeps nothing of filters that were deleted', () => {
    const trie = new FilterTrie<number, boolean>();
    const kept = heapKeptBy((round) => {
      const some = Array.from({ length: 20_000 }, (_, at) => `site/${round}-${at}/+/state/${at % 3 === 0 ? '#' : 'x'}`);
      for (const filter of some) trie.set(filter, 1, true);
      for (const filter of some) trie.delete(filter, 1);
    });
    assert.equal(trie.size, 0);
    assert.ok(kept < 500_000, `${kept} bytes are kept`);
  });
});
