import { type Arrival, history, type Known, say, type Summary, Violation, type Visit } from './arrival.ts';

/** What one client published in one life of the broker: the numbers from `from` up to, and without, `to`. */
interface Stint {
  readonly life: number;
  readonly from: number;
  to: number;
}

interface Publisher {
  readonly stints: Stint[];
  /** When PUBACK came, milliseconds of `performance.now`; undefined: it did not. */
  readonly ackedAt: (number | undefined)[];
  readonly events: (Known | undefined)[];
  /** The greatest number that has arrived. */
  newest: number;
  /** The last two requests with its events, for each life of the broker. */
  readonly last: Visit[][];
}

interface Life {
  run: string | null;
  /** Arrived, by sequence number. */
  readonly sequences: Set<number>;
  /** So many of its events were in the spool, as the broker said. */
  accepted: number;
  killedAt: number | null;
}

/** Milliseconds: what was acknowledged earlier than this before a SIGKILL must be in the spool, on the slowest of machines. */
const TAIL_MS = 2000;

/** Writes down what was published and what arrived, and throws a Violation where the two do not agree. */
export class Ledger {
  arrived = 0;
  requests = 0;
  published = 0;
  acknowledged = 0;
  #repeated = 0;
  #repeatedByKill = 0;
  readonly #publishers: readonly Publisher[];
  readonly #lives: Life[] = [];
  readonly #runs = new Map<string, number>();
  /** The events of each `webhook-id`. */
  readonly #contents = new Map<string, string>();

