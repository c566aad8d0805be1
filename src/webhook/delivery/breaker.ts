import type { BreakerState } from '../report.ts';

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
/** Silences in a row, the opening and probes of several lanes, that were an outage and not the fault of some events. */
const OUTAGE_ROUNDS = 4;
/** Milliseconds: outages that follow each other more closely are rather some clients' events that bring silence about. */
const OUTAGES_APART = 60_000;
/** Milliseconds until the next probe after one that was answered, though badly: up to fifty per second hammer nobody. */
const ANSWERED_PAUSE = 20;

/** A request that got no answer, or one that another attempt may turn into a good one. */
export interface FailedRequest {
  /** Of its first event. */
  readonly lane: number;
  readonly isProbe: boolean;
  /** Whether the endpoint itself answered: then it may be about the event. */
  readonly isAnswered: boolean;
  /** Milliseconds that the answer asked to wait, 0 when it did not. */
  readonly asked: number;
}

/**
 * Whether the endpoint as a whole takes events. When it does not, one request at a time tries it out, until one gets
 * through; then all go on. Silence (no answer, one of a gateway that reached nobody, a wish to wait) makes the pause before
 * the next probe longer and longer. A bad answer of the endpoint itself does not: it may be about that event alone, so that
 * another client's event tries soon.
 */
export class Breaker {
  readonly #backoff: (rounds: number) => number;
  #state: BreakerState = 'closed';
  /** Requests that failed since the last good answer, those that were asked to wait, and their lanes (as many as count). */
  #failures = 0;
  #asked = 0;
  readonly #lanes = new Set<number>();
  /** Silences in a row: the opening, and the probes since. */
  #rounds = 0;
  /** Whether that were many; and when it was so last. */
  #isOutage = false;
  #outageAt = -Infinity;
  #probeAt = 0;

  /** `backoff`: milliseconds until the next probe after `rounds` silences. */
  constructor(backoff: (rounds: number) => number) {
    this.#backoff = backoff;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether it is open because nothing is heard of the endpoint, and not because of its answers. */
  get isSilent(): boolean {
    return this.#rounds > 0;
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

  /**
   * The endpoint answered something that is not worth another attempt: it works. Returns whether that ends an outage, in
   * which it was silent whatever was sent.
   */
  answered(): boolean {
    const wasOutage = this.#isOutage;
    this.#state = 'closed';
    this.#failures = this.#asked = this.#rounds = 0;
    this.#isOutage = false;
    this.#lanes.clear();
    return wasOutage;
  }

  failed(request: FailedRequest, now: number): void {
    const { lane, isProbe, asked } = request;
    if (this.#state !== 'closed') {
      if (isProbe) this.#open(request, now);
      // One from before the opening: no news but how long it asks to wait.
      else if (asked > 0) this.#probeAt = Math.max(this.#probeAt, now + asked);
      return;
    }
    this.#failures++;
    if (asked > 0) this.#asked++;
    if (this.#lanes.size < LANES_DOWN) this.#lanes.add(lane);
    const isDown = this.#failures >= FAILURES_DOWN || this.#asked >= ASKED_DOWN;
    if (isDown && this.#lanes.size >= LANES_DOWN) this.#open(request, now);
  }

  #open({ isAnswered, asked }: FailedRequest, now: number): void {
    this.#state = 'open';
    const isSilence = !isAnswered || asked > 0;
    this.#rounds = isSilence ? this.#rounds + 1 : 0;
    if (this.#rounds === OUTAGE_ROUNDS && now - this.#outageAt >= OUTAGES_APART) {
      this.#isOutage = true;
      this.#outageAt = now;
    }
    this.#probeAt = now + Math.max(asked, isSilence ? this.#backoff(this.#rounds) : ANSWERED_PAUSE);
  }

  /** Lets the next probe out at once. */
  hurry(): void {
    this.#probeAt = 0;
  }
}
