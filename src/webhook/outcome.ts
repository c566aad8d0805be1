/** What becomes of an event after an answer with `status`. */
export type Outcome = 'delivered' | 'retry' | 'failed';

/** Answers that another attempt may turn into a good one, besides all 5xx. */
const RETRIED = new Set([
  408, // Request Timeout
  425, // Too Early
  429, // Too Many Requests
]);

/** Redirects are not followed: an answer that is neither good nor worth another attempt is final. */
export function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return 'delivered';
  return status >= 500 || RETRIED.has(status) ? 'retry' : 'failed';
}

const FIRST_DELAY = 100;
/** Milliseconds: no event waits longer for its next attempt, whatever Retry-After asks for. */
export const LONGEST_DELAY = 30_000;

/**
 * Milliseconds until the attempt after the `attempt`th (from 1): doubling from 100 ms to `longest`, of which half is
 * random, so that what failed together is not repeated together.
 */
export function backoff(attempt: number, longest: number): number {
  const full = Math.min(FIRST_DELAY * 2 ** Math.min(attempt - 1, 20), longest);
  return full / 2 + (Math.random() * full) / 2;
}

/**
 * Milliseconds that a Retry-After header asks for (RFC 9110, section 10.2.3: seconds or a date), 0 when it says nothing
 * that can be understood. `now` is the time of day in milliseconds.
 */
export function retryAfter(value: string | undefined, now: number): number {
  if (value === undefined) return 0;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}

/** One line that says why a request got no answer. */
export function errorText(error: Error): string {
  if (error.message !== '') return error.message;
  // Several addresses were tried (localhost): what happened to the first says it.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  return first instanceof Error ? first.message : 'code' in error ? String(error.code) : error.name;
}
