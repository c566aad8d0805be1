import type { DropReason, Intake } from './backlog.ts';
import type { EventTable } from './event-table.ts';
import type { PackedBatch } from './packed-batch.ts';
import { recordCost } from './record.ts';
import type { SpoolFile } from './spool-file.ts';
import type { SpoolLetters } from './spool-letters.ts';
import { explain, isFull } from './spool-open.ts';

/** Milliseconds until what failed is tried again. */
const TRY_AGAIN = 1000;
/** Milliseconds until it is looked whether the file can be made smaller: usually, and while it can. */
const SHRINK = { usual: 10_000, busy: 100 };

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
 * came, events that are delivered or given up. When that fails, as on a full disk, it is tried again every second.
 */
export class SpoolWriter {
  readonly #context: WriterContext;
  #arriving: Arrival[] = [];
  /** Events that are to be removed from the file, and what they cost. */
  #settled: { readonly ids: number[]; bytes: number } = { ids: [], bytes: 0 };
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
    this.#settled.bytes += cost;
  }

  /** Writes at the end of this turn. */
  schedule(): void {
    if (this.#isScheduled || this.#problem !== null || this.#isClosed) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  /** Writes now; false when not all could be written. */
  flush(): boolean {
    if (this.#isClosed || this.#problem !== null) return false;
    const isIdle = this.#arriving.length + this.#settled.ids.length + this.#context.letters.unwritten.events === 0;
    if (!isIdle) this.#try(() => this.#commit(this.#arriving));
    return this.#problem === null;
  }

  #try(write: () => void): void {
    try {
      this.#context.makeRoom();
      write();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Writes in several transactions, first what makes room: a part of it may succeed. */
  #commitInParts(): void {
    this.#commit([]);
    while (this.#arriving.length > 0) this.#commit(this.#arriving.slice(0, 1));
  }

  #commit(arrivals: readonly Arrival[]): void {
    const { file, table, letters } = this.#context;
    let discarded = 0;
    // An event that is settled and is there again after a power cut is delivered twice: that needs no wait for the disk.
    file.transaction(this.#context.toDisk && arrivals.length > 0, (counts) => {
      table.remove(this.#settled.ids);
      counts.events -= this.#settled.ids.length;
      counts.bytes -= this.#settled.bytes;
      discarded = letters.write(counts, table);
      for (const { packed } of arrivals) {
        packed.each((lane, bytes, start, end) => {
          table.insert(++counts.lastId, lane, bytes.subarray(start, end));
          counts.bytes += recordCost({ length: end - start });
        });
        counts.events += packed.events;
      }
    });
    this.#settled = { ids: [], bytes: 0 };
    this.#arriving = this.#arriving.slice(arrivals.length);
    letters.written(discarded);
    for (const { packed, dropped, taken } of arrivals) taken({ accepted: packed.events, dropped });
    if (arrivals.length > 0) this.#context.ready();
  }

  /** The file could not be written, or read. When it is closed that is no news. */
  failed(error: unknown): void {
    if (this.#isClosed) return;
    const { path } = this.#context;
    this.#problem = isFull(error)
      ? `the disk of the spool ${path} is full; new events wait in memory and are dropped when they are many`
      : `the spool ${path} cannot be used: ${explain(error)}`;
    this.#retry ??= setTimeout(() => this.#tryAgain(), TRY_AGAIN).unref();
  }

  #tryAgain(): void {
    this.#retry = null;
    this.#problem = null;
    this.#try(() => this.#commitInParts());
    this.#context.tryAgain();
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
    this.#try(() => this.#commitInParts());
    this.#isClosed = true;
    clearTimeout(this.#shrink);
    if (this.#retry !== null) clearTimeout(this.#retry);
    try {
      this.#context.file.close();
    } catch (error) {
      this.failed(error);
    }
  }
}
