import type { QoS } from './message.ts';
import type { Session } from './session.ts';
import type { SubscriptionOptions } from './subscription.ts';
import type { Subscription } from './target.ts';

/** The members of `$share/group/filter`: each message goes to one of them, in turn. */
export class SharedGroup {
  readonly #members: Subscription[] = [];
  /** Where each session's membership is among the members. */
  readonly #places = new Map<Session, number>();
  #next = 0;

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

  /**
   * The member that gets the next message: one that can take it now if there is one, else one that is connected, else
   * (QoS 1 and 2) one whose session keeps it. Null when nobody can have it.
   */
  pick(qos: QoS): Subscription | null {
    const count = this.#members.length;
    let fallback: Subscription | null = null;
    for (let i = 0; i < count; i++) {
      const index = (this.#next + i) % count;
      const member = this.#members[index] as Subscription;
      if (member.session.ready) {
        this.#next = index + 1;
        return member;
      }
      const usable = member.session.connected || (qos > 0 && member.options.qos > 0);
      if (usable && (fallback === null || (member.session.connected && !fallback.session.connected))) fallback = member;
    }
    this.#next++;
    return fallback;
  }
}
