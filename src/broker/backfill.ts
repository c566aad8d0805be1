import type { Message } from './message.ts';
import type { Retained } from './retained.ts';
import type { SubscriptionOptions } from './subscription.ts';

/** A subscription that still has to get what is retained. */
interface Pending {
  readonly options: SubscriptionOptions;
  /** The last message that was retained before it: newer ones come to it like any message. */
  readonly upTo: number;
  /** What is left of them, the next one last; null until their turn comes. */
  messages: Message[] | null;
}

/** A retained message for a new subscription. */
export interface BackfillItem {
  readonly message: Message;
  readonly options: SubscriptionOptions;
}

/**
 * What is retained for the new subscriptions of one session. It is looked up when its turn comes: a client that
 * subscribes faster than it reads makes us hold its subscriptions, not the messages of all of them.
 */
export class Backfill {
  readonly #retained: Retained;
  readonly #clientId: string;
  readonly #pending = new Map<string, Pending>();

  constructor(retained: Retained, clientId: string) {
    this.#retained = retained;
    this.#clientId = clientId;
  }

  /** Begins for a subscription; anew if it has not come to its end since the last time. */
  add(filter: string, options: SubscriptionOptions): void {
    this.#pending.delete(filter);
    this.#pending.set(filter, { options, upTo: this.#retained.last, messages: null });
  }

  delete(filter: string): void {
    this.#pending.delete(filter);
  }

  get done(): boolean {
    return this.#pending.size === 0;
  }

  /** Whether `peek` has to look through all that is retained. */
  get mustLookUp(): boolean {
    for (const { messages } of this.#pending.values()) return messages === null;
    return false;
  }

  /** Forgets what was looked up: a session without connection holds no messages for it. */
  rewind(): void {
    for (const pending of this.#pending.values()) pending.messages = null;
  }

  /**
   * The next message of the oldest subscription that is still what its topic retains, to be taken off with `shift`;
   * null when there is no more for that subscription.
   */
  peek(): BackfillItem | null {
    for (const [filter, pending] of this.#pending) {
      const messages = (pending.messages ??= this.#retained.match(filter, pending.upTo).toReversed());
      for (let message = messages.at(-1); message !== undefined; message = messages.at(-1)) {
        if (this.#retained.has(message) && !this.#isOwn(message, pending.options))
          return { message, options: pending.options };
        // A newer one has come meanwhile and was delivered like any message: the old one must not follow it.
        messages.pop();
      }
      this.#pending.delete(filter);
      return null;
    }
    return null;
  }

  shift(): void {
    for (const { messages } of this.#pending.values()) return void messages?.pop();
  }

  /** "No local" holds for what is retained too [MQTT-3.8.3-3]. */
  #isOwn(message: Message, options: SubscriptionOptions): boolean {
    return options.noLocal && message.publisher?.clientId === this.#clientId;
  }
}
