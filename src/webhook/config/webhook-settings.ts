import type { PayloadEncoding } from '../events/payload.ts';
import type { BodyFormat, Overflow, Sync } from '../settings.ts';

/** Milliseconds, or a text such as `500ms` or `1h`. */
type Duration = number | string;

/** Bytes, or a text such as `10MB`. */
type Size = number | string;

type EventWords =
  | 'client_connect'
  | 'client_connack'
  | 'client_connected'
  | 'client_disconnected'
  | 'client_subscribe'
  | 'client_unsubscribe'
  | 'session_created'
  | 'session_resumed'
  | 'session_takenover'
  | 'session_discarded'
  | 'session_subscribed'
  | 'session_unsubscribed'
  | 'session_terminated'
  | 'message_publish'
  | 'message_delivered'
  | 'message_acked'
  | 'message_dropped';

type Dotted<W extends string> = W extends `${infer Group}_${infer Event}` ? `${Group}.${Event}` : never;

/** The name of an event: `on_message_publish`, or as EMQX writes it, `message.publish`. */
export type WebhookEventName = `on_${EventWords}` | Dotted<EventWords>;

// Types, not interfaces: what takes any keys takes these, too.

/** What is sent: an event, and what narrows it down. */
type RuleSettings = {
  readonly event: WebhookEventName;
  /** A filter for the topics of messages and the filters of subscriptions. */
  readonly topic?: string | undefined;
  /** Patterns: `*` stands for any characters, `?` for one. */
  readonly clientid?: string | undefined;
  readonly username?: string | undefined;
};

/**
 * The keys of one endpoint as a program gives them; docs/webhooks.md says what they mean. What is left out, or
 * undefined, has its default.
 */
export type WebhookSettings = {
  readonly enable?: boolean | undefined;
  readonly url: string;
  readonly method?: 'POST' | 'PUT' | 'PATCH' | undefined;
  readonly headers?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly body?: BodySettings | undefined;
  readonly secret?: string | readonly (string | undefined)[] | undefined;
  readonly events?: readonly RuleSettings[] | undefined;
  readonly pool_size?: number | undefined;
  readonly pipelining?: number | undefined;
  readonly http2?: boolean | undefined;
  readonly connect_timeout?: Duration | undefined;
  readonly timeout?: Duration | undefined;
  readonly cancel_timeout?: Duration | undefined;
  readonly follow_redirects?: number | undefined;
  /** Requests per second, or a text such as `6000/m`. */
  readonly rate?: number | string | undefined;
  readonly tls?: EndpointTlsSettings | undefined;
  readonly batch?: BatchSettings | undefined;
  readonly retry?: RetrySettings | undefined;
  readonly spool?: SpoolSettings | undefined;
  readonly dead_letters?: { readonly max_bytes?: Size | undefined } | undefined;
};

type BodySettings = {
  readonly encoding?: PayloadEncoding | undefined;
  readonly format?: BodyFormat | undefined;
  readonly source?: string | undefined;
  readonly gzip_above?: Size | undefined;
};

type EndpointTlsSettings = {
  readonly cacertfile?: string | undefined;
  readonly certfile?: string | undefined;
  readonly keyfile?: string | undefined;
  readonly key_password?: string | undefined;
  readonly verify?: boolean | undefined;
  readonly sni?: string | undefined;
};

type BatchSettings = {
  readonly max_events?: number | undefined;
  readonly max_bytes?: Size | undefined;
  readonly max_wait?: Duration | undefined;
  readonly layout?: 'array' | 'lines' | undefined;
};

type RetrySettings = {
  /** `503`, or a class: `5xx`. */
  readonly statuses?: readonly (number | string)[] | undefined;
  /** Infinity or `unlimited`: no limit. */
  readonly max_attempts?: number | 'unlimited' | undefined;
  readonly max_age?: Duration | undefined;
  readonly first_delay?: Duration | undefined;
  readonly max_delay?: Duration | undefined;
};

type SpoolSettings = {
  readonly path?: string | undefined;
  readonly max_bytes?: Size | undefined;
  readonly sync?: Sync | undefined;
  readonly overflow?: Overflow | undefined;
};
