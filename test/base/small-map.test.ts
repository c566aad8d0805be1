import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { SmallMap } from '../../src/base/small-map.ts';

const key = fc.integer({ min: 0, max: 4 });
const step = fc.oneof(
  fc.record({ do: fc.constant('set' as const), key, value: fc.integer() }),
  fc.record({ do: fc.constant('delete' as const), key, value: fc.constant(0) }),
);

function entries(map: SmallMap<number, number>): [number, number][] {
  const all: [number, number][] = [];
  map.forEach((value, name) => all.push([name, value]));
  return all;
}

suite('a small map', () => {
  test('is at every step what Map is', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const map = new SmallMap<number, number>();
        const model = new Map<number, number>();
        for (const { do: what, key: name, value } of steps) {
          if (what === 'delete') assert.equal(map.delete(name), model.delete(name));
          else {
            map.set(name, value);
            model.set(name, value);
          }
          assert.equal(map.size, model.size);
          assert.deepEqual(entries(map), [...model]);
          for (let other = 0; other < 5; other++) {
            assert.equal(map.get(other), model.get(other));
            assert.equal(map.has(other), model.has(other));
          }
        }
      }),
    );
  });

  test('takes undefined for a key and a value like any other', () => {
    const map = new SmallMap<undefined, undefined>();
    assert.equal(map.has(undefined), false);
    map.set(undefined, undefined);
    assert.equal(map.has(undefined), true);
    assert.equal(map.size, 1);
    assert.equal(map.delete(undefined), true);
    assert.equal(map.has(undefined), false);
  });
});
