import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { RecentMap } from '../../src/base/recent-map.ts';

const LIMIT = 4;

suite('RecentMap', () => {
  test('gives the value that was set last or none, never an older one, and stays within twice its limit', () => {
    const key = fc.nat(11);
    const step = fc.record({ key, set: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const map = new RecentMap<number, number>(LIMIT);
        const last = new Map<number, number>();
        for (const [time, { key: name, set }] of steps.entries()) {
          if (set) {
            map.set(name, time);
            last.set(name, time);
          } else {
            const value = map.get(name);
            assert.ok(value === undefined || value === last.get(name), `${name}: ${value}, not ${last.get(name)}`);
          }
          assert.ok(map.size <= 2 * LIMIT, `${map.size} entries`);
        }
      }),
      { seed: 91, numRuns: 2000 },
    );
  });

  test('gives the newest value of a key of which the older generation holds an old one', () => {
    const map = new RecentMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 1);
    // 'a' and 'b' grow old.
    map.set('c', 1);
    map.set('a', 2);
    assert.equal(map.get('a'), 2);
    // Those that are young now grow old, with the new 'a'.
    map.set('d', 1);
    assert.equal(map.get('a'), 2);
    map.set('e', 1);
    assert.equal(map.get('a'), 2);
  });

  test('remembers at least the last keys that were used, as many as its limit', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(11), { minLength: 1, maxLength: 100 }), (keys) => {
        const map = new RecentMap<number, number>(LIMIT);
        let recent: number[] = [];
        for (const key of keys) {
          if (recent.includes(key)) assert.equal(map.get(key), key);
          else map.set(key, key);
          recent = [key, ...recent.filter((other) => other !== key)].slice(0, LIMIT);
        }
      }),
      { seed: 92, numRuns: 1000 },
    );
  });

  test('forgets what was not used for long', () => {
    const map = new RecentMap<number, string>(LIMIT);
    map.set(-1, 'old');
    for (let key = 0; key < 3 * LIMIT; key++) map.set(key, 'new');
    assert.equal(map.get(-1), undefined);
  });

  test('keeps what is asked for again and again, whatever else comes', () => {
    const map = new RecentMap<number, string>(LIMIT);
    map.set(-1, 'used');
    for (let key = 0; key < 100; key++) {
      map.set(key, 'once');
      assert.equal(map.get(-1), 'used');
    }
  });

  test('is empty after clear', () => {
    const map = new RecentMap<number, number>(2);
    for (let key = 0; key < 4; key++) map.set(key, key);
    map.clear();
    assert.equal(map.size, 0);
    for (let key = 0; key < 4; key++) assert.equal(map.get(key), undefined);
  });
});
