import { gzipSync } from 'node:zlib';
import { Signer } from './signature.ts';
import type { EndpointSettings } from '../settings.ts';
import type { HttpRequest } from './transport.ts';

/** Most of what the higher levels save, at half of their time: the thread has other requests to make. */
const GZIP = { level: 4 };

/** What a request says of its events, besides their bodies. */
export interface RequestIds {
  /** The same in each attempt: the id of the event, or the one of the batch. */
  readonly id: string;
  /** The event's name, as in its body. */
  readonly event: string;
  /** The broker's run in which it happened. */
  readonly run: string;
  /** Its number among the run's events for this endpoint; of a batch the first event's. */
  readonly sequence: number;
  /** Its number among those of its client. */
  readonly clientSequence: number;
}

/** Makes the requests of one endpoint out of the bodies of events. */
export class RequestMaker {
  readonly #isBatch: boolean;
  readonly #isLines: boolean;
  readonly #gzipAbove: number;
  readonly #signer: Signer | null;
  /** Names and values that are the same in all requests. */
  readonly #constant: readonly string[];

  /** `version`: of this program, for `user-agent`. */
  constructor(settings: EndpointSettings, version: string) {
    const { batch, body, headers, secrets } = settings;
    this.#isBatch = batch.maxEvents > 1;
    this.#isLines = body.format !== 'cloudevents' && batch.layout === 'lines';
    this.#gzipAbove = body.gzipAbove;
    this.#signer = secrets.length === 0 ? null : new Signer(secrets);
    const defaults = [
      ['content-type', contentType(settings)],
      ['user-agent', `hookmq/${version}`],
    ] as const;
    const named = new Set(headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
    this.#constant = [...defaults.filter(([name]) => !named.has(name)).flat(), ...headers];
  }

  /**
   * The request for one event, or for a batch of them where the endpoint gets batches (even if it is one event).
   * `attempt` counts from 1, `now` is the time of day in milliseconds.
   */
  make(texts: readonly string[], ids: RequestIds, attempt: number, now: number): HttpRequest {
    const body = Buffer.from(this.#isBatch ? this.#join(texts) : (texts[0] ?? ''));
    const timestamp = String(Math.floor(now / 1000));
    const headers = [
      ...this.#constant,
      'webhook-id',
      ids.id,
      'webhook-timestamp',
      timestamp,
      'hookmq-run',
      ids.run,
      'hookmq-sequence',
      String(ids.sequence),
      'hookmq-attempt',
      String(attempt),
    ];
    if (this.#isBatch) headers.push('hookmq-batch-size', String(texts.length));
    else headers.push('hookmq-event', ids.event, 'hookmq-client-sequence', String(ids.clientSequence));
    if (this.#signer !== null) headers.push('webhook-signature', this.#signer.sign(ids.id, timestamp, body));
    return this.#packed(headers, body);
  }

  #join(texts: readonly string[]): string {
    return this.#isLines ? `${texts.join('\n')}\n` : `[${texts.join(',')}]`;
  }

  // After the signature: what verifies it sees the body as the receiver's HTTP server hands it over, which has undone
  // the compression.
  #packed(headers: string[], body: Buffer): HttpRequest {
    if (body.length < this.#gzipAbove) return { headers, body };
    headers.push('content-encoding', 'gzip');
    return { headers, body: gzipSync(body, GZIP) };
  }
}

function contentType({ batch, body }: EndpointSettings): string {
  const isBatch = batch.maxEvents > 1;
  // CloudEvents 1.0, "JSON Event Format" 3 and 4, in the spelling of the HTTP binding's examples.
  if (body.format === 'cloudevents') return `application/cloudevents${isBatch ? '-batch' : ''}+json; charset=utf-8`;
  return isBatch && batch.layout === 'lines' ? 'application/x-ndjson' : 'application/json';
}
