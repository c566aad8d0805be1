import type { BacklogListener, DeadLetter, DeadLetters, Failure, Held } from './backlog.ts';
import type { EventTable } from './event-table.ts';
import { letterCost } from './letter-list.ts';
import { LetterTable, type NewLetter } from './letter-table.ts';
import type { LoadedEvent } from './loaded-events.ts';
import { recordCost, recordSince } from '../events/record.ts';
import type { Room } from './room.ts';
import type { SpoolCounts, SpoolFile } from './spool-file.ts';

/** Dead letters that are put into the queue or discarded in one transaction. */
const CHUNK = 1000;
/** More are not listed at once. */
const LONGEST_LIST = 10_000;

/** What dead letters need of their spool. */
interface LetterContext {
  readonly file: SpoolFile;
  readonly room: Room;
  readonly listener: BacklogListener;
  /** Writes what waits to be written, if that is possible. */
  flush(): void;
  /** The file cannot be written, or read. Returns what is wrong, one line; null when it is closed. */
  failed(error: unknown): string | null;
  /** There is something to take. */
  ready(): void;
}

/** What one transaction does: letters that are new in the file, and how many old ones are removed for them. */
interface WrittenLetters {
  readonly letters: readonly NewLetter[];
  readonly discarded: number;
}

/** The dead letters in a spool's file: the newest that fit into `maxBytes`. */
export class SpoolLetters implements DeadLetters {
  readonly #maxBytes: number;
  readonly #context: LetterContext;
  readonly #table: LetterTable;
  /** Given up since the last commit. */
  #pending: NewLetter[] = [];
  #pendingBytes = 0;
  #pendingEventBytes = 0;
  /** `held.oldest` as of a commit. */
  #oldest: { readonly of: Readonly<SpoolCounts>; readonly time: number | null } | null = null;

  constructor(maxBytes: number, context: LetterContext) {
    this.#maxBytes = maxBytes;
    this.#context = context;
    this.#table = new LetterTable(context.file);
  }