  constructor(clients: number) {
    this.#publishers = Array.from({ length: clients }, () => {
      return { stints: [], ackedAt: [], events: [], newest: -1, last: [] };
    });
  }

  /** A broker begins its life. */
  begin(): void {
    const life = this.#lives.push({ run: null, sequences: new Set(), accepted: 0, killedAt: null }) - 1;
    for (const publisher of this.#publishers) {
      const from = publisher.stints.at(-1)?.to ?? 0;
      publisher.stints.push({ life, from, to: from });
      publisher.last[life] = [];
    }
  }

  /** It is about to be killed. */
  kill(): void {
    const life = this.#lives.at(-1);
    if (life !== undefined) life.killedAt = performance.now();
  }

  get life(): number {
    return this.#lives.length - 1;
  }

  /** How much of what was published in this life has arrived, from 0 to 1. */
  get share(): number {
    const published = this.#publishers.reduce((sum, { stints }) => sum + lengthOf(stints.at(-1)), 0);
    return (this.#lives.at(-1)?.sequences.size ?? 0) / published;
  }

  /** The broker says how many events of this life are in its spool. */
  accepted(count: number): void {
    const life = this.#lives.at(-1);
    if (life !== undefined) life.accepted = count;
  }

  publish(client: number): number {
    const stint = this.#publisher(client).stints.at(-1);
    if (stint === undefined) throw new Error('no broker lives');
    this.published++;
    return stint.to++;
  }

  acknowledge(client: number, number: number): void {
    this.acknowledged++;
    this.#publisher(client).ackedAt[number] = performance.now();
  }

  /** Whether this message has arrived and was taken. */
  isTaken(client: number, number: number): boolean {
    const visits = this.#publisher(client).events[number]?.visits;
    return visits?.some(({ verdict }) => verdict !== 'refused') ?? false;
  }

  /** A request came; `visit` may learn more of its verdict later. */
  arrive(visit: Visit, arrivals: readonly Arrival[]): void {
    this.requests++;
    const contents = arrivals.map(({ id }) => id).join();
    const before = this.#contents.get(visit.id) ?? contents;
    if (before !== contents) throw new Violation(`${visit.id} has other events than before`);
    this.#contents.set(visit.id, contents);
    for (const arrival of arrivals) this.#arrive(visit, arrival);
    for (const number of new Set(arrivals.map(({ client }) => client))) {
      const { last } = this.#publisher(number);
      last[visit.life] = [...(last[visit.life] ?? []).slice(-1), visit];
    }
  }

  #arrive(visit: Visit, arrival: Arrival): void {
    const publisher = this.#publisher(arrival.client);
    const known = publisher.events[arrival.number];
    this.#checkIdentity(publisher, arrival, known?.arrival);
    if (known === undefined) {
      if (arrival.number < publisher.newest) throw new Violation(`${say(arrival)} comes after ${publisher.newest}`);
      this.arrived++;
      publisher.newest = arrival.number;
      publisher.events[arrival.number] = { arrival, visits: [visit] };
    } else {
      if (isLate(known, visit)) return;
      this.#checkRepetition(publisher, known, visit);
      known.visits.push(visit);
    }
    this.#checkPredecessor(publisher, arrival, visit);
  }

  /** The same numbers each time, and those that belong to the message. */
  #checkIdentity(publisher: Publisher, arrival: Arrival, before: Arrival | undefined): void {
    const { id, run, sequence, clientSequence, number } = arrival;
    if (before !== undefined) {
      if (id === before.id && sequence === before.sequence && clientSequence === before.clientSequence) return;
      throw new Violation(`${say(arrival)} came as ${before.id} before`);
    }
    const stint = publisher.stints.find(({ from, to }) => number >= from && number < to);
    if (stint === undefined) throw new Violation(`${say(arrival)} was never published`);
    const life = this.#lives[stint.life];
    if (life === undefined) throw new Error('a stint without a life');
    life.run ??= run;
    if (life.run !== run || (this.#runs.get(run) ?? stint.life) !== stint.life)
      throw new Violation(`${say(arrival)} is of run ${run}, and others of its life are not`);
    this.#runs.set(run, stint.life);
    if (id !== `evt_${run}_${sequence}`) throw new Violation(`${say(arrival)} has another number, ${sequence}`);
    if (life.sequences.has(sequence)) throw new Violation(`${say(arrival)} has a number that another one had`);
    life.sequences.add(sequence);
    if (clientSequence !== number - stint.from + 1)
      throw new Violation(`${say(arrival)} has the client sequence ${clientSequence}, not ${number - stint.from + 1}`);
  }

  /** An event may come again when its answer was none or was not seen; or when the broker died before it wrote that down. */
  #checkRepetition(publisher: Publisher, known: Known, visit: Visit): void {
    const taken = known.visits.find(({ verdict }) => verdict === 'taken');
    if (taken === undefined) {
      this.#repeated++;
      return;
    }
    if (taken.life === visit.life)
      throw new Violation(`${say(known.arrival)} comes again, although its answer was seen\n${history(known, visit)}`);
    // What is settled is committed when the turn ends, at about the time when the client's next event is sent.
    if (!publisher.last[taken.life]?.includes(taken))
      throw new Violation(`${say(known.arrival)} comes again from an earlier life\n${history(known, visit)}`);
    this.#repeatedByKill++;
  }

  /** The event before this one, of the same client, must have been taken. */
  #checkPredecessor(publisher: Publisher, arrival: Arrival, visit: Visit): void {
    let number = arrival.number - 1;
    while (number >= 0 && publisher.events[number] === undefined) number--;
    const before = publisher.events[number];
    if (before === undefined) return;
    const latest = before.visits.at(-1);
    if (latest === undefined || latest === visit) return;
    if (latest.verdict === 'refused')
      throw new Violation(`${say(arrival)} comes before ${say(before.arrival)} was taken\n${history(before, visit)}`);
    // Who goes on has seen the answer, whether the endpoint knew that or not.
    latest.verdict = 'taken';
  }

  /** Everything has arrived that will: what is missing may only be missing because the broker was killed. */
  finish(): Summary {
    let tail = 0;
    let tailAge = 0;
    for (const [client, publisher] of this.#publishers.entries()) {
      for (const stint of publisher.stints) {
        for (const number of this.#missing(client, stint)) {
          const ackedAt = publisher.ackedAt[number];
          if (ackedAt === undefined) continue;
          tail++;
          tailAge = Math.max(tailAge, (this.#lives[stint.life]?.killedAt ?? Infinity) - ackedAt);
        }
      }
    }
    if (tailAge > TAIL_MS) throw new Violation(`a message acknowledged ${tailAge} ms before a kill has no event`);
    for (const [number, life] of this.#lives.entries()) checkSequences(number, life);
    const { published, acknowledged, arrived, requests } = this;
    const repeated = this.#repeated;
    const repeatedByKill = this.#repeatedByKill;
    return { published, acknowledged, arrived, requests, repeated, repeatedByKill, tail, tailAge };
  }

  /** The messages of a stint without an event that was taken: only the last ones, and only before a kill. */
  #missing(client: number, { life, from, to }: Stint): number[] {
    const numbers = Array.from({ length: to - from }, (_, index) => from + index);
    const first = numbers.findIndex((number) => !this.isTaken(client, number));
    if (first === -1) return [];
    const missing = numbers.slice(first);
    const { events, ackedAt } = this.#publisher(client);
    const later = missing.find((number) => events[number] !== undefined);
    if (later !== undefined) throw new Violation(`${client}:${from + first} is missing, ${client}:${later} is there`);
    if (this.#lives[life]?.killedAt === null && missing.some((number) => ackedAt[number] !== undefined))
      throw new Violation(`${client}:${from + first} is missing, and nobody was killed`);
    return missing;
  }

  #publisher(client: number): Publisher {
    const publisher = this.#publishers[client];
    if (publisher === undefined) throw new Violation(`an event of the unknown client ${client}`);
    return publisher;
  }
}

function lengthOf(stint: Stint | undefined): number {
  return stint === undefined ? 0 : stint.to - stint.from;
}

/** An attempt that the broker gave up for silence, and that the endpoint reads after the one that followed. */
function isLate({ visits }: Known, { id, life, attempt }: Visit): boolean {
  return visits.some((other) => other.id === id && other.life === life && other.attempt > attempt);
}

/** Numbers have no gap up to the last that arrived, and all that were said to be in the spool have arrived. */
function checkSequences(number: number, { sequences, accepted, run }: Life): void {
  const greatest = [...sequences].reduce((a, b) => Math.max(a, b), 0);
  for (let sequence = 1; sequence < greatest; sequence++)
    if (!sequences.has(sequence))
      throw new Violation(`life ${number}, run ${run}: there is no ${sequence} of ${greatest}`);
  if (greatest < accepted)
    throw new Violation(`life ${number}: ${accepted} events were in the spool, ${greatest} came`);
}
