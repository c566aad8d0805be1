import type { StatementSync } from 'node:sqlite';
import { HEADER_BYTES, sinceAt, type StoredRecord } from '../events/record.ts';
import type { SpoolFile } from './spool-file.ts';

/** An event in the file. */
export interface EventRow {
  readonly id: number;
  readonly lane: number;
  readonly run: string;
  /** Bytes of the record. */
  readonly length: number;
  /** Null when it is longer than `LONG_RECORD`: it is read when it is needed. */
  readonly record: StoredRecord | null;
}

/** Bytes. */
const LONG_RECORD = 16 * 1024;

/** Of a long record SQLite reads the length alone. */
const COLUMNS = `id, lane, run, length(record), CASE WHEN length(record) <= ${LONG_RECORD} THEN record END`;

/** The events in a spool's file. All methods throw SQLite's errors. */
export class EventTable {
  readonly #file: SpoolFile;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #read: StatementSync;
  readonly #readOne: StatementSync;
  readonly #sizes: StatementSync;
  readonly #record: StatementSync;
  readonly #first: StatementSync;
  readonly #header: StatementSync;
  /** The first event when somebody asked, and since when it waits. */
  #oldest: { readonly id: number; readonly since: number } | null = null;

  constructor(file: SpoolFile) {
    this.#file = file;
    // A commit that failed late may have left something: what is written again replaces it.
    this.#insert = file.prepare('INSERT OR REPLACE INTO events (id, lane, run, record) VALUES (?, ?, ?, ?)');
    this.#remove = file.prepare('DELETE FROM events WHERE id BETWEEN ? AND ?');
    this.#read = file.prepareRows(`SELECT ${COLUMNS} FROM events WHERE id > ? ORDER BY id`);
    this.#readOne = file.prepareRows(`SELECT ${COLUMNS} FROM events WHERE id = ?`);
    this.#sizes = file.prepareRows('SELECT id, lane, length(record) FROM events WHERE id > ? ORDER BY id');
    this.#record = file.prepareRows('SELECT record FROM events WHERE id = ?');
    this.#first = file.prepareRows('SELECT id FROM events ORDER BY id LIMIT 1');
    this.#header = file.prepareRows(`SELECT substr(record, 1, ${HEADER_BYTES}) FROM events WHERE id = ?`);
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

  /** The record of an event that must be there. */
  readRecord(id: number): StoredRecord {
    const row = this.#record.get(id) as unknown as [Uint8Array] | undefined;
    if (row === undefined) throw new Error(`the event ${id} is missing`);
    return toRecord(row[0]);
  }

  /** Since when the first event waits, milliseconds since the Unix epoch; null without one. */
  oldest(): number | null {
    const [id] = (this.#first.get() as unknown as [number] | undefined) ?? [];
    // SQLite reads all of a record for a part of it: only when it is another one.
    if (id === undefined) this.#oldest = null;
    else if (this.#oldest?.id !== id) this.#oldest = { id, since: this.#since(id) };
    return this.#oldest?.since ?? null;
  }

  #since(id: number): number {
    const [header = new Uint8Array(HEADER_BYTES)] = (this.#header.get(id) as unknown as [Uint8Array] | undefined) ?? [];
    return sinceAt(Buffer.from(header.buffer, header.byteOffset, header.length), 0);
  }

  #event(row: unknown): EventRow {
    const [id, lane, run, length, record] = row as [number, number, number, number, Uint8Array | null];
    return { id, lane, run: this.#file.runName(run), length, record: record === null ? null : toRecord(record) };
  }
}

/** The bytes of a record as a string. */
export function toRecord(bytes: Uint8Array): StoredRecord {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
