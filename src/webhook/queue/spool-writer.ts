import type { DropReason, Intake } from './backlog.ts';
import type { EventTable } from './event-table.ts';
import type { PackedBatch } from './packed-batch.ts';
import { recordCost } from '../events/record.ts';
import type { SpoolDisk } from './spool-disk.ts';
import type { SpoolCounts, SpoolFile } from './spool-file.ts';
import type { SpoolLetters } from './spool-letters.ts';
import { DiskFullError, explain, isFull } from './spool-open.ts';

/** Milliseconds until what failed is tried again. */
const TRY_AGAIN = 1000;
/** Milliseconds until it is looked whether the file can be made smaller: usually, and while it can. */
const SHRINK = { usual: 10_000, busy: 100 };

/** Batches that are written in one transaction at most while there are more: other work comes in between. */
const MOST_PART = 64;

/** A batch that is not in the file yet. */
interface Arrival {
  readonly packed: PackedBatch;
  readonly dropped: Partial<Record<DropReason, number>>;
  readonly taken: (intake: Intake) => void;
}

/** What a writer needs of its spool. */
interface WriterContext {
  readonly path: string;
  readonly file: SpoolFile;
  readonly disk: SpoolDisk;
  readonly table: EventTable;
  readonly letters: SpoolLetters;
  /** Whether what comes in is to be safe from a power cut. */
  readonly toDisk: boolean;
  /** Called before something is written: makes room for what comes in. */
  makeRoom(): void;
  /** There is something to take. */
  ready(): void;
  /** The file may be as it should again. */
  tryAgain(): void;
}

/**
 * Writes into a spool's file. All that happens in a turn of the event loop is one transaction at its end: batches that
 * came, events that are delivered or given up. When that fails, as on a full disk, it is tried again every second, in
 * parts: first what makes room, and a part of the rest may succeed.
 */
