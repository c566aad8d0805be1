import type { Flight } from './flight.ts';
import type { Packer } from './packer.ts';
import type { WaitingFlights } from './waiting-flights.ts';

/** Which flight goes next: old ones (that were tried before) and new ones in turn, so that neither keeps the other waiting. */
export class Turns {
  readonly #packer: Packer;
  readonly #waiting: WaitingFlights;
  readonly #ended: (flight: Flight) => void;
  #isOldsTurn = false;

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

  /** A flight of one event. */
  nextOne(date: number): Flight | null {
    const open = this.#packer.takeOpen();
    if (open !== null) this.#waiting.addDue(open);
    this.#isOldsTurn = !this.#isOldsTurn;
    if (this.#isOldsTurn) return this.#oldOne(date) ?? this.#packer.packOne(date);
    return this.#packer.packOne(date) ?? this.#oldOne(date);
  }

  #old(date: number): Flight | null {
    for (;;) {
      const flight = this.#waiting.shift();
      if (flight === undefined) return null;
      if (this.#packer.renew(flight, date)) return flight;
      this.#ended(flight);
    }
  }

  #oldOne(date: number): Flight | null {
    const flight = this.#old(date);
    if (flight === null || flight.events === 1) return flight;
    this.#ended(flight);
    const [one, others] = flight.breakOff();
    if (others !== undefined) this.#waiting.addDue(others);
    return one !== undefined && this.#packer.renew(one, date) ? one : null;
  }
}
