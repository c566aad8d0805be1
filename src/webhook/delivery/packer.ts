import type { Backlog, Failure, Lane, StoredEvent } from '../queue/backlog.ts';
import type { EventTexts } from '../events/event-text.ts';
import { Flight, type Part } from './flight.ts';
import { takeLane } from './known-lane.ts';
import { recordSince } from '../events/record.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { EndpointSettings } from '../settings.ts';

/** Dead letters that are made before others get their turn. */
const BURIED_PER_TURN = 500;
/** Lanes of which it is known that they are sent in small portions; more than this: it is found out again. */
const RESTRAINED_LANES = 10_000;

/** What a packer needs. */
export interface PackerParts {
  readonly backlog: Backlog;
  readonly texts: EventTexts;
  readonly policy: RetryPolicy;
  /** The first `count` events of a taken lane are given up. */
  readonly bury: (lane: Lane, count: number, failure: Failure) => void;
}

/**
 * Makes flights of what waits: takes lanes in turn and as many events of each as fit. A flight that is not full waits for
 * more events as long as `max_wait` says.
 */
export class Packer {
  readonly #batch: EndpointSettings['batch'];
  readonly #parts: PackerParts;
  #maxWait: number;
  /** The flight that waits for more. */
  #open: Flight | null = null;
  /** When the open flight goes, milliseconds of the clock; Infinity: there is none. */
  dueAt = Infinity;
  /** A taken lane that is to begin the next flight: its first event did not fit into the one before. */
  #next: Lane | null = null;
  /** Lanes and how many of their events go in one flight, alone: one of them was refused among others. */
  readonly #restrained = new Map<number, number>();
  /** The lane whose event got through last. */
  #goodLane = 0;
  #buried = 0;
  #isFull = false;

  constructor(settings: EndpointSettings, parts: PackerParts) {
    this.#batch = settings.batch;
    this.#maxWait = settings.batch.maxEvents === 1 ? 0 : settings.batch.maxWait;
    this.#parts = parts;
  }

  /** A flight that is ready to go, null when there is none (yet: see `dueAt`). Times: `now` of the clock, `date` of the day. */
  pack(now: number, date: number): Flight | null {
    const flight = this.#open ?? new Flight();
    this.#buried = 0;
    this.#isFull = false;
    while (!this.#isFull && this.#buried < BURIED_PER_TURN) {
      const lane = this.#next ?? this.#parts.backlog.take();
      if (lane === null) break;
      this.#next = null;
      this.#load(flight, lane, date);
    }
    if (this.#open !== null && !this.#isFull) this.#extend(flight, date);
    return this.#isReady(flight, now) ? this.takeOpen(flight) : null;
  }

  #isReady(flight: Flight, now: number): boolean {
    if (flight.events === 0) return false;
    if (this.#isFull || this.#maxWait === 0 || now >= this.dueAt) return true;
    if (this.#open === null) this.dueAt = now + this.#maxWait;
    this.#open = flight;
    return false;
  }

  /** The flight that waits for more, which goes now. */
  takeOpen(flight = this.#open): Flight | null {
    this.#open = null;
    this.dueAt = Infinity;
    return flight;
  }

  /** A flight of one event, of the lane that got through last if that is easily found. */
  packOne(date: number): Flight | null {
    const flight = new Flight();
    this.#buried = 0;
    this.#isFull = false;
    while (flight.events === 0 && this.#buried < BURIED_PER_TURN) {
      const lane = this.#next ?? takeLane(this.#parts.backlog, this.#goodLane);
      if (lane === null) return null;
      this.#next = null;
      const count = this.#loadEvents(flight, lane, 0, 1, date);
      if (count > 0) flight.add({ lane, count });
    }
    return flight.events === 0 ? null : flight;
  }

  /** Makes the bodies of a flight that was tried before; false when all of its events have become too old meanwhile. */
  renew(flight: Flight, date: number): boolean {
    const isTooOld = this.#parts.policy.isTooOld(flight.oldest, date);
    const parts = flight.parts.splice(0);
    flight.events = 0;
    flight.first = null;
    flight.unload();
    for (const part of parts) {
      const old = isTooOld ? this.#countOld(part, date) : 0;
      if (old > 0) this.#buryOld(part.lane, old, flight);
      else this.#renewPart(flight, part);
    }
    return flight.events > 0;
  }

  // The spool may have to read a record, and not be able to: its lane waits until it is.
  #renewPart(flight: Flight, { lane, count }: Part): void {
    let renewed = 0;
    try {
      for (; renewed < count; renewed++) {
        const event = lane.at(renewed);
        if (event !== undefined) this.#add(flight, event, this.#parts.texts.text(event));
      }
    } catch {
      if (renewed === 0) return this.#parts.backlog.putBack(lane);
    }
    flight.add({ lane, count: renewed });
  }

  /** How many events a part begins with that are too old. */
  #countOld({ lane, count }: Part, date: number): number {
    const { policy } = this.#parts;
    let old = 0;
    try {
      while (old < count && policy.isTooOld(recordSince(lane.at(old)?.record ?? ''), date)) old++;
    } catch {
      // It cannot be read now.
    }
    return old;
  }

