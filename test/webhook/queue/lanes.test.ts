import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Lanes } from '../../../src/webhook/queue/lanes.ts';
import { LoadedEvents } from '../../../src/webhook/queue/loaded-events.ts';
import { Shares } from '../../../src/webhook/queue/shares.ts';

function event(lane: number, id: number) {
  return { id, lane, run: 'run1', record: '' };
}

suite('lanes', () => {
  test('are ready in turn, and forgotten when they are empty', () => {
    const lanes = new Lanes();
    for (let id = 1; id <= 9; id++) lanes.add(event(id % 3, id));
    const order: number[] = [];
    for (let lane = lanes.take(); lane !== null; lane = lanes.take()) {
      order.push(lane.at(0)?.id ?? 0);
      lane.shift();
      lanes.putBack(lane);
    }
    assert.deepEqual(order, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const id of [0, 1, 2]) assert.equal(lanes.get(id), undefined);
    assert.equal(lanes.hasReady, false);
  });

  test('keep their order while events are removed at the front and in the middle', () => {
    const lanes = new Lanes();
    let expected: number[] = [];
    const lane = lanes.add(event(1, 1));
    expected.push(1);
    for (let id = 2; id <= 2000; id++) {
      lanes.add(event(1, id));
      expected.push(id);
      // Two of three go, from near the front: the rest has to move together again and again.
      if (id % 3 > 0) {
        const index = Math.min(id % 5, expected.length - 1);
        lane.remove(index);
        expected = expected.toSpliced(index, 1);
      }
      assert.equal(lane.length, expected.length);
      assert.equal(lane.at(0)?.id, expected[0]);
      assert.equal(lane.at(expected.length - 1)?.id, expected.at(-1));
    }
    assert.deepEqual(
      expected.map((_, i) => lane.at(i)?.id),
      expected,
    );
    assert.equal(lane.at(expected.length), undefined);
  });

  test('that lost all events while they were ready are passed over, or get new ones', () => {
    const lanes = new Lanes();
    lanes.add(event(1, 1)).shift();
    lanes.add(event(2, 2)).shift();
    lanes.add(event(3, 3));
    lanes.add(event(2, 4));
    assert.deepEqual([lanes.take()?.id, lanes.take()?.id, lanes.take()], [2, 3, null]);
    assert.equal(lanes.get(1), undefined);
  });
});

suite('events in memory that give way', () => {
  test('are found without a look at all that are held', (t) => {
    const loaded = new LoadedEvents(1);
    for (let id = 1; id <= 5000; id++) {
      loaded.add(id, id, 'run1', '');
      loaded.lanes.take();
    }
    const gets = t.mock.method(Lanes.prototype, 'get');
    for (let id = 6001; id <= 6100; id++) {
      loaded.add(id, id, 'run1', '');
      assert.equal(
        loaded.dropOldest(() => true),
        1,
      );
    }
    assert.ok(gets.mock.callCount() < 6000, `${gets.mock.callCount()} looks`);
  });

  test('are those that were held before, too', () => {
    const loaded = new LoadedEvents(2);
    for (let id = 1; id <= 6; id++) loaded.add(id, id <= 3 ? 1 : 2, 'run1', '');
    const [one, two] = [loaded.lanes.take() ?? assert.fail(), loaded.lanes.take() ?? assert.fail()];
    const dropped: number[] = [];
    const drop = (most: number): number => loaded.dropOldest(({ id }) => dropped.push(id) < most);
    assert.equal(drop(Infinity), 2);
    assert.deepEqual(dropped, [3, 6]);
    loaded.add(7, 1, 'run1', '');
    loaded.putBack(two);
    drop(3);
    assert.deepEqual(dropped, [3, 6, 4]);
    loaded.shift(one, 1);
    loaded.putBack(one);
    drop(Infinity);
    assert.deepEqual(dropped, [3, 6, 4, 5, 2, 7]);
    assert.equal(loaded.count, 0);
  });
});

suite('shares of a queue', () => {
  test('leave a quarter free for others', () => {
    const shares = new Shares();
    let free = 1000;
    while (!shares.hasEnough(7, free)) {
      shares.add(7, 10);
      free -= 10;
    }
    assert.equal(free, 240);
    assert.equal(shares.hasEnough(8, free), false);
    shares.add(7, -100);
    assert.equal(shares.hasEnough(7, free + 100), false);
  });

  test('are large numbers of lanes in little memory', () => {
    const shares = new Shares();
    const lane = 2 ** 52 - 1;
    shares.add(lane, 10);
    assert.equal(shares.hasEnough(lane, 3), true);
    assert.equal(shares.hasEnough(lane - 1, 3), false);
  });
});
