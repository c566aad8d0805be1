import type { Deadline } from '../base/deadlines.ts';
import type { Core } from './core.ts';

/** Notices that a client has been silent for too long [MQTT-3.1.2-22]. */
export class KeepAlive {
  readonly #core: Core;
  readonly #patience: number;
  readonly #isOurs: () => boolean;
  readonly #gone: () => void;
  #lastHeard: number;
  /** Bytes since then that do not make a packet yet. */
  #bytes = 0;
  #deadline: Deadline;

  /**
   * @param patience milliseconds of silence after which the client is gone.
   * @param isOurs whether the silence up to now is to be put down to the broker, which does not read.
   * @param gone is called once, unless `end` was called before.
   */
  constructor(core: Core, patience: number, isOurs: () => boolean, gone: () => void) {
    this.#core = core;
    this.#patience = patience;
    this.#isOurs = isOurs;
    this.#gone = gone;
    this.#lastHeard = core.options.clock.now();
    this.#deadline = this.#schedule();
  }

  /** A packet came. Cheap: the deadline is moved when it is due. */
  heard(): void {
    this.#lastHeard = this.#core.options.clock.now();
    this.#bytes = 0;
  }

  /** Bytes of a packet came. A large one may take its time, but one that drips is none. */
  progress(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= PROGRESS) this.heard();
  }

  end(): void {
    this.#core.deadlines.remove(this.#deadline);
  }

  #check(): void {
    if (this.#isOurs()) this.heard();
    if (this.#core.options.clock.now() - this.#lastHeard < this.#patience) this.#deadline = this.#schedule();
    else this.#gone();
  }

  #schedule(): Deadline {
    return this.#core.deadlines.add(this.#lastHeard + this.#patience, () => this.#check());
  }
}

/** Bytes that are worth a packet. */
const PROGRESS = 1024;
