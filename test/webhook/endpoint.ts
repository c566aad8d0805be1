import type { EndpointSettings } from '../../src/webhook/settings.ts';

/** What a test says of an endpoint. */
export interface EndpointFields extends Partial<
  Omit<EndpointSettings, 'body' | 'batch' | 'connection' | 'retry' | 'spool' | 'deadLetters'>
> {
  readonly body?: Partial<EndpointSettings['body']>;
  readonly batch?: Partial<EndpointSettings['batch']>;
  readonly connection?: Partial<EndpointSettings['connection']>;
  readonly retry?: Partial<EndpointSettings['retry']>;
  readonly spool?: Partial<EndpointSettings['spool']>;
  readonly deadLetters?: Partial<EndpointSettings['deadLetters']>;
}

/** The settings of an endpoint, complete: what a test does not say is as in a configuration with only a URL. */
export function endpointSettings(fields: EndpointFields = {}): EndpointSettings {
  return {
    name: 'default',
    url: 'http://127.0.0.1:1/hook',
    method: 'POST',
    headers: [],
    secrets: [],
    rate: Infinity,
    ...fields,
    body: { format: 'nanomq', encoding: 'plain', source: 'hookmq@test', gzipAbove: Infinity, ...fields.body },
    batch: { maxEvents: 1, maxBytes: 2 ** 20, maxWait: 100, layout: 'array', ...fields.batch },
    connection: {
      poolSize: 32,
      pipelining: 1,
      http2: true,
      connectTimeout: 5000,
      timeout: 5000,
      followRedirects: 0,
      tls: { verify: true },
      ...fields.connection,
    },
    retry: {
      statuses: ['408', '425', '429', '5xx'],
      maxAttempts: Infinity,
      maxAge: Infinity,
      firstDelay: 100,
      maxDelay: 30_000,
      ...fields.retry,
    },
    spool: { path: null, maxBytes: 64 * 2 ** 20, sync: 'normal', overflow: 'drop_newest', ...fields.spool },
    deadLetters: { maxBytes: 16 * 2 ** 20, ...fields.deadLetters },
  };
}
