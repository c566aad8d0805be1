import type { BrokerStats } from '../broker/stats.ts';
import type { Load } from './load.ts';

/** What the values below `$SYS` are made of. */
export interface Facts {
  readonly stats: BrokerStats;
  readonly version: string;
  readonly node: string;
  /** Milliseconds since the broker began to tell about itself. */
  readonly uptime: number;
  /** Milliseconds since the Unix epoch. */
  readonly date: number;
  /** Bytes of JavaScript's heap: in use, and the most that were at one of the publications. */
  readonly heap: number;
  readonly heapMaximum: number;
  /** In the order of `LOADS`. */
  readonly loads: readonly Load[];
}

/** A topic, what it says, and how that is made of the facts; null: there is nothing to say. */
export type TopicRow = readonly [topic: string, doc: string, value: (facts: Facts) => string | number | null];

/** All messages that did not reach a receiver. */
export function droppedOf({ dropped }: BrokerStats): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}
