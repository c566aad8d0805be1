import { type Clock, systemClock } from '../../base/clock.ts';
import { type Deadline, Deadlines } from '../../base/deadlines.ts';
import type { Backlog, Failure, Lane } from '../queue/backlog.ts';
import { Breaker } from './breaker.ts';
import { EventTexts } from '../events/event-text.ts';
import { Figures } from './figures.ts';
import type { Flight } from './flight.ts';
import { Packer } from './packer.ts';
import { RateLimit } from './rate-limit.ts';
import type { DeliveryFigures, Trouble } from '../report.ts';
import { RequestMaker } from '../http/request.ts';
import { isOwnAnswer, mayBeOneEvent, RetryPolicy } from './retry-policy.ts';
import type { EndpointSettings } from '../settings.ts';
import type { Answer, Transport } from '../http/transport.ts';
import { Turns } from './turns.ts';
import { WaitingFlights } from './waiting-flights.ts';

/** Milliseconds between two requests that try an endpoint out, at most: one in so long costs nobody anything. */
const LONGEST_PROBE_PAUSE = 5000;

export interface DeliveryOptions {
  /** Called whenever there is something new to report. */
  readonly changed: () => void;
  readonly clock?: Clock;
  /** Of this program, as requests tell it. */
  readonly version?: string;
}

/**
 * Sends the events of a backlog to one endpoint until each is delivered or given up. A lane is in one flight at a time, so
 * that its events arrive in order; a flight that waits for another attempt does not hold up the others.
 */
export class Delivery {
  readonly #backlog: Backlog;
  readonly #transport: Transport;
  readonly #changed: () => void;
  readonly #clock: Clock;
  readonly #requests: RequestMaker;
  readonly #policy: RetryPolicy;
  readonly #breaker: Breaker;
  readonly #rate: RateLimit | null;
  readonly #packer: Packer;
  readonly #deadlines: Deadlines;
  readonly #waiting: WaitingFlights;
  readonly #turns: Turns;
  readonly #figures = new Figures();
  /** Requests on their way at most. */
  readonly #slots: number;
  #pumping = false;
  #alarm: Deadline | null = null;
  /** Flights that failed often. */
  #troubled = 0;
  #refusing = false;
  /** Called when the last answer is there, once nothing more is sent. */
  #finished: (() => void) | null = null;

