import type { Deadlines } from '../base/deadlines.ts';
import { Queue } from '../base/queue.ts';
import type { Flight } from './flight.ts';

/** The flights between two attempts: some have a time, the others are due and go in turn. */
export class WaitingFlights {
  readonly #deadlines: Deadlines;
  readonly #ready: () => void;
  readonly #timed = new Set<Flight>();
  readonly #due = new Queue<Flight>();

  /** `ready` is called when the time of a flight has come. */
  constructor(deadlines: Deadlines, ready: () => void) {
    this.#deadlines = deadlines;
    this.#ready = ready;
  }

  /** `at`: when it is due, milliseconds of the clock; `isAsked`: whether the endpoint said so. */
  add(flight: Flight, at: number, isAsked: boolean): void {
    flight.isAsked = isAsked;
    flight.deadline = this.#deadlines.add(at, () => {
      this.#end(flight);
      this.#ready();
    });
    this.#timed.add(flight);
  }

  /** It may go in its turn. */
  addDue(flight: Flight): void {
    this.#due.push(flight);
  }

  /** The flight that has been due for longest. */
  shift(): Flight | undefined {
    return this.#due.shift();
  }

  /** All are due now; those that the endpoint told to wait only with `isAskedToo`. */
  wake(isAskedToo: boolean): void {
    for (const flight of this.#timed) if (isAskedToo || !flight.isAsked) this.#end(flight);
  }

  #end(flight: Flight): void {
    if (flight.deadline !== null) this.#deadlines.remove(flight.deadline);
    flight.deadline = null;
    this.#timed.delete(flight);
    this.#due.push(flight);
  }
}
