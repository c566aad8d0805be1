import type { Failure } from '../queue/backlog.ts';
import type { Answer } from '../http/transport.ts';
import {
  type BreakerState,
  type DeliveryFigures,
  type FailedAttempt,
  LATENCY_BOUNDS,
  type Trouble,
} from '../report.ts';

/** How many attempts that did not succeed are kept. */
const FAILURES_KEPT = 20;

/** Counts of one endpoint's delivery. */
export class Figures {
  delivered = 0;
  retried = 0;
  deadLettered = 0;
  inFlight = 0;
  readonly #failures: Record<string, number> = {};
  readonly #buckets: number[] = Array.from({ length: LATENCY_BOUNDS.length + 1 }, () => 0);
  #answers = 0;
  #sum = 0;
  #lastError: string | null = null;
  readonly #recent: FailedAttempt[] = [];

  /** A request has its answer, or will have none. */
  answered({ status, duration }: Answer): void {
    this.inFlight--;
    if (status === 0) return;
    let bucket = 0;
    while (duration > (LATENCY_BOUNDS[bucket] ?? Infinity)) bucket++;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#answers++;
    this.#sum += duration;
  }

  /** A request did not succeed. */
  failed(attempt: FailedAttempt): void {
    const key = attempt.status === 0 ? 'none' : String(attempt.status);
    this.#failures[key] = (this.#failures[key] ?? 0) + 1;
    this.#lastError = attempt.reason;
    this.#recent.push(attempt);
    if (this.#recent.length > FAILURES_KEPT) this.#recent.shift();
  }

  /** Events were given up. */
  gaveUp(events: number, { attempts, reason }: Failure): void {
    this.deadLettered += events;
    // After an attempt its own reason says more.
    if (attempts === 0) this.#lastError = reason;
  }

  /** As of now; not changed later. */
  report(breaker: BreakerState, trouble: Trouble): DeliveryFigures {
    return {
      delivered: this.delivered,
      retried: this.retried,
      deadLettered: this.deadLettered,
      failures: { ...this.#failures },
      latency: { buckets: [...this.#buckets], count: this.#answers, sum: this.#sum },
      inFlight: this.inFlight,
      breaker,
      trouble,
      lastError: this.#lastError,
      recentFailures: [...this.#recent],
    };
  }
}
