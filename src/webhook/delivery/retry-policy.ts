import type { EndpointSettings } from '../settings.ts';

/** What becomes of a request's events after an answer: `refused` is for good. */
export type Outcome = 'delivered' | 'retry' | 'refused';

/** Milliseconds: no endpoint makes its events wait longer for the next attempt, whatever Retry-After says. */
const LONGEST_ASKED = 3_600_000;
/** Milliseconds between attempts at most when the end is near. */
const LONGEST_IN_A_HURRY = 500;
/** Milliseconds until the second attempt at most when the end is near. */
const FIRST_IN_A_HURRY = 100;

/** Milliseconds between the clock and the time of day that are a jump of the latter. */
const JUMP = 5000;
/** Jumps that are remembered. */
const MOST_JUMPS = 16;

/** The time of day was set forward. */
interface Jump {
  /** The milliseconds that were left out. */
  readonly by: number;
  /** What the time of day would have been without it: what waits since before is older by the jump only in appearance. */
  readonly before: number;
  /** When it was seen, milliseconds of the clock. */
  readonly at: number;
}

/** When an event is tried again, and when it is given up; as the configuration of one endpoint says. */
export class RetryPolicy {
  /** Statuses and classes of them (the first digit). */
  readonly #retried: ReadonlySet<string>;
  readonly #maxAttempts: number;
  readonly #maxAge: number;
  #firstDelay: number;
  #maxDelay: number;
  #longestAsked = LONGEST_ASKED;
  /** The time of day less the clock, as it was seen last. */
  #offset = Number.NaN;
  /** Oldest first. */
  #jumps: readonly Jump[] = [];

  constructor(settings: EndpointSettings['retry']) {
    this.#retried = new Set(settings.statuses);
    this.#maxAttempts = settings.maxAttempts;
    this.#maxAge = settings.maxAge;
    this.#firstDelay = settings.firstDelay;
    this.#maxDelay = settings.maxDelay;
  }

  /** From now on nothing waits long. */
  hurry(): void {
    this.#firstDelay = Math.min(this.#firstDelay, FIRST_IN_A_HURRY);
    this.#maxDelay = Math.min(this.#maxDelay, LONGEST_IN_A_HURRY);
    this.#longestAsked = LONGEST_IN_A_HURRY;
  }

  /** `status`: 0 when there was no answer. */
  outcome(status: number): Outcome {
    if (status >= 200 && status < 300) return 'delivered';
    if (status === 0) return 'retry';
    return this.#retried.has(`${status}`) || this.#retried.has(`${Math.floor(status / 100)}xx`) ? 'retry' : 'refused';
  }

  /**
   * Milliseconds until the next attempt after `failures` (from 1) in a row: doubling from the first delay to the longest, of
   * which half is random, so that what failed together is not repeated together. `longest`: if that is less.
   */
  backoff(failures: number, longest = Infinity): number {
    const full = Math.min(this.#firstDelay * 2 ** Math.min(failures - 1, 50), this.#maxDelay, longest);
    return full / 2 + (Math.random() * full) / 2;
  }

  /** Milliseconds that an answer asks for with its Retry-After, 0 when it does not; `date` is the time of day. */
  asked(retryAfter: string | undefined, date: number): number {
    return retryAfter === undefined ? 0 : Math.min(parseRetryAfter(retryAfter, date), this.#longestAsked);
  }

  /** Whether an event that was tried `attempts` times is given up. */
  isSpent(attempts: number): boolean {
    return attempts >= this.#maxAttempts;
  }

  /**
   * Notices when the time of day (`date`) goes forward by more than the clock (`now`): a gateway's may do so by years when
   * it first hears of the time, and nothing has waited for years then. What waits since before counts without the jump.
   * A time of day that is set back makes nothing too old: what waits is kept for longer, by the jump.
   */
  observe(now: number, date: number): void {
    const offset = date - now;
    const by = offset - this.#offset;
    this.#offset = offset;
    if (!(by > JUMP)) return;
    // What waits since before a jump that is longer ago than the greatest age is too old with it and without it.
    const jumps = this.#jumps.filter(({ at }) => now - at < this.#maxAge).slice(1 - MOST_JUMPS);
    this.#jumps = [...jumps, { by, before: date - by, at: now }];
  }

  /**
   * Whether an event that waits since `since` is given up at `date`, both milliseconds since the Unix epoch; the time that
   * counts is that of the clock, as far as `observe` knows.
   */
  isTooOld(since: number, date: number): boolean {
    let age = date - since;
    if (age < this.#maxAge) return false;
    for (const { by, before } of this.#jumps) if (since <= before) age -= by;
    return age >= this.#maxAge;
  }

  /** Why an event that is too old is given up. */
  get tooOld(): string {
    return `older than ${spelled(this.#maxAge)}`;
  }
}

/**
 * What a Retry-After header asks for, in milliseconds (RFC 9110, section 10.2.3: seconds or a date); 0 when it says
 * nothing that can be understood. `date` is the time of day.
 */
export function parseRetryAfter(value: string, date: number): number {
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Three letters: all forms of a date begin with the day's name; Date.parse takes much that is none.
  const time = /^[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? 0 : Math.max(0, time - date);
}

/** Without an answer, and answers of a gateway that has none of the endpoint, or of one that has too much to do. */
const NOT_OWN_ANSWERS = new Set([0, 429, 502, 503, 504]);

/** Whether an answer that may become better is the endpoint's own about the events; the others are about its own state. */
export function isOwnAnswer(status: number): boolean {
  return !NOT_OWN_ANSWERS.has(status);
}

/** Refusals that are about the request's sender, address or form: no other selection of events would fare better. */
const ABOUT_ALL_EVENTS = new Set([401, 402, 403, 404, 405, 407, 410, 411, 414, 415, 421, 426, 431, 451]);

/** Whether a refusal of several events may be the fault of one of them: its body, or the size of all of them together. */
export function mayBeOneEvent(status: number): boolean {
  return status >= 400 && status < 500 && !ABOUT_ALL_EVENTS.has(status);
}

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

function spelled(ms: number): string {
  const unit = UNITS.find(([, length]) => ms >= length && ms % length === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}
