import { RecentMap } from '../base/recent-map.ts';
import { isInternal, matches, parseFilter } from '../topics/filter.ts';
import type { WebhookEvent } from './events.ts';
import { patternOf, type Pattern } from './pattern.ts';

/** One entry of `webhook.events`. */
export interface Rule {
  /** An event by its name in the configuration, for example `on_message_publish`. */
  readonly event: string;
  /**
   * Only topics that this filter matches; undefined: all, but of messages those of `$SYS`, what the broker says of itself.
   * A subscription's filter is looked at as if it were a topic, as EMQX does: `a/#` is wanted by `a/#`, `a/+` and `#`.
   * Events without a topic ignore it, as NanoMQ does.
   */
  readonly topic?: string | undefined;
  /** Only clients whose id is one of these: a pattern, see `patternOf`. */
  readonly clientid?: string | undefined;
  /** Only clients whose user name is one of these; never those that have none. */
  readonly username?: string | undefined;
}

/**
 * Whether an event is wanted, by what it has of these: '' stands for a topic or client id that it has not. null: it is
 * wanted always.
 */
export type Wanted = ((topic: string, clientId: string, username: string | undefined) => boolean) | null;

/**
 * What `rules` want of `event`: undefined when no rule names it. Rules decide whether an event is sent; several that
 * match still make one request.
 */
export function wantedBy(
  rules: readonly Rule[],
  { name, hasTopic }: Pick<WebhookEvent, 'name' | 'hasTopic'>,
): Wanted | undefined {
  const own = rules.filter((rule) => rule.event.toLowerCase() === name).map(compiled);
  if (own.length === 0) return undefined;
  if (!hasTopic) {
    if (own.some(isForAll)) return null;
    return (_topic, clientId, username) => someTakes(own, clientId, username);
  }
  const isMessage = name.startsWith(MESSAGE);
  const byTopic = cached(own, isMessage);
  const verdict = isMessage ? byTopic : (filter: string) => byTopic(unshared(filter));
  return (topic, clientId, username) => {
    const found = verdict(topic);
    return found === 'all' || (found.length > 0 && someTakes(found, clientId, username));
  };
}

/** How the names of events begin whose topic is a topic; that of all others is a subscription's filter. */
const MESSAGE = 'on_message_';

/** A rule that is ready for use; null: any. */
interface CompiledRule {
  readonly topic: string | null;
  readonly clientId: Pattern | null;
  readonly username: Pattern | null;
}

function compiled({ topic, clientid, username }: Rule): CompiledRule {
  return {
    topic: topic ?? null,
    clientId: clientid === undefined ? null : patternOf(clientid),
    username: username === undefined ? null : patternOf(username),
  };
}

/** Whether a rule leaves no client out. */
function isForAll({ clientId, username }: CompiledRule): boolean {
  return clientId === null && username === null;
}

function someTakes(rules: readonly CompiledRule[], clientId: string, username: string | undefined): boolean {
  for (const rule of rules) {
    const fits = rule.clientId === null || rule.clientId(clientId);
    if (fits && (rule.username === null || (username !== undefined && rule.username(username)))) return true;
  }
  return false;
}

function unshared(filter: string): string {
  return filter.startsWith('$share/') ? parseFilter(filter).filter : filter;
}

/** What rules say of a topic: `all` clients' events are wanted, or those that one of these rules takes. */
type Verdict = 'all' | readonly CompiledRule[];

/** Verdicts that are remembered, and the longest topic: a megabyte at most, whatever clients publish. */
const REMEMBERED = 2048;
const LONGEST_TOPIC = 256;

/** So that most topics share one list. */
const NONE: readonly CompiledRule[] = [];

function cached(rules: readonly CompiledRule[], isMessage: boolean): (topic: string) => Verdict {
  const verdicts = new RecentMap<string, Verdict>(REMEMBERED);
  return (topic) => {
    const known = verdicts.get(topic);
    if (known !== undefined) return known;
    const fitting = rules.filter((rule) => wantsTopic(rule, topic, isMessage));
    const verdict = fitting.some(isForAll) ? 'all' : fitting.length === 0 ? NONE : fitting;
    if (topic.length <= LONGEST_TOPIC) verdicts.set(topic, verdict);
    return verdict;
  };
}

function wantsTopic({ topic: filter }: CompiledRule, topic: string, isMessage: boolean): boolean {
  return filter === null ? !(isMessage && isInternal(topic)) : matches(filter, topic);
}
