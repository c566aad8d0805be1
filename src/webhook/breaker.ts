import type { BreakerState } from './report.ts';

/**
 * Requests in a row that must fail, with nothing good between, before the endpoint as a whole counts as down. Fewer would
 * take a bad moment (a restart behind a load balancer, every second request failing) for an outage: at an even chance of
 * failing, ten in a row are one in a thousand.
 */
const FAILURES_DOWN = 10;
/** The same for answers that ask to wait: an endpoint that says so to several clients means all of them. */
const ASKED_DOWN = 3;
/** Lanes that these requests must be of: what one client's events, or two clients', meet is not the endpoint's state. */
const LANES_DOWN = 3;

/**
 * Whether the endpoint as a whole takes events. When it does not, one request at a time tries it out, less and less
 * often, until one is answered; then all go on.
 */
export class Breaker {
  readonly #backoff: (rounds: number) => number;
  #state: BreakerState = 'closed';
  /** Requests that failed since the last good answer, those that were asked to wait, and their lanes (as many as count). */
  #failures = 0;
  #asked = 0;
  readonly #lanes = new Set<number>();
  /** Probes that failed, and the opening. */
  #rounds = 0;
  #probeAt = 0;

  /** `backoff`: milliseconds until the next probe after `rounds` failures. */
  constructor(backoff: (rounds: number) => number) {
    this.#backoff = backoff;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Milliseconds from `now` until a request may go out; Infinity while one tries the endpoint out. */
  wait(now: number): number {
    if (this.#state === 'closed') return 0;
    return this.#state === 'half_open' ? Infinity : Math.max(0, this.#probeAt - now);
  }

  /** A request goes out that tries the endpoint out. */
  probe(): void {
    this.#state = 'half_open';
  }

  /** The endpoint answered something that is not worth another attempt: it works. */
  answered(): void {
    this.#state = 'closed';
    this.#failures = this.#asked = this.#rounds = 0;
    this.#lanes.clear();
  }

  /**
   * A request got no answer, or one that another attempt may turn into a good one. `lane`: of its first event; `asked`:
   * milliseconds that the answer asked to wait, 0 when it did not.
   */
  failed(lane: number, isProbe: boolean, asked: number, now: number): void {
    if (this.#state !== 'closed') {
      if (isProbe) this.#open(asked, now);
      // One from before the opening: no news but how long it asks to wait.
      else if (asked > 0) this.#probeAt = Math.max(this.#probeAt, now + asked);
      return;
    }
    this.#failures++;
    if (asked > 0) this.#asked++;
    if (this.#lanes.size < LANES_DOWN) this.#lanes.add(lane);
    const isDown = this.#failures >= FAILURES_DOWN || this.#asked >= ASKED_DOWN;
    if (isDown && this.#lanes.size >= LANES_DOWN) this.#open(asked, now);
  }

  #open(asked: number, now: number): void {
    this.#state = 'open';
    this.#probeAt = now + Math.max(asked, this.#backoff(++this.#rounds));
  }

  /** Lets the next probe out at once. */
  hurry(): void {
    this.#probeAt = 0;
  }
}
