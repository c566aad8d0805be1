import type { StoredRecord } from './record.ts';

interface Entry {
  readonly record: StoredRecord;
  next: Entry | null;
}

/** The events of one client, in order: only the first of them is ever on its way. */
export class Lane {
  readonly id: string;
  /** Attempts of the first event that did not succeed. */
  failures = 0;
  #first: Entry;
  #last: Entry;
  /** The next lane that is ready; used by `Lanes`. */
  nextReady: Lane | null = null;

  constructor(id: string, record: StoredRecord) {
    this.id = id;
    this.#first = this.#last = { record, next: null };
  }

  get first(): StoredRecord {
    return this.#first.record;
  }

  add(record: StoredRecord): void {
    this.#last = this.#last.next = { record, next: null };
  }

  /** Removes the first event; false when it was the only one. */
  advance(): boolean {
    this.failures = 0;
    const { next } = this.#first;
    if (next === null) return false;
    this.#first = next;
    return true;
  }
}

/**
 * All lanes that have events. A lane is ready (in a queue, so that each gets its turn), or taken: its first event is on
 * its way or waits for another attempt.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  #firstReady: Lane | null = null;
  #lastReady: Lane | null = null;

  add(id: string, record: StoredRecord): void {
    const lane = this.#lanes.get(id);
    if (lane !== undefined) return lane.add(record);
    const created = new Lane(id, record);
    this.#lanes.set(id, created);
    this.putBack(created);
  }

  /** Takes the lane that has been ready for longest. */
  take(): Lane | null {
    const lane = this.#firstReady;
    if (lane === null) return null;
    this.#firstReady = lane.nextReady;
    if (this.#firstReady === null) this.#lastReady = null;
    lane.nextReady = null;
    return lane;
  }

  /** Makes a taken lane ready again; its first event is still to be sent. */
  putBack(lane: Lane): void {
    if (this.#lastReady === null) this.#firstReady = lane;
    else this.#lastReady.nextReady = lane;
    this.#lastReady = lane;
  }

  /** The first event of a taken lane is done with: the lane is ready for the next one, or gone. */
  settle(lane: Lane): void {
    if (lane.advance()) this.putBack(lane);
    else this.#lanes.delete(lane.id);
  }
}
