import type { Deadline } from '../../base/deadlines.ts';
import type { Lane } from '../queue/backlog.ts';
import type { RequestIds } from '../http/request.ts';

/** A flight of several events that failed this often may have one that keeps the others from getting through. */
const FAILURES_SUSPECT = 3;
/** An event that failed this often in a row is worth telling the operator. */
const FAILURES_TOLD = 3;

/** The first `count` events of a lane. */
export interface Part {
  readonly lane: Lane;
  readonly count: number;
}

/** What is said of a flight's first event. */
export interface FirstEvent extends RequestIds {
  readonly clientId: string;
}

/** Why a flight's latest attempt did not succeed. */
export interface Fault {
  readonly status: number;
  readonly reason: string;
  readonly answer: string;
}

/**
 * The events of one request, from the moment that their lanes were taken until they are settled. Between attempts they
 * stay together, so that an endpoint which knows requests by their id knows this one again.
 */
export class Flight {
  readonly parts: Part[] = [];
  events = 0;
  /** The bodies of the events; none between attempts. */
  texts: string[] = [];
  /** Bytes of the bodies, with what stands between them. */
  bytes = 0;
  first: FirstEvent | null = null;
  /** Since when its oldest event waits, milliseconds since the Unix epoch; Infinity when nobody asked. */
  oldest = Infinity;
  attempts = 0;
  /** Those of them that failed since it has these events. */
  failures = 0;
  fault: Fault | null = null;
  /** It is a part of a larger one that failed again and again. */
  #isSuspect = false;
  /** Whether it tries out an endpoint that counts as down. */
  isProbe = false;
  /** When it is due again, while it waits for that. */
  deadline: Deadline | null = null;

  /** Stands for all of its lanes. */
  get lane(): number {
    return this.parts[0]?.lane.id ?? 0;
  }

  /**
   * What its request says of its events. The id is the same in each attempt, and another one for other events or for the
   * same in another order.
   */
  get ids(): RequestIds {
    const first = this.first ?? NO_EVENT;
    if (this.events === 1) return first;
    let mark = 0;
    for (const { lane, count } of this.parts) for (let i = 0; i < count; i++) mark = mix(mark, lane.at(i)?.id ?? 0);
    return { ...first, id: `${first.id}-${this.events}-${(mark >>> 0).toString(36)}` };
  }

  get isTroubled(): boolean {
    return this.failures >= FAILURES_TOLD;
  }

  add(part: Part): void {
    this.parts.push(part);
    this.events += part.count;
  }

  /** Lets the bodies go. */
  unload(): void {
    this.texts = [];
    this.bytes = 0;
  }

  failed(fault: Fault): void {
    this.fault = fault;
    this.failures++;
  }

  /**
   * Whether one event may be why the others do not get through. Silence may be an event's fault, too: of one that the
   * endpoint crashes on, or takes too long for.
   */
  get mayHaveCulprit(): boolean {
    return this.events > 1 && (this.#isSuspect || this.failures >= FAILURES_SUSPECT);
  }

  /**
   * Two flights of about half the events each. The events of one lane are not on their way twice: of a single lane there
   * is one flight of its first half, and the rest is the lane's again.
   */
  split(): Flight[] {
    const [only] = this.parts;
    if (this.parts.length === 1 && only !== undefined)
      return [this.#piece([{ lane: only.lane, count: only.count >> 1 }])];
    let events = 0;
    const middle = this.parts.findIndex((part) => (events += part.count) * 2 >= this.events) + 1;
    const end = Math.min(middle, this.parts.length - 1);
    return [this.#piece(this.parts.slice(0, end)), this.#piece(this.parts.slice(end))];
  }

  /** A flight of the first event alone, and one of the other lanes. The rest of the first lane is the lane's again. */
  breakOff(): Flight[] {
    const [first, ...others] = this.parts;
    if (first === undefined || this.events === 1) return [this];
    const one = this.#piece([{ lane: first.lane, count: 1 }]);
    return others.length === 0 ? [one] : [one, this.#piece(others)];
  }

  #piece(parts: readonly Part[]): Flight {
    const piece = new Flight();
    for (const part of parts) piece.add(part);
    piece.oldest = this.oldest;
    piece.attempts = this.attempts;
    piece.fault = this.fault;
    piece.#isSuspect = this.mayHaveCulprit;
    return piece;
  }
}

/** Adds an event, known by its place in the queue, to what stands for several of them in their order. */
function mix(mark: number, place: number): number {
  const mixed = Math.imul(mark ^ place ^ (place / 2 ** 32), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

const NO_EVENT: FirstEvent = { id: '', event: '', run: '', clientId: '', sequence: 0, clientSequence: 0 };
