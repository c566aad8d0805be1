import { DROP_REASONS } from './queue/backlog.ts';
import { LATENCY_BOUNDS } from './report.ts';
import type { WebhookStats } from './tally.ts';

/** One figure of an endpoint: its name (levels with `/`), what it says, and its value; null: there is nothing to say. */
export type FigureRow = readonly [name: string, doc: string, value: (stats: WebhookStats) => string | number | null];

const FAILURE_CLASSES = ['none', '3xx', '4xx', '5xx'] as const;

/** A histogram knows no more. */
const BY_BOUNDS = `in milliseconds, rounded up to one of ${LATENCY_BOUNDS.join(', ')} (the last also for what took longer)`;

/** The figures of an endpoint that are worth watching, under names for people and programs. */
export const WEBHOOK_FIGURES: readonly FigureRow[] = [
  ['matched', 'Events that matched a rule', ({ matched }) => matched],
  ['accepted', 'Those of them that were taken into the queue', ({ accepted }) => accepted],
  ['recovered', 'Events of earlier runs that were found in the spool', ({ recovered }) => recovered || null],
  ['resent', 'Dead letters that were put into the queue again', ({ resent }) => resent || null],
  ['delivered', 'Events that the endpoint took', ({ delivered }) => delivered],
  ['retried', 'Requests that did not succeed and were repeated', ({ retried }) => retried],
  ['dead_lettered', 'Events that were given up', ({ deadLettered }) => deadLettered],
  ['lost', 'Events that were neither sent nor kept', ({ lost }) => lost || null],
  ...DROP_REASONS.map((reason): FigureRow => [
    `dropped/${reason}`,
    'Events dropped, by reason; absent while there are none',
    ({ dropped }) => dropped[reason] || null,
  ]),
  ['handed_over/events', 'Events on their way to the delivery thread', ({ handedOver }) => handedOver.events],
  ['queued/events', 'Events that wait, or wait for their answer', ({ queued }) => queued.events],
  ['queued/bytes', 'What they take of `spool.max_bytes`', ({ queued }) => queued.bytes],
  ['queued/oldest', 'Age of the oldest of them in seconds', ({ queued }) => Math.round((queued.oldestAge ?? 0) / 1000)],
  ['dead_letters', 'Dead letters that are kept', ({ deadLetters }) => deadLetters.events],
  ['requests/in_flight', 'Requests that wait for their answer', ({ inFlight }) => inFlight],
  ['requests/answered', 'Requests that were answered', ({ latency }) => latency.count],
  ['requests/latency', 'Mean time from a request to its answer in milliseconds', meanLatency],
  ['requests/latency_p50', `The time that half of them took at most, ${BY_BOUNDS}`, (stats) => percentile(stats, 0.5)],
  ['requests/latency_p99', `The time that 99 of 100 took at most, ${BY_BOUNDS}`, (stats) => percentile(stats, 0.99)],
  ...FAILURE_CLASSES.map((name): FigureRow => [
    `failures/${name}`,
    'Requests that did not succeed, by status, `none` without an answer; absent while there are none',
    (stats) => failuresOf(stats, name) || null,
  ]),
  ['breaker', '`closed`, or `open` or `half_open` while the endpoint counts as down', ({ breaker }) => breaker],
  ['spool_problem', 'What is wrong with the spool; `none`: nothing', ({ spoolProblem }) => spoolProblem ?? 'none'],
  ['last_error', 'Why the latest request that did not succeed did not', ({ lastError }) => lastError],
];

function meanLatency({ latency: { count, sum } }: WebhookStats): number | null {
  return count === 0 ? null : Math.round((sum / count) * 10) / 10;
}

/** The upper bound of the bucket in which the answer stands that a part of all is not slower than; null without any. */
function percentile({ latency: { buckets, count } }: WebhookStats, part: number): number | null {
  if (count === 0) return null;
  let seen = 0;
  const index = buckets.findIndex((inBucket) => (seen += inBucket) >= count * part);
  return LATENCY_BOUNDS[index] ?? LATENCY_BOUNDS.at(-1) ?? null;
}

function failuresOf({ failures }: WebhookStats, name: (typeof FAILURE_CLASSES)[number]): number {
  return Object.entries(failures).reduce(
    (total, [status, count]) => total + (status.replace(/\d\d$/, 'xx') === name ? count : 0),
    0,
  );
}

/** Where the figures of the endpoint `<name>` are published. */
export const FIGURES_TOPIC = '$SYS/broker/webhook/<name>/';

/** The figures of all endpoints as topics below `$SYS`. What no topic may have in a name is written `%2B` and `%23`. */
export function* figureTopics(
  endpoints: ReadonlyMap<string, { stats(): WebhookStats }>,
): Generator<readonly [topic: string, value: string | number | null]> {
  for (const [name, endpoint] of endpoints) {
    const stats = endpoint.stats();
    const above = FIGURES_TOPIC.replace('<name>', () => name.replace(/[+#]/g, encodeURIComponent));
    for (const [figure, , value] of WEBHOOK_FIGURES) yield [`${above}${figure}`, value(stats)];
  }
}
