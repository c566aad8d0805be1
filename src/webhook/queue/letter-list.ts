import type { BacklogListener, DeadLetter, DeadLetters, Failure, Held, StoredEvent } from './backlog.ts';
import { recordCost, recordSince } from '../events/record.ts';

/** What a dead letter costs, in bytes, if its event cost `eventCost` in the queue. */
export function letterCost(eventCost: number, { reason, answer }: Failure): number {
  return eventCost + reason.length + answer.length;
}

/** Dead letters in memory: the newest that fit into `maxBytes`. */
export class LetterList implements DeadLetters {
  readonly #maxBytes: number;
  readonly #requeue: (letter: DeadLetter) => boolean;
  readonly #listener: BacklogListener;
  /** By id, oldest first. */
  readonly #letters = new Map<number, DeadLetter>();
  #bytes = 0;
  #lastId = 0;

  /** `requeue` puts a dead letter's event at the end of the queue; false when there is no room. */
  constructor(maxBytes: number, requeue: (letter: DeadLetter) => boolean, listener: BacklogListener) {
    this.#maxBytes = maxBytes;
    this.#requeue = requeue;
    this.#listener = listener;
  }

  get held(): Held {
    const [oldest] = this.#letters.values();
    return {
      events: this.#letters.size,
      bytes: this.#bytes,
      oldest: oldest === undefined ? null : recordSince(oldest.event.record),
    };
  }

  add(events: readonly StoredEvent[], failure: Failure): void {
    for (const event of events) {
      const letter = { ...failure, id: ++this.#lastId, at: Date.now(), event };
      this.#letters.set(letter.id, letter);
      this.#bytes += letterCost(recordCost(event.record), letter);
    }
    let discarded = 0;
    for (const letter of this.#letters.values()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#remove(letter);
      discarded++;
    }
    if (discarded > 0) this.#listener.dropped('dead_letters_full', discarded);
  }

  list(limit: number, after: number): DeadLetter[] {
    const found: DeadLetter[] = [];
    for (const letter of this.#letters.values()) {
      if (!(found.length < limit)) break;
      if (letter.id > after) found.push(letter);
    }
    return found;
  }

  resend(ids: readonly number[] | 'all'): number {
    return this.#each(ids, (letter) => this.#requeue(letter));
  }

  discard(ids: readonly number[] | 'all'): number {
    return this.#each(ids, () => true);
  }

  /** Removes those for which `done` says that they can go, until it says that one cannot. */
  #each(ids: readonly number[] | 'all', done: (letter: DeadLetter) => boolean): number {
    let count = 0;
    for (const id of ids === 'all' ? this.#letters.keys() : ids.toSorted((a, b) => a - b)) {
      const letter = this.#letters.get(id);
      if (letter === undefined) continue;
      if (!done(letter)) break;
      this.#remove(letter);
      count++;
    }
    return count;
  }

  #remove(letter: DeadLetter): void {
    this.#letters.delete(letter.id);
    this.#bytes -= letterCost(recordCost(letter.event.record), letter);
  }
}
