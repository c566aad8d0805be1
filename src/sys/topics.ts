import { newCounters } from '../broker/stats.ts';
import { EMQX_TOPICS } from './emqx-topics.ts';
import type { TopicRow } from './facts.ts';
import { MOSQUITTO_TOPICS } from './mosquitto-topics.ts';

/** Stands for the name of the node. */
const NODE = '<node>';

/** Every topic with a value, in the order of publication; `docs/sys-topics.md` is this table. */
export const SYS_TOPICS: readonly TopicRow[] = [
  ...below('$SYS/broker', MOSQUITTO_TOPICS),
  ...below('$SYS/broker/dropped', countsOf('dropped', 'Messages dropped, by reason')),
  ...below('$SYS/broker/limited', countsOf('limited', 'Refusals because of a limit')),
  ['$SYS/brokers', 'The names of the brokers: this one', ({ node }) => node],
  ...below(`$SYS/brokers/${NODE}`, EMQX_TOPICS),
];

/** The topic of a row for the broker called `node`. */
export function topicOf(row: TopicRow, node: string): string {
  return row[0].replace(NODE, () => node);
}

function below(parent: string, rows: readonly TopicRow[]): TopicRow[] {
  return rows.map(([topic, ...rest]) => [`${parent}/${topic}`, ...rest]);
}

/** A topic for each reason or limit, once it has happened. */
function countsOf(group: 'dropped' | 'limited', what: string): TopicRow[] {
  return Object.keys(newCounters()[group]).map((name) => [
    name,
    `${what}; absent while there are none`,
    ({ stats }) => (stats[group] as Readonly<Record<string, number>>)[name] || null,
  ]);
}
