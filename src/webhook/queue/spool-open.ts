import { closeSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { logPagesAt, PAGE_BYTES } from './spool-disk.ts';

/** In the file's header: that it is a spool (`HkMQ`), and which tables it has. */
const APPLICATION = 0x486b4d51;
const VERSION = 1;

/**
 * The exclusive lock keeps other brokers away. It comes before all that reads: with it SQLite needs no shared memory, a
 * file beside the database for which a full disk has no room.
 */
const LOCK = 'PRAGMA locking_mode = EXCLUSIVE';

/** Of a new database. Free pages are given back step by step, so `auto_vacuum` is incremental. */
const FORM = 'PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL';

/** Nothing of it writes into a spool that is there. */
const PREPARATIONS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -8192;
`;

/**
 * Events have no index but their id. One on lanes would cost more than all the rest: with 100,000 clients every event
 * changes another page of it.
 */
const TABLES = `
  CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE events (id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, run INTEGER NOT NULL, record BLOB NOT NULL);
  CREATE TABLE letters (
    id INTEGER PRIMARY KEY, cost INTEGER NOT NULL, time REAL NOT NULL, at REAL NOT NULL, status INTEGER NOT NULL,
    reason TEXT NOT NULL, answer TEXT NOT NULL, attempts INTEGER NOT NULL,
    event INTEGER NOT NULL, lane INTEGER NOT NULL, run INTEGER NOT NULL, record BLOB NOT NULL
  );
  CREATE TABLE counts (
    events INTEGER NOT NULL, bytes INTEGER NOT NULL, last_id INTEGER NOT NULL,
    letters INTEGER NOT NULL, letter_bytes INTEGER NOT NULL, last_letter INTEGER NOT NULL
  );
  INSERT INTO counts VALUES (0, 0, 0, 0, 0, 0);
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${VERSION};
`;

const FULL = 13;

/** SQLite's result codes (their low byte) that need other words. */
const EXPLANATIONS: Readonly<Record<number, string>> = {
  5: 'it is in use by another broker or webhook',
  11: 'it is damaged',
  13: 'its disk is full',
  14: 'it cannot be opened',
  26: 'it is not an SQLite database, or it is damaged',
};

/**
 * Opens the database of a spool, and makes it (mode 0600) when there is none; returns what `use` makes of it. An error says
 * in one line, with the file's name, why that is not possible; the file is closed then and left as it is.
 */
export function openDatabase<T>(path: string, use: (db: DatabaseSync) => T): T {
  touch(path);
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path);
    db.exec(LOCK);
    const isNew = isEmpty(db);
    if (isNew) db.exec(FORM);
    db.exec(PREPARATIONS);
    prepareLog(db, logPagesAt(path));
    if (isNew) db.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT`);
    return use(db);
  } catch (error) {
    db?.close();
    throw new Error(`cannot use ${path}: ${explain(error)}`, { cause: error });
  }
}

function touch(path: string): void {
  const directory = dirname(path);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Error(`cannot use ${path}: there is no directory ${directory}`);
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new Error(`cannot use ${path}: it cannot be written (${code})`, { cause: error });
  }
}

/** Whether the database is nobody's yet. Throws when it is not a spool that this program knows; nothing is changed. */
function isEmpty(db: DatabaseSync): boolean {
  const { application_id: application } = db.prepare('PRAGMA application_id').get() ?? {};
  const { user_version: version } = db.prepare('PRAGMA user_version').get() ?? {};
  const { tables } = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() ?? {};
  if (application === 0 && version === 0 && tables === 0) return true;
  if (application !== APPLICATION) throw new Error('it is a database, but no spool of HookMQ');
  if (version !== VERSION)
    throw new Error(`its version is ${Number(version)}, of a newer HookMQ; this one knows ${VERSION}`);
  return false;
}

/** The log goes back into the file when it has so many pages, and is cut when a large transaction has made it much longer. */
function prepareLog(db: DatabaseSync, pages: number): void {
  db.exec(`PRAGMA wal_autocheckpoint = ${pages}; PRAGMA journal_size_limit = ${pages * 4 * PAGE_BYTES}`);
}

/** The disk has less room than what comes in may take. */
export class DiskFullError extends Error {
  readonly errcode = FULL;
}

/** Whether there was no room for what was to be written. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === FULL;
}

/** What an error of SQLite's (or another one) says, in one line. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return EXPLANATIONS[codeOf(error)] ?? error.message;
}

function codeOf(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return 0;
  return error.errcode & 0xff;
}
