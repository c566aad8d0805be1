import type { StatementSync } from 'node:sqlite';
import { recordSince, type StoredRecord } from './record.ts';
import type { SpoolFile } from './spool-file.ts';

/** An event in the file. */
export interface EventRow {
  readonly id: number;
  readonly lane: number;
  readonly run: string;
  readonly record: StoredRecord;
}

/** The events in a spool's file. All methods throw SQLite's errors. */
export class EventTable {
  readonly #file: SpoolFile;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #read: StatementSync;
  readonly #readOne: StatementSync;
  readonly #sizes: StatementSync;

  constructor(file: SpoolFile) {
    this.#file = file;
    // A commit that failed late may have left something: what is written again replaces it.
    this.#insert = file.prepare('INSERT OR REPLACE INTO events (id, lane, run, record) VALUES (?, ?, ?, ?)');
    this.#remove = file.prepare('DELETE FROM events WHERE id BETWEEN ? AND ?');
    this.#read = file.prepareRows('SELECT id, lane, run, record FROM events WHERE id > ? ORDER BY id');
    this.#readOne = file.prepareRows('SELECT id, lane, run, record FROM events WHERE id = ?');
    this.#sizes = file.prepareRows('SELECT id, lane, length(record) FROM events WHERE id > ? ORDER BY id');
  }

  /** Adds an event of this run. */
  insert(id: number, lane: number, record: Uint8Array): void {
    this.#insert.run(id, lane, this.#file.run, record);
  }

  /** Removes events; neighbours go together. */
  remove(ids: readonly number[]): void {
    const sorted = Float64Array.from(ids).toSorted();
    for (let i = 0; i < sorted.length;) {
      const first = sorted[i++] ?? 0;
      let last = first;
      while (sorted[i] === last + 1) last = sorted[i++] ?? 0;
      this.#remove.run(first, last);
    }
  }

  /** Calls `each` with the events behind `after` in their order, as long as it wants more. */
  read(after: number, each: (row: EventRow) => boolean): void {
    for (const row of this.#read.iterate(after)) if (!each(this.#event(row))) return;
  }

  readOne(id: number): EventRow | null {
    const row = this.#readOne.get(id);
    return row === undefined ? null : this.#event(row);
  }

  /** Calls `each` with lane and record length of the events behind `after` in their order, as long as it wants more. */
  readSizes(after: number, each: (id: number, lane: number, length: number) => boolean): void {
    for (const row of this.#sizes.iterate(after)) {
      const [id, lane, length] = row as unknown as [number, number, number];
      if (!each(id, lane, length)) return;
    }
  }

  /** When the first event happened, milliseconds since the Unix epoch; null without one. */
  oldest(): number | null {
    let time: number | null = null;
    this.read(0, ({ record }) => {
      time = recordSince(record);
      return false;
    });
    return time;
  }

  #event(row: unknown): EventRow {
    const [id, lane, run, record] = row as [number, number, number, Uint8Array];
    return { id, lane, run: this.#file.runName(run), record: toRecord(record) };
  }
}

/** The bytes of a record as a string. */
export function toRecord(bytes: Uint8Array): StoredRecord {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