  get held(): Held {
    const { counts } = this.#context.file;
    const events = counts.letters + this.#pending.length;
    return { events, bytes: counts.letterBytes + this.#pendingBytes, oldest: this.#oldestTime() };
  }

  #oldestTime(): number | null {
    const { counts } = this.#context.file;
    if (counts.letters === 0) return this.#pending[0]?.time ?? null;
    try {
      if (this.#oldest?.of !== counts) this.#oldest = { of: counts, time: this.#table.oldest() };
    } catch (error) {
      this.#context.failed(error);
    }
    return this.#oldest?.time ?? null;
  }

  /** Events that were given up and are still among the file's events. */
  get unwritten(): { readonly events: number; readonly bytes: number } {
    return { events: this.#pending.length, bytes: this.#pendingEventBytes };
  }

  /** Takes in an event of the file that was given up; returns those that have no room and are no letters. */
  add(event: LoadedEvent, failure: Failure): NewLetter[] {
    const eventCost = event.cost;
    const cost = letterCost(eventCost, failure);
    const time = this.#since(event);
    this.#pending.push({ event: event.id, eventCost, time, at: Date.now(), failure, cost });
    this.#pendingBytes += cost;
    this.#pendingEventBytes += eventCost;
    // They can be many only when the disk is full.
    let count = 0;
    for (; this.#pendingBytes > this.#maxBytes; count++) {
      this.#pendingBytes -= this.#pending[count]?.cost ?? 0;
      this.#pendingEventBytes -= this.#pending[count]?.eventCost ?? 0;
    }
    if (count === 0) return [];
    this.#context.listener.dropped('dead_letters_full', count);
    return this.#pending.splice(0, count);
  }

  #since(event: LoadedEvent): number {
    try {
      return recordSince(event.record);
    } catch (error) {
      this.#context.failed(error);
      return Date.now();
    }
  }

  /**
   * Within a transaction: `most` of what was given up move from the events to the letters, one by one (on a full disk, one
   * makes room for the next), and the oldest letters are removed.
   */
  write(most: number, counts: SpoolCounts, events: EventTable): WrittenLetters {
    const letters = this.#pending.slice(0, most);
    for (const letter of letters) {
      this.#table.insert(++counts.lastLetter, letter);
      events.remove([letter.event]);
      counts.events--;
      counts.bytes -= letter.eventCost;
      counts.letters++;
      counts.letterBytes += letter.cost;
    }
    let discarded = 0;
    while (counts.letterBytes > this.#maxBytes) {
      const costs = this.#table.costs(0, CHUNK);
      if (costs.length === 0) break;
      for (const [id, cost] of costs) {
        if (counts.letterBytes <= this.#maxBytes) break;
        this.#remove(id, cost, counts);
        discarded++;
      }
    }
    return { letters, discarded };
  }

  /** What `write` did is committed. */
  written({ letters, discarded }: WrittenLetters): void {
    this.#pending.splice(0, letters.length);
    for (const { cost, eventCost } of letters) {
      this.#pendingBytes -= cost;
      this.#pendingEventBytes -= eventCost;
    }
    if (discarded > 0) this.#context.listener.dropped('dead_letters_full', discarded);
  }

  list(limit: number, after: number): DeadLetter[] {
    this.#context.flush();
    try {
      return this.#table.list(Math.max(0, Math.min(Math.ceil(limit) || 0, LONGEST_LIST)), after);
    } catch (error) {
      this.#context.failed(error);
      return [];
    }
  }

  resend(ids: readonly number[] | 'all'): number {
    const { room } = this.#context;
    const entered: { readonly lane: number; readonly cost: number }[] = [];
    let resent = 0;
    try {
      resent = this.#each(ids, (id, counts) => {
        const [, lane, length] = this.#table.cost(id) ?? [0, 0, 0];
        const cost = recordCost({ length });
        if (!room.add(lane, cost)) return false;
        entered.push({ lane, cost });
        this.#table.resend(id, ++counts.lastId);
        counts.events++;
        counts.bytes += cost;
        return true;
      });
    } finally {
      // What was not committed has not entered.
      for (const { lane, cost } of entered.slice(resent)) room.leave(lane, cost);
    }
    if (resent > 0) this.#context.ready();
    return resent;
  }

  discard(ids: readonly number[] | 'all'): number {
    return this.#each(ids, () => true);
  }

  /**
   * Removes those for which `done` says that they can go, until it says that one cannot; returns how many. Removing them is
   * tried on a full disk, too: there is some room left for that. Throws an error in one line when none could be removed.
   */
  #each(ids: readonly number[] | 'all', done: (id: number, counts: SpoolCounts) => boolean): number {
    this.#context.flush();
    let total = 0;
    try {
      const all = ids === 'all' ? this.#table.costs(0, -1).map(([id]) => id) : [...new Set(ids)];
      for (const chunk of inChunks(all.filter(Number.isSafeInteger).toSorted((a, b) => a - b))) {
        const { count, isStopped } = this.#removeAll(chunk, done);
        total += count;
        if (isStopped) break;
      }
    } catch (error) {
      const problem = this.#context.failed(error);
      if (total === 0 && problem !== null) throw new Error(problem, { cause: error });
    }
    return total;
  }

  #removeAll(ids: readonly number[], done: (id: number, counts: SpoolCounts) => boolean) {
    let count = 0;
    let isStopped = false;
    this.#context.file.transaction(false, (counts) => {
      for (const id of ids) {
        const [cost] = this.#table.cost(id) ?? [];
        if (cost === undefined) continue;
        isStopped = !done(id, counts);
        if (isStopped) return;
        this.#remove(id, cost, counts);
        count++;
      }
    });
    return { count, isStopped };
  }

  #remove(id: number, cost: number, counts: SpoolCounts): void {
    this.#table.remove(id);
    counts.letters--;
    counts.letterBytes -= cost;
  }
}

function* inChunks(ids: readonly number[]): Generator<readonly number[]> {
  for (let from = 0; from < ids.length; from += CHUNK) yield ids.slice(from, from + CHUNK);
}
