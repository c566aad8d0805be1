import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BacklogStage, clientOf, temporaryDirectory } from './backlog-kit.ts';

const CHILD = fileURLToPath(new URL('spool-child.ts', import.meta.url));

/** Runs the child until it has told of `batches` batches, and kills it. */
async function runAndKill(args: readonly string[], batches: number): Promise<void> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let told = 0;
  child.stdout.on('data', (dots: Buffer) => {
    told += dots.length;
    if (told >= batches) child.kill('SIGKILL');
  });
  const [code, signal] = (await ended) as [number | null, string | null];
  assert.deepEqual([code, signal], [null, 'SIGKILL']);
}

suite('a spool whose process is killed', () => {
  test('has what was taken, in order, and nothing that was settled and committed', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'spool.db');
    const log = join(directory.path, 'log');
    for (const round of [1, 2, 3]) {
      // Within a batch or between two: where the process is then is chance.
      // oxlint-disable-next-line no-await-in-loop -- one run after another
      await runAndKill([path, log, String(round * 100_000)], 50 + Math.floor(Math.random() * 200));
    }
    const lines = readFileSync(log, 'utf8').split('\n');
    const said = (what: string): Set<string> =>
      new Set(lines.flatMap((line) => (line.startsWith(`${what} `) ? line.split(' ').slice(1) : [])));
    const [offered, taken, settled, gone] = [said('offered'), said('taken'), said('settled'), said('gone')];
    assert.ok(taken.size >= 3 * 50 * 15 && gone.size > 100);
    using stage = new BacklogStage({ path, maxBytes: 1e9 });
    const found = await stage.drain();
    const isThere = new Set(found);
    assert.equal(isThere.size, found.length);
    assert.deepEqual(
      [...taken].filter((name) => !settled.has(name) && !isThere.has(name)),
      [],
      'taken, not settled, and missing',
    );
    assert.deepEqual(
      found.filter((name) => gone.has(name)),
      [],
      'settled, committed, and there again',
    );
    assert.deepEqual(
      found.filter((name) => !offered.has(name)),
      [],
    );
    for (const client of ['a', 'b', 'c', 'd', 'e']) {
      const own = found.filter((name) => clientOf(name) === client);
      assert.deepEqual(own, own.toSorted());
    }
    assert.deepEqual(stage.backlog.held, { events: 0, bytes: 0, oldest: null });
  });
});
