import type { Dispatcher } from 'undici';

/** Makes what keeps one connection to the endpoint open; `opened` is called whenever there is a new one. */
export type Dial = (opened: () => void) => Dispatcher;

/** One connection to the endpoint: opened when there is something to send, and again when it has ended. */
export class Connection {
  readonly #dial: Dial;
  /** What undici sends with. */
  dispatcher: Dispatcher;
  /** Requests on it. */
  load = 0;
  /** Answers that have come since it was opened. */
  answers = 0;

  constructor(dial: Dial) {
    this.#dial = dial;
    this.dispatcher = this.#open();
  }

  #open(): Dispatcher {
    return this.#dial(() => {
      this.answers = 0;
    });
  }

  /** Ends whatever is on it with `error`; the next request gets a new one. */
  renew(error: Error): void {
    const { dispatcher } = this;
    this.dispatcher = this.#open();
    void dispatcher.destroy(error);
  }
}

/** The connections to one endpoint, as many as are needed, up to a limit. */
export class Connections {
  readonly #dial: Dial;
  readonly #limit: number;
  readonly #pipelining: number;
  readonly #all: Connection[] = [];

  constructor(dial: Dial, limit: number, pipelining: number) {
    this.#dial = dial;
    this.#limit = limit;
    this.#pipelining = pipelining;
  }

  /** The one with the fewest requests on it, null when none can take another one. */
  pick(): Connection | null {
    let best: Connection | null = null;
    for (const connection of this.#all) {
      // The first one that is idle: so the last ones have time to end when there is little to do.
      if (connection.load === 0) return connection;
      if (best === null || connection.load < best.load) best = connection;
    }
    if (this.#all.length < this.#limit) {
      const connection = new Connection(this.#dial);
      this.#all.push(connection);
      return connection;
    }
    return best !== null && best.load < this.#pipelining ? best : null;
  }

  /** Ends all of them; `reason` is what their requests are told. */
  async destroy(reason: Error): Promise<void> {
    await Promise.all(this.#all.splice(0).map(({ dispatcher }) => dispatcher.destroy(reason)));
  }
}
