import { DROP_REASONS, type DropReason } from './queue/backlog.ts';
import {
  type BreakerState,
  type EndpointReport,
  type FailedAttempt,
  LATENCY_BOUNDS,
  type LatencyHistogram,
} from './report.ts';

/** How many events were dropped for each reason; see `DropReason`. */
export type Dropped = Readonly<Record<DropReason, number>>;

/**
 * A webhook's figures since its start. Every event is somewhere: `matched` + `recovered` + `resent` is `delivered` +
 * `deadLettered` + `lost` + what is `queued` + `handedOver` + `dropped` (but for `dead_letters_full`: those are counted as
 * dead letters already).
 */
export interface WebhookStats {
  /** Events that matched a rule. */
  readonly matched: number;
  /** Those of them that were taken into the queue; with a spool: that are in its file. */
  readonly accepted: number;
  /** Events of earlier runs that were found in the spool. */
  readonly recovered: number;
  /** Dead letters that were put into the queue again. */
  readonly resent: number;
  /** Events that the endpoint took (2xx). */
  readonly delivered: number;
  /** Requests that did not succeed and were, or will be, repeated. */
  readonly retried: number;
  /** Events that were given up: the endpoint refused them for good, or too often, or they became too old. */
  readonly deadLettered: number;
  readonly dropped: Dropped;
  /** Events that were neither sent nor kept: in memory when the webhook was closed or its thread died. */
  readonly lost: number;
  /** Events that wait to be sent or for their answer, what they take of the queue's bytes, and the age of the oldest, ms. */
  readonly queued: { readonly events: number; readonly bytes: number; readonly oldestAge: number | null };
  /** Events on their way to the delivery thread. */
  readonly handedOver: { readonly events: number; readonly bytes: number };
  /** Dead letters that are kept. */
  readonly deadLetters: { readonly events: number; readonly bytes: number };
  /** Requests that wait for their answer. */
  readonly inFlight: number;
  /** Requests that did not succeed by status, `none` where there was no answer. */
  readonly failures: Readonly<Record<string, number>>;
  /** From a request's first byte sent to its answer's status. */
  readonly latency: LatencyHistogram;
  readonly breaker: BreakerState;
  /** Why the latest request that did not succeed did not; null when all did. */
  readonly lastError: string | null;
  /** The latest requests that did not succeed, newest last. */
  readonly recentFailures: readonly FailedAttempt[];
  /** What is wrong with the spool (its disk is full ...); null: nothing. */
  readonly spoolProblem: string | null;
}

/** The figures of threads that are gone, and of the one that is there. */
export class Tally {
  #past = nothing;
  #now = nothing;
  #lost = 0;
  #resent = 0;
  /** Dropped before they reached the thread. */
  readonly #dropped: Record<DropReason, number> = { ...NO_DROPS };

  /** What the thread that is there has said last. */
  get latest(): EndpointReport {
    return this.#now;
  }

  report(report: EndpointReport): void {
    this.#now = report;
  }

  drop(reason: DropReason, events = 1): void {
    this.#dropped[reason] += events;
  }

  resent(events: number): void {
    this.#resent += events;
  }

  /**
   * The thread is gone, and with it what was `onTheWay` to it. What it had in its queue is found again when it is `kept`,
   * else lost. Returns how many events are lost.
   */
  threadEnded(kept: boolean, onTheWay: number): number {
    const { queued, deadLetters } = this.#now;
    const lost = onTheWay + (kept ? 0 : queued.events);
    this.#lost += lost;
    const past = sum(this.#past, this.#now);
    this.#past = kept ? { ...past, recovered: past.recovered - queued.events } : past;
    this.#now = kept ? { ...nothing, recovered: queued.events, queued, deadLetters } : nothing;
    return lost;
  }

  get settled(): boolean {
    return this.#now.queued.events === 0;
  }

  stats(matched: number, handedOver: WebhookStats['handedOver'], time: number): WebhookStats {
    const now = this.#now;
    const all = sum(this.#past, now);
    const { events, bytes, oldest } = now.queued;
    return {
      matched,
      accepted: all.accepted,
      recovered: all.recovered,
      resent: this.#resent,
      delivered: all.delivered,
      retried: all.retried,
      deadLettered: all.deadLettered,
      dropped: added(this.#dropped, all.dropped),
      lost: this.#lost,
      queued: { events, bytes, oldestAge: oldest === null ? null : Math.max(0, time - oldest) },
      handedOver,
      deadLetters: { events: now.deadLetters.events, bytes: now.deadLetters.bytes },
      inFlight: now.inFlight,
      failures: all.failures,
      latency: all.latency,
      breaker: now.breaker,
      lastError: all.lastError,
      recentFailures: now.recentFailures,
      spoolProblem: now.spoolProblem,
    };
  }
}

const NO_DROPS = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;

/** What a thread has to report before anything happened. */
export const nothing: EndpointReport = {
  takenBatches: 0,
  accepted: 0,
  dropped: {},
  recovered: 0,
  queued: { events: 0, bytes: 0, oldest: null },
  deadLetters: { events: 0, bytes: 0, oldest: null },
  spoolProblem: null,
  startProblem: undefined,
  delivered: 0,
  retried: 0,
  deadLettered: 0,
  failures: {},
  latency: { buckets: [...LATENCY_BOUNDS, Infinity].map(() => 0), count: 0, sum: 0 },
  inFlight: 0,
  breaker: 'closed',
  trouble: 'none',
  lastError: null,
  recentFailures: [],
};

/** Counts are added; what is a state is as in `now`. */
function sum(past: EndpointReport, now: EndpointReport): EndpointReport {
  const { latency } = now;
  return {
    ...now,
    accepted: past.accepted + now.accepted,
    dropped: added(past.dropped, now.dropped),
    recovered: past.recovered + now.recovered,
    delivered: past.delivered + now.delivered,
    retried: past.retried + now.retried,
    deadLettered: past.deadLettered + now.deadLettered,
    failures: added(past.failures, now.failures),
    latency: {
      buckets: latency.buckets.map((count, index) => count + (past.latency.buckets[index] ?? 0)),
      count: past.latency.count + latency.count,
      sum: past.latency.sum + latency.sum,
    },
    lastError: now.lastError ?? past.lastError,
  };
}

function added<A extends Counts>(a: A, b: Counts): A {
  const all: Record<string, number | undefined> = { ...a };
  for (const [key, count] of Object.entries(b)) all[key] = (all[key] ?? 0) + (count ?? 0);
  return all as A;
}

type Counts = Readonly<Record<string, number | undefined>>;
