import { type Model, Violation } from './model.ts';
import type { Publication } from './publication.ts';
import { SLACK_MS } from './receipt.ts';

/** A will whose connection has ended without taking it back. */
interface Waiting {
  readonly publication: Publication;
  /** Milliseconds of the process. */
  readonly dueTime: number;
  /** When its connection ended. */
  readonly leftTime: number;
  /** The delay, milliseconds. */
  readonly delay: number;
  /** It is published if nothing comes between. */
  sure: boolean;
}

/** How a new connection began. */
export interface Comeback {
  readonly sessionPresent: boolean;
  /** When CONNECT was sent, milliseconds of the process. */
  readonly askedTime: number;
}

/** What is to become of the wills of one client (5.0, section 3.1.2.5). */
export class Wills {
  readonly #model: Model;
  #waiting: Waiting[] = [];

  constructor(model: Model) {
    this.#model = model;
  }

  /** Milliseconds of the process when the last of them is due, 0 where none waits. */
  get lastDue(): number {
    return Math.max(0, ...this.#waiting.map(({ dueTime }) => dueTime));
  }

  /** The connection ended. `seconds` until it is due; `sure`: the broker knew of it and knows of the end. */
  left(publication: Publication, position: number, seconds: number, sure: boolean): void {
    const delay = seconds * 1000;
    const leftTime = performance.now();
    const dueTime = leftTime + delay;
    this.#model.publish(publication);
    publication.attempted(position, this.#model.stamp());
    // The broker's clock and ours are one, but for rounding.
    publication.notBefore = delay === 0 ? 0 : dueTime - 5;
    this.#waiting.push({ publication, leftTime, dueTime, delay, sure });
  }

  /** A clean start ends the session: what was delayed is due. */
  cleanStart(): void {
    for (const { publication } of this.#waiting) publication.notBefore = 0;
  }

  /** An attempt to connect ended without an answer: nobody knows whether it cancelled what was delayed. */
  unanswered(): void {
    for (const waiting of this.#waiting) if (waiting.delay > 0) waiting.sure = false;
  }

  /** A connection was accepted: everything is decided. */
  decide({ sessionPresent, askedTime }: Comeback): void {
    for (const { publication, leftTime, dueTime, delay, sure } of this.#waiting.splice(0)) {
      const cancelled = delay > 0 && sessionPresent && performance.now() < publication.notBefore;
      const fired =
        delay === 0 || !sessionPresent || (askedTime > dueTime + SLACK_MS && !this.#model.stalledSince(leftTime));
      publication.done(this.#model.stamp(), sure && fired);
      if (!cancelled) continue;
      if (this.#model.sessions.some(({ received }) => received.has(publication)))
        throw new Violation('will', `${publication.fields.id} was published too early`, [publication.fields.publisher]);
      publication.sentAt = Infinity;
    }
  }
}
