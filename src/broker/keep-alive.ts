import type { Deadline } from '../base/deadlines.ts';
import type { Core } from './core.ts';

/** Whose silence it is. */
export interface Silent {
  /** Whether the silence up to now is to be put down to the broker, which does not read. */
  silenceIsOurs(): boolean;
  /** The client has been silent for too long; called once, unless `end` was called before. */
  gone(): void;
}

/** Notices that a client has been silent for too long [MQTT-3.1.2-22]. */
export class KeepAlive {
  readonly #core: Core;
  readonly #patience: number;
  readonly #owner: Silent;
  #lastHeard: number;
  /** Bytes since then that do not make a packet yet. */
  #bytes = 0;
  #deadline: Deadline;

  /** `patience`: milliseconds of silence after which the client is gone. */
  constructor(core: Core, patience: number, owner: Silent) {
    this.#core = core;
    this.#patience = patience;
    this.#owner = owner;
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
    if (this.#owner.silenceIsOurs()) this.heard();
    if (this.#core.options.clock.now() - this.#lastHeard < this.#patience) this.#deadline = this.#schedule();
    else this.#owner.gone();
  }

  #schedule(): Deadline {
    return this.#core.deadlines.add(this.#lastHeard + this.#patience, () => this.#check());
  }
}

/** Bytes that are worth a packet. */
const PROGRESS = 1024;
