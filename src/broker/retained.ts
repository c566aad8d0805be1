import { TopicShelf } from '../topics/shelf.ts';
import type { Core } from './core.ts';
import { drop } from './drop.ts';
import type { Message } from './message.ts';

interface Kept {
  readonly message: Message;
  /** Messages are numbered in the order in which they came to be retained. */
  readonly number: number;
}

/** The last retained message of each topic (5.0, section 3.3.1.3), bounded in number. */
export class Retained {
  readonly #core: Core;
  readonly #shelf = new TopicShelf<Kept>();
  #last = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  get size(): number {
    return this.#shelf.size;
  }

  /** The number of the newest message. */
  get last(): number {
    return this.#last;
  }

  /** Keeps `message` for its topic, or forgets what is there if its payload is empty [MQTT-3.3.1-6,7]. */
  store(message: Message): void {
    if (message.payload.length === 0) this.#shelf.delete(message.topic);
    else if (this.#shelf.size < this.#core.options.maxRetained || this.#shelf.get(message.topic) !== undefined)
      this.#shelf.set(message.topic, { message: message.keep(), number: ++this.#last });
    else drop(this.#core, message, null, 'retained_full');
  }

  /** Whether `message` is still what its topic retains. */
  has(message: Message): boolean {
    return this.#shelf.get(message.topic)?.message === message;
  }

  /** What `filter` matches up to the one with number `upTo`; those that have expired are forgotten. */
  match(filter: string, upTo: number): Message[] {
    const now = this.#core.options.clock.now();
    const found: Message[] = [];
    for (const { message, number } of this.#shelf.match(filter)) {
      if (message.expiresAt <= now) this.#shelf.delete(message.topic);
      else if (number <= upTo) found.push(message);
    }
    return found;
  }
}
