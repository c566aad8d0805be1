import type { Origin } from './events/record.ts';

/** Clients in a generation; two are remembered. */
const REMEMBERED = 65_536;
/** Characters: longer client ids are not remembered, so that ids alone cannot fill the memory. */
const LONGEST_ID = 256;

/** An origin that is counted on. */
interface Counter extends Origin {
  sequence: number;
  clientSequence: number;
}

/**
 * Numbers the events of one endpoint: all of them, and those of each client. An event that is then dropped has its
 * number too: a gap tells the receiver that something is missing. The numbers of a client that was forgotten (it was
 * silent while many others were not) go on with a gap, never backwards.
 */
export class Origins {
  #sequence = 0;
  #young = new Map<string, Counter>();
  #old = new Map<string, Counter>();
  /** No client that is forgotten has had a greater number. */
  #floor = 0;

  /** How many events were numbered. */
  get count(): number {
    return this.#sequence;
  }

  /** The origin of the next event of a client. Valid until the client's next event. */
  next(clientId: string): Origin {
    const counter = this.#young.get(clientId) ?? this.#recall(clientId);
    counter.sequence = ++this.#sequence;
    counter.clientSequence++;
    return counter;
  }

  #recall(clientId: string): Counter {
    const known = this.#old.get(clientId);
    if (known !== undefined) {
      this.#old.delete(clientId);
      return this.#remember(known);
    }
    const counter = { clientId, lane: laneOf(clientId), sequence: 0, clientSequence: this.#floor };
    if (clientId.length <= LONGEST_ID) return this.#remember(counter);
    this.#floor++;
    return counter;
  }

  #remember(counter: Counter): Counter {
    if (this.#young.size >= REMEMBERED) {
      for (const { clientSequence } of this.#old.values()) this.#floor = Math.max(this.#floor, clientSequence);
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(counter.clientId, counter);
    return counter;
  }
}

/**
 * The lane of a client: the same in every run of the broker, for what waits in a spool. 52 bits of two FNV-1a hashes;
 * two clients in one lane would only wait for each other.
 */
export function laneOf(clientId: string): number {
  let low = 0x811c9dc5;
  let high = 0xcbf29ce4;
  for (let i = 0; i < clientId.length; i++) {
    const unit = clientId.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x01000197);
  }
  return (high >>> 12) * 2 ** 32 + (low >>> 0);
}
