import { DROP_REASONS } from './backlog.ts';
import type { WebhookStats } from './tally.ts';

/** One figure of an endpoint: its name (levels with `/`), what it says, and its value; null: there is nothing to say. */
export type FigureRow = readonly [name: string, doc: string, value: (stats: WebhookStats) => string | number | null];

/** The figures of an endpoint that are worth watching, under names for people and programs. */
export const WEBHOOK_FIGURES: readonly FigureRow[] = [
  ['matched', 'Events that matched a rule', ({ matched }) => matched],
  ['accepted', 'Those of them that were taken into the queue', ({ accepted }) => accepted],
  ['recovered', 'Events of earlier runs that were found in the spool', ({ recovered }) => recovered || null],
  ['delivered', 'Events that the endpoint took', ({ delivered }) => delivered],
  ['retried', 'Requests that did not succeed and were repeated', ({ retried }) => retried],
  ['dead_lettered', 'Events that were given up', ({ deadLettered }) => deadLettered],
  ['lost', 'Events that were neither sent nor kept', ({ lost }) => lost || null],
  ...DROP_REASONS.map(
    (reason): FigureRow => [
      `dropped/${reason}`,
      'Events dropped, by reason; absent while there are none',
      ({ dropped }) => dropped[reason] || null,
    ],
  ),
  ['queued/events', 'Events that wait, or wait for their answer', ({ queued }) => queued.events],
  ['queued/bytes', 'What they take of `spool.max_bytes`', ({ queued }) => queued.bytes],
  ['queued/oldest', 'Age of the oldest of them in seconds', ({ queued }) => Math.round((queued.oldestAge ?? 0) / 1000)],
  ['dead_letters', 'Dead letters that are kept', ({ deadLetters }) => deadLetters.events],
  ['requests/in_flight', 'Requests that wait for their answer', ({ inFlight }) => inFlight],
  ['requests/answered', 'Requests that were answered', ({ latency }) => latency.count],
  ['requests/latency', 'Mean time from a request to its answer in milliseconds', meanLatency],
  ['breaker', '`closed`, or `open` or `half_open` while the endpoint counts as down', ({ breaker }) => breaker],
  ['last_error', 'Why the latest request that did not succeed did not', ({ lastError }) => lastError],
];

function meanLatency({ latency: { count, sum } }: WebhookStats): number | null {
  return count === 0 ? null : Math.round((sum / count) * 10) / 10;
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
