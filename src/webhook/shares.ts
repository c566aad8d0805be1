/** A client's events may take this many times what they leave free. */
const TIMES_FREE = 3;

/**
 * What each lane takes of the queue, in bytes. However many lanes are stuck, a part of the queue stays free for the
 * others: one stuck lane gets three quarters of it, n of them leave 1 / (1 + 3n).
 */
export class Shares {
  /** Only lanes that have something queued. */
  readonly #bytes = new Map<string, number>();

  /** The bytes that an event of `lane` may take of the `free` ones; 0 for a lane that has its share. */
  room(lane: string, free: number): number {
    return (this.#bytes.get(lane) ?? 0) > TIMES_FREE * free ? 0 : free;
  }

  add(lane: string, bytes: number): void {
    this.#bytes.set(lane, (this.#bytes.get(lane) ?? 0) + bytes);
  }

  remove(lane: string, bytes: number): void {
    const left = (this.#bytes.get(lane) ?? 0) - bytes;
    if (left > 0) this.#bytes.set(lane, left);
    else this.#bytes.delete(lane);
  }

  clear(): void {
    this.#bytes.clear();
  }
}
