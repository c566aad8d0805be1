import type { Backlog, BacklogListener, DropReason, Failure, Held, Intake, Lane } from './backlog.ts';
import { EventTable } from './event-table.ts';
import type { EventLane } from './lanes.ts';
import type { LoadedEvent } from './loaded-events.ts';
import type { BacklogSettings } from './memory-backlog.ts';
import { PackedBatch } from './packed-batch.ts';
import { Room } from './room.ts';
import { SpoolDisk } from './spool-disk.ts';
import { type SpoolCounts, SpoolFile, type SpoolOptions } from './spool-file.ts';
import { SpoolLetters } from './spool-letters.ts';
import { explain, openDatabase } from './spool-open.ts';
import { SpoolWindow } from './spool-window.ts';
import { SpoolWriter } from './spool-writer.ts';

/**
 * Opens the file in which the events of an endpoint wait: they are there again after whatever end of the process. An
 * error names the key and the file in one line. `settings.spool.path` must not be null.
 */
export function openSpool(
  settings: BacklogSettings,
  run: string,
  listener: BacklogListener,
  options?: SpoolOptions,
): Backlog {
  const { name, spool } = settings;
  const key = name === 'default' ? 'webhook.spool.path' : `webhook.${name}.spool.path`;
  const path = spool.path ?? '';
  try {
    return openDatabase(path, (db) => new Spool(settings, path, new SpoolFile(db, run, options), listener));
  } catch (error) {
    throw new Error(`${key}: ${explain(error)}`, { cause: error });
  }
}

/**
 * Events wait in a file. A batch is taken when it is committed, and an event that is settled stays until then. When the
 * disk is full, batches wait in memory while what is in the file is delivered.
 */
class Spool implements Backlog {
  readonly #listener: BacklogListener;
  readonly #file: SpoolFile;
  readonly #table: EventTable;
  readonly #window: SpoolWindow;
  readonly #writer: SpoolWriter;
  readonly #room: Room;
  readonly deadLetters: SpoolLetters;
  /** Later events came in since the file was opened; only they count for their lane's share. */
  readonly #firstId: number;
  /** Lanes that have events in the file which could not be read. */
  #starving: EventLane[] = [];
  #telling = false;
  #isClosed = false;
  /** `held.oldest` as of a commit. */
  #oldest: { readonly of: Readonly<SpoolCounts>; readonly time: number | null } | null = null;

