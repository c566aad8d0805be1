import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { suite, test } from 'node:test';
import type { Lane } from '../../../src/webhook/queue/backlog.ts';
import { EventTable } from '../../../src/webhook/queue/event-table.ts';
import { collect } from '../../kit/heap.ts';
import {
  BacklogStage,
  clientOf,
  costOf,
  Events,
  nameOf,
  namesIn,
  numbered,
  REFUSED,
  type SettingsInput,
  type StageOptions,
  START,
  temporaryDirectory,
} from './backlog-kit.ts';

/** A file and the spools that are opened on it one after another. */
function spoolScene() {
  const stack = new DisposableStack();
  const directory = stack.use(temporaryDirectory());
  const path = join(directory.path, 'spool.db');
  const events = new Events();
  return {
    path,
    directory: directory.path,
    open: (fields: SettingsInput = {}, options: StageOptions = {}) =>
      stack.use(new BacklogStage({ path, ...fields }, { events, ...options })),
    [Symbol.dispose]: () => stack.dispose(),
  };
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'no error';
}

suite('the spool', () => {
  test('has everything that is not settled after a restart: order, ids, runs, counts', async () => {
    using scene = spoolScene();
    const first = scene.open({ maxEvents: 3 }, { run: 'run1' });
    await first.accept('a1 b1 a2 a3 b2 c1', 300);
    const a = first.taken();
    const ids = [a.at(1)?.id, first.taken().at(0)?.id];
    first.settle(a);
    first.bury(first.taken());
    const { held } = first.backlog;
    first.backlog.close();

    const second = scene.open({}, { run: 'run2' });
    assert.deepEqual(second.backlog.held, { ...held, oldest: START + 1000 });
    assert.equal(second.backlog.deadLetters.held.events, 1);
    await second.accept('b3 d1');
    const [b, again, d] = [second.taken(), second.taken(), second.taken()];
    assert.deepEqual([namesIn(b), namesIn(again), namesIn(d)], ['b1 b2 b3', 'a2 a3', 'd1']);
    assert.deepEqual([again.at(0)?.id, b.at(0)?.id], ids);
    assert.deepEqual([b.at(0)?.run, b.at(1)?.run, b.at(2)?.run, d.at(0)?.run], ['run1', 'run1', 'run2', 'run2']);
    assert.ok((b.at(2)?.id ?? 0) > (b.at(1)?.id ?? 0));
    second.backlog.close();
    // The thread may be started again within a run.
    assert.equal(scene.open({}, { run: 'run2' }).taken().at(0)?.run, 'run1');
  });

  test('gives no id twice, even if it is empty in between', async () => {
    using scene = spoolScene();
    const first = scene.open();
    await first.accept('a1 a2');
    const last = first.taken().at(1)?.id ?? 0;
    first.backlog.close();
    const second = scene.open();
    await second.drain();
    second.backlog.close();
    const third = scene.open();
    await third.accept('a3');
    assert.ok((third.taken().at(0)?.id ?? 0) > last);
  });

  test('takes what comes in a turn together, at its end', async () => {
    using scene = spoolScene();
    const stage = scene.open();
    const intakes = [stage.hand(['a1']), stage.hand(['a2']), stage.hand(['b1'])];
    assert.equal(stage.backlog.held.events, 0);
    assert.equal(stage.take(), null);
    await intakes[0];
    assert.equal(stage.backlog.held.events, 3);
    assert.deepEqual(await stage.drain(), ['a1', 'b1', 'a2']);
  });

  test('is a file for its owner alone', async () => {
    using scene = spoolScene();
    const stage = scene.open();
    await stage.accept('a1');
    assert.equal(statSync(scene.path).mode & 0o777, 0o600);
    assert.equal(statSync(`${scene.path}-wal`).mode & 0o777, 0o600);
    stage.backlog.close();
    assert.equal(statSync(`${scene.path}-wal`, { throwIfNoEntry: false }), undefined);
  });

  test('writes through to the disk when asked to', async () => {
    using scene = spoolScene();
    const stage = scene.open({ sync: 'full' });
    await stage.accept('a1 b1');
    stage.settle(stage.taken());
    await stage.accept('c1');
    assert.deepEqual(await stage.drain(), ['b1', 'c1']);
  });

  test('says what is wrong with its file, and leaves it alone', async () => {
    using scene = spoolScene();
    const { path } = scene;
    const stage = scene.open();
    assert.equal(
      messageOf(() => scene.open()),
      `webhook.spool.path: cannot use ${path}: it is in use by another broker or webhook`,
    );
    await stage.accept('a1');
    stage.backlog.close();
    const missing = join(scene.directory, 'missing', 'spool.db');
    assert.equal(
      messageOf(() => scene.open({ path: missing, name: 'audit' })),
      `webhook.audit.spool.path: cannot use ${missing}: there is no directory ${join(scene.directory, 'missing')}`,
    );
    assert.equal(
      messageOf(() => scene.open({ path: scene.directory })),
      `webhook.spool.path: cannot use ${scene.directory}: it cannot be written (EISDIR)`,
    );
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 7');
    db.close();
    assert.equal(
      messageOf(() => scene.open()),
      `webhook.spool.path: cannot use ${path}: its version is 7, of a newer HookMQ; this one knows 1`,
    );
    // It was let go of, and is as it was.
    const again = new DatabaseSync(path);
    again.exec('PRAGMA user_version = 1');
    again.close();
    assert.deepEqual(await scene.open().drain(), ['a1']);
    const other = join(scene.directory, 'other.db');
    const otherDb = new DatabaseSync(other);
    otherDb.exec('CREATE TABLE something (id INTEGER)');
    otherDb.close();
    const otherBytes = readFileSync(other);
    assert.equal(
      messageOf(() => scene.open({ path: other })),
      `webhook.spool.path: cannot use ${other}: it is a database, but no spool of HookMQ`,
    );
    assert.ok(readFileSync(other).equals(otherBytes));
    const text = join(scene.directory, 'text');
    writeFileSync(text, 'some text '.repeat(1000));
    assert.equal(
      messageOf(() => scene.open({ path: text })),
      `webhook.spool.path: cannot use ${text}: it is not an SQLite database, or it is damaged`,
    );
    assert.equal(readFileSync(text, 'utf8'), 'some text '.repeat(1000));
  });

  test('goes on with others when one client has more than fits into memory, and keeps its order', async () => {
    using scene = spoolScene();
    const stage = scene.open({ maxBytes: 1e9 });
    const many = numbered('stuck', 10_000, 29_999);
    const names = many.flatMap((name, i) => (i % 10 === 0 ? [name, `other${i}`] : [name]));
    for (let from = 0; from < names.length; from += 1000) void stage.hand(names.slice(from, from + 1000));
    await stage.accept('last1');
    const stuck = stage.taken();
    assert.equal(clientOf(namesIn(stuck).split(' ')[0] ?? ''), 'stuck');
    const others: string[] = [];
    while (stage.backlog.held.events > many.length) {
      const lane = stage.take();
      // oxlint-disable-next-line no-await-in-loop -- one after another
      if (lane === null) await stage.ready;
      else {
        others.push(namesIn(lane).split(' ')[0] ?? '');
        stage.settle(lane);
      }
      assert.ok(stuck.length <= 128, `${stuck.length} in memory`);
    }
    assert.deepEqual(
      others.filter((name) => name !== 'last1'),
      names.filter((name) => name.startsWith('other')),
    );
    assert.ok(others.includes('last1'));
    stage.putBack(stuck);
    assert.deepEqual(await stage.drain(), many);
  });

  test('goes on with others when many clients have long events that do not get through', async () => {
    using scene = spoolScene();
    const stage = scene.open({ maxBytes: 1e9 });
    // More than what may be in memory.
    for (let i = 0; i < 70; i++) void stage.hand([`stuck${i}x1`], 1_000_000);
    await stage.accept(['last1', 'last2']);
    const before = process.memoryUsage().heapUsed;
    const lanes: Lane[] = [];
    for (let left = 71; left > 0; left--) {
      let lane = stage.take();
      // oxlint-disable-next-line no-await-in-loop -- one after another
      for (; lane === null; lane = stage.take()) await stage.ready;
      lanes.push(lane);
    }
    collect();
    assert.ok(process.memoryUsage().heapUsed - before < 10_000_000);
    assert.equal(namesIn(lanes.pop() ?? null), 'last1 last2');
    assert.deepEqual(
      lanes.map((lane) => namesIn(lane)),
      Array.from({ length: 70 }, (_, i) => `stuck${i}x1`),
    );
    for (const lane of lanes.slice(0, 69)) stage.settle(lane);
    const left = costOf('stuck69x1', 1_000_000) + costOf('last1') + costOf('last2');
    assert.equal(stage.backlog.held.bytes, left);
    stage.bury(lanes[69] ?? assert.fail());
    const [letter] = stage.backlog.deadLetters.list(10, 0);
    assert.equal(nameOf(letter?.event.record ?? ''), 'stuck69x1');
    assert.equal(stage.backlog.deadLetters.held.oldest, START + 69_000);
  });

  test('lets a client wait whose long event cannot be read', async (t) => {
    using scene = spoolScene();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const stage = scene.open({ maxBytes: 1e9 });
    await stage.hand(['long1'], 100_000);
    await stage.hand(['short1']);
    t.mock.method(EventTable.prototype, 'readRecord', () => {
      throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
    });
    const short = stage.taken();
    assert.equal(namesIn(short), 'short1');
    assert.equal(stage.take(), null);
    assert.equal(stage.backlog.problem, `the spool ${scene.path} cannot be used: disk I/O error`);
    t.mock.restoreAll();
    t.mock.timers.tick(1000);
    assert.equal(stage.backlog.problem, null);
    assert.equal(namesIn(stage.take()), 'long1');
  });

  test('looks once since when its first event waits', async (t) => {
    using scene = spoolScene();
    const stage = scene.open({ maxBytes: 1e9 });
    await stage.accept(['a1'], 100_000);
    const gets = t.mock.method(StatementSync.prototype, 'get');
    for (let i = 0; i < 5; i++) {
      assert.equal(stage.backlog.held.oldest, START);
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await stage.accept([`b${i}`]);
    }
    const long = gets.mock.calls.filter(({ result }) => hasRecord(result));
    assert.equal(long.length, 1);
  });

  test('forgets broker runs of which it has nothing', async () => {
    using scene = spoolScene();
    const first = scene.open({}, { run: 'run1' });
    await first.accept('a1');
    first.backlog.close();
    const second = scene.open({}, { run: 'run2' });
    await second.accept('b1');
    assert.deepEqual([second.taken().at(0)?.run, second.taken().at(0)?.run], ['run1', 'run2']);
    second.backlog.close();
    const third = scene.open({}, { run: 'run3' });
    await third.drain();
    third.backlog.close();
    const fourth = scene.open({}, { run: 'run4' });
    await fourth.accept('c1');
    fourth.backlog.close();
    using db = new DatabaseSync(scene.path);
    assert.deepEqual(
      db
        .prepare('SELECT name FROM runs')
        .all()
        .map(({ name }) => name),
      ['run4'],
    );
  });

  test('drops the oldest in the file first', async () => {
    using scene = spoolScene();
    const each = costOf('stuck10000', 10);
    const stage = scene.open({ maxBytes: 6000 * each, overflow: 'drop_oldest' });
    await stage.accept(numbered('stuck', 10_000, 12_999), 10);
    // All that is not loaded is known to be behind.
    const stuck = stage.taken();
    assert.equal(stage.take(), null);
    await stage.accept(numbered('other', 10_000, 14_999), 10);
    assert.deepEqual(stage.dropped, { queue_full: 2000 });
    assert.equal(stage.backlog.held.bytes, 6000 * each);
    const loaded = stuck.length;
    assert.ok(loaded >= 64 && loaded <= 128, `${loaded} in memory`);
    stage.putBack(stuck);
    const left = await stage.drain();
    assert.deepEqual(
      left.filter((name) => name.startsWith('stuck')),
      [...numbered('stuck', 10_000, 9_999 + loaded), ...numbered('stuck', 12_000 + loaded, 12_999)],
    );
    assert.deepEqual(
      left.filter((name) => name.startsWith('other')),
      numbered('other', 10_000, 14_999),
    );
  });

  test('gives room back to the file system', async (t) => {
    using scene = spoolScene();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const stage = scene.open({ maxBytes: 1e9 });
    for (let i = 0; i < 50; i++) void stage.hand(numbered('a', 10, 19), 100_000);
    await stage.hand(['b1']);
    const before = fileSize(scene.path);
    assert.ok(before > 50_000_000);
    for (let left = 501; left > 0; left--) stage.settle(stage.taken());
    await stage.hand(['c1']);
    for (let i = 0; i < 50; i++) t.mock.timers.tick(10_000);
    stage.backlog.close();
    assert.ok(fileSize(scene.path) < 20_000_000, `${fileSize(scene.path)} of ${before} bytes`);
    t.mock.timers.reset();
    assert.deepEqual(await scene.open({ maxBytes: 1e9 }).drain(), ['c1']);
  });

  test('goes on when its file is damaged while it is open', async () => {
    using scene = spoolScene();
    const stage = scene.open({ maxBytes: 1e9 });
    await stage.accept(numbered('a', 1000, 3999), 1000);
    stage.backlog.close();
    const bytes = readFileSync(scene.path);
    writeFileSync(scene.path, bytes.fill(0xaa, 4096 * 20));
    const again = scene.open({ maxBytes: 1e9 });
    assert.equal(again.backlog.held.events, 3000);
    again.take();
    assert.equal(again.backlog.problem, `the spool ${scene.path} cannot be used: it is damaged`);
    assert.equal(again.backlog.deadLetters.resend('all'), 0);
    void again.hand(['b1']);
    again.take();
    again.backlog.close();
    assert.equal(again.take(), null);
  });

  test('waits while its file cannot be read, and then goes on in order', async (t) => {
    using scene = spoolScene();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const stage = scene.open({ maxBytes: 1e9 });
    const all = numbered('a', 1000, 1999);
    await stage.hand(all);
    const delivered: string[] = [];
    const deliver = (): void => {
      for (let lane = stage.take(); lane !== null; lane = stage.take()) {
        delivered.push(nameOf(lane.at(0)?.record ?? ''));
        stage.settle(lane);
        if (delivered.length === 10) fail();
      }
    };
    const fail = (): void => {
      for (const method of ['get', 'iterate'] as const) {
        t.mock.method(StatementSync.prototype, method, () => {
          throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
        });
      }
    };
    deliver();
    assert.equal(stage.backlog.problem, `the spool ${scene.path} cannot be used: disk I/O error`);
    assert.ok(delivered.length >= 64 && delivered.length < 200, `${delivered.length} were in memory`);
    assert.equal(stage.backlog.held.events, 1000 - delivered.length);
    t.mock.timers.tick(1000);
    deliver();
    assert.notEqual(stage.backlog.problem, null);
    t.mock.restoreAll();
    t.mock.timers.tick(1000);
    deliver();
    assert.equal(stage.backlog.problem, null);
    assert.deepEqual(delivered, all);
  });

  test('says what was there when it is closed, and has no problem', async () => {
    using scene = spoolScene();
    const stage = scene.open();
    await stage.accept('a1 b1 c1');
    stage.bury(stage.taken());
    stage.settle(stage.taken());
    stage.backlog.close();
    assert.deepEqual([stage.backlog.held.events, stage.backlog.deadLetters.held.events], [1, 1]);
    assert.equal(stage.backlog.problem, null);
    assert.equal(stage.take(), null);
    assert.deepEqual(stage.backlog.deadLetters.list(10, 0), []);
    assert.equal(stage.backlog.deadLetters.resend('all'), 0);
    assert.equal(stage.backlog.problem, null);
  });

  test('says of dead letters of earlier runs what they are', async () => {
    using scene = spoolScene();
    const stage = scene.open({}, { run: 'run1' });
    await stage.accept('a1 b1');
    stage.bury(stage.taken(), 1, { ...REFUSED, answer: 'ünïcode' });
    stage.backlog.close();
    const again = scene.open({}, { run: 'run2' });
    const [letter] = again.backlog.deadLetters.list(10, 0);
    assert.equal(letter?.event.run, 'run1');
    assert.equal(letter?.answer, 'ünïcode');
    assert.equal(again.backlog.deadLetters.resend('all'), 1);
    await again.accept('c1');
    assert.deepEqual(
      [again.taken(), again.taken(), again.taken()].map((lane) => `${namesIn(lane)} ${lane.at(0)?.run}`),
      ['b1 run1', 'a1 run1', 'c1 run2'],
    );
  });
});

function hasRecord(row: unknown): boolean {
  return Array.isArray(row) && row.some((value) => value instanceof Uint8Array);
}

function fileSize(path: string): number {
  return statSync(path).size;
}
