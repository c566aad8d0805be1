import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laneOf, Origins } from '../../src/webhook/origins.ts';

test('events are numbered from 1, all together and for each client', () => {
  const origins = new Origins();
  const numbers = ['a', 'b', 'a', '', 'a', 'b', ''].map((clientId) => {
    const { sequence, clientSequence } = origins.next(clientId);
    return [clientId, sequence, clientSequence];
  });
  assert.deepEqual(numbers, [
    ['a', 1, 1],
    ['b', 2, 1],
    ['a', 3, 2],
    ['', 4, 1],
    ['a', 5, 3],
    ['b', 6, 2],
    ['', 7, 2],
  ]);
  assert.equal(origins.count, 7);
});

test('a client that is heard among very many others is not forgotten', () => {
  const origins = new Origins();
  for (let i = 0; i < 300_000; i++) {
    origins.next(`client ${i}`);
    if (i % 1000 === 0) assert.equal(origins.next('steady').clientSequence, i / 1000 + 1);
  }
});

test('the numbers of a client that was forgotten go on upwards', () => {
  const origins = new Origins();
  let last = 0;
  for (let i = 0; i < 5; i++) last = origins.next('early').clientSequence;
  assert.equal(last, 5);
  for (let i = 0; i < 200_000; i++) origins.next(`client ${i}`);
  const again = origins.next('early').clientSequence;
  assert.ok(again > last, `${again} after ${last}`);
  assert.equal(origins.next('early').clientSequence, again + 1);
});

test('ids that are too long to be remembered are numbered upwards too, and cost no memory', () => {
  const origins = new Origins();
  const id = 'x'.repeat(300);
  const numbers = Array.from({ length: 50 }, () => origins.next(id).clientSequence);
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(numbers).size, numbers.length);
});

test('a client has the same lane always, and hardly any two have the same', () => {
  const lanes = new Set<number>();
  for (let i = 0; i < 200_000; i++) lanes.add(laneOf(`device-${i}`));
  assert.equal(lanes.size, 200_000);
  for (const lane of lanes) assert.ok(Number.isSafeInteger(lane) && lane >= 0);
  // A spool outlives the program: these numbers must not change from one release to the next.
  assert.deepEqual([laneOf(''), laneOf('device-1')], [3_587_884_701_228_485, 4_235_932_056_306_449]);
});
