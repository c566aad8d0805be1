/** The periods of a load, in seconds, by the last level of its topics. */
export const PERIODS = [
  ['1min', 60],
  ['5min', 300],
  ['15min', 900],
] as const;

/**
 * How much of something there is a minute, averaged over each of `PERIODS`: what came since the last time counts, what
 * came before fades exponentially, as in Mosquitto's `$SYS/broker/load` and in the load of Unix.
 */
export class Load {
  /** In the order of `PERIODS`. */
  readonly averages: number[] = PERIODS.map(() => 0);
  #total: number;

  /** `total` is where the counter starts. */
  constructor(total: number) {
    this.#total = total;
  }

  /** The counter stands at `total` now, `seconds` after the last time. */
  advance(total: number, seconds: number): void {
    const rate = ((total - this.#total) * 60) / seconds;
    this.#total = total;
    for (const [index, [, period]] of PERIODS.entries()) {
      const before = this.averages[index] ?? 0;
      this.averages[index] = rate + Math.exp(-seconds / period) * (before - rate);
    }
  }
}
