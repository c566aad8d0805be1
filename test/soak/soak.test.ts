import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Violation } from './model.ts';
import { Soak, type SoakOptions } from './soak.ts';

/** Runs a soak; a failure tells what `npm run soak` needs to repeat it. */
async function soak(options: Omit<SoakOptions, 'transport'>): Promise<void> {
  const run = new Soak({ ...options, transport: 'tcp', roundLength: 5000 });
  try {
    const { rounds, delivered, checks } = await run.run();
    assert.ok(rounds > 0 && delivered > 500 && checks > 500, 'the clients did something');
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    assert.fail(`seed ${options.seed}, round ${run.model.round}: ${error.message}\n${run.diary.tell(error.clients)}`);
  }
}

test('35 seconds of random clients: nothing lost, twice at QoS 2 or out of order', () =>
  soak({ seed: 20_261_120, milliseconds: 35_000 }));

test('25 seconds of the same with the smallest buffers', () => soak({ seed: 7, milliseconds: 25_000, tight: true }));
