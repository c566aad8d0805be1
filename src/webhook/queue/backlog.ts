import type { StoredRecord } from '../events/record.ts';

/** One event of an endpoint, from the moment it was taken in until it is settled. */
export interface StoredEvent {
  /** Its place in the queue: a later event has a greater one. */
  readonly id: number;
  /** Events of the same lane, that is of the same client, are delivered in their order. */
  readonly lane: number;
  /** The broker run in which it happened. */
  readonly run: string;
  readonly record: StoredRecord;
}

/** The events of one client as far as they are in memory, oldest first. Only its holder (see `Backlog.take`) looks at it. */
export interface Lane {
  readonly id: number;
  /** How many are in memory, at least one. */
  readonly length: number;
  /** The event at `index`, from 0. */
  at(index: number): StoredEvent | undefined;
}

/** Why an event was given up. */
export interface Failure {
  /** The answer's status, 0 without an answer. */
  readonly status: number;
  /** One line: `refused with status 410`, `no answer within 5000 ms`, `older than 24h`. */
  readonly reason: string;
  /** The first bytes of the answer's body. */
  readonly answer: string;
  /** Attempts that were made. */
  readonly attempts: number;
}

/** An event that was given up and is kept. */
export interface DeadLetter extends Failure {
  readonly id: number;
  /** When it was given up, milliseconds since the Unix epoch. */
  readonly at: number;
  readonly event: StoredEvent;
}

/** Why an event is not in the queue (any more), although it matched a rule and was not delivered. */
export const DROP_REASONS = [
  'queue_full', // `max_bytes` of the queue is reached: the newest or the oldest, as `overflow` says
  'client_share', // one client has its share of the queue
  'thread_busy', // the delivery thread does not come to what was handed over, or cannot write it to a full disk
  'too_large', // the event alone is larger than the queue
  'closed', // it happened while the webhook was closing
  'dead_letters_full', // it was a dead letter, and newer ones needed its room
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** What became of a batch that was handed over. */
export interface Intake {
  readonly accepted: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}

/** Told by a backlog. */
export interface BacklogListener {
  /** There may be something to take. Never called from within a method of the backlog. */
  ready(): void;
  /** Events were dropped that had been accepted before. */
  dropped(reason: DropReason, events: number): void;
}

/** What is held: events, what they cost (bytes), and since when the oldest waits (milliseconds since the Unix epoch). */
export interface Held {
  readonly events: number;
  readonly bytes: number;
  readonly oldest: number | null;
}

/**
 * Where the events of one endpoint wait: in memory, or in a file. Lanes that nobody holds and that have events are ready,
 * each gets its turn; who takes one holds it until it is put back or settled.
 */
export interface Backlog {
  /** Takes a batch of records in. `taken` is told once they are as safe as this backlog makes them. */
  accept(batch: ArrayBuffer, taken: (intake: Intake) => void): void;
  /**
   * The lane that has been ready for longest, null when none is. Its holder uses the first `batch.maxEvents` events at most:
   * those behind them may be dropped meanwhile.
   */
  take(): Lane | null;
  /** Makes a taken lane ready again, nothing of it is done. */
  putBack(lane: Lane): void;
  /** The first `count` events of a taken lane are delivered; it is ready again when it has more. */
  settle(lane: Lane, count: number): void;
  /** The first `count` events of a taken lane are given up: they become dead letters. As `settle` otherwise. */
  bury(lane: Lane, count: number, failure: Failure): void;
  readonly held: Held;
  readonly deadLetters: DeadLetters;
  /** What is wrong with the place where events are kept (disk full ...), one line; null: nothing. */
  readonly problem: string | null;
  /** Writes what is to be written and lets go of the file. */
  close(): void;
}

/** The dead letters of one endpoint. `ids`: of those, or all. */
export interface DeadLetters {
  readonly held: Held;
  /** Up to `limit`, oldest first, with ids greater than `after`. */
  list(limit: number, after: number): DeadLetter[];
  /** Puts them at the end of the queue once more; returns how many there were. */
  resend(ids: readonly number[] | 'all'): number;
  /** Forgets them; returns how many there were. */
  discard(ids: readonly number[] | 'all'): number;
}
