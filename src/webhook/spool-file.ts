import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** What is in the file; a row of it, so that a restart need not count a million events. */
export interface SpoolCounts {
  events: number;
  bytes: number;
  /** The greatest id that an event has had. */
  lastId: number;
  letters: number;
  letterBytes: number;
  lastLetter: number;
}

/** Free pages (of 4 KB) that the file keeps for what comes next, and how many are given back at a time. */
const KEPT_PAGES = 4096;
const SHRINK_PAGES = 1024;

/** The SQLite file of a spool, which belongs to this process alone while it is open. */
export class SpoolFile {
  readonly #db: DatabaseSync;
  readonly #save: StatementSync;
  readonly #runs = new Map<number, string>();
  /** Stands for this run of the broker in the rows. */
  readonly run: number;
  #counts: SpoolCounts;
  #synchronous = 'NORMAL';

  constructor(db: DatabaseSync, run: string, { maxPages }: SpoolOptions = {}) {
    this.#db = db;
    if (maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${maxPages}`);
    db.prepare('INSERT OR IGNORE INTO runs (name) VALUES (?)').run(run);
    for (const { id, name } of db.prepare('SELECT id, name FROM runs').all()) this.#runs.set(Number(id), String(name));
    this.run = Number(db.prepare('SELECT id FROM runs WHERE name = ?').get(run)?.['id']);
    this.#counts = readCounts(db);
    this.#save = db.prepare(
      'UPDATE counts SET events = ?, bytes = ?, last_id = ?, letters = ?, letter_bytes = ?, last_letter = ?',
    );
  }

  /** What is in the file, committed. */
  get counts(): Readonly<SpoolCounts> {
    return this.#counts;
  }

  /** The name of a broker run that is in a row. */
  runName(id: number): string {
    return this.#runs.get(id) ?? String(id);
  }

  prepare(sql: string): StatementSync {
    return this.#db.prepare(sql);
  }

  /** A statement whose rows are arrays. */
  prepareRows(sql: string): StatementSync {
    const statement = this.#db.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  }

  /**
   * Does all of what `act` does or nothing; `act` changes the counts accordingly. `toDisk`: it survives a power cut when
   * this returns. Throws SQLite's errors.
   */
  transaction(toDisk: boolean, act: (counts: SpoolCounts) => void): void {
    const synchronous = toDisk ? 'FULL' : 'NORMAL';
    if (synchronous !== this.#synchronous) this.#db.exec(`PRAGMA synchronous = ${synchronous}`);
    this.#synchronous = synchronous;
    const counts = { ...this.#counts };
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      act(counts);
      this.#save.run(counts.events, counts.bytes, counts.lastId, counts.letters, counts.letterBytes, counts.lastLetter);
      this.#db.exec('COMMIT');
    } catch (error) {
      // SQLite may have done that already.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
    this.#counts = counts;
  }

  /** Gives a part of what is free in the file back to the file system when most of it is free; whether there is more. */
  shrink(): boolean {
    const free = this.#number('PRAGMA freelist_count');
    if (free <= KEPT_PAGES || free * 2 < this.#number('PRAGMA page_count')) return false;
    this.#db.exec(`PRAGMA incremental_vacuum(${Math.min(SHRINK_PAGES, free - KEPT_PAGES)})`);
    return true;
  }

  #number(sql: string): number {
    return Number(Object.values(this.#db.prepare(sql).get() ?? {})[0]);
  }

  close(): void {
    this.#db.close();
  }
}

/** For tests. */
export interface SpoolOptions {
  /** The file does not grow beyond so many pages, as if the disk were full. */
  readonly maxPages?: number;
}

function readCounts(db: DatabaseSync): SpoolCounts {
  const row = db.prepare('SELECT * FROM counts').get();
  if (row === undefined) throw new Error('damaged (its counts are missing)');
  return {
    events: Number(row['events']),
    bytes: Number(row['bytes']),
    lastId: Number(row['last_id']),
    letters: Number(row['letters']),
    letterBytes: Number(row['letter_bytes']),
    lastLetter: Number(row['last_letter']),
  };
}
