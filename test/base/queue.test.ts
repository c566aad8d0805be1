import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { Queue } from '../../src/base/queue.ts';
import { heapKeptBy } from '../kit/heap.ts';

suite('Queue', () => {
  test('does what an array does, also beyond the length at which it moves its items', () => {
    // Some steps of hundreds of items, so that the queue grows, moves and empties.
    const step = fc.record({ push: fc.oneof(fc.nat(3), fc.nat(1500)), shift: fc.oneof(fc.nat(3), fc.nat(1500)) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const queue = new Queue<number>();
        const naive: number[] = [];
        let next = 0;
        for (const { push, shift } of steps) {
          for (let count = 0; count < push; count++) {
            queue.push(next);
            naive.push(next++);
          }
          for (let count = 0; count < shift; count++) {
            if (queue.peek() !== naive[0]) assert.equal(queue.peek(), naive[0]);
            const expected = naive.shift();
            const shifted = queue.shift();
            if (shifted !== expected) assert.equal(shifted, expected);
          }
          assert.equal(queue.length, naive.length);
        }
      }),
      { seed: 81, numRuns: 200 },
    );
  });

  test('is empty at first, after its last item and after clear', () => {
    const queue = new Queue<string>();
    const assertEmpty = (): void =>
      assert.deepEqual([queue.length, queue.peek(), queue.shift()], [0, undefined, undefined]);
    assertEmpty();
    queue.push('a');
    assert.equal(queue.shift(), 'a');
    assertEmpty();
    queue.push('b');
    queue.push('c');
    queue.clear();
    assertEmpty();
    queue.push('d');
    assert.equal(queue.shift(), 'd');
  });

  test('gives items back that are falsy', () => {
    const queue = new Queue<number | string | boolean | null>();
    const items = [0, '', false, null];
    for (const item of items) queue.push(item);
    assert.deepEqual(
      items.map(() => queue.shift()),
      items,
    );
  });

  test('lets go of what was taken at once', () => {
    const queues: Queue<number[]>[] = [];
    const kept = heapKeptBy(() => {
      const queue = new Queue<number[]>();
      queues.push(queue);
      for (let count = 0; count < 501; count++) queue.push(Array.from({ length: 1000 }, () => count));
      for (let count = 0; count < 500; count++) queue.shift();
    });
    assert.equal(queues.at(-1)?.length, 1);
    assert.ok(kept < 500_000, `${kept} bytes are kept`);
  });

  test('does not grow with what passes through while it is never empty', () => {
    const queue = new Queue<number>();
    queue.push(0);
    const kept = heapKeptBy(() => {
      for (let count = 0; count < 500_000; count++) {
        queue.push(count);
        queue.shift();
      }
    });
    assert.equal(queue.length, 1);
    assert.ok(kept < 500_000, `${kept} bytes are kept`);
  });
});
