import { RecentMap } from '../base/recent-map.ts';
import { isInternal, matches } from '../topics/filter.ts';
import type { WebhookEvent } from './events.ts';

/** One entry of `webhook.events`. */
export interface Rule {
  /** An event by its name in the configuration, for example `on_message_publish`. */
  readonly event: string;
  /**
   * Only topics that this filter matches; undefined: every topic outside of `$SYS`, what the broker says of itself.
   * Events without a topic ignore it, as NanoMQ does.
   */
  readonly topic?: string | undefined;
}

/** Whether a topic is wanted; null: the event has no topic and is wanted always. */
export type TopicTest = ((topic: string) => boolean) | null;

/**
 * What `rules` want of `event`: undefined when no rule names it. Rules decide whether an event is sent; several that
 * match still make one request.
 */
export function topicTest(rules: readonly Rule[], event: WebhookEvent): TopicTest | undefined {
  const own = rules.filter((rule) => rule.event.toLowerCase() === event.name);
  if (own.length === 0) return undefined;
  if (!event.hasTopic) return null;
  const named = cached(own.flatMap((rule) => rule.topic ?? []));
  const all = own.some((rule) => rule.topic === undefined);
  return all ? (topic) => !isInternal(topic) || named(topic) : named;
}

/** Verdicts that are remembered, and the longest topic: a megabyte at most, whatever clients publish. */
const REMEMBERED = 2048;
const LONGEST_TOPIC = 256;

function cached(filters: readonly string[]): (topic: string) => boolean {
  const verdicts = new RecentMap<string, boolean>(REMEMBERED);
  return (topic) => {
    const known = verdicts.get(topic);
    if (known !== undefined) return known;
    const verdict = filters.some((filter) => matches(filter, topic));
    if (topic.length <= LONGEST_TOPIC) verdicts.set(topic, verdict);
    return verdict;
  };
}
