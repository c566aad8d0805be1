import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FAULTS } from './faults.ts';
import { Violation } from './model.ts';
import { Soak } from './soak.ts';

/** Long enough for every fault to happen, several times. */
const MILLISECONDS = 1500;

suite('the model of the soak notices', { concurrency: 4 }, () => {
  for (const { name, rule, tamper, spoil } of FAULTS)
    test(`${name}: ${rule}`, async () => {
      const soak = new Soak({
        seed: 1,
        milliseconds: MILLISECONDS,
        transport: 'tcp',
        roundLength: MILLISECONDS,
        // What never comes to rest is to be noticed soon; on a busy machine everything else may take its time.
        ...(rule === 'stuck' ? { restLimit: 1500 } : {}),
        ...(tamper === undefined ? {} : { tamper: tamper() }),
        ...(spoil === undefined ? {} : { spoil }),
      });
      await assert.rejects(soak.run(), (error) => error instanceof Violation && error.rule === rule);
    });
});
