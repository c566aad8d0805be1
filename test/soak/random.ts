/** Random numbers from seeds: the same seeds give the same numbers. */
export class Random {
  #state: number;

  constructor(...seeds: readonly number[]) {
    let hash = 0x9e37_79b9;
    for (const seed of seeds) {
      hash = Math.imul(hash ^ seed, 0x85eb_ca6b);
      hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
      hash ^= hash >>> 16;
    }
    this.#state = hash >>> 0;
  }

  /** A whole number from 0 up to, and without, `limit`. */
  below(limit: number): number {
    // The generator known as mulberry32.
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** True with this probability, in thousandths. */
  perMille(share: number): boolean {
    return this.below(1000) < share;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }
}
