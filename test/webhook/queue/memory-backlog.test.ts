import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { collect } from '../../kit/heap.ts';
import { until } from '../../kit/until.ts';
import { BacklogStage, costOf, namesIn, numbered } from './backlog-kit.ts';

suite('events in memory', () => {
  test('stay packed until they are needed', async () => {
    using stage = new BacklogStage({ maxBytes: 1e9 });
    for (let i = 0; i < 10; i++) void stage.hand(numbered('a', 1000 + i * 1000, 1999 + i * 1000));
    await stage.accept('b1');
    const lane = stage.taken();
    assert.ok(lane.length >= 2000 && lane.length < 4000, `${lane.length} are unpacked`);
    // Nothing but what is at the very end is ready: to find that, all is unpacked.
    assert.equal(namesIn(stage.take()), 'b1');
    assert.equal(lane.length, 10_000);
  });

  test('are unpacked as others are done', async () => {
    using stage = new BacklogStage({ maxBytes: 1e9 });
    const all = numbered('a', 10_000, 29_999);
    for (let from = 0; from < all.length; from += 1000) void stage.hand(all.slice(from, from + 1000));
    assert.deepEqual(await stage.drain(), all);
  });

  test('do not hold what came with them', async () => {
    using stage = new BacklogStage({ maxBytes: 1e9 });
    await stage.accept('warm1');
    await stage.drain();
    const before = heap();
    for (let i = 0; i < 100; i++) {
      const names = [`stuck${i}x1`, ...numbered(`other${i}x`, 10, 99)];
      // oxlint-disable-next-line no-await-in-loop -- one batch after another
      await stage.accept(names, 2000);
      const stuck = stage.taken();
      assert.equal(namesIn(stuck), names[0]);
      for (let lane = stage.take(); lane !== null; lane = stage.take()) stage.settle(lane);
    }
    assert.equal(stage.backlog.held.events, 100);
    // 100 events of 2 KB, and not the 20 MB of their batches.
    await until(() => heap() - before < 3_000_000, 'the batches are gone');
  });

  test('of a batch that found no room do not hold it', async () => {
    const each = costOf('a10', 10_000);
    using stage = new BacklogStage({ maxBytes: 2 * each });
    // The writer of the events keeps what it needed once.
    stage.events.batch(numbered('a', 10, 99), 10_000);
    const before = heap();
    await stage.accept(numbered('a', 10, 99), 10_000);
    assert.equal(stage.backlog.held.events, 2);
    await until(() => heap() - before < 300_000, 'the batch is gone');
  });
});

/** Bytes that are in use; buffers that nobody has may count for a while. */
function heap(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
