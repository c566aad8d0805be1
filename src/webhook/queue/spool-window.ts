import { Queue } from '../../base/queue.ts';
import type { EventRow, EventTable } from './event-table.ts';
import type { EventLane } from './lanes.ts';
import { LoadedEvent, LoadedEvents } from './loaded-events.ts';
import { recordCost } from '../events/record.ts';
import type { SpoolFile } from './spool-file.ts';
import { SpoolRecords } from './spool-records.ts';

/** Events that are loaded although nothing of them can be sent yet, so that lanes get their turns. */
const LOOK_AHEAD = 4000;
/** Events of one lane that are loaded, if a request may not have more. */
const LANE_EVENTS = 64;
/**
 * Bytes of loaded events from which on a lane gets one at a time, whose record stays in the file until it is needed; and
 * from which on nothing more is loaded.
 */
const MANY_BYTES = 16 * 1024 * 1024;
const TOO_MANY_BYTES = 64 * 1024 * 1024;
/** Rows that are read at a time, at least and at most: other work comes in between. */
const FEWEST_ROWS = 64;
const MOST_ROWS = 8192;

/**
 * The part of a spool that is in memory. A cursor goes through the file and loads events; of a lane that has enough of
 * them it only notes the ids (8 bytes for each), and they are loaded when the lane comes to them. Long records stay in the
 * file until they are sent. So neither one client with a million events that do not get through holds up the others, nor
 * thousands of clients with long ones. All methods throw SQLite's errors, before
 * anything is changed that they would undo.
 */
export class SpoolWindow {
  readonly #file: SpoolFile;
  readonly #table: EventTable;
  readonly #perRequest: number;
  readonly #records: SpoolRecords;
  readonly loaded: LoadedEvents;
  /** What is up to this id is loaded, noted, or gone. */
  #cursor = 0;
  /** What is up to this id is loaded or gone. */
  #dropped = 0;

  /** `perRequest`: how many first events of a lane a request may have. */
  constructor(file: SpoolFile, table: EventTable, perRequest: number) {
    this.#file = file;
    this.#table = table;
    this.#perRequest = perRequest;
    this.#records = new SpoolRecords(table);
    this.loaded = new LoadedEvents(perRequest);
  }

  /** Whether there is more that could be loaded. */
  get hasMore(): boolean {
    return this.#cursor < this.#file.counts.lastId && this.loaded.bytes < TOO_MANY_BYTES;
  }

  take(): EventLane | null {
    const { lanes } = this.loaded;
    if (this.loaded.count < LOOK_AHEAD / 2 && this.loaded.bytes < MANY_BYTES) this.#load();
    const lane = lanes.take();
    if (lane !== null) return lane;
    this.#load();
    return lanes.take();
  }

  /** Has what a taken lane begins with ready to be sent. */
  fetch(lane: EventLane): void {
    const first = lane.at(0);
    if (first instanceof LoadedEvent && !first.isHere) this.#records.fetch(first.id);
  }

  #load(): void {
    if (!this.hasMore) return;
    let rows = 0;
    let stopped = false;
    const { lastId } = this.#file.counts;
    this.#table.read(this.#cursor, (row) => {
      this.#see(row);
      this.#cursor = row.id;
      stopped = this.#isEnough(++rows);
      return !stopped;
    });
    if (!stopped) this.#cursor = lastId;
  }

  #isEnough(rows: number): boolean {
    const { count, bytes, lanes } = this.loaded;
    if (rows >= MOST_ROWS || bytes >= TOO_MANY_BYTES) return true;
    return lanes.hasReady && (bytes >= MANY_BYTES || (count >= LOOK_AHEAD && rows >= FEWEST_ROWS));
  }

  #see(row: EventRow): void {
    const lane = this.loaded.lanes.get(row.lane);
    if (lane === undefined || (lane.unloaded === null && lane.length < this.#laneLimit())) this.#add(row);
    else (lane.unloaded ??= new Queue()).push(row.id);
  }

  #add({ id, lane, run, length, record }: EventRow): void {
    const stays = record === null || this.loaded.bytes >= MANY_BYTES;
    this.loaded.add(id, lane, run, stays ? this.#records.of(id, length) : record);
  }

  #laneLimit(): number {
    const { count, bytes } = this.loaded;
    if (bytes >= MANY_BYTES) return 1;
    return count >= LOOK_AHEAD ? this.#perRequest : Math.max(LANE_EVENTS, this.#perRequest * 2);
  }

  /** Loads more of a taken lane when it has little left; then it is ready, or gone. */
  refill(lane: EventLane): void {
    const limit = this.#laneLimit();
    if (lane.unloaded !== null && (lane.length === 0 || lane.length * 2 < limit))
      this.#fill(lane, lane.unloaded, limit);
    this.loaded.putBack(lane);
  }

  #fill(lane: EventLane, ids: Queue<number>, limit: number): void {
    while (lane.length < limit) {
      const id = ids.peek();
      if (id === undefined) break;
      const row = this.#table.readOne(id);
      if (row !== null) this.#add(row);
      ids.shift();
    }
    if (ids.length === 0) lane.unloaded = null;
  }

  /** Calls `each` with the oldest events that are not loaded, as long as it wants more. They are gone for the window. */
  dropUnloaded(each: (id: number, lane: number, cost: number) => boolean): void {
    this.#table.readSizes(this.#dropped, (id, lane, length) => {
      this.#dropped = id;
      if (id > this.#cursor) this.#cursor = id;
      else if (!this.#unnote(id, lane)) return true;
      return each(id, lane, recordCost({ length }));
    });
  }

  /** Whether an event was only noted; it is not any more. */
  #unnote(id: number, laneId: number): boolean {
    const lane = this.loaded.lanes.get(laneId);
    if (lane?.unloaded?.peek() !== id) return false;
    lane.unloaded.shift();
    if (lane.unloaded.length === 0) lane.unloaded = null;
    return true;
  }
}
