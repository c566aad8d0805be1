import type { Clock } from './clock.ts';

/** Something that happens at a time; made by `Deadlines.add`. */
export interface Deadline {
  readonly run: () => void;
  /** When, on the clock's `now`. */
  at: number;
  /** Its place in the heap, -1 when it is not in it. */
  index: number;
}

/**
 * Any number of deadlines on one timer: a binary heap by time, each deadline knowing its place so that it can be
 * removed at once (a cancelled deadline holds nothing). The keep-alive of 100,000 connections is this.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #heap: Deadline[] = [];
  #cancelTimer: (() => void) | null = null;
  #timerAt = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Calls `run` when the clock's `now` reaches `at`, unless it is removed before. */
  add(at: number, run: () => void): Deadline {
    const deadline: Deadline = { run, at, index: this.#heap.length };
    this.#heap.push(deadline);
    this.#up(deadline);
    this.#arm();
    return deadline;
  }

  /** Does nothing for one that has passed or was removed. */
  remove(deadline: Deadline): void {
    const { index } = deadline;
    if (index === -1) return;
    deadline.index = -1;
    const last = this.#heap.pop() as Deadline;
    if (this.#heap.length === 0) this.#disarm();
    if (last === deadline) return;
    last.index = index;
    this.#heap[index] = last;
    this.#up(last);
    this.#down(last);
  }

  /** Forgets all. */
  clear(): void {
    for (const deadline of this.#heap) deadline.index = -1;
    this.#heap.length = 0;
    this.#disarm();
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#timerAt = Infinity;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.at >= this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = first.at;
    this.#cancelTimer = this.#clock.after(Math.max(0, first.at - this.#clock.now()), () => this.#due());
  }

  #due(): void {
    this.#cancelTimer = null;
    this.#timerAt = Infinity;
    const now = this.#clock.now();
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.remove(first);
      first.run();
    }
    this.#arm();
  }

  #up(deadline: Deadline): void {
    const heap = this.#heap;
    let { index } = deadline;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex] as Deadline;
      if (parent.at <= deadline.at) break;
      heap[index] = parent;
      parent.index = index;
      index = parentIndex;
    }
    heap[index] = deadline;
    deadline.index = index;
  }

  #down(deadline: Deadline): void {
    const heap = this.#heap;
    let { index } = deadline;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      if (childIndex + 1 < heap.length && (heap[childIndex + 1] as Deadline).at < (heap[childIndex] as Deadline).at)
        childIndex++;
      const child = heap[childIndex] as Deadline;
      if (child.at >= deadline.at) break;
      heap[index] = child;
      child.index = index;
      index = childIndex;
    }
    heap[index] = deadline;
    deadline.index = index;
  }
}
