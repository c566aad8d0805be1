import { isInternal, levelsOf } from '../topics/filter.ts';
import { TopicShelf } from '../topics/shelf.ts';
import type { Core } from './core.ts';
import { drop } from './drop.ts';
import type { Message } from './message.ts';
import { LEVEL_BYTES } from './topic-limits.ts';

interface Kept {
  readonly message: Message;
  /** What it takes, its levels on the shelf included. */
  readonly bytes: number;
  /** Messages are numbered in the order in which they came to be retained. */
  readonly number: number;
}

/** The last retained message of each topic (5.0, section 3.3.1.3), bounded in number and bytes. */
export class Retained {
  readonly #core: Core;
  readonly #shelf = new TopicShelf<Kept>();
  #last = 0;
  #bytes = 0;
  /** Of the broker's own messages, below $SYS: no client can add any, so that they need no bound. */
  #internal = 0;
  #internalBytes = 0;
  /** When the first of them expires, on the broker's clock. */
  #firstExpiry = Infinity;

  constructor(core: Core) {
    this.#core = core;
  }

  get size(): number {
    return this.#shelf.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the newest message. */
  get last(): number {
    return this.#last;
  }

  /** Keeps `message` for its topic, or forgets what is there if its payload is empty [MQTT-3.3.1-6,7]. */
  store(message: Message): void {
    if (message.payload.length === 0) return this.#forget(message.topic);
    if (this.#core.options.clock.now() >= this.#firstExpiry && !this.#hasRoomFor(message)) this.#forgetExpired();
    if (!this.#hasRoomFor(message)) return drop(this.#core, message, null, 'retained_full');
    this.#forget(message.topic);
    const bytes = bytesOf(message);
    this.#shelf.set(message.topic, { message: message.store(), bytes, number: ++this.#last });
    this.#count(message.topic, 1, bytes);
    this.#firstExpiry = Math.min(this.#firstExpiry, message.expiresAt);
  }

  #count(topic: string, messages: number, bytes: number): void {
    this.#bytes += bytes;
    if (!isInternal(topic)) return;
    this.#internal += messages;
    this.#internalBytes += bytes;
  }

  #hasRoomFor(message: Message): boolean {
    if (isInternal(message.topic)) return true;
    const { maxRetained, maxRetainedBytes } = this.#core.options;
    const older = this.#shelf.get(message.topic);
    const bytes = this.#bytes - this.#internalBytes + bytesOf(message) - (older?.bytes ?? 0);
    return bytes <= maxRetainedBytes && (older !== undefined || this.#shelf.size - this.#internal < maxRetained);
  }

  #forget(topic: string): void {
    const older = this.#shelf.delete(topic);
    if (older !== undefined) this.#count(topic, -1, -older.bytes);
  }

  #forgetExpired(): void {
    const now = this.#core.options.clock.now();
    this.#firstExpiry = Infinity;
    for (const { message } of this.#shelf.all())
      if (message.expiresAt <= now) this.#forget(message.topic);
      else this.#firstExpiry = Math.min(this.#firstExpiry, message.expiresAt);
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
      if (message.expiresAt <= now) this.#forget(message.topic);
      else if (number <= upTo) found.push(message);
    }
    return found;
  }
}

/** What a retained message takes, roughly: levels that topics share count for each of them. */
function bytesOf(message: Message): number {
  return message.size + LEVEL_BYTES * levelsOf(message.topic);
}
