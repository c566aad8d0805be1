import type { StatementSync } from 'node:sqlite';
import type { DeadLetter, Failure } from './backlog.ts';
import { toRecord } from './event-table.ts';
import { setSince } from '../events/record.ts';
import type { SpoolFile } from './spool-file.ts';

/** An event of the file that becomes a dead letter. */
export interface NewLetter {
  readonly event: number;
  /** What it costs in the queue, in bytes. */
  readonly eventCost: number;
  /** When it happened, and when it was given up; milliseconds since the Unix epoch. */
  readonly time: number;
  readonly at: number;
  readonly failure: Failure;
  /** What the letter costs, in bytes. */
  readonly cost: number;
}

/** The dead letters in a spool's file. All methods throw SQLite's errors. */
export class LetterTable {
  readonly #file: SpoolFile;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #costs: StatementSync;
  readonly #cost: StatementSync;
  readonly #list: StatementSync;
  readonly #record: StatementSync;
  readonly #resend: StatementSync;
  readonly #oldest: StatementSync;

  constructor(file: SpoolFile) {
    this.#file = file;
    this.#insert = file.prepare(
      `INSERT OR REPLACE INTO letters (id, cost, time, at, status, reason, answer, attempts, event, lane, run, record)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, id, lane, run, record FROM events WHERE id = ?`,
    );
    this.#remove = file.prepare('DELETE FROM letters WHERE id = ?');
    this.#costs = file.prepareRows('SELECT id, cost FROM letters WHERE id > ? ORDER BY id LIMIT ?');
    this.#cost = file.prepareRows('SELECT cost, lane, length(record) FROM letters WHERE id = ?');
    this.#list = file.prepare('SELECT * FROM letters WHERE id > ? ORDER BY id LIMIT ?');
    this.#record = file.prepareRows('SELECT record FROM letters WHERE id = ?');
    this.#resend = file.prepare(
      'INSERT OR REPLACE INTO events (id, lane, run, record) SELECT ?, lane, run, ? FROM letters WHERE id = ?',
    );
    this.#oldest = file.prepareRows('SELECT time FROM letters ORDER BY id LIMIT 1');
  }

  insert(id: number, { event, time, at, failure, cost }: NewLetter): void {
    const { status, reason, answer, attempts } = failure;
    this.#insert.run(id, cost, time, at, status, reason, answer, attempts, event);
  }

  remove(id: number): void {
    this.#remove.run(id);
  }

  /** Ids and costs of the first `limit` letters behind `after`. */
  costs(after: number, limit: number): (readonly [id: number, cost: number])[] {
    return this.#costs.all(after, limit) as unknown as [number, number][];
  }

  /** What a letter costs, its event's lane, and its record's length in bytes; null when there is no such letter. */
  cost(id: number): readonly [cost: number, lane: number, length: number] | null {
    return (this.#cost.get(id) as unknown as [number, number, number] | undefined) ?? null;
  }

  /** Adds a letter's event to the events, with its run; it waits from now on. */
  resend(id: number, event: number): void {
    const [record] = (this.#record.get(id) as unknown as [Uint8Array] | undefined) ?? [];
    if (record === undefined) return;
    setSince(Buffer.from(record.buffer, record.byteOffset, record.length), Date.now());
    this.#resend.run(event, record, id);
  }

  list(limit: number, after: number): DeadLetter[] {
    return this.#list.all(after, limit).map((row) => ({
      id: Number(row['id']),
      at: Number(row['at']),
      status: Number(row['status']),
      reason: String(row['reason']),
      answer: String(row['answer']),
      attempts: Number(row['attempts']),
      event: {
        id: Number(row['event']),
        lane: Number(row['lane']),
        run: this.#file.runName(Number(row['run'])),
        record: toRecord(row['record'] as Uint8Array),
      },
    }));
  }

  /** When the event of the oldest letter happened, milliseconds since the Unix epoch; null without one. */
  oldest(): number | null {
    const row = this.#oldest.get() as unknown as [number] | undefined;
    return row?.[0] ?? null;
  }
}
