const LINEAR = 64;
const STEPS = 32;

/** Counts microseconds in buckets that grow with the value: exact to 3 %, however many there are. */
export class Histogram {
  readonly #buckets = new Uint32Array(LINEAR + 26 * STEPS);
  #count = 0;

  add(microseconds: number): void {
    const index = bucket(microseconds | 0);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count += 1;
  }

  clear(): void {
    this.#buckets.fill(0);
    this.#count = 0;
  }

  /** The value that the given share of all is not above; 0 when there is none. */
  percentile(share: number): number {
    let seen = 0;
    for (const [index, count] of this.#buckets.entries()) {
      seen += count;
      if (seen >= this.#count * share) return value(index);
    }
    return 0;
  }
}

function bucket(microseconds: number): number {
  if (microseconds < LINEAR) return Math.max(0, microseconds);
  const exponent = 31 - Math.clz32(microseconds);
  return LINEAR + (exponent - 6) * STEPS + ((microseconds >> (exponent - 5)) & (STEPS - 1));
}

function value(index: number): number {
  if (index < LINEAR) return index;
  const step = index - LINEAR;
  return (STEPS + (step % STEPS)) * 2 ** (Math.floor(step / STEPS) + 1);
}
