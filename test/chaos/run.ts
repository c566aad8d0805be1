// `npm run chaos`: an endpoint that fails, a broker that is killed, and a ledger that knows what must arrive.
import { parseArgs } from 'node:util';
import { chaos } from './chaos.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '50000' },
    clients: { type: 'string', default: '100' },
    kills: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    gap: { type: 'string' },
    batch: { type: 'boolean', default: false },
    sync: { type: 'string', default: 'normal' },
  },
});
const { batch, sync } = values;
const [events, clients, kills, seed, gap] = [
  values.events,
  values.clients,
  values.kills,
  values.seed,
  values.gap ?? (batch ? '10' : '100'),
].map(Number) as [number, number, number, number, number];

const began = performance.now();
const say = (line: string): void =>
  void process.stdout.write(`${((performance.now() - began) / 1000).toFixed(1)} s: ${line}\n`);
say(
  `seed ${seed}: ${events} events of ${clients} clients, ${kills} kills, ${batch ? 'batches of up to 50' : 'singles'}`,
);
try {
  const report = await chaos({ events, clients, kills, seed, gap, sync, batch: batch ? 50 : 1, progress: say });
  const faults = [...report.faults].map(([name, count]) => `${name} ${count}`);
  say(`${report.published} published, ${report.acknowledged} acknowledged, ${report.arrived} arrived at least once`);
  say(`${report.requests} requests; what went wrong: ${faults.join(', ')}`);
  say(`${report.repeated} came again after no answer or one that may not have been seen`);
  say(`${report.repeatedByKill} came again although their answer was seen: a kill came between`);
  say(`${report.tail} acknowledged in the last ${report.tailAge.toFixed(1)} ms before a kill have no event`);
  say('everything arrived, in order for each client, with the same ids and without a gap');
} catch (error) {
  process.exitCode = 1;
  say(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
}
