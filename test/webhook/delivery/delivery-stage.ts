import { type Backlog, type DeadLetter, type DropReason } from '../../../src/webhook/queue/backlog.ts';
import { Delivery } from '../../../src/webhook/delivery/delivery.ts';
import { WEBHOOK_EVENTS } from '../../../src/webhook/events.ts';
import { memoryBacklog } from '../../../src/webhook/queue/memory-backlog.ts';
import { Origins } from '../../../src/webhook/origins.ts';
import { RecordWriter } from '../../../src/webhook/events/record.ts';
import type { Answer, HttpRequest, Transport } from '../../../src/webhook/http/transport.ts';
import { FakeClock } from '../../kit/fake-clock.ts';
import { type EndpointFields, endpointSettings } from '../endpoint.ts';
import { client, FakeBroker } from '../scene.ts';

/** One event as a request brings it. */
export interface Told {
  readonly client: string;
  readonly payload: string;
}

/** One request that was sent; `answer` ends it. Looked into only when a test asks: there may be 100,000. */
export class Sent {
  readonly at: number;
  isOpen = true;
  readonly #request: HttpRequest;
  readonly #done: (answer: Answer) => void;
  #events: readonly Told[] | null = null;

  constructor(request: HttpRequest, at: number, done: (answer: Answer) => void) {
    this.at = at;
    this.#request = request;
    this.#done = done;
  }

  get headers(): ReadonlyMap<string, string> {
    return new Map(
      this.#request.headers.flatMap((name, i, all): [string, string][] =>
        i % 2 === 0 ? [[name.toLowerCase(), all[i + 1] ?? '']] : [],
      ),
    );
  }

  get text(): string {
    return this.#request.body.toString();
  }

  get events(): readonly Told[] {
    if (this.#events !== null) return this.#events;
    const body: unknown = JSON.parse(this.text);
    this.#events = (Array.isArray(body) ? body : [body]).map(({ from_client_id, payload }) => {
      return { client: String(from_client_id), payload: String(payload) };
    });
    return this.#events;
  }

  /** `a0 a1 b0`: clients and payloads. */
  get names(): string {
    return this.events.map((event) => event.client + event.payload).join(' ');
  }

  /** Status 0: there was none. */
  answer(status: number, fields: Partial<Answer> = {}): void {
    this.isOpen = false;
    const error = status === 0 ? 'connection refused' : null;
    this.#done({ status, retryAfter: undefined, text: '', error, duration: status === 0 ? 0 : 3, ...fields });
  }
}

/** Keeps what is sent; a test answers, or `reply` does. */
export class FakeTransport implements Transport {
  readonly sent: Sent[] = [];
  /** Called for each request, in a later turn; what it does not answer stays open. */
  reply: (sent: Sent) => void = () => {};
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  get open(): Sent[] {
    return this.sent.filter(({ isOpen }) => isOpen);
  }

  send(request: HttpRequest, done: (answer: Answer) => void): void {
    const sent = new Sent(request, this.#clock.now(), done);
    this.sent.push(sent);
    this.#clock.endOfTurn(() => this.reply(sent));
  }

  check(): Promise<string | null> {
    return Promise.resolve(null);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A delivery with its queue in memory, on a fake clock and a fake network. */
export class Stage {
  readonly clock = new FakeClock();
  readonly transport = new FakeTransport(this.clock);
  readonly backlog: Backlog;
  readonly delivery: Delivery;
  /** How often there was something new to report. */
  changes = 0;
  readonly dropped: [DropReason, number][] = [];
  readonly #broker = new FakeBroker();
  readonly #writer = new RecordWriter();
  readonly #counts = new Map<string, number>();

  /** Without `fields`: up to four requests at a time, one event in each. */
  constructor(fields: EndpointFields = {}) {
    const settings = endpointSettings({
      ...fields,
      batch: { maxWait: 0, ...fields.batch },
      connection: { poolSize: 4, ...fields.connection },
    });
    this.backlog = memoryBacklog(settings, 'run1', {
      ready: () => this.delivery.ready(),
      dropped: (reason, events) => this.dropped.push([reason, events]),
    });
    this.delivery = new Delivery(settings, this.backlog, this.transport, {
      changed: () => void this.changes++,
      clock: this.clock,
    });
    const origins = new Origins();
    const sink = {
      begin: (event: number, clientId: string): RecordWriter => {
        this.#writer.begin(event, origins.next(clientId), this.clock.date(), 1e6);
        return this.#writer;
      },
      end: (): void => void this.#writer.end(),
    };
    for (const event of WEBHOOK_EVENTS) if (event.name === 'on_message_publish') event.listen(this.#broker, null, sink);
  }

  get sent(): readonly Sent[] {
    return this.transport.sent;
  }

  get open(): Sent[] {
    return this.transport.open;
  }

  /** What is on its way, as `names` of each request. */
  get onTheWay(): string[] {
    return this.open.map(({ names }) => names);
  }

  get letters(): DeadLetter[] {
    return this.backlog.deadLetters.list(1_000_000, 0);
  }

  get figures() {
    return this.delivery.figures();
  }

  /** Hands over an event of each of `clients`, in one batch; payloads are 0, 1, 2, ... for each client. */
  add(...clients: readonly string[]): void {
    for (const id of clients) {
      const payload = this.#counts.get(id) ?? 0;
      this.#counts.set(id, payload + 1);
      this.#broker.publish({ publisher: client(id), payload: String(payload) });
    }
    const batch = this.#writer.take();
    if (batch !== null) this.accept(batch);
  }

  accept(batch: ArrayBuffer): void {
    this.backlog.accept(batch, () => {});
    this.delivery.ready();
    this.clock.endTurns();
  }

  /** Answers the oldest open request that has `names`. */
  answer(names: string, status: number, fields: Partial<Answer> = {}): void {
    const sent = this.open.find((one) => one.names === names);
    if (sent === undefined) throw new Error(`${names} is not on its way: ${this.onTheWay.join(', ')}`);
    sent.answer(status, fields);
    this.clock.endTurns();
  }
}

/** Clients `a`, `b`, ... as many as wanted. */
export const clientNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${i}/`);