  /** The rest of the lane takes its turn anew. */
  #buryOld(lane: Lane, count: number, { fault, attempts }: Flight): void {
    const { status, reason, answer } = fault ?? { status: 0, reason: '', answer: '' };
    const { tooOld } = this.#parts.policy;
    this.#bury(lane, count, { status, reason: reason === '' ? tooOld : `${tooOld}: ${reason}`, answer, attempts });
  }

  /** Events of `lane` go alone from now on, `count` of them at a time. */
  restrain(lane: Lane, count: number): void {
    if (this.#restrained.size >= RESTRAINED_LANES) this.#restrained.clear();
    this.#restrained.set(lane.id, Math.max(1, count));
  }

  /** Events got through: their lane is a good one, and may send more at a time if it was restrained. */
  relax({ lane, count }: Part): void {
    this.#goodLane = lane.id;
    const limit = this.#restrained.get(lane.id);
    if (limit === undefined) return;
    if (limit * 2 >= this.#batch.maxEvents || lane.length === count) this.#restrained.delete(lane.id);
    else this.#restrained.set(lane.id, limit * 2);
  }

  /** No flight waits for more events from now on. */
  hurry(): void {
    this.#maxWait = 0;
  }

  #load(flight: Flight, lane: Lane, date: number): void {
    const most = this.#restrained.size === 0 ? Infinity : (this.#restrained.get(lane.id) ?? Infinity);
    if (most !== Infinity && flight.events > 0) return this.#keep(lane);
    const count = this.#loadEvents(flight, lane, 0, most, date);
    if (count > 0) flight.add({ lane, count });
    if (most !== Infinity && count > 0) this.#isFull = true;
  }

  #keep(lane: Lane): void {
    this.#next = lane;
    this.#isFull = true;
  }

  /**
   * More events may have come into the lanes that the flight has. They stand behind those of their lane, where another
   * attempt has them, too: the same id means the same body.
   */
  #extend(flight: Flight, date: number): void {
    let end = 0;
    for (const [index, { lane, count }] of flight.parts.entries()) {
      if (this.#isFull) return;
      end += count;
      if (lane.length === count) continue;
      const more = this.#loadEvents(flight, lane, count, Infinity, date);
      flight.parts[index] = { lane, count: count + more };
      flight.events += more;
      if (end + more < flight.texts.length) flight.texts.splice(end, 0, ...flight.texts.splice(-more, more));
      end += more;
    }
  }

  /**
   * Adds up to `most` events of a taken lane from `from` on; returns how many. When it is none of a lane from 0 on, the lane
   * is not this flight's: given back with a dead letter, or kept for the next flight.
   */
  #loadEvents(flight: Flight, lane: Lane, from: number, most: number, date: number): number {
    let index = from;
    while (!this.#isFull && index - from < most) {
      const event = lane.at(index);
      if (event === undefined) break;
      const text = this.#text(event, lane, index, date);
      if (text === null) break;
      if (!this.#append(flight, event, text)) {
        if (index === 0) this.#keep(lane);
        break;
      }
      index++;
    }
    return index - from;
  }

  /** The body of an event, null when there is none or when it is too old; then it is given up, if it is its lane's first. */
  #text(event: StoredEvent, lane: Lane, index: number, date: number): string | null {
    const { texts, policy } = this.#parts;
    let reason: string;
    try {
      const text = texts.text(event);
      if (!policy.isTooOld(texts.since, date)) return text;
      reason = policy.tooOld;
    } catch (error) {
      reason = `cannot make the body: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (index === 0) this.#bury(lane, 1, { status: 0, reason, answer: '', attempts: 0 });
    return null;
  }

  /** Adds an event if it fits; the first always does. */
  #append(flight: Flight, event: StoredEvent, text: string): boolean {
    const { maxEvents, maxBytes } = this.#batch;
    if (maxEvents > 1) {
      const bytes = Buffer.byteLength(text);
      // The brackets around all of them, a comma or a line feed for each but one.
      this.#isFull = flight.texts.length > 0 && flight.bytes + bytes + 2 > maxBytes;
      if (this.#isFull) return false;
      flight.bytes += bytes + 1;
    }
    this.#add(flight, event, text);
    this.#isFull = flight.texts.length >= maxEvents;
    return true;
  }

  #add(flight: Flight, event: StoredEvent, text: string): void {
    const { texts } = this.#parts;
    flight.first ??= {
      id: texts.id(event),
      event: texts.name,
      run: event.run,
      clientId: texts.clientId,
      sequence: texts.sequence,
      clientSequence: texts.clientSequence,
    };
    flight.texts.push(text);
    if (texts.since < flight.oldest) flight.oldest = texts.since;
  }

  #bury(lane: Lane, count: number, failure: Failure): void {
    this.#buried += count;
    this.#parts.bury(lane, count, failure);
  }
}
