import type { EndpointReport, ShownDeadLetter } from './report.ts';
import type { EndpointSettings } from './settings.ts';

/** What the delivery thread is started with. */
export interface ThreadSettings {
  /** Stands for this run of the broker in event ids, with the index of the endpoint: lower-case letters and digits. */
  readonly run: string;
  /** Of this program, as requests tell it. */
  readonly version: string;
  /** Messages name an endpoint by its index here. */
  readonly endpoints: readonly EndpointSettings[];
}

/** A question to the delivery thread about an endpoint's dead letters. */
export type Question =
  | { readonly ask: 'list'; readonly limit: number; readonly after: number }
  | { readonly ask: 'resend' | 'discard'; readonly ids: readonly number[] | 'all' };

/** Dead letters that were asked for, or how many something was done with. */
export type Reply = readonly ShownDeadLetter[] | number;

/**
 * To the delivery thread: a batch of records (transferred); a question; `hurry`: the end is near, so what waits for
 * another attempt is tried soon; `finish`: nothing more is sent, the spool is closed once no answer is awaited.
 */
export type ToDelivery =
  | { readonly kind: 'batch'; readonly endpoint: number; readonly batch: ArrayBuffer }
  | { readonly kind: 'question'; readonly endpoint: number; readonly number: number; readonly question: Question }
  | { readonly kind: 'hurry' | 'finish'; readonly endpoint: number };

/**
 * From the delivery thread: how an endpoint is, an answer to a question or why there is none, that an endpoint is
 * finished, or that its spool cannot be opened (it is tried again).
 */
export type FromDelivery =
  | { readonly kind: 'unopened'; readonly endpoint: number; readonly problem: string }
  | { readonly kind: 'report'; readonly endpoint: number; readonly report: EndpointReport }
  | { readonly kind: 'reply'; readonly number: number; readonly reply: Reply }
  | { readonly kind: 'refusal'; readonly number: number; readonly reason: string }
  | { readonly kind: 'finished'; readonly endpoint: number };
