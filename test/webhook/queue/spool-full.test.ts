import assert from 'node:assert/strict';
import { join } from 'node:path';
import { StatementSync } from 'node:sqlite';
import { suite, test } from 'node:test';
import { BacklogStage, costOf, namesIn, nameOf, numbered, temporaryDirectory } from './backlog-kit.ts';

suite('a spool on a full disk', () => {
  test('says so, delivers what it has, takes the rest when there is room again, and loses nothing', async (t) => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'spool.db');
    t.mock.timers.enable({ apis: ['setTimeout'] });
    // 80 pages of 4096 bytes; an event takes one.
    using stage = new BacklogStage({ path, maxBytes: 1e9, maxEvents: 10 }, { maxPages: 80 });
    await stage.hand(numbered('a', 10, 69), 3900);
    assert.equal(stage.backlog.problem, null);
    let taken = 0;
    for (let i = 0; i < 4; i++) void stage.hand(numbered('b', 10 + i * 10, 19 + i * 10), 3900).then(() => taken++);
    await turn();
    assert.equal(
      stage.backlog.problem,
      `the disk of the spool ${path} is full; new events wait in memory and are dropped when they are many`,
    );
    assert.equal(stage.backlog.held.events, 60, 'what waits in memory is not in the queue');
    assert.equal(taken, 0);

    const a = stage.taken();
    const delivered = Array.from({ length: 10 }, (_, i) => nameOf(a.at(i)?.record ?? ''));
    stage.settle(a, 10);
    assert.equal(stage.backlog.held.events, 50);
    await turn();
    assert.equal(taken, 0, 'it is tried every second');
    t.mock.timers.tick(1000);
    await turn();
    assert.ok(taken >= 1 && taken < 4, `${taken} batches are taken`);
    assert.notEqual(stage.backlog.problem, null);
    stage.bury(stage.taken(), 5);
    for (let left = 20; stage.backlog.problem !== null && left > 0; left--) {
      const lane = stage.taken();
      const count = Math.min(10, lane.length);
      for (let i = 0; i < count; i++) delivered.push(nameOf(lane.at(i)?.record ?? ''));
      stage.settle(lane, count);
      t.mock.timers.tick(1000);
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await turn();
    }
    assert.equal(stage.backlog.problem, null);
    assert.equal(taken, 4);
    t.mock.timers.reset();
    delivered.push(...(await stage.drain()));
    const letters = stage.backlog.deadLetters.list(100, 0).map(({ event }) => nameOf(event.record));
    assert.equal(letters.length, 5);
    assert.deepEqual([...delivered, ...letters].toSorted(), [...numbered('a', 10, 69), ...numbered('b', 10, 49)]);
    const b = delivered.filter((name) => name.startsWith('b'));
    assert.deepEqual(b, b.toSorted());
  });

  test('bounds what waits in memory by the size of the queue, and counts the rest', async (t) => {
    using directory = temporaryDirectory();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const each = costOf('b10x1', 3900);
    const fields = { path: join(directory.path, 'spool.db'), maxBytes: 90 * each };
    using stage = new BacklogStage(fields, { maxPages: 60 });
    await stage.hand(numbered('a', 10, 39), 3900);
    const clients = Array.from({ length: 80 }, (_, i) => `b${i}x1`);
    const intakes = [0, 20, 40, 60].map((from) => stage.hand(clients.slice(from, from + 20), 3900));
    await turn();
    assert.notEqual(stage.backlog.problem, null);
    while (stage.backlog.problem !== null) {
      for (let lane = stage.take(); lane !== null; lane = stage.take()) stage.settle(lane);
      t.mock.timers.tick(1000);
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await turn();
    }
    const taken = await Promise.all(intakes);
    assert.deepEqual(
      taken.map(({ accepted }) => accepted),
      [20, 20, 20, 0],
    );
    assert.deepEqual(taken[3]?.dropped, { queue_full: 20 });
  });

  test('does not deliver what it has dropped', async (t) => {
    using directory = temporaryDirectory();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const maxBytes = 40 * costOf('a10', 3900);
    const fields = { path: join(directory.path, 'spool.db'), maxBytes, overflow: 'drop_oldest' } as const;
    using stage = new BacklogStage(fields, { maxPages: 41 });
    await stage.hand(numbered('a', 10, 39), 3900);
    void stage.hand(numbered('b', 10, 39), 3900);
    await turn();
    assert.notEqual(stage.backlog.problem, null);
    assert.deepEqual(stage.dropped, { queue_full: 20 });
    const delivered: string[] = [];
    while (stage.backlog.problem !== null || stage.backlog.held.events > 0) {
      const lane = stage.take();
      if (lane !== null) {
        delivered.push(nameOf(lane.at(0)?.record ?? ''));
        stage.settle(lane);
      }
      t.mock.timers.tick(1000);
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await turn();
    }
    assert.deepEqual(delivered.toSorted(), [...numbered('a', 30, 39), ...numbered('b', 10, 39)]);
    assert.deepEqual(stage.dropped, { queue_full: 20 });
  });

  test('undoes what it could write only in part', async (t) => {
    using directory = temporaryDirectory();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const path = join(directory.path, 'spool.db');
    using stage = new BacklogStage({ path, maxBytes: 5 * costOf('a10') });
    const failAfter = (calls: number): void => {
      t.mock.method(StatementSync.prototype, 'run').mock.mockImplementationOnce(failToWrite, calls);
    };
    failAfter(3);
    const intake = stage.hand(['a10', 'b10', 'c10', 'd10', 'e10']);
    await turn();
    assert.equal(stage.backlog.problem, `the spool ${path} cannot be used: disk I/O error`);
    t.mock.restoreAll();
    t.mock.timers.tick(1000);
    assert.deepEqual(await intake, { accepted: 5, dropped: {} });
    for (let i = 0; i < 5; i++) stage.bury(stage.taken());
    assert.equal(stage.backlog.deadLetters.list(10, 0).length, 5);

    failAfter(4);
    const message = `the spool ${path} cannot be used: disk I/O error`;
    assert.throws(() => stage.backlog.deadLetters.resend('all'), { message });
    t.mock.restoreAll();
    t.mock.timers.tick(1000);
    assert.equal(stage.backlog.problem, null);
    assert.deepEqual([stage.backlog.held.events, stage.backlog.deadLetters.held.events], [0, 5]);
    assert.equal(stage.backlog.deadLetters.resend('all'), 5, 'all the room is there');
    t.mock.timers.reset();
    assert.deepEqual(await stage.drain(), ['a10', 'b10', 'c10', 'd10', 'e10']);
  });

  test('writes many batches that waited in few transactions, and lets other work come in between', async (t) => {
    using directory = temporaryDirectory();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    using stage = new BacklogStage({ path: join(directory.path, 'spool.db'), maxBytes: 1e9 });
    t.mock.method(StatementSync.prototype, 'run', failToWrite);
    let taken = 0;
    for (let i = 0; i < 1000; i++) void stage.hand([`a${i}`]).then(() => taken++);
    await turn();
    assert.notEqual(stage.backlog.problem, null);
    t.mock.restoreAll();
    t.mock.timers.tick(1000);
    const steps: number[] = [];
    for (let before = 0; before < 1000; before = taken) {
      // oxlint-disable-next-line no-await-in-loop -- one turn after another
      await turn(1);
      steps.push(taken - before);
    }
    assert.ok(Math.max(...steps) <= 128 && steps.length <= 50, steps.join(' '));
    await turn();
    assert.equal(stage.backlog.problem, null);
  });

  test('keeps what is settled for later, so that it does not come back', async (t) => {
    using directory = temporaryDirectory();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const path = join(directory.path, 'spool.db');
    using stage = new BacklogStage({ path, maxBytes: 1e9 }, { maxPages: 60 });
    await stage.hand(numbered('a', 10, 39), 3900);
    void stage.hand(numbered('b', 10, 59), 3900);
    await turn();
    assert.notEqual(stage.backlog.problem, null);
    stage.settle(stage.taken());
    stage.backlog.close();
    t.mock.timers.reset();
    using again = new BacklogStage({ path, maxBytes: 1e9 });
    assert.equal(again.backlog.held.events, 29);
    assert.equal(namesIn(again.take()).split(' ')[0], 'a11');
  });
});

/** What the event loop has to do now is done. */
async function turn(turns = 3): Promise<void> {
  for (let i = 0; i < turns; i++) {
    // oxlint-disable-next-line no-await-in-loop -- one turn after another
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

function failToWrite(): never {
  throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
}
