import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { until } from '../../kit/until.ts';
import { BacklogStage, nameOf, numbered, temporaryDirectory } from './backlog-kit.ts';

/** A small disk in memory, with a spool on it. */
function smallDisk() {
  const stack = new DisposableStack();
  const { path } = stack.use(temporaryDirectory());
  stack.defer(() => spawnSync('umount', [path]));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path]);
  return {
    isThere: status === 0,
    directory: path,
    open: () => stack.use(new BacklogStage({ path: join(path, 'spool.db'), maxBytes: 1e9, maxEvents: 100 })),
    [Symbol.dispose]: () => stack.dispose(),
  };
}

const skip = isMountable() ? false : 'a small disk cannot be mounted';

function isMountable(): boolean {
  using disk = smallDisk();
  return disk.isThere;
}

/** Hands over 100 batches, more than the disk has room for, one in each turn; resolves when the disk is full. */
async function overfill(stage: BacklogStage, taken: () => void): Promise<void> {
  for (let i = 0; i < 100; i++) {
    void stage.hand(numbered(`a${i}x`, 100, 149), 2000).then(taken);
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  assert.match(stage.backlog.problem ?? '', /^the disk of the spool .* is full; /);
}

suite('a small disk', { skip }, () => {
  test('that a spool has filled alone does not keep it from being emptied', async () => {
    using disk = smallDisk();
    const stage = disk.open();
    let taken = 0;
    await overfill(stage, () => taken++);
    assert.ok(taken > 10, `${taken} batches are taken`);
    const names = new Set<string>();
    const deliver = (): void => {
      for (let lane = stage.take(); lane !== null; lane = stage.take()) {
        const count = Math.min(100, lane.length);
        for (let i = 0; i < count; i++) names.add(nameOf(lane.at(i)?.record ?? ''));
        stage.settle(lane, count);
      }
    };
    await until(() => {
      deliver();
      return taken === 100 && stage.backlog.problem === null && stage.backlog.held.events === 0;
    }, 'all of it is delivered');
    assert.equal(names.size, 5000);
  });

  test('that is full of a spool lets its dead letters be discarded', async () => {
    using disk = smallDisk();
    const stage = disk.open();
    await stage.accept(numbered('a', 100, 199), 5000);
    stage.bury(stage.taken(), 100);
    await overfill(stage, () => {});
    assert.equal(stage.backlog.deadLetters.discard('all'), 100);
    assert.equal(stage.backlog.deadLetters.held.events, 0);
  });

  test('that others have filled lets a spool be opened, and events be delivered', async () => {
    using disk = smallDisk();
    const first = disk.open();
    await first.accept('a1 b1 c1');
    first.backlog.close();
    assert.throws(() => writeFileSync(join(disk.directory, 'other'), Buffer.alloc(9_000_000)), { code: 'ENOSPC' });
    const stage = disk.open();
    assert.equal(stage.backlog.held.events, 3);
    assert.equal(nameOf(stage.taken().at(0)?.record ?? ''), 'a1');
    void stage.hand(['d1']);
    await until(() => stage.backlog.problem !== null, 'the disk is full');
    assert.match(stage.backlog.problem ?? '', /^the disk of the spool .* is full; /);
    assert.equal(nameOf(stage.taken().at(0)?.record ?? ''), 'b1');
  });
});
