import { RecentMap } from '../base/recent-map.ts';
import { parseFilter } from '../topics/filter.ts';
import { FilterTrie } from '../topics/trie.ts';
import type { Client } from './client.ts';
import type { Core } from './core.ts';
import { drop } from './drop.ts';
import type { Message } from './message.ts';
import { Retained } from './retained.ts';
import type { Session } from './session.ts';
import { SharedGroup } from './shared-group.ts';
import type { SubscriptionOptions } from './subscription.ts';
import { type Subscription, type Target, targetsOf } from './target.ts';

/** Topics whose receivers are remembered, and how many receivers in all. */
const CACHED_TOPICS = 10_000;
const CACHED_TARGETS = 200_000;
/** Characters of the longest of them: what is remembered is bounded in bytes, too. */
const LONGEST_CACHED = 256;

/** Who gets the messages of one topic. */
interface Route {
  readonly targets: readonly Target[];
  readonly groups: readonly SharedGroup[];
}

/** Knows who subscribed to what, and brings a message to all of them (hop 6 of the road). */
export class Router {
  readonly retained: Retained;
  readonly #core: Core;
  readonly #subscriptions = new FilterTrie<Session, Subscription>();
  readonly #groups = new FilterTrie<string, SharedGroup>();
  readonly #routes = new RecentMap<string, Route>(CACHED_TOPICS);
  #cachedTargets = 0;
  #sharedSubscriptions = 0;

  constructor(core: Core) {
    this.#core = core;
    this.retained = new Retained(core);
  }

  get subscriptions(): number {
    return this.#subscriptions.size + this.#sharedSubscriptions;
  }

  get sharedSubscriptions(): number {
    return this.#sharedSubscriptions;
  }

  /** Adds or replaces a subscription; `filter` is valid, and may be a shared one. */
  subscribe(session: Session, filter: string, options: SubscriptionOptions): void {
    this.#forgetRoutes();
    const parsed = parseFilter(filter);
    if (parsed.group === null) {
      this.#subscriptions.set(parsed.filter, session, { session, options });
      return;
    }
    let group = this.#groups.get(parsed.filter, parsed.group);
    if (group === undefined) {
      group = new SharedGroup(parsed.group, parsed.filter);
      this.#groups.set(parsed.filter, parsed.group, group);
    }
    if (group.set(session, options)) this.#sharedSubscriptions++;
  }

  unsubscribe(session: Session, filter: string): void {
    this.#forgetRoutes();
    const parsed = parseFilter(filter);
    if (parsed.group === null) {
      this.#subscriptions.delete(parsed.filter, session);
      return;
    }
    const group = this.#groups.get(parsed.filter, parsed.group);
    if (group === undefined || !group.delete(session)) return;
    this.#sharedSubscriptions--;
    if (group.size === 0) this.#groups.delete(parsed.filter, parsed.group);
  }

  /** Retains the message if it asks for that and gives it to every receiver. Returns how many there were. */
  route(message: Message): number {
    if (message.retain) this.retained.store(message);
    const { targets, groups } = this.#routeOf(message.topic);
    const { publisher } = message;
    let receivers = 0;
    for (const target of targets) {
      const effective = target.local === target ? target : this.#localTarget(target, publisher);
      if (effective === null) continue;
      const retain = effective.retainAsPublished && message.retain;
      effective.session.deliver(message, effective.qos, retain, effective.subscriptionIds);
      receivers++;
    }
    for (const group of groups) if (this.#routeToGroup(group, message)) receivers++;
    message.release();
    return receivers;
  }

  /** A target some of whose subscriptions are "no local" differs for the client's own messages [MQTT-3.8.3-3]. */
  #localTarget(target: Target, publisher: Client | null): Target | null {
    return publisher !== null && publisher.clientId === target.session.clientId ? target.local : target;
  }

  /** Gives on what a member of the group has not had: to the members of now. False when there are none. */
  handOn({ name, filter }: SharedGroup, message: Message): boolean {
    // Its last member may have left since, and others come: then it is another group of that name.
    const group = this.#groups.get(filter, name);
    if (group === undefined) return false;
    this.#routeToGroup(group, message);
    message.release();
    return true;
  }

  /** Gives the message to one member of a shared subscription; false when nobody can have it. */
  #routeToGroup(group: SharedGroup, message: Message): boolean {
    const member = group.pick(message);
    if (member === null) {
      drop(this.#core, message, null, 'offline');
      return false;
    }
    const { options, session } = member;
    const ids = options.subscriptionId === 0 ? null : [options.subscriptionId];
    session.deliver(message, options.qos, options.retainAsPublished && message.retain, ids, group);
    return true;
  }

  /** Whether anybody subscribes to `topic`; unlike routing it remembers nothing. */
  hasReceivers(topic: string): boolean {
    let found = false;
    const note = (): void => {
      found = true;
    };
    this.#subscriptions.match(topic, note);
    if (!found) this.#groups.match(topic, note);
    return found;
  }

  #routeOf(topic: string): Route {
    if (topic.length > LONGEST_CACHED) return this.#lookUp(topic);
    const cached = this.#routes.get(topic);
    if (cached !== undefined) return cached;
    const route = this.#lookUp(topic);
    this.#cachedTargets += route.targets.length;
    if (this.#cachedTargets > CACHED_TARGETS) this.#forgetRoutes();
    this.#routes.set(topic, route);
    return route;
  }

  #lookUp(topic: string): Route {
    const matched: Subscription[] = [];
    this.#subscriptions.match(topic, (subscription) => matched.push(subscription));
    const groups: SharedGroup[] = [];
    this.#groups.match(topic, (group) => groups.push(group));
    return { targets: targetsOf(matched), groups };
  }

  #forgetRoutes(): void {
    this.#cachedTargets = 0;
    if (this.#routes.size > 0) this.#routes.clear();
  }
}
