import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/base/clock.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Turns that end one after the other before something is taken to go round in circles. */
const ENDLESS = 100_000;
/** What `now` and `date` start with: different, so that they cannot be mistaken for each other. */
const START = 5000.5;
const START_DATE = Date.UTC(2026, 0, 1);

/** A clock that a test moves: time stands still until `advance`, turns end when `endTurns` or `settle` says so. */
export class FakeClock implements Clock {
  #now = START;
  readonly #timers = new Set<Timer>();
  #turn: (() => void)[] = [];

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  date(): number {
    return START_DATE + Math.floor(this.#now - START);
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  endOfTurn(run: () => void): void {
    this.#turn.push(run);
  }

  /** Ends turns until nothing waits for the end of one. */
  endTurns(): void {
    for (let turns = 0; this.#turn.length > 0; turns++) {
      assert.ok(turns < ENDLESS, 'turns without end');
      const ending = this.#turn;
      this.#turn = [];
      for (const run of ending) run();
    }
  }

  /** Moves the time by `ms`; runs what is due on the way, each at its time, and ends the turns. */
  advance(ms: number): void {
    const end = this.#now + ms;
    this.endTurns();
    for (let timer = this.#nextBefore(end); timer !== null; timer = this.#nextBefore(end)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.at);
      timer.run();
      this.endTurns();
    }
    this.#now = end;
  }

  /** Ends turns and lets promises go on until both are quiet; for what waits for nothing but promises. */
  async settle(): Promise<void> {
    do {
      this.endTurns();
      await setImmediate(); // oxlint-disable-line no-await-in-loop -- one after the other
    } while (this.#turn.length > 0);
  }

  #nextBefore(end: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) if (timer.at <= end && (next === null || timer.at < next.at)) next = timer;
    return next;
  }
}
