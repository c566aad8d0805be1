import type { EventTable } from './event-table.ts';
import type { DistantRecord } from './loaded-events.ts';
import type { StoredRecord } from '../events/record.ts';

/** The records of loaded events that stay in the file: one of them at most is in memory. */
export class SpoolRecords {
  readonly #table: EventTable;
  #fetched: { readonly id: number; readonly record: StoredRecord } | null = null;

  constructor(table: EventTable) {
    this.#table = table;
  }

  of(id: number, length: number): DistantRecord {
    return { length, read: () => this.#read(id) };
  }

  /** Has a record ready that is needed next. Throws SQLite's errors. */
  fetch(id: number): void {
    this.#fetched = { id, record: this.#table.readRecord(id) };
  }

  #read(id: number): StoredRecord {
    const fetched = this.#fetched;
    if (fetched?.id !== id) return this.#table.readRecord(id);
    this.#fetched = null;
    return fetched.record;
  }
}
