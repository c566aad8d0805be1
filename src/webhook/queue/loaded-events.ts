import type { Held, StoredEvent } from './backlog.ts';
import { type EventLane, Lanes } from './lanes.ts';
import { recordCost, recordSince, type StoredRecord } from '../events/record.ts';

/** A record that is not in memory, but can be had. */
export interface DistantRecord {
  /** Bytes of the record. */
  readonly length: number;
  /** Reads it. Throws when it cannot be read. */
  read(): StoredRecord;
}

/** What an event takes of the memory when its record is not there, in bytes. */
const DISTANT_BYTES = 256;

/** An event that its lane knows; it knows its neighbours in age. */
export class LoadedEvent implements StoredEvent {
  readonly id: number;
  readonly lane: number;
  readonly run: string;
  readonly #record: StoredRecord | DistantRecord;
  /** The how manieth event it is of those that were ever added. */
  readonly order: number;
  older: LoadedEvent | null = null;
  younger: LoadedEvent | null = null;

  constructor(id: number, lane: number, run: string, record: StoredRecord | DistantRecord, order: number) {
    this.id = id;
    this.lane = lane;
    this.run = run;
    this.#record = record;
    this.order = order;
  }

  /** Throws when it is not in memory and cannot be read. */
  get record(): StoredRecord {
    return typeof this.#record === 'string' ? this.#record : this.#record.read();
  }

  /** Whether its record is in memory. */
  get isHere(): boolean {
    return typeof this.#record === 'string';
  }

  /** What it costs in the queue, in bytes. */
  get cost(): number {
    return recordCost(this.#record);
  }

  /** What it takes of the memory, in bytes. */
  get size(): number {
    return this.isHere ? this.cost : DISTANT_BYTES;
  }
}

/** The events that are in memory, one by one: in their lanes, and all in the order in which they were added. */
export class LoadedEvents {
  readonly lanes = new Lanes();
  /** How many first events of a lane its holder may be about to send. */
  readonly #holdable: number;
  #oldest: LoadedEvent | null = null;
  #youngest: LoadedEvent | null = null;
  /** All that are older are held, but for those of the lanes that were given back. */
  #droppable: LoadedEvent | null = null;
  readonly #givenBack = new Set<EventLane>();
  #added = 0;
  #count = 0;
  #bytes = 0;

  constructor(holdable: number) {
    this.#holdable = holdable;
  }

  get held(): Held {
    const oldest = this.#oldest === null ? null : recordSince(this.#oldest.record);
    return { events: this.#count, bytes: this.#bytes, oldest };
  }

  get count(): number {
    return this.#count;
  }

  /** What they take of the memory. */
  get bytes(): number {
    return this.#bytes;
  }

  add(id: number, lane: number, run: string, record: StoredRecord | DistantRecord): EventLane {
    const event = new LoadedEvent(id, lane, run, record, ++this.#added);
    event.older = this.#youngest;
    if (this.#youngest === null) this.#oldest = event;
    else this.#youngest.younger = event;
    this.#youngest = event;
    this.#droppable ??= event;
    this.#count++;
    this.#bytes += event.size;
    return this.lanes.add(event);
  }

  /** Removes the first `count` events of a lane and returns them. */
  shift(lane: EventLane, count: number): LoadedEvent[] {
    const events: LoadedEvent[] = [];
    for (let i = 0; i < count; i++) {
      const event = lane.at(0);
      if (!(event instanceof LoadedEvent)) break;
      lane.shift();
      this.#unlink(event);
      events.push(event);
    }
    return events;
  }

  /** A taken lane is ready again, or forgotten when it has no more events. */
  putBack(lane: EventLane): void {
    this.lanes.putBack(lane);
    if (this.#wasPassed(lane.at(0))) this.#givenBack.add(lane);
    else if (this.#givenBack.size > 0) this.#givenBack.delete(lane);
  }

  #wasPassed(event: StoredEvent | undefined): boolean {
    return event instanceof LoadedEvent && event.order < (this.#droppable?.order ?? Infinity);
  }

  /**
   * Removes the oldest events, tells `dropped` of each, and goes on as long as that returns true; returns how many they
   * were. What is taken stays: the first events of a lane that somebody holds, as many as a request may have.
   */
  dropOldest(dropped: (event: LoadedEvent) => boolean): number {
    let count = 0;
    const drop = (lane: EventLane, index: number, event: LoadedEvent): boolean => {
      lane.remove(index);
      this.#unlink(event);
      count++;
      return dropped(event);
    };
    if (this.#dropGivenBack(drop)) this.#dropFrom(drop);
    return count;
  }

  /** What was held when others of its age were dropped, and is not any more. Whether all of it is gone. */
  #dropGivenBack(drop: Drop): boolean {
    for (const lane of this.#givenBack) {
      for (let event = lane.at(0); !lane.isTaken && this.#wasPassed(event); event = lane.at(0))
        if (!drop(lane, 0, event as LoadedEvent)) return false;
      // It comes again when it is given back.
      this.#givenBack.delete(lane);
    }
    return true;
  }

  #dropFrom(drop: Drop): void {
    for (let event = this.#droppable; event !== null;) {
      const { younger } = event;
      const lane = this.lanes.get(event.lane);
      const index = lane?.isTaken === true ? this.#holdable : 0;
      this.#droppable = younger;
      if (lane?.at(index) === event && !drop(lane, index, event)) return;
      event = younger;
    }
  }

  #unlink(event: LoadedEvent): void {
    const { older, younger } = event;
    if (older === null) this.#oldest = younger;
    else older.younger = younger;
    if (younger === null) this.#youngest = older;
    else younger.older = older;
    if (this.#droppable === event) this.#droppable = younger;
    // What somebody keeps of it keeps nothing else.
    event.older = event.younger = null;
    this.#count--;
    this.#bytes -= event.size;
  }
}

type Drop = (lane: EventLane, index: number, event: LoadedEvent) => boolean;
