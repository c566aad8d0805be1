import type { Clock } from '../base/clock.ts';

/** What is told that a turn has ended. */
export interface Flushable {
  flush(): void;
}

const SMALL = 4 * 1024;
const BIG = 64 * 1024;
/** How many unused buffers of each size are kept. */
const SMALL_KEPT = 1024;
const BIG_KEPT = 64;

/**
 * One turn of the event loop: connections that have something to send add themselves and are flushed together at its
 * end, each with one write. Lends the buffers for it.
 */
export class Turn {
  readonly #clock: Clock;
  #waiting: Flushable[] = [];
  readonly #small: Buffer[] = [];
  readonly #big: Buffer[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(connection: Flushable): void {
    // Before there are no buffers left to lend: allocating new ones would cost many times what sending does.
    if (this.#waiting.length === SMALL_KEPT) this.#flush();
    if (this.#waiting.push(connection) === 1) this.#clock.endOfTurn(this.#flush);
  }

  /** A buffer for `size` bytes or more; null when none is that large. */
  borrow(size: number): Buffer | null {
    if (size <= SMALL) return this.#small.pop() ?? Buffer.allocUnsafeSlow(SMALL);
    if (size <= BIG) return this.#big.pop() ?? Buffer.allocUnsafeSlow(BIG);
    return null;
  }

  giveBack(buffer: Buffer): void {
    if (buffer.length === SMALL) {
      if (this.#small.length < SMALL_KEPT) this.#small.push(buffer);
    } else if (this.#big.length < BIG_KEPT) this.#big.push(buffer);
  }

  readonly #flush = (): void => {
    const connections = this.#waiting;
    this.#waiting = [];
    for (const connection of connections) connection.flush();
  };
}
