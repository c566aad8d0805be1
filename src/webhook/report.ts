import type { DeadLetter, DropReason, Held } from './queue/backlog.ts';

/** How the endpoint is, as the circuit breaker sees it: `half_open` while one request tries it out. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/**
 * How delivery is going: `none`; `failing`: events wait because the endpoint cannot be reached or is not able to take
 * them; `refusing`: the endpoint answers that it does not want them.
 */
export type Trouble = 'none' | 'failing' | 'refusing';

/** Upper bounds of the latency histogram's buckets, milliseconds; one more bucket takes what is above the last. */
export const LATENCY_BOUNDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;

/** Times from a request's first byte sent to its answer's status. */
export interface LatencyHistogram {
  /** Answers in each bucket (not cumulated), one for each of `LATENCY_BOUNDS` and one for the rest. */
  readonly buckets: readonly number[];
  readonly count: number;
  /** Milliseconds of all together. */
  readonly sum: number;
}

/** One attempt that did not succeed. */
export interface FailedAttempt {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** The event, or the first one of the batch. */
  readonly event: string;
  readonly eventId: string;
  readonly clientId: string;
  readonly attempt: number;
  /** 0 without an answer. */
  readonly status: number;
  readonly reason: string;
  /** The first bytes of the answer's body. */
  readonly answer: string;
}

/** What a delivery has counted and how it is, as of now. Counts are since its start. */
export interface DeliveryFigures {
  /** Events that the endpoint took (2xx). */
  readonly delivered: number;
  /** Attempts (requests) that did not succeed and were, or will be, repeated. */
  readonly retried: number;
  /** Events given up. */
  readonly deadLettered: number;
  /** Requests that did not succeed by status, as text; `none` where there was no answer. */
  readonly failures: Readonly<Record<string, number>>;
  readonly latency: LatencyHistogram;
  /** Requests that wait for their answer. */
  readonly inFlight: number;
  readonly breaker: BreakerState;
  readonly trouble: Trouble;
  /** Why the latest attempt that did not succeed did not; null when there was none yet. */
  readonly lastError: string | null;
  /** The latest, newest last. */
  readonly recentFailures: readonly FailedAttempt[];
}

/** What the delivery thread says of one endpoint. Counts are since the thread's start. */
export interface EndpointReport extends DeliveryFigures {
  /** Batches that were handed over and are dealt with: the room on the way is free again. */
  readonly takenBatches: number;
  readonly accepted: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Events that were found in the spool at the start. */
  readonly recovered: number;
  readonly queued: Held;
  readonly deadLetters: Held;
  /** What is wrong with the spool; null: nothing. */
  readonly spoolProblem: string | null;
  /** What the connection that was tried at the start says; null: that it is there. Undefined until it is known. */
  readonly startProblem: string | null | undefined;
}

/** A dead letter as it is shown: with the body that the endpoint would get. */
export interface ShownDeadLetter extends Omit<DeadLetter, 'event'> {
  readonly eventId: string;
  readonly event: string;
  readonly clientId: string;
  readonly body: string;
}
