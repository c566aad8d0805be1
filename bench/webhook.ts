// `npm run bench:webhook`: what the webhook takes and costs. Progress as it runs, then a table; `--quick` for a first look.
/* oxlint-disable no-await-in-loop -- one after the other is what measuring needs */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { type BrokerCost, brokerCost } from './webhook/broker-cost.ts';
import { type DeliveryCase, deliveryRate } from './webhook/delivery-rate.ts';
import { type Throughput, throughput } from './webhook/throughput.ts';

/** Aims of the project, beside which the figures stand. */
const AIM = { singles: 20_000, batches: 150_000, share: 0.8, cost: 2 };

const CASES: readonly (DeliveryCase & { readonly aim?: number })[] = [
  { name: 'one event in a request', batch: 1, pipelining: 1, sync: null, aim: AIM.singles },
  { name: 'the same, pipelining 8', batch: 1, pipelining: 8, sync: null },
  { name: 'the same, spool sync = normal', batch: 1, pipelining: 1, sync: 'normal' },
  { name: 'the same, spool sync = full', batch: 1, pipelining: 1, sync: 'full' },
  { name: 'batches of 500', batch: 500, pipelining: 1, sync: null, aim: AIM.batches },
  { name: 'the same, spool sync = normal', batch: 500, pipelining: 1, sync: 'normal' },
  { name: 'the same, spool sync = full', batch: 500, pipelining: 1, sync: 'full' },
];

const HOOKS = [
  { name: 'no webhook', batch: null },
  { name: 'one event in a request', batch: 1 },
  { name: 'batches of 500', batch: 500 },
] as const;

const { quick, runs } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, runs: { type: 'string' } },
}).values;
const rounds = Number(runs ?? (quick ? 1 : 3));
const seconds = quick ? 0.7 : 1.2;
const messages = { cost: quick ? 20_000 : 60_000, pair: quick ? 2000 : 4000 };

const all = cpus();
note(`Node ${process.versions.node}, ${all.length} x ${all[0]?.model ?? 'unknown CPU'}; medians of ${rounds} runs`);
const rates = await eachInTurn(CASES, (way) => deliveryRate(way, seconds));
const flows = await eachInTurn(HOOKS, ({ batch }) => throughput(batch, messages.pair));
const costs = await eachInTurn([{ name: "the broker thread's CPU" }], () => brokerCost(messages.cost));

console.log('\nevents delivered per second to a receiver that only counts (memory unless a spool is named)');
for (const [index, { name, aim }] of CASES.entries()) {
  const rate = median(rates[index] ?? []);
  console.log(`  ${name.padEnd(32)}${Math.round(rate).toString().padStart(9)}${verdict(aim, rate >= (aim ?? 0))}`);
}
console.log('\nmessages per second with a hook on every one, 50 pairs, QoS 0, as many as go through');
for (const [index, { name }] of HOOKS.entries()) console.log(flowLine(name, flows[index] ?? [], index > 0));
console.log("\nmicroseconds of the broker thread's CPU for a message of 64 bytes");
const [found = []] = costs;
console.log(costLine(found));
process.exit(0);

function flowLine(name: string, runsOfIt: readonly Throughput[], isHooked: boolean): string {
  const rate = median(runsOfIt.map((run) => run.rate));
  const line = `  ${name.padEnd(32)}${Math.round(rate).toString().padStart(9)}`;
  if (!isHooked) return line;
  const share = rate / median(flows[0]?.map((run) => run.rate) ?? []);
  const dropped = runsOfIt.reduce((sum, run) => sum + run.dropped, 0);
  const sent = median(runsOfIt.map(({ delivered, matched }) => delivered / matched));
  const told = `${percent(share)} of that without; ${percent(sent)} of the events sent by then, ${dropped} dropped`;
  return `${line}${verdict(AIM.share, share >= AIM.share, percent)}, ${told}`;
}

function costLine(runsOfIt: readonly BrokerCost[]): string {
  const without = median(runsOfIt.map((run) => run.without));
  const hooked = median(runsOfIt.map((run) => run.with));
  const event = median(runsOfIt.map((run) => run.with - run.without));
  const dropped = runsOfIt.reduce((sum, run) => sum + run.dropped, 0);
  const told = `${without.toFixed(2)} without, ${hooked.toFixed(2)} with a hook: ${event.toFixed(2)} for an event`;
  return `  ${told}${verdict(AIM.cost, event <= AIM.cost, (aim) => `at most ${aim}`)}, ${dropped} dropped`;
}

function verdict(aim: number | undefined, isReached: boolean, tell: (aim: number) => string = String): string {
  return aim === undefined ? '' : ` (aim ${tell(aim)}: ${isReached ? 'reached' : 'MISSED'})`;
}

/** All of them, one after the other, and that `rounds` times: what disturbs the machine for a while disturbs all. */
async function eachInTurn<W extends { readonly name: string }, R>(
  ways: readonly W[],
  measure: (way: W) => Promise<R>,
): Promise<R[][]> {
  const results = ways.map((): R[] => []);
  for (let round = 1; round <= rounds; round++) {
    for (const [index, way] of ways.entries()) {
      const result = await measure(way);
      results[index]?.push(result);
      note(
        `run ${round} of ${rounds}, ${way.name}: ${typeof result === 'number' ? Math.round(result) : figures(result)}`,
      );
    }
  }
  return results;
}

function figures(result: unknown): string {
  return JSON.stringify(result, (_, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 100) / 100 : value,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}
