import { Queue } from '../../base/queue.ts';
import type {
  Backlog,
  BacklogListener,
  DeadLetter,
  DropReason,
  Failure,
  Held,
  Intake,
  Lane,
  StoredEvent,
} from './backlog.ts';
import type { EventLane } from './lanes.ts';
import { LetterList } from './letter-list.ts';
import { LoadedEvents } from './loaded-events.ts';
import { PackedBatch } from './packed-batch.ts';
import { recordCost, setSince } from '../events/record.ts';
import { Room } from './room.ts';
import type { EndpointSettings } from '../settings.ts';

/**
 * Events that are taken out of their batches although nothing of them can be sent yet, so that lanes get their turns.
 * The rest stays packed: while an endpoint does not answer, the thread must not compete for the broker's cores.
 */
const LOOK_AHEAD = 2000;

/** What a backlog needs to know of its endpoint. */
export type BacklogSettings = Pick<EndpointSettings, 'name' | 'spool' | 'deadLetters' | 'batch'>;

/** Events wait in memory; they are gone with the delivery thread. */
export function memoryBacklog(settings: BacklogSettings, run: string, listener: BacklogListener): Backlog {
  return new MemoryBacklog(settings, run, listener);
}

class MemoryBacklog implements Backlog {
  readonly #run: string;
  readonly #listener: BacklogListener;
  readonly #room: Room;
  readonly #batches = new Queue<PackedBatch>();
  /** Events in the batches. */
  #packed = 0;
  #lastId = 0;
  readonly #loaded: LoadedEvents;
  readonly deadLetters: LetterList;
  readonly problem = null;
  #telling = false;

  constructor(settings: BacklogSettings, run: string, listener: BacklogListener) {
    this.#run = run;
    this.#listener = listener;
    this.#room = new Room(settings.spool);
    this.#loaded = new LoadedEvents(settings.batch.maxEvents);
    this.deadLetters = new LetterList(settings.deadLetters.maxBytes, (letter) => this.#requeue(letter), listener);
  }

  accept(batch: ArrayBuffer, taken: (intake: Intake) => void): void {
    const dropped: Partial<Record<DropReason, number>> = {};
    const packed = new PackedBatch(batch, (lane, cost) => this.#room.enter(lane, cost, dropped));
    this.#keep(packed);
    taken({ accepted: packed.events, dropped });
    if (this.#room.free < 0) this.#dropOldest();
    this.#tellReady();
  }

  #keep(batch: PackedBatch): void {
    if (batch.events > 0) this.#batches.push(batch);
    this.#packed += batch.events;
  }

  #dropOldest(): void {
    let dropped = this.#loaded.dropOldest((event) => {
      this.#leave(event);
      return this.#room.free < 0;
    });
    for (let batch = this.#batches.peek(); batch !== undefined && this.#room.free < 0; batch = this.#batches.peek()) {
      const oldest = batch.shift();
      if (oldest === null) this.#batches.shift();
      else {
        this.#room.leave(oldest.lane, oldest.cost);
        this.#packed--;
        dropped++;
      }
    }
    if (dropped > 0) this.#listener.dropped('queue_full', dropped);
  }

  take(): Lane | null {
    while (this.#loaded.count < LOOK_AHEAD && this.#unpack());
    for (;;) {
      const lane = this.#loaded.lanes.take();
      if (lane !== null || !this.#unpack()) return lane;
    }
  }

  /** Takes the next batch apart; false when there is none. */
  #unpack(): boolean {
    const batch = this.#batches.shift();
    if (batch === undefined) return false;
    batch.each((lane, bytes, start, end) =>
      this.#loaded.add(++this.#lastId, lane, this.#run, bytes.toString('latin1', start, end)),
    );
    this.#packed -= batch.events;
    return true;
  }

  putBack(lane: EventLane): void {
    this.#loaded.putBack(lane);
  }

  settle(lane: EventLane, count: number): void {
    this.#remove(lane, count);
  }

  bury(lane: EventLane, count: number, failure: Failure): void {
    this.deadLetters.add(this.#remove(lane, count), failure);
  }

  #remove(lane: EventLane, count: number): StoredEvent[] {
    const events = this.#loaded.shift(lane, count);
    for (const event of events) this.#leave(event);
    this.#loaded.putBack(lane);
    return events;
  }

  #leave({ lane, record }: StoredEvent): void {
    this.#room.leave(lane, recordCost(record));
  }

  #requeue({ event: { lane, record } }: DeadLetter): boolean {
    if (!this.#room.add(lane, recordCost(record))) return false;
    const bytes = Buffer.from(record, 'latin1');
    setSince(bytes, Date.now());
    this.#keep(new PackedBatch(bytes, () => true));
    this.#tellReady();
    return true;
  }

  get held(): Held {
    const { events, oldest } = this.#loaded.held;
    return {
      events: events + this.#packed,
      bytes: this.#room.used,
      oldest: oldest ?? this.#batches.peek()?.oldest ?? null,
    };
  }

  #tellReady(): void {
    if (this.#telling) return;
    this.#telling = true;
    setImmediate(() => {
      this.#telling = false;
      this.#listener.ready();
    });
  }

  close(): void {
    // What is in memory goes with it.
  }
}
