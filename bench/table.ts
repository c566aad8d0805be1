import type { Figures } from './scenarios.ts';

/** The medians of one broker in one scenario. */
export interface Row {
  readonly scenario: string;
  readonly broker: string;
  readonly figures: Figures;
  /** HookMQ's figures divided by this broker's. */
  readonly ratios: Figures;
}

// Of a core: the generator has one thread and no more.
const AT_ITS_LIMIT = 0.85;

const COLUMNS: readonly { readonly key: keyof Figures; readonly title: string; readonly digits: number }[] = [
  { key: 'rate', title: 'per second', digits: 0 },
  { key: 'cpu', title: 'CPU µs', digits: 1 },
  { key: 'p50', title: 'p50 µs', digits: 0 },
  { key: 'p99', title: 'p99 µs', digits: 0 },
  { key: 'memory', title: 'kB each', digits: 1 },
];

const SCENARIO_WIDTH = 10;
const BROKER_WIDTH = 11;
const FIGURE_WIDTH = 11;
const RATIO_WIDTH = 8;

/** The rows as a table, a ratio beside each figure of a peer. */
export function table(rows: readonly Row[]): string {
  const titles = COLUMNS.map(({ title }) => title.padStart(FIGURE_WIDTH) + ''.padEnd(RATIO_WIDTH)).join('');
  const lines = ['scenario'.padEnd(SCENARIO_WIDTH) + 'broker'.padEnd(BROKER_WIDTH) + titles];
  for (const [index, row] of rows.entries()) {
    const repeated = rows[index - 1]?.scenario === row.scenario;
    const cells = COLUMNS.map(({ key, digits }) => figure(row.figures[key], digits) + ratio(row.ratios[key])).join('');
    const mark = limitedByTheLoad(row.figures) ? '*' : '';
    lines.push(
      (repeated ? '' : row.scenario).padEnd(SCENARIO_WIDTH) + (row.broker + mark).padEnd(BROKER_WIDTH) + cells,
    );
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** What the reader needs to know of the table. */
export function legend(rows: readonly Row[]): string {
  const isMarked = rows.some(({ figures }) => limitedByTheLoad(figures));
  return [...LEGEND, ...(isMarked ? [MARK] : [])].join('\n');
}

const LEGEND = [
  'Ratios (x) are HookMQ divided by that broker: more is better per second, less is better in all other columns.',
  'CPU is that of the broker for each delivery or connection; kB is memory for each connection.',
];
const MARK = '* the load generator was at its limit: this broker can do more than the figure says.';

function limitedByTheLoad({ load = 0, cpu = 0, rate = 0 }: Figures): boolean {
  return load > AT_ITS_LIMIT && load > (cpu * rate) / 1e6;
}

function figure(value: number | undefined, digits: number): string {
  const text = value?.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (text ?? '').padStart(FIGURE_WIDTH);
}

function ratio(value: number | undefined): string {
  return (value === undefined ? '' : ` x${value.toPrecision(2)}`).padEnd(RATIO_WIDTH);
}
