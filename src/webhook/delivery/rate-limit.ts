/** Requests that may follow each other at once, as a part of a second's: a pause may be made good, a flood not saved up. */
const BURST_SECONDS = 0.1;

/**
 * At most so many requests per second, as a bucket of tokens that holds a tenth of a second's (at least one). In any
 * second there are at most eleven tenths of the rate, over longer times the rate.
 */
export class RateLimit {
  /** Milliseconds of one request. */
  readonly #each: number;
  /** Milliseconds of the requests that a full bucket is ahead. */
  readonly #burst: number;
  /** When the bucket has a token again, milliseconds of the clock. */
  #next = -Infinity;

  /** `rate`: requests per second; finite. */
  constructor(rate: number) {
    this.#each = 1000 / rate;
    this.#burst = Math.max(0, BURST_SECONDS * 1000 - this.#each);
  }

  /** Milliseconds from `now` until a request may go out. */
  wait(now: number): number {
    return Math.max(0, this.#next - now);
  }

  /** A request goes out. */
  take(now: number): void {
    this.#next = Math.max(this.#next, now - this.#burst) + this.#each;
  }
}
