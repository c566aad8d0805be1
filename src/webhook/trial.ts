import { gunzipSync } from 'node:zlib';
import { EventTexts } from './events/event-text.ts';
import { sampleRecord } from './events/samples.ts';
import { httpTransport } from './http/http-transport.ts';
import { HARMLESS_HEADERS, MASK } from './http/masking.ts';
import { RequestMaker } from './http/request.ts';
import type { EndpointSettings } from './settings.ts';
import type { Answer, HttpRequest, Transport } from './http/transport.ts';

/** A sample of an event that was sent to an endpoint, and what came back. */
export interface Trial {
  readonly kind: 'trial';
  readonly endpoint: string;
  /** By its name in the configuration: `on_message_publish`. */
  readonly event: string;
  readonly request: ShownRequest;
  readonly answer: Answer;
}

/** A request as it may be shown. */
interface ShownRequest {
  readonly method: string;
  /** An ellipsis stands for path and query, which are the secret of some services. */
  readonly url: string;
  /** The values of those that the configuration sets are masked, but for harmless ones. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Before compression. */
  readonly body: string;
}

/** An endpoint that no connection can be made to: nothing was sent. */
export interface Unreachable {
  readonly kind: 'unreachable';
  readonly endpoint: string;
  /** One line that begins with the key to blame. */
  readonly problem: string;
}

/**
 * Sends a sample of each of `events` to an endpoint: one after another, once, and with everything as it is for real events,
 * besides a header that tells it. When there is no way to the endpoint, that is the only thing yielded. `version`: of
 * this program.
 */
export async function* tryEndpoint(
  settings: EndpointSettings,
  events: readonly string[],
  version: string,
): AsyncGenerator<Trial | Unreachable, void> {
  const { name: endpoint } = settings;
  const transport = httpTransport(settings);
  try {
    const problem = await transport.check();
    if (problem !== null) return yield { kind: 'unreachable', endpoint, problem };
    const samples = new Samples(settings, version);
    for (const event of events) {
      const request = samples.request(event);
      // oxlint-disable-next-line no-await-in-loop -- one after another, as a person reads them
      const answer = await send(transport, request);
      yield { kind: 'trial', endpoint, event, request: shown(settings, request), answer };
    }
  } finally {
    await transport.close();
  }
}

function send(transport: Transport, request: HttpRequest): Promise<Answer> {
  return new Promise((resolve) => transport.send(request, resolve));
}

/** Tells an endpoint that nothing has happened. */
const MARK = ['hookmq-test', 'true'] as const;

/** Makes requests out of samples. */
class Samples {
  readonly #texts: EventTexts;
  readonly #maker: RequestMaker;
  /** So that no sample has the id of another; the runs of brokers come later in any order of texts. */
  readonly #run = `0${Date.now().toString(36)}`;
  #made = 0;

  constructor(settings: EndpointSettings, version: string) {
    this.#texts = new EventTexts(settings);
    this.#maker = new RequestMaker(settings, version);
  }

  request(event: string): HttpRequest {
    const now = Date.now();
    const run = `${this.#run}x${++this.#made}`;
    const sample = { id: 1, lane: 0, run, record: sampleRecord(event, now) };
    const text = this.#texts.text(sample);
    const { sequence, clientSequence } = this.#texts;
    const ids = { id: this.#texts.id(sample), event, run, sequence, clientSequence };
    const { headers, body } = this.#maker.make([text], ids, 1, now);
    return { headers: [...headers, ...MARK], body };
  }
}

function shown({ method, url, headers: own }: EndpointSettings, { headers, body }: HttpRequest): ShownRequest {
  const { origin, pathname, search } = new URL(url);
  const pairs = pairsOf(headers);
  const secret = new Set(pairsOf(own).flatMap(([name]) => (HARMLESS_HEADERS.has(name.toLowerCase()) ? [] : [name])));
  const isPacked = pairs.some(([name, value]) => name === 'content-encoding' && value === 'gzip');
  return {
    method,
    url: pathname + search === '/' ? `${origin}/` : `${origin}/…`,
    headers: pairs.map(([name, value]) => [name, secret.has(name) ? MASK : value]),
    body: (isPacked ? gunzipSync(body) : body).toString(),
  };
}

function pairsOf(flat: readonly string[]): (readonly [name: string, value: string])[] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : []));
}
