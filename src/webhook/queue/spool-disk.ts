import { statfsSync, statSync } from 'node:fs';
import type { SpoolFile } from './spool-file.ts';

export const PAGE_BYTES = 4096;

/** The log goes back into the file when it has so many pages; on a small disk it is shorter. */
const LOG_PAGES = { fewest: 32, most: 1000 };
const LOG_PART = 1 / 16;
/** What is taken in may take this many times its bytes: rows of half a page and a little more have a page each. */
const TIMES_BYTES = 2;
/** What removing needs, in lengths of the log: the log is full when it begins, and a transaction comes on top. */
const RESERVE_LOGS = 3;
/** Bytes that may be taken in until the disk is looked at again. */
const LOOK_AGAIN = 1024 * 1024;

/** Pages that the log of a spool at `path` has before it goes back into the file. */
export function logPagesAt(path: string): number {
  const pages = (totalBytes(path) * LOG_PART) / PAGE_BYTES;
  return Math.floor(Math.max(LOG_PAGES.fewest, Math.min(LOG_PAGES.most, pages)));
}

/**
 * The disk of a spool. SQLite needs some of it to remove events, too: what it changes goes to the log first. So nothing
 * is taken in that would not leave enough: a spool that has filled its disk could never be emptied.
 */
export class SpoolDisk {
  readonly #path: string;
  readonly #file: SpoolFile;
  readonly #logBytes: number;
  /** Removing so many events takes a log at most. */
  readonly removable: number;
  /** Bytes that may be taken in without looking. */
  #known = 0;

  constructor(path: string, file: SpoolFile) {
    this.#path = path;
    this.#file = file;
    const pages = logPagesAt(path);
    this.#logBytes = pages * PAGE_BYTES;
    this.removable = pages >> 1;
  }

  /** Whether events of so many bytes can be taken in. Throws SQLite's errors. */
  hasRoom(bytes: number): boolean {
    if (bytes > this.#known) {
      if (this.#needed(bytes) > this.#free) return false;
      this.#known = this.#needed(bytes + LOOK_AGAIN) > this.#free ? bytes : bytes + LOOK_AGAIN;
    }
    this.#known -= bytes;
    return true;
  }

  get #free(): number {
    const stats = statsOf(this.#path);
    return stats === null ? Infinity : stats.bavail * stats.bsize;
  }

  /** What of the disk must be free, in bytes: for the file to have all that is in its log, and for the log itself. */
  #needed(bytes: number): number {
    const written = bytes * TIMES_BYTES;
    const used = (this.#file.pages - this.#file.freePages) * PAGE_BYTES;
    const log = Math.max(this.#logBytes * RESERVE_LOGS, this.#logBytes + written);
    return grown(this.#path, used + written) + grown(`${this.#path}-wal`, log);
  }
}

/** By how much a file must grow to have `bytes`. */
function grown(path: string, bytes: number): number {
  return Math.max(0, bytes - (statSync(path, { throwIfNoEntry: false })?.size ?? 0));
}

function totalBytes(path: string): number {
  const stats = statsOf(path);
  return stats === null ? Infinity : stats.blocks * stats.bsize;
}

/** Null where that is not known. */
function statsOf(path: string): { readonly blocks: number; readonly bavail: number; readonly bsize: number } | null {
  try {
    const stats = statfsSync(path);
    return stats.blocks > 0 ? stats : null;
  } catch {
    return null;
  }
}
