import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { chaos, type ChaosOptions } from './chaos.ts';

const SEED = 20_261_120;

/** A short chaos; a failure tells what `npm run chaos` needs for more of the kind. */
async function slice(t: TestContext, options: Pick<ChaosOptions, 'batch' | 'gap' | 'sync'>): Promise<void> {
  const report = await chaos({ seed: SEED, clients: 20, events: 2000, kills: 1, progress() {}, ...options });
  t.diagnostic(JSON.stringify({ ...report, faults: Object.fromEntries(report.faults) }));
  assert.ok(report.arrived > 1000 && report.repeated > 0 && report.faults.size > 3, 'there was some chaos');
}

suite('an endpoint that fails in every way and a broker that is killed', () => {
  test('lose nothing, and nothing comes out of order or without need twice', (t) =>
    slice(t, { batch: 1, gap: 60, sync: 'normal' }));

  test('the same in batches, with a spool that waits for the disk', (t) =>
    slice(t, { batch: 20, gap: 6, sync: 'full' }));
});
