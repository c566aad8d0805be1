/** What can be stopped and read on: a socket, or what it carries. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/**
 * Bytes of a peer after which the others have their turn, where Node would read thirty times as many: tiny packets and
 * frames take far more time than their bytes show.
 */
const BYTES_AT_ONCE = 64 * 1024;

/** The flow of one peer, which stops at times for the others, and as long as the broker wants. */
export class Turns implements Flow {
  readonly #source: Flow;
  #bytesLeft = BYTES_AT_ONCE;
  #paused = false;

  constructor(source: Flow) {
    this.#source = source;
  }

  /** So many bytes came. */
  took(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft > 0) return;
    this.#source.pause();
    setImmediate(this.#next);
  }

  pause(): void {
    this.#paused = true;
    this.#source.pause();
  }

  /** Before its turn has come, this takes effect when it comes. */
  resume(): void {
    this.#paused = false;
    if (this.#bytesLeft > 0) this.#source.resume();
  }

  readonly #next = (): void => {
    this.#bytesLeft = BYTES_AT_ONCE;
    if (!this.#paused) this.#source.resume();
  };
}
