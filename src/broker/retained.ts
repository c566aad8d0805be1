import { TopicShelf } from '../topics/shelf.ts';
import type { Core } from './core.ts';
import { drop } from './drop.ts';
import type { Message } from './message.ts';

/** The last retained message of each topic (5.0, section 3.3.1.3), bounded in number. */
export class Retained {
  readonly #core: Core;
  readonly #shelf = new TopicShelf<Message>();

  constructor(core: Core) {
    this.#core = core;
  }

  get size(): number {
    return this.#shelf.size;
  }

  /** Keeps `message` for its topic, or forgets what is there if its payload is empty [MQTT-3.3.1-6,7]. */
  store(message: Message): void {
    if (message.payload.length === 0) this.#shelf.delete(message.topic);
    else if (this.#shelf.size < this.#core.options.maxRetained || this.#shelf.get(message.topic) !== undefined)
      this.#shelf.set(message.topic, message.keep());
    else drop(this.#core, message, null, 'retained_full');
  }

  /** Whether `message` is still what its topic retains. */
  has(message: Message): boolean {
    return this.#shelf.get(message.topic) === message;
  }

  /** The messages for a new subscription to `filter`; those that have expired are forgotten. */
  match(filter: string): Message[] {
    const now = this.#core.options.clock.now();
    return this.#shelf.match(filter).filter((message) => {
      if (message.expiresAt > now) return true;
      this.#shelf.delete(message.topic);
      return false;
    });
  }
}
