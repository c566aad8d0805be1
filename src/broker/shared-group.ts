import type { Message } from './message.ts';
import type { Session } from './session.ts';
import type { SubscriptionOptions } from './subscription.ts';
import type { Subscription } from './target.ts';

/** What would become of a message that goes to this session; the higher the better. */
export const Prospect = {
  /** Nothing at all: QoS 0, and nobody is there. */
  none: 0,
  /** Its receiver is too slow, or its queue is full. */
  dropped: 1,
  /** It waits until the client comes back. */
  kept: 2,
  /** It waits for the client that is there. */
  queued: 3,
  /** It goes out at once. */
  sent: 4,
} as const;
export type Prospect = (typeof Prospect)[keyof typeof Prospect];

/** The members of `$share/name/filter`: each message goes to one of them, in turn. */
export class SharedGroup {
  readonly name: string;
  readonly filter: string;
  readonly #members: Subscription[] = [];
  /** Where each session's membership is among the members. */
  readonly #places = new Map<Session, number>();
  #next = 0;

  constructor(name: string, filter: string) {
    this.name = name;
    this.filter = filter;
  }

  get size(): number {
    return this.#members.length;
  }

  /** Adds or replaces a member; returns whether it is new. */
  set(session: Session, options: SubscriptionOptions): boolean {
    const place = this.#places.get(session);
    if (place !== undefined) {
      this.#members[place] = { session, options };
      return false;
    }
    this.#places.set(session, this.#members.length);
    this.#members.push({ session, options });
    return true;
  }

  delete(session: Session): boolean {
    const place = this.#places.get(session);
    const last = this.#members.at(-1);
    if (place === undefined || last === undefined) return false;
    // The last member takes the place that has become free.
    this.#members[place] = last;
    this.#places.set(last.session, place);
    this.#members.pop();
    this.#places.delete(session);
    return true;
  }

  /** The member that gets the message: the next in turn among those with the best prospect. Null when nobody can. */
  pick(message: Message): Subscription | null {
    const first = this.#next;
    const count = this.#members.length;
    let best: Prospect = Prospect.none;
    let picked: Subscription | null = null;
    for (let i = 0; i < count && best < Prospect.sent; i++) {
      const index = (first + i) % count;
      const member = this.#members[index] as Subscription;
      const prospect = member.session.prospectOf(message, member.options.qos);
      if (prospect <= best) continue;
      best = prospect;
      picked = member;
      this.#next = index + 1;
    }
    return picked;
  }
}
