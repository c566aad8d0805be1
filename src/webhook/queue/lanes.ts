import type { Queue } from '../../base/queue.ts';
import type { Lane, StoredEvent } from './backlog.ts';

/** What was removed is cut off the array when there is more than this of it, and more than of the rest. */
const CUT = 32;

/** The events of one client that are in memory. */
export class EventLane implements Lane {
  readonly id: number;
  #events: (StoredEvent | undefined)[] = [];
  /** What is before it was removed. */
  #head = 0;
  isTaken = false;
  /** Ids of events behind those that are here, which are only in the file; used by the spool. */
  unloaded: Queue<number> | null = null;
  /** The next lane that is ready; used by `Lanes`. */
  nextReady: EventLane | null = null;

  constructor(id: number) {
    this.id = id;
  }

  get length(): number {
    return this.#events.length - this.#head;
  }

  at(index: number): StoredEvent | undefined {
    return this.#events[this.#head + index];
  }

  add(event: StoredEvent): void {
    this.#events.push(event);
  }

  /** Removes the first event. */
  shift(): void {
    this.#events[this.#head++] = undefined;
    if (this.#head === this.#events.length) this.#events = [];
    else if (this.#head > CUT && this.#head * 2 > this.#events.length) this.#events = this.#events.slice(this.#head);
    else return;
    this.#head = 0;
  }

  /** Removes the event at `index`. Quick where that is small, however many are behind it. */
  remove(index: number): void {
    this.#events.copyWithin(this.#head + 1, this.#head, this.#head + index);
    this.shift();
  }
}

/** All lanes that have events in memory. A lane is ready (in a queue, so that each gets its turn), or taken. */
export class Lanes {
  readonly #lanes = new Map<number, EventLane>();
  #firstReady: EventLane | null = null;
  #lastReady: EventLane | null = null;

  get(id: number): EventLane | undefined {
    return this.#lanes.get(id);
  }

  /** Adds an event at the end of its lane. */
  add(event: StoredEvent): EventLane {
    const lane = this.#lanes.get(event.lane) ?? this.#create(event.lane);
    lane.add(event);
    return lane;
  }

  #create(id: number): EventLane {
    const lane = new EventLane(id);
    this.#lanes.set(id, lane);
    this.#queue(lane);
    return lane;
  }

  get hasReady(): boolean {
    return this.#firstReady !== null;
  }

  /** Takes the lane that has been ready for longest; null when none is. */
  take(): EventLane | null {
    for (;;) {
      const lane = this.#firstReady;
      if (lane === null) return null;
      this.#firstReady = lane.nextReady;
      if (this.#firstReady === null) this.#lastReady = null;
      lane.nextReady = null;
      if (lane.length > 0) {
        lane.isTaken = true;
        return lane;
      }
      // Its events were dropped meanwhile.
      this.#lanes.delete(lane.id);
    }
  }

  /** A taken lane is ready again, or forgotten when it has no more events. */
  putBack(lane: EventLane): void {
    lane.isTaken = false;
    if (lane.length > 0) this.#queue(lane);
    else this.#lanes.delete(lane.id);
  }

  #queue(lane: EventLane): void {
    if (this.#lastReady === null) this.#firstReady = lane;
    else this.#lastReady.nextReady = lane;
    this.#lastReady = lane;
  }
}
