import type { QoS } from './message.ts';
import type { Session } from './session.ts';
import type { SubscriptionOptions } from './subscription.ts';

/** One session's subscription to one filter. */
export interface Subscription {
  readonly session: Session;
  readonly options: SubscriptionOptions;
}

/** One receiver of a topic's messages: all subscriptions of a session that match it, as one [MQTT-3.3.4-2,3]. */
export interface Target {
  readonly session: Session;
  /** The highest granted QoS. */
  readonly qos: QoS;
  readonly retainAsPublished: boolean;
  readonly subscriptionIds: readonly number[] | null;
  /** What holds for the session's own messages: the same object, fewer subscriptions, or null for nothing. */
  readonly local: Target | null;
}

/** One target for each session among `matched`. */
export function targetsOf(matched: readonly Subscription[]): Target[] {
  const [only] = matched;
  if (only !== undefined && matched.length === 1) return [targetOf(only.session, [only.options])];
  const bySession = new Map<Session, SubscriptionOptions[]>();
  for (const { session, options } of matched) {
    const others = bySession.get(session);
    if (others === undefined) bySession.set(session, [options]);
    else others.push(options);
  }
  return [...bySession].map(([session, options]) => targetOf(session, options));
}

function targetOf(session: Session, all: readonly SubscriptionOptions[]): Target {
  const locals = all.filter((options) => !options.noLocal);
  const merged = merge(session, all);
  if (locals.length === all.length) merged.local = merged;
  else if (locals.length > 0) {
    const local = merge(session, locals);
    local.local = local;
    merged.local = local;
  }
  return merged;
}

function merge(session: Session, all: readonly SubscriptionOptions[]): { -readonly [K in keyof Target]: Target[K] } {
  const ids = all.map((options) => options.subscriptionId).filter((id) => id !== 0);
  return {
    session,
    qos: all.reduce<QoS>((highest, options) => (options.qos > highest ? options.qos : highest), 0),
    retainAsPublished: all.some((options) => options.retainAsPublished),
    subscriptionIds: ids.length === 0 ? null : ids,
    local: null,
  };
}