  constructor(settings: BacklogSettings, path: string, file: SpoolFile, listener: BacklogListener) {
    this.#listener = listener;
    this.#file = file;
    this.#table = new EventTable(file);
    this.#window = new SpoolWindow(file, this.#table, settings.batch.maxEvents);
    this.#room = new Room(settings.spool, file.counts.bytes);
    this.#firstId = file.counts.lastId;
    const ready = (): void => this.#tellReady();
    this.deadLetters = new SpoolLetters(settings.deadLetters.maxBytes, {
      file,
      room: this.#room,
      listener,
      flush: () => this.#writer.flush(),
      failed: (error) => this.#writer.failed(error),
      ready,
    });
    this.#writer = new SpoolWriter({
      path,
      file,
      disk: new SpoolDisk(path, file),
      table: this.#table,
      letters: this.deadLetters,
      toDisk: settings.spool.sync === 'full',
      makeRoom: () => this.#makeRoom(),
      ready,
      tryAgain: () => this.#tryAgain(),
    });
  }

  get problem(): string | null {
    return this.#writer.problem;
  }

  get held(): Held {
    const { counts } = this.#file;
    const { settled } = this.#writer;
    const { unwritten } = this.deadLetters;
    const events = counts.events - settled.events - unwritten.events;
    const bytes = counts.bytes - settled.bytes - unwritten.bytes;
    return { events, bytes, oldest: events === 0 ? null : this.#oldestTime() };
  }

  #oldestTime(): number | null {
    const { counts } = this.#file;
    try {
      if (this.#oldest?.of !== counts && !this.#isClosed) this.#oldest = { of: counts, time: this.#table.oldest() };
    } catch (error) {
      this.#writer.failed(error);
    }
    return this.#oldest?.time ?? null;
  }

  accept(batch: ArrayBuffer, taken: (intake: Intake) => void): void {
    const dropped: Partial<Record<DropReason, number>> = {};
    const packed = new PackedBatch(batch, (lane, cost) => this.#room.enter(lane, cost, dropped));
    this.#writer.add({ packed, dropped, taken });
  }

  take(): Lane | null {
    if (this.#isClosed) return null;
    for (;;) {
      const lane = this.#next();
      if (lane === null || this.#fetch(lane)) return lane;
    }
  }

  #next(): EventLane | null {
    try {
      const lane = this.#window.take();
      if (lane === null && this.#window.hasMore) this.#tellReady();
      return lane;
    } catch (error) {
      this.#writer.failed(error);
      return this.#window.loaded.lanes.take();
    }
  }

  /** Whether the first event of a taken lane can be read; else the lane waits until the file is tried again. */
  #fetch(lane: EventLane): boolean {
    try {
      this.#window.fetch(lane);
      return true;
    } catch (error) {
      this.#starving.push(lane);
      this.#writer.failed(error);
      return false;
    }
  }

  putBack(lane: EventLane): void {
    this.#window.loaded.putBack(lane);
  }

  settle(lane: EventLane, count: number): void {
    for (const event of this.#window.loaded.shift(lane, count)) {
      this.#leave(event);
      this.#writer.remove(event.id, event.cost);
    }
    this.#refill(lane);
    this.#writer.schedule();
  }

  bury(lane: EventLane, count: number, failure: Failure): void {
    for (const event of this.#window.loaded.shift(lane, count)) {
      this.#leave(event);
      for (const letter of this.deadLetters.add(event, failure)) this.#writer.remove(letter.event, letter.eventCost);
    }
    this.#refill(lane);
    this.#writer.schedule();
  }

  #leave({ id, lane, cost }: LoadedEvent): void {
    this.#room.leave(id > this.#firstId ? lane : null, cost);
  }

  #refill(lane: EventLane): void {
    try {
      this.#window.refill(lane);
    } catch (error) {
      if (lane.length > 0) this.#window.loaded.putBack(lane);
      else this.#starving.push(lane);
      this.#writer.failed(error);
    }
  }

  /** Drops what is in the file and not loaded, else what is loaded and not taken, else what comes in; the oldest first. */
  #makeRoom(): void {
    if (this.#room.free >= 0) return;
    let count = 0;
    const drop = (id: number, lane: number, cost: number): boolean => {
      this.#room.leave(id > this.#firstId ? lane : null, cost);
      this.#writer.remove(id, cost);
      count++;
      return this.#room.free < 0;
    };
    try {
      this.#window.dropUnloaded(drop);
      if (this.#room.free < 0) this.#window.loaded.dropOldest(({ id, lane, cost }) => drop(id, lane, cost));
    } finally {
      if (count > 0) this.#listener.dropped('queue_full', count);
    }
    for (const { packed, dropped } of this.#writer.arriving) {
      while (this.#room.free < 0) {
        const oldest = packed.shift();
        if (oldest === null) break;
        this.#room.leave(oldest.lane, oldest.cost);
        dropped.queue_full = (dropped.queue_full ?? 0) + 1;
      }
    }
  }

  #tryAgain(): void {
    const starving = this.#starving;
    this.#starving = [];
    for (const lane of starving) this.#refill(lane);
    this.#tellReady();
  }

  #tellReady(): void {
    if (this.#telling) return;
    this.#telling = true;
    setImmediate(() => {
      this.#telling = false;
      if (!this.#isClosed) this.#listener.ready();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#writer.close();
  }
}