  constructor(settings: EndpointSettings, backlog: Backlog, transport: Transport, options: DeliveryOptions) {
    const { changed, clock = systemClock, version = 'unknown' } = options;
    const policy = new RetryPolicy(settings.retry);
    this.#backlog = backlog;
    this.#transport = transport;
    this.#changed = changed;
    this.#clock = clock;
    this.#policy = policy;
    this.#requests = new RequestMaker(settings, version);
    this.#breaker = new Breaker((rounds) => policy.backoff(rounds, LONGEST_PROBE_PAUSE));
    this.#rate = settings.rate === Infinity ? null : new RateLimit(settings.rate);
    this.#packer = new Packer(settings, {
      backlog,
      policy,
      texts: new EventTexts(settings),
      bury: (lane, count, failure) => this.#giveUp(lane, count, failure),
    });
    this.#deadlines = new Deadlines(clock);
    this.#waiting = new WaitingFlights(this.#deadlines, () => this.#pumpSoon());
    this.#turns = new Turns(this.#packer, this.#waiting, (flight) => this.#end(flight));
    this.#slots = settings.connection.poolSize * settings.connection.pipelining;
  }

  /** There may be something to send. */
  ready(): void {
    if (this.#figures.inFlight < this.#slots) this.#pumpSoon();
  }

  /** Tries soon what waits for another attempt, from now on without long pauses. */
  hurry(): void {
    this.#policy.hurry();
    this.#breaker.hurry();
    this.#packer.hurry();
    this.#waiting.wake(true);
    this.#pumpSoon();
  }

  /** Sends nothing more; resolves when the last answer is there. */
  finish(): Promise<void> {
    this.#deadlines.clear();
    return new Promise((resolve) => {
      this.#finished = resolve;
      if (this.#figures.inFlight === 0) resolve();
    });
  }

  figures(): DeliveryFigures {
    return this.#figures.report(this.#breaker.state, this.#trouble());
  }

  #trouble(): Trouble {
    if (this.#breaker.state !== 'closed' || this.#troubled > 0) return 'failing';
    return this.#refusing ? 'refusing' : 'none';
  }

  // After the answers that are there now: they make room for more at once.
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#clock.endOfTurn(() => this.#pump());
  }

  #pump(): void {
    this.#pumping = false;
    if (this.#finished !== null) return;
    const now = this.#clock.now();
    const date = this.#clock.date();
    this.#policy.observe(now, date);
    while (this.#figures.inFlight < this.#slots) {
      const wait = Math.max(this.#breaker.wait(now), this.#rate?.wait(now) ?? 0);
      if (wait > 0) return this.#pumpAt(now + wait);
      const isProbe = this.#breaker.state !== 'closed';
      const flight = isProbe ? this.#turns.nextOne(date, this.#breaker.isSilent) : this.#turns.next(now, date);
      if (flight === null) return this.#pumpAt(this.#packer.dueAt);
      flight.isProbe = isProbe;
      if (isProbe) this.#breaker.probe();
      this.#send(flight, now, date);
    }
  }

  #pumpAt(time: number): void {
    if (time >= (this.#alarm?.at ?? Infinity)) return;
    if (this.#alarm !== null) this.#deadlines.remove(this.#alarm);
    this.#alarm = this.#deadlines.add(time, () => {
      this.#alarm = null;
      this.#pumpSoon();
    });
  }

  #send(flight: Flight, now: number, date: number): void {
    this.#rate?.take(now);
    this.#figures.inFlight++;
    flight.attempts++;
    const request = this.#requests.make(flight.texts, flight.ids, flight.attempts, date);
    flight.unload();
    this.#transport.send(request, (answer) => this.#land(flight, answer));
  }

  #land(flight: Flight, answer: Answer): void {
    const outcome = this.#policy.outcome(answer.status);
    this.#figures.answered(answer);
    // Nobody waits out a pause that was due to the endpoint, not to the event.
    if (outcome !== 'retry' && this.#breaker.answered()) this.#waiting.wake(false);
    if (outcome === 'delivered') this.#deliver(flight);
    else {
      this.#fail(flight, answer);
      if (outcome === 'retry') this.#retry(flight, answer);
      else this.#refuse(flight, answer.status);
    }
    this.#changed();
    if (this.#finished === null) this.#pumpSoon();
    else if (this.#figures.inFlight === 0) this.#finished();
  }

  #deliver(flight: Flight): void {
    this.#refusing = false;
    this.#figures.delivered += flight.events;
    this.#end(flight);
    for (const part of flight.parts) {
      this.#packer.relax(part);
      this.#backlog.settle(part.lane, part.count);
    }
  }

  #fail(flight: Flight, answer: Answer): void {
    const { status, text, error } = answer;
    const reason = error ?? `the endpoint answered with status ${status}`;
    const wasTroubled = flight.isTroubled;
    flight.failed({ status, reason, answer: text });
    if (flight.isTroubled && !wasTroubled) this.#troubled++;
    this.#figures.failed({
      at: this.#clock.date(),
      event: flight.first?.event ?? '',
      eventId: flight.first?.id ?? '',
      clientId: flight.first?.clientId ?? '',
      attempt: flight.attempts,
      status,
      reason,
      answer: text,
    });
  }

  #refuse(flight: Flight, status: number): void {
    if (flight.events > 1 && mayBeOneEvent(status)) return this.#split(flight);
    this.#refusing = true;
    this.#bury(flight, `refused with status ${status}`);
  }

  #retry(flight: Flight, answer: Answer): void {
    const now = this.#clock.now();
    const asked = this.#policy.asked(answer.retryAfter, this.#clock.date());
    const { lane, isProbe } = flight;
    this.#breaker.failed({ lane, isProbe, isAnswered: isOwnAnswer(answer.status), asked }, now);
    const isUp = this.#breaker.state === 'closed';
    const isSpent = this.#policy.isSpent(flight.attempts);
    if (isUp && (flight.mayHaveCulprit || (isSpent && flight.events > 1))) return this.#split(flight);
    if (isSpent) return this.#bury(flight, `given up after ${flight.attempts} attempts: ${flight.fault?.reason}`);
    this.#figures.retried++;
    this.#waiting.add(flight, now + Math.max(asked, this.#policy.backoff(flight.failures)), asked > 0);
  }

  /** Sends the events in smaller portions, until the one is alone that the endpoint does not take. */
  #split(flight: Flight): void {
    this.#figures.retried++;
    this.#end(flight);
    const [first, second] = flight.split();
    if (first === undefined) return;
    this.#waiting.addDue(first);
    if (second !== undefined) this.#waiting.addDue(second);
    else for (const { lane, count } of first.parts) this.#packer.restrain(lane, count);
  }

  #bury(flight: Flight, reason: string): void {
    const { status = 0, answer = '' } = flight.fault ?? {};
    this.#end(flight);
    for (const { lane, count } of flight.parts)
      this.#giveUp(lane, count, { status, reason, answer, attempts: flight.attempts });
  }

  #giveUp(lane: Lane, count: number, failure: Failure): void {
    this.#figures.gaveUp(count, failure);
    this.#backlog.bury(lane, count, failure);
    this.#changed();
    // The lane may have more.
    this.#pumpSoon();
  }

  /** The flight is no more: settled, given up or taken apart. */
  #end(flight: Flight): void {
    if (flight.isTroubled) this.#troubled--;
  }
}
