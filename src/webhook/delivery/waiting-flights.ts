import type { Deadlines } from '../../base/deadlines.ts';
import { Queue } from '../../base/queue.ts';
import type { Flight } from './flight.ts';

/** The flights between two attempts: some have a time, the others are due and go in turn. */
export class WaitingFlights {
  readonly #deadlines: Deadlines;
  readonly #ready: () => void;
  /** Those with a time: of the pauses between attempts, and of the endpoint's own wish. */
  readonly #timed = new Set<Flight>();
  readonly #asked = new Set<Flight>();
  readonly #due = new Queue<Flight>();

  /** `ready` is called when the time of a flight has come. */
  constructor(deadlines: Deadlines, ready: () => void) {
    this.#deadlines = deadlines;
    this.#ready = ready;
  }

  /** `at`: when it is due, milliseconds of the clock; `isAsked`: whether the endpoint said so. */
  add(flight: Flight, at: number, isAsked: boolean): void {
    const flights = isAsked ? this.#asked : this.#timed;
    flight.deadline = this.#deadlines.add(at, () => {
      this.#end(flight, flights);
      this.#due.push(flight);
      this.#ready();
    });
    flights.add(flight);
  }

  /** It may go in its turn. */
  addDue(flight: Flight): void {
    this.#due.push(flight);
  }

  /** The flight that has been due for longest. */
  shift(): Flight | undefined {
    return this.#due.shift();
  }

  /** The flight that has waited for longest although its time has not come; not one that the endpoint told to wait. */
  shiftEarly(): Flight | undefined {
    for (const flight of this.#timed) {
      this.#end(flight, this.#timed);
      return flight;
    }
    return undefined;
  }

  /** All are due now; those that the endpoint told to wait only with `isAskedToo`. */
  wake(isAskedToo: boolean): void {
    for (const flights of isAskedToo ? [this.#asked, this.#timed] : [this.#timed])
      for (const flight of flights) {
        this.#end(flight, flights);
        this.#due.push(flight);
      }
  }

  #end(flight: Flight, flights: Set<Flight>): void {
    if (flight.deadline !== null) this.#deadlines.remove(flight.deadline);
    flight.deadline = null;
    flights.delete(flight);
  }
}
