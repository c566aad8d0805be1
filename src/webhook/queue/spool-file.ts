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
  readonly #runName: string;
  /** Stands for this run of the broker in the rows, once it has one. */
  #run: number | null = null;
  #counts: SpoolCounts;
  #synchronous = 'NORMAL';

  constructor(db: DatabaseSync, run: string, { maxPages }: SpoolOptions = {}) {
    this.#db = db;
    if (maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${maxPages}`);
    this.#runName = run;
    for (const { id, name } of db.prepare('SELECT id, name FROM runs').all()) {
      this.#runs.set(Number(id), String(name));
      if (name === run) this.#run = Number(id);
    }
    this.#counts = readCounts(db);
    this.#save = db.prepare(
      'UPDATE counts SET events = ?, bytes = ?, last_id = ?, letters = ?, letter_bytes = ?, last_letter = ?',
    );
  }

  /** What is in the file, committed. */
  get counts(): Readonly<SpoolCounts> {
    return this.#counts;
  }

  /** Within a transaction: what stands for this run of the broker in the rows. */
  get run(): number {
    return (this.#run ??= this.#addRun());
  }

  // Not when the file is opened: that must be possible on a full disk.
  #addRun(): number {
    // Without events no earlier run is needed any more.
    if (this.#counts.events + this.#counts.letters === 0) this.#db.exec('DELETE FROM runs');
    const { lastInsertRowid } = this.#db.prepare('INSERT INTO runs (name) VALUES (?)').run(this.#runName);
    this.#runs.set(Number(lastInsertRowid), this.#runName);
    return Number(lastInsertRowid);
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
   * this returns what `act` did. Throws SQLite's errors.
   */
  transaction<T>(toDisk: boolean, act: (counts: SpoolCounts) => T): T {
    const synchronous = toDisk ? 'FULL' : 'NORMAL';
    if (synchronous !== this.#synchronous) this.#db.exec(`PRAGMA synchronous = ${synchronous}`);
    this.#synchronous = synchronous;
    const counts = { ...this.#counts };
    const run = this.#run;
    this.#db.exec('BEGIN IMMEDIATE');
    let result: T;
    try {
      result = act(counts);
      this.#save.run(counts.events, counts.bytes, counts.lastId, counts.letters, counts.letterBytes, counts.lastLetter);
      this.#db.exec('COMMIT');
    } catch (error) {
      // SQLite may have done that already.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#run = run;
      throw error;
    }
    this.#counts = counts;
    return result;
  }

  /** Gives a part of what is free in the file back to the file system when most of it is free; whether there is more. */
  shrink(): boolean {
    const free = this.freePages;
    if (free <= KEPT_PAGES || free * 2 < this.pages) return false;
    this.#db.exec(`PRAGMA incremental_vacuum(${Math.min(SHRINK_PAGES, free - KEPT_PAGES)})`);
    return true;
  }

  /** Pages of the file, with those that are only in its log yet. */
  get pages(): number {
    return this.#number('PRAGMA page_count');
  }

  /** Pages that nothing is in. */
  get freePages(): number {
    return this.#number('PRAGMA freelist_count');
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
