import type { PayloadEncoding } from './events/payload.ts';

/** How a body is written. */
export const BODY_FORMATS = ['nanomq', 'emqx4', 'cloudevents'] as const;

export type BodyFormat = (typeof BODY_FORMATS)[number];

/** What becomes of events that find the queue full. */
export const OVERFLOWS = ['drop_newest', 'drop_oldest'] as const;

export type Overflow = (typeof OVERFLOWS)[number];

/** What a commit of the spool waits for: the operating system (`normal`: survives kill -9) or the disk (`full`: a power cut). */
export const SYNCS = ['normal', 'full'] as const;

export type Sync = (typeof SYNCS)[number];

/** Everything that the delivery thread knows of one endpoint: plain data, complete, with files read and defaults filled in. */
export interface EndpointSettings {
  /** As in the configuration; `default` for the one without a name. */
  readonly name: string;
  readonly url: string;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  /** Names and values in turn, as they are sent; the content type among them only when the user has set one. */
  readonly headers: readonly string[];
  readonly body: {
    readonly format: BodyFormat;
    readonly encoding: PayloadEncoding;
    /** Who sends: `node` of EMQX's bodies, `source` of CloudEvents. */
    readonly source: string;
    /** Bytes from which on a body is compressed with gzip; Infinity: never. */
    readonly gzipAbove: number;
  };
  readonly batch: {
    /** Events in a request at most; 1: no batches, the body is the event itself. */
    readonly maxEvents: number;
    /** Bytes of a batch's body at most, before compression; a larger event goes alone. */
    readonly maxBytes: number;
    /** Milliseconds that an event waits for others. */
    readonly maxWait: number;
    /** One JSON array, or one JSON object on each line (NDJSON). CloudEvents have their own batch format, an array. */
    readonly layout: 'array' | 'lines';
  };
  /** Keys (the raw bytes) that sign each request, the newest first; none: no signatures. */
  readonly secrets: readonly Uint8Array[];
  readonly connection: {
    /** Connections at most. */
    readonly poolSize: number;
    /** Requests on one connection at a time. */
    readonly pipelining: number;
    /** Whether HTTP/2 is used where the endpoint offers it (TLS only). */
    readonly http2: boolean;
    /** Milliseconds. */
    readonly connectTimeout: number;
    /** Milliseconds from a request's first byte sent until its answer begins. */
    readonly timeout: number;
    /** How many redirects of one request (307 and 308: with method and body) are followed. */
    readonly followRedirects: number;
    readonly tls: TlsSettings;
  };
  /** Requests per second at most; Infinity: no limit. */
  readonly rate: number;
  readonly retry: {
    /** Statuses that another attempt may turn into a good one: `'429'`, or `'5xx'` for a class. */
    readonly statuses: readonly string[];
    /** Attempts of one event; Infinity: no limit. */
    readonly maxAttempts: number;
    /** Milliseconds after which an event is given up; Infinity: never. */
    readonly maxAge: number;
    /** Milliseconds until the second attempt; doubles from one attempt to the next, up to `maxDelay`. */
    readonly firstDelay: number;
    readonly maxDelay: number;
  };
  readonly spool: {
    /** The SQLite file in which events wait; null: they wait in memory. */
    readonly path: string | null;
    readonly maxBytes: number;
    readonly sync: Sync;
    readonly overflow: Overflow;
  };
  /** Bytes of dead letters that are kept, the newest ones. */
  readonly deadLetters: { readonly maxBytes: number };
}

/** PEM texts; undefined: Node's own certificate authorities, no client certificate, the URL's host name. */
export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly verify: boolean;
  readonly sni?: string;
}
