import { Publication } from './publication.ts';
import { SessionRecord } from './session-record.ts';

/** The broker did what it must not, or did not what it must. */
export class Violation extends Error {
  /** The rule that was broken, in a word or two. */
  readonly rule: string;
  /** Whose last events tell more. */
  readonly clients: readonly string[];

  constructor(rule: string, message: string, clients: readonly string[]) {
    super(`${rule}: ${message}`);
    this.name = 'Violation';
    this.rule = rule;
    this.clients = clients;
  }
}

/** One PUBLISH to a topic that is retained. */
interface RetainedAttempt {
  readonly publication: Publication;
  readonly position: number;
}

/** Milliseconds without a step of any client that are no more chance. */
const STALL_MS = 500;

/**
 * What all clients together have published, subscribed to and received. Its time is a count of events: two of the same
 * connection have the order of the wire, and what one client did after another had an answer came after it.
 */
export class Model {
  /** QoS 0 may be dropped for receivers that read slowly: the broker's buffers are small. */
  readonly tight: boolean;
  readonly publications = new Map<string, Publication>();
  /** All sessions of this round, those that have ended included. */
  sessions: SessionRecord[] = [];
  /** What each topic retained at the end of the last round. */
  retained = new Map<string, Publication>();
  /** What was published since to topics that are retained, in the order of the one publisher of each. */
  readonly attempts = new Map<string, RetainedAttempt[]>();
  round = 1;
  roundStart = 0;
  /** Messages published and received in all. */
  published = 0;
  delivered = 0;
  /** Comparisons of a message with a session that it concerned. */
  checks = 0;
  readonly #clearing = new Map<string, Publication>();
  #stamp = 0;
  #lastAlive = performance.now();
  #lastStall = 0;

  constructor(tight: boolean) {
    this.tight = tight;
  }

  /** The time now; every call is later than all before. */
  stamp(): number {
    return ++this.#stamp;
  }

  /** To be called often: notices when the machine lets the whole process wait. */
  alive(): void {
    const now = performance.now();
    if (now - this.#lastAlive > STALL_MS) this.#lastStall = now;
    this.#lastAlive = now;
  }

  /** Whether the process has had to wait since that time: then time says little of the broker. */
  stalledSince(time: number): boolean {
    return this.#lastStall >= time || performance.now() - this.#lastAlive > STALL_MS;
  }

  publish(publication: Publication): void {
    this.publications.set(publication.fields.id, publication);
    this.published++;
  }

  /** Stands for every message that clears what `topic` retains. */
  clearing(topic: string): Publication {
    const fields = { id: `(clears ${topic})`, publisher: '', topic, qos: 2, retain: true, size: 0 } as const;
    const known = this.#clearing.get(topic) ?? new Publication({ ...fields, expiry: Infinity, will: false });
    this.#clearing.set(topic, known);
    return known;
  }

  /** A PUBLISH begins to go out. */
  attempt(publication: Publication, position: number): void {
    publication.attempted(position, this.stamp());
    if (!publication.fields.retain) return;
    const { topic } = publication.fields;
    const attempts = this.attempts.get(topic) ?? [];
    attempts.push({ publication, position });
    this.attempts.set(topic, attempts);
  }

  newSession(clientId: string): SessionRecord {
    const session = new SessionRecord(clientId);
    this.sessions.push(session);
    return session;
  }

  /** What `topic` may retain now; undefined stands for nothing. Nobody publishes to it at the moment. */
  retainable(topic: string): Set<Publication | undefined> {
    const attempts = this.attempts.get(topic) ?? [];
    const accepted = attempts.map(({ publication }) => (publication.certain ? publication.acceptedFrom : -1));
    const from = Math.max(-1, ...accepted);
    const possible = attempts.filter(({ position }) => position >= from).map(({ publication }) => publication);
    const found = new Set<Publication | undefined>(possible.map((one) => (one.fields.size === 0 ? undefined : one)));
    if (from === -1) found.add(this.retained.get(topic));
    return found;
  }

  /** The round is over and checked: begins the next. `retained` is what the topics retain. */
  nextRound(retained: Map<string, Publication>): void {
    this.retained = retained;
    this.publications.clear();
    for (const publication of retained.values()) this.publications.set(publication.fields.id, publication);
    this.attempts.clear();
    this.sessions = this.sessions.filter(({ ended }) => !ended);
    const now = this.stamp();
    this.roundStart = now;
    for (const session of this.sessions) session.forget(now);
    this.round++;
  }
}
