// `npm run bench`: HookMQ beside the other brokers of this machine, under the same load, in turn.
/* oxlint-disable no-await-in-loop -- one after the other is what measuring needs */
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { type BrokerKind, findBrokers, type RunningBroker, startBroker } from './brokers.ts';
import { generate } from './generate.ts';
import { FIGURES, type Figures, type Scenario, SCENARIOS } from './scenarios.ts';
import { legend, type Row, table } from './table.ts';

const LIMIT_SECONDS = 60;
// Between two runs: time to clear up the connections of the one before.
const REST_MS = 300;

const HELP = `Measures HookMQ and the other MQTT brokers that are installed (mosquitto, nanomq).

  npm run bench -- [--only p2p,fanout] [--runs 3] [--json]

${SCENARIOS.map(({ name, doc }) => `  ${name.padEnd(8)}  ${doc}`).join('\n')}
`;

interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly runs: number;
  readonly json: boolean;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
try {
  const plan = readPlan();
  const kinds = findBrokers();
  note(`${kinds.map(({ name }) => name).join(', ')} on Node ${process.versions.node}, ${machine()}`);
  const rows = await measureAll(kinds, plan);
  const output = plan.json ? JSON.stringify(rows, undefined, 2) : `${table(rows)}\n\n${legend(rows)}`;
  process.stdout.write(`${output}\n`);
} catch (error) {
  note(`bench: ${reasonOf(error)}`);
  process.exit(1);
}

function readPlan(): Plan {
  const options = {
    only: { type: 'string' },
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { only, runs, json, help } = parseArgs({ options }).values;
  if (help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const names = only?.split(',');
  const unknown = names?.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) throw new Error(`there is no scenario ${unknown}`);
  if (!/^[1-9]\d*$/.test(runs)) throw new Error(`--runs ${runs} is not a number of runs`);
  return { scenarios: SCENARIOS.filter(({ name }) => names?.includes(name) ?? true), runs: Number(runs), json };
}

async function measureAll(kinds: readonly BrokerKind[], { scenarios, runs }: Plan): Promise<Row[]> {
  const rows: Row[] = [];
  const total = scenarios.length * runs * kinds.length;
  let done = 0;
  for (const scenario of scenarios) {
    const results = new Map(kinds.map(({ name }): [string, Figures[]] => [name, []]));
    let brokers = await startAll(kinds);
    for (let run = 1; run <= runs; run++) {
      // Memory once taken is mostly kept for the next: growth is only seen in a process that has had no load yet.
      if (run > 1 && scenario.shape === 'idle') brokers = await startAll(kinds, brokers);
      for (const broker of brokers) {
        progress(`[${++done}/${total}] ${scenario.name}, run ${run} of ${runs}: ${broker.name}`);
        results.get(broker.name)?.push(await tryMeasure(broker, scenario, run));
        await pause(REST_MS);
      }
    }
    await startAll([], brokers);
    rows.push(...compare(scenario, results));
  }
  progress('');
  return rows;
}

async function startAll(
  kinds: readonly BrokerKind[],
  running: readonly RunningBroker[] = [],
): Promise<RunningBroker[]> {
  await Promise.all(running.map((broker) => broker.stop()));
  return Promise.all(kinds.map((kind) => startBroker(kind)));
}

/** A run that fails is told and leaves its place in the table empty; the others go on. */
async function tryMeasure(broker: RunningBroker, scenario: Scenario, run: number): Promise<Figures> {
  const { port, pid } = broker;
  try {
    return await generate({ scenario, port, pid, prefix: `${scenario.name}${run}`, limit: LIMIT_SECONDS });
  } catch (error) {
    progress('');
    note(`${broker.name}, ${scenario.name}, run ${run} failed: ${reasonOf(error)}`);
    process.exitCode = 1;
    return {};
  }
}

function compare(scenario: Scenario, results: ReadonlyMap<string, readonly Figures[]>): Row[] {
  const [ours = {}, ...peers] = [...results.values()].map(medians);
  return [...results.keys()].map((broker, index) => {
    const figures = [ours, ...peers][index] ?? {};
    return { scenario: scenario.name, broker, figures, ratios: index === 0 ? {} : quotients(ours, figures) };
  });
}

function medians(runs: readonly Figures[]): Figures {
  const median = (key: keyof Figures): number | undefined => {
    const values = runs.flatMap((run) => run[key] ?? []).toSorted((a, b) => a - b);
    return values[values.length >> 1];
  };
  return eachFigure(median);
}

function quotients(ours: Figures, theirs: Figures): Figures {
  return eachFigure((key) => {
    const [a, b] = [ours[key], theirs[key]];
    return a === undefined || b === undefined || b === 0 ? undefined : a / b;
  });
}

function eachFigure(value: (key: keyof Figures) => number | undefined): Figures {
  const figures: Figures = {};
  for (const key of FIGURES) {
    const found = value(key);
    if (found !== undefined) figures[key] = found;
  }
  return figures;
}

function machine(): string {
  const all = cpus();
  return `${all.length} x ${all[0]?.model ?? 'unknown CPU'}, ${process.platform} ${process.arch}`;
}

/** One line that is written over by the next on a terminal, a line each elsewhere. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  else if (line !== '') note(line);
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
