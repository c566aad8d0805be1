import { exceedsLevels, levelsOf, parseFilter } from '../topics/filter.ts';
import type { BrokerOptions } from './options.ts';
import type { Counters } from './stats.ts';

type TopicLimits = Pick<BrokerOptions, 'maxTopicLength' | 'maxTopicLevels'>;

/** What of a broker its limits of topics need. */
interface Limited {
  readonly options: TopicLimits;
  readonly counters: Counters;
}

/** Why a valid topic name is beyond the broker's limits of length and levels; null where it is not. */
export function topicExcess(topic: string, { maxTopicLength, maxTopicLevels }: TopicLimits): string | null {
  if (isLonger(topic, maxTopicLength)) return `more than ${maxTopicLength} bytes`;
  return exceedsLevels(topic, maxTopicLevels) ? `more than ${maxTopicLevels} topic levels` : null;
}

/** The same for what a client sent, which is counted. */
export function topicExcessOf({ options, counters }: Limited, topic: string): string | null {
  const excess = topicExcess(topic, options);
  if (excess !== null) counters.limited.topic++;
  return excess;
}

/** Whether a valid filter of a client is beyond the limits; counted. `$share/group/` has length, but no levels. */
export function isExcessive({ options, counters }: Limited, filter: string): boolean {
  const excessive =
    isLonger(filter, options.maxTopicLength) || exceedsLevels(parseFilter(filter).filter, options.maxTopicLevels);
  if (excessive) counters.limited.topic++;
  return excessive;
}

/** Bytes that one level of a topic or filter takes in a tree, roughly. */
export const LEVEL_BYTES = 100;

/** As how many subscriptions one to `filter` counts: as one, unless it is very long or deep. */
export function filterWeight(filter: string): number {
  return 1 + Math.floor((filter.length + LEVEL_BYTES * levelsOf(filter)) / USUAL_BYTES);
}

/** Bytes that one subscription may take before it counts as more than one. */
const USUAL_BYTES = 4096;

/** Whether the UTF-8 of `text` has more than `limit` bytes. */
function isLonger(text: string, limit: number): boolean {
  return text.length > limit || (text.length * 3 > limit && Buffer.byteLength(text) > limit);
}
