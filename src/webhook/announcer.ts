import type { Clock } from '../base/clock.ts';

/** Milliseconds between two lines about the same thing. */
const QUIET = 10_000;

/**
 * Says changes of a state: the first at once, then at most one in ten seconds, and none when the state has come back
 * meanwhile.
 */
export class Announcer<State> {
  readonly #clock: Clock;
  readonly #say: (state: State) => void;
  #state: State;
  #said: State;
  #quietUntil = -Infinity;
  #cancelTimer: (() => void) | null = null;

  constructor(initial: State, clock: Clock, say: (state: State) => void) {
    this.#state = this.#said = initial;
    this.#clock = clock;
    this.#say = say;
  }

  set(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    if (this.#cancelTimer !== null) return;
    const wait = this.#quietUntil - this.#clock.now();
    if (wait > 0) this.#cancelTimer = this.#clock.after(wait, () => this.#speak());
    else this.#speak();
  }

  /** Says nothing more. */
  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#quietUntil = Infinity;
    this.#said = this.#state;
  }

  #speak(): void {
    this.#cancelTimer = null;
    if (this.#state === this.#said) return;
    this.#said = this.#state;
    this.#quietUntil = this.#clock.now() + QUIET;
    this.#say(this.#state);
  }
}
