import type { Held, StoredEvent } from './backlog.ts';
import { type EventLane, Lanes } from './lanes.ts';
import { recordCost, recordSince, type StoredRecord } from './record.ts';

/** An event in memory; it knows its neighbours in age. */
class LoadedEvent implements StoredEvent {
  readonly id: number;
  readonly lane: number;
  readonly run: string;
  readonly record: StoredRecord;
  older: LoadedEvent | null = null;
  younger: LoadedEvent | null = null;

  constructor(id: number, lane: number, run: string, record: StoredRecord) {
    this.id = id;
    this.lane = lane;
    this.run = run;
    this.record = record;
  }
}

/** The events that are in memory, one by one: in their lanes, and all in the order in which they were added. */
export class LoadedEvents {
  readonly lanes = new Lanes();
  /** How many first events of a lane its holder may be about to send. */
  readonly #holdable: number;
  #oldest: LoadedEvent | null = null;
  #youngest: LoadedEvent | null = null;
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

  get bytes(): number {
    return this.#bytes;
  }

  add(id: number, lane: number, run: string, record: StoredRecord): EventLane {
    const event = new LoadedEvent(id, lane, run, record);
    event.older = this.#youngest;
    if (this.#youngest === null) this.#oldest = event;
    else this.#youngest.younger = event;
    this.#youngest = event;
    this.#count++;
    this.#bytes += recordCost(record);
    return this.lanes.add(event);
  }

  /** Removes the first `count` events of a lane and returns them. */
  shift(lane: EventLane, count: number): StoredEvent[] {
    const events: StoredEvent[] = [];
    for (let i = 0; i < count; i++) {
      const event = lane.at(0);
      if (!(event instanceof LoadedEvent)) break;
      lane.shift();
      this.#unlink(event);
      events.push(event);
    }
    return events;
  }

  /**
   * Removes the oldest events, tells `dropped` of each, and goes on as long as that returns true; returns how many they
   * were. What is taken stays: the first events of a lane that somebody holds, as many as a request may have.
   */
  dropOldest(dropped: (event: StoredEvent) => boolean): number {
    let count = 0;
    for (let event = this.#oldest; event !== null;) {
      const { younger } = event;
      const lane = this.lanes.get(event.lane);
      const index = lane?.isTaken === true ? this.#holdable : 0;
      if (lane?.at(index) === event) {
        lane.remove(index);
        this.#unlink(event);
        count++;
        if (!dropped(event)) break;
      }
      event = younger;
    }
    return count;
  }

  #unlink(event: LoadedEvent): void {
    const { older, younger } = event;
    if (older === null) this.#oldest = younger;
    else older.younger = younger;
    if (younger === null) this.#youngest = older;
    else younger.older = older;
    // What somebody keeps of it keeps nothing else.
    event.older = event.younger = null;
    this.#count--;
    this.#bytes -= recordCost(event.record);
  }
}
