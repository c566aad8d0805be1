/**
 * A token bucket: `perSecond` come in, and as many (at least one) may be taken at once. It may get into debt. Kept as
 * the time at which it is full again, so that nothing has to be added up. Times are milliseconds of the broker's clock.
 */
export class Bucket {
  /** Milliseconds in which one comes in, and in which an empty bucket is full. */
  readonly #interval: number;
  readonly #span: number;
  #fullAt: number;
  /** Milliseconds' worth beyond a full bucket, which `catchUp` has granted. */
  #credit = 0;

  constructor(perSecond: number, now: number) {
    this.#interval = 1000 / perSecond;
    this.#span = Math.max(1, perSecond) * this.#interval;
    this.#fullAt = now;
  }

  /** Whether one can be taken without debt. */
  hasOne(now: number): boolean {
    return Math.max(this.#fullAt, now) + this.#interval - now <= this.#span + ROUNDING;
  }

  /** Takes `amount` in any case; false when that makes a debt. */
  take(amount: number, now: number): boolean {
    const cost = amount * this.#interval;
    const granted = Math.min(this.#credit, cost);
    this.#credit -= granted;
    this.#fullAt = Math.max(this.#fullAt, now) + cost - granted;
    return this.#fullAt - now <= this.#span + ROUNDING;
  }

  /** Milliseconds until there is no debt any more; 0 for none. */
  debt(now: number): number {
    return Math.max(0, this.#fullAt - now - this.#span);
  }

  /**
   * The time since `since` counts, too: what is taken next has come in while nobody could take it. That is no more than
   * what buffers on the way can hold: ten times what an empty bucket takes in until it is full, at most.
   */
  catchUp(since: number, now: number): void {
    const missed = now - Math.max(this.#fullAt, since);
    this.#credit = Math.max(this.#credit, Math.min(missed, LONGEST_CREDIT * this.#span));
  }
}

/** Full buckets that `catchUp` grants at most. */
const LONGEST_CREDIT = 10;

/** Milliseconds: what sums of times may be off by. */
const ROUNDING = 1e-6;
