import type { PayloadEncoding } from './payload.ts';

/** What the delivery thread is started with. */
export interface DeliverySettings {
  readonly url: string;
  /** Names and values in turn, as they are sent. */
  readonly headers: readonly string[];
  readonly encoding: PayloadEncoding;
  /** Connections, each with one request at a time. */
  readonly poolSize: number;
  /** Milliseconds for connecting, and again for the answer. */
  readonly timeout: number;
}

/**
 * To the delivery thread: a batch of records (transferred), or `hurry`: the end is near, so what waits for another
 * attempt is tried soon.
 */
export type ToDelivery = ArrayBuffer | 'hurry';

/** From the delivery thread: what happened since the last report, and how things are. */
export interface Report {
  readonly delivered: number;
  /** Attempts that did not succeed and will be repeated. */
  readonly retried: number;
  /** Events that the endpoint refused for good. */
  readonly failed: number;
  /** What the delivered and the failed ones had cost in the queue, in bytes by lane. */
  readonly settledBytes: ReadonlyMap<string, number>;
  /** Why the latest attempt that did not succeed did not; null when there was none yet. */
  readonly lastError: string | null;
  readonly trouble: Trouble;
}

/**
 * How delivery is going: `none`; `failing`: events wait because the endpoint cannot be reached or is not able to take
 * them; `refusing`: the endpoint answers that it does not want them.
 */
export type Trouble = 'none' | 'failing' | 'refusing';
