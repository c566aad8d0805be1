import { backoff } from './outcome.ts';

/** Lanes that must fail in a row, without an answer to anybody, before the endpoint as a whole counts as down. */
const LANES_DOWN = 3;
/** Requests at a time that try out an endpoint that is down. */
const PROBES = 3;

/**
 * Whether the endpoint can be reached at all. When requests of several lanes got no answer (refused, reset, timed out)
 * it is down: then a few probes go out, less and less often, instead of a request of every lane, until one is answered.
 */
export class Breaker {
  /** Lanes whose request got no answer since the last answer. */
  readonly #failing = new Set<string>();
  #rounds = 0;
  #probeAt = 0;

  get isDown(): boolean {
    return this.#rounds > 0;
  }

  /** Requests that may be on their way at `now`, of at most `most`. */
  limit(now: number, most: number): number {
    if (!this.isDown) return most;
    return now < this.#probeAt ? 0 : Math.min(PROBES, most);
  }

  /** Milliseconds from `now` until probes may go out. */
  wait(now: number): number {
    return Math.max(0, this.#probeAt - now);
  }

  /** The endpoint answered, whatever it said; returns whether it had been down. */
  answered(): boolean {
    const wasDown = this.isDown;
    this.#failing.clear();
    this.#rounds = 0;
    return wasDown;
  }

  /** A request of `lane` got no answer. `longest`: milliseconds between rounds of probes. */
  unanswered(lane: string, isProbe: boolean, now: number, longest: number): void {
    if (this.isDown) {
      // The first probe of a round that fails ends it, and requests from before are no news.
      if (!isProbe || now < this.#probeAt) return;
    } else {
      this.#failing.add(lane);
      if (this.#failing.size < LANES_DOWN) return;
    }
    this.#rounds++;
    this.#probeAt = now + backoff(this.#rounds, longest);
  }

  /** Lets probes out at once. */
  hurry(): void {
    this.#probeAt = 0;
  }
}
