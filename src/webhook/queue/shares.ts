/** A client's events may take this many times what they leave free. */
const TIMES_FREE = 3;

/** Lanes are counted in so many slots. Two lanes in one slot share a share, which matters only when the queue is nearly full. */
const SLOTS = 65_536;

/**
 * What each lane takes of the queue, in bytes. However many lanes are stuck, a part of the queue stays free for the
 * others: one stuck lane gets three quarters of it, n of them leave 1 / (1 + 3n).
 */
export class Shares {
  readonly #bytes = new Float64Array(SLOTS);

  /** Whether `lane` has its share of a queue that has `free` bytes. */
  hasEnough(lane: number, free: number): boolean {
    return this.of(lane) > TIMES_FREE * free;
  }

  /** Bytes that `lane` takes. */
  of(lane: number): number {
    return this.#bytes[lane % SLOTS] ?? 0;
  }

  /** `lane` takes `bytes` more, or less when that is negative. */
  add(lane: number, bytes: number): void {
    const slot = lane % SLOTS;
    this.#bytes[slot] = (this.#bytes[slot] ?? 0) + bytes;
  }
}
