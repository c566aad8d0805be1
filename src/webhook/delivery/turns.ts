import type { Flight } from './flight.ts';
import type { Packer } from './packer.ts';
import type { WaitingFlights } from './waiting-flights.ts';

/** One of so many probes is of an old flight although there are new ones: it must not wait forever, or become too old. */
const OLD_PROBES = 4;

/** Which flight goes next: old ones (that were tried before) and new ones in turn, so that neither keeps the other waiting. */
export class Turns {
  readonly #packer: Packer;
  readonly #waiting: WaitingFlights;
  readonly #ended: (flight: Flight) => void;
  #isOldsTurn = false;
  #probes = 0;

  /** `ended`: of an old flight nothing is left, or it was taken apart. */
  constructor(packer: Packer, waiting: WaitingFlights, ended: (flight: Flight) => void) {
    this.#packer = packer;
    this.#waiting = waiting;
    this.#ended = ended;
  }

  /** A flight with its bodies, null when none is ready. Times: `now` of the clock, `date` of the day. */
  next(now: number, date: number): Flight | null {
    this.#isOldsTurn = !this.#isOldsTurn;
    if (this.#isOldsTurn) return this.#old(date) ?? this.#packer.pack(now, date);
    return this.#packer.pack(now, date) ?? this.#old(date);
  }

  /**
   * A flight of one event that tries the endpoint out: if possible of a lane that has not failed, as those that have may
   * have failed for reasons of their own. `early`: also one whose time has not come yet, if there is nothing else.
   */
  nextOne(date: number, early: boolean): Flight | null {
    this.#probes = (this.#probes + 1) % OLD_PROBES;
    if (this.#probes === 0) return this.#oldOne(date, false) ?? this.#newOne(date) ?? this.#oldOne(date, early);
    return this.#newOne(date) ?? this.#oldOne(date, early);
  }

  #old(date: number, early = false): Flight | null {
    for (;;) {
      const flight = this.#waiting.shift() ?? (early ? this.#waiting.shiftEarly() : undefined);
      if (flight === undefined) return null;
      if (this.#packer.renew(flight, date)) return flight;
      this.#ended(flight);
    }
  }

  #oldOne(date: number, early: boolean): Flight | null {
    const flight = this.#old(date, early);
    return flight === null ? null : this.#firstOf(flight, date);
  }

  #newOne(date: number): Flight | null {
    const open = this.#packer.takeOpen();
    return open === null ? this.#packer.packOne(date) : this.#firstOf(open, date);
  }

  #firstOf(flight: Flight, date: number): Flight | null {
    if (flight.events === 1) return flight;
    this.#ended(flight);
    const [one, others] = flight.breakOff();
    if (others !== undefined) this.#waiting.addDue(others);
    return one !== undefined && this.#packer.renew(one, date) ? one : null;
  }
}