export class SpoolWriter {
  readonly #context: WriterContext;
  #arriving: Arrival[] = [];
  /** Events that are to be removed from the file, and what they cost. */
  readonly #settled: { readonly ids: number[]; readonly costs: number[]; bytes: number } = {
    ids: [],
    costs: [],
    bytes: 0,
  };
  /** How much goes into one transaction; Infinity: all. */
  #part = Infinity;
  #problem: string | null = null;
  #isScheduled = false;
  #isClosed = false;
  #retry: NodeJS.Timeout | null = null;
  #shrink: NodeJS.Timeout;

  constructor(context: WriterContext) {
    this.#context = context;
    this.#shrink = setTimeout(() => this.#shrinkFile(), SHRINK.usual).unref();
  }

  get problem(): string | null {
    return this.#problem;
  }

  /** Batches that wait to be written. */
  get arriving(): readonly Arrival[] {
    return this.#arriving;
  }

  /** Events that are in the file but settled, and what they cost. */
  get settled(): { readonly events: number; readonly bytes: number } {
    return { events: this.#settled.ids.length, bytes: this.#settled.bytes };
  }

  add(arrival: Arrival): void {
    this.#arriving.push(arrival);
    this.schedule();
  }

  /** An event is to be removed from the file; `schedule` comes after it. */
  remove(id: number, cost: number): void {
    this.#settled.ids.push(id);
    this.#settled.costs.push(cost);
    this.#settled.bytes += cost;
  }

  /** Writes at the end of this turn. */
  schedule(): void {
    if (this.#isScheduled || this.#retry !== null || this.#isClosed) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  /** Writes now, if that is possible. */
  flush(): void {
    if (this.#retry === null && !this.#isClosed) this.#write();
  }

  get #isIdle(): boolean {
    return this.#arriving.length + this.#settled.ids.length + this.#context.letters.unwritten.events === 0;
  }

  #write(): void {
    try {
      if (!this.#isIdle) {
        this.#context.makeRoom();
        if (this.#part === Infinity) this.#writeAll();
        else this.#writePart(this.#part);
      }
      if (!this.#isIdle) return this.schedule();
      this.#part = Infinity;
      this.#problem = null;
    } catch (error) {
      this.failed(error);
    }
  }

  #writeAll(): void {
    const hasRoom = this.#hasRoom(Infinity);
    this.#commit(Infinity, Infinity, hasRoom ? Infinity : 0);
    if (!hasRoom) throw new DiskFullError();
  }

  /** Writes a part of what is to be written, and more the next time. */
  #writePart(most: number): void {
    const { disk, letters } = this.#context;
    if (this.#settled.ids.length > 0) return this.#commit(disk.removable, 0, 0);
    let part = most;
    if (letters.unwritten.events > 0) this.#commit(0, part, 0);
    else {
      while (part > 1 && !this.#hasRoom(part)) part >>= 1;
      if (part === 1 && !this.#hasRoom(part)) throw new DiskFullError();
      this.#commit(0, 0, part);
    }
    this.#part = Math.min(MOST_PART, part * 2);
  }

  #hasRoom(arrivals: number): boolean {
    const bytes = this.#arriving.slice(0, arrivals).reduce((sum, { packed }) => sum + packed.bytes, 0);
    return this.#context.disk.hasRoom(bytes);
  }

  /** One transaction of so many events that are settled, dead letters, and batches. */
  #commit(settled: number, letters: number, batches: number): void {
    const { file, table, toDisk } = this.#context;
    const ids = this.#settled.ids.slice(0, settled);
    const costs = this.#settled.costs.slice(0, settled).reduce((sum, cost) => sum + cost, 0);
    const arrivals = this.#arriving.slice(0, batches);
    // An event that is settled and is there again after a power cut is delivered twice: that needs no wait for the disk.
    const written = file.transaction(toDisk && arrivals.length > 0, (counts) => {
      table.remove(ids);
      counts.events -= ids.length;
      counts.bytes -= costs;
      const result = this.#context.letters.write(letters, counts, table);
      for (const { packed } of arrivals) insert(packed, counts, table);
      return result;
    });
    this.#settled.ids.splice(0, ids.length);
    this.#settled.costs.splice(0, ids.length);
    this.#settled.bytes -= costs;
    this.#arriving.splice(0, arrivals.length);
    this.#context.letters.written(written);
    for (const { packed, dropped, taken } of arrivals) taken({ accepted: packed.events, dropped });
    if (arrivals.length > 0) this.#context.ready();
  }

  /** The file could not be written, or read. Returns what is wrong, one line; when it is closed that is no news (null). */
  failed(error: unknown): string | null {
    if (this.#isClosed) return null;
    const { path } = this.#context;
    this.#problem = isFull(error)
      ? `the disk of the spool ${path} is full; new events wait in memory and are dropped when they are many`
      : `the spool ${path} cannot be used: ${explain(error)}`;
    this.#part = 1;
    this.#retry ??= setTimeout(() => this.#tryAgain(), TRY_AGAIN).unref();
    return this.#problem;
  }

  #tryAgain(): void {
    this.#stopWaiting();
    this.#write();
    this.#context.tryAgain();
  }

  #stopWaiting(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }

  #shrinkFile(): void {
    let more = false;
    try {
      more = this.#problem === null && this.#context.file.shrink();
    } catch (error) {
      this.failed(error);
    }
    this.#shrink = setTimeout(() => this.#shrinkFile(), more ? SHRINK.busy : SHRINK.usual).unref();
  }

  /** Writes what can be written, and closes the file. */
  close(): void {
    if (this.#isClosed) return;
    // If not all at once, then in parts.
    for (let attempt = 0; attempt < 2 && !this.#isIdle; attempt++) {
      this.#stopWaiting();
      while (!this.#isIdle && this.#retry === null) this.#write();
    }
    this.#isClosed = true;
    clearTimeout(this.#shrink);
    this.#stopWaiting();
    try {
      this.#context.file.close();
    } catch (error) {
      this.failed(error);
    }
  }
}

function insert(packed: PackedBatch, counts: SpoolCounts, table: EventTable): void {
  packed.each((lane, bytes, start, end) => {
    table.insert(++counts.lastId, lane, bytes.subarray(start, end));
    counts.bytes += recordCost({ length: end - start });
  });
  counts.events += packed.events;
}
