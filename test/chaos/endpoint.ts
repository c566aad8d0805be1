import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../soak/random.ts';
import type { Arrival, Visit } from './arrival.ts';
import type { Ledger } from './ledger.ts';

/** What can go wrong with a request. `refuse`: for a while nobody listens; `storm`: a series of the same bad answer. */
const FAULTS = [
  'refuse',
  'storm',
  'hang',
  'reset',
  'cut in the head',
  'cut in the body',
  '500',
  '503 and a time',
  '429 and seconds',
  'slow',
] as const;

type Fault = (typeof FAULTS)[number];

const STORMS = ['500', 'reset', 'hang'] as const;

/** Milliseconds. */
const REFUSED = { least: 50, most: 400 };
const SLOW = 60;
const STORM = 40;

/** A real HTTP server that takes events, and fails as chance wants it. */
export class Endpoint {
  /** Everything is answered with 204 at once. */
  isCalm = false;
  /** What went wrong in the ledger's eyes. */
  violation: unknown = null;
  /** How often each fault was dealt. */
  readonly seen = new Map<string, number>();
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #gap: number;
  readonly #server: Server;
  /** For each connection the request that came last. */
  readonly #sockets = new Map<Socket, Visit | null>();
  #port = 0;
  /** Faults still to be dealt, so that each has its turn. */
  #deck: Fault[] = [];
  #untilFault = 0;
  #storm: { readonly fault: Fault; left: number } | null = null;
  #closed = false;

  /** `gap`: requests between two faults, on average. */
  constructor(ledger: Ledger, random: Random, gap: number) {
    this.#ledger = ledger;
    this.#random = random;
    this.#gap = gap;
    this.#server = createServer((request, response) => this.#receive(request, response));
    this.#server.keepAliveTimeout = 0;
    this.#server.on('connection', (socket) => {
      this.#sockets.set(socket, null);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Nobody is connected: everything that a broker sent before it was killed has been dealt with. */
  get isLeft(): boolean {
    return this.#sockets.size === 0;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#closed = true;
    this.#hangUp();
  }

  #hangUp(): void {
    if (this.#server.listening) this.#server.close();
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  async #refuse(): Promise<void> {
    this.#hangUp();
    await pause(REFUSED.least + this.#random.below(REFUSED.most - REFUSED.least));
    if (!this.#closed && !this.#server.listening) await this.listen();
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    // Who is killed in the middle of a request has not sent it.
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('end', () => {
      try {
        this.#take(request, response, Buffer.concat(chunks).toString());
      } catch (error) {
        this.violation ??= error;
        response.destroy();
      }
    });
  }

  #take({ headers, socket }: IncomingMessage, response: ServerResponse, body: string): void {
    const fault = this.#deal();
    const visit: Visit = {
      id: String(headers['webhook-id']),
      attempt: Number(headers['hookmq-attempt']),
      life: this.#ledger.life,
      action: fault ?? '204',
      verdict: 'refused',
    };
    this.#ledger.arrive(visit, arrivals(headers, body));
    // One request at a time on a connection: the next one says that the answer to the one before was read.
    const before = this.#sockets.get(socket);
    if (before?.verdict === 'perhaps') before.verdict = 'taken';
    this.#sockets.set(socket, visit);
    this.#act(fault, visit, response);
  }

  /** The next fault, or null. */
  #deal(): Fault | null {
    if (this.isCalm) return null;
    if (this.#storm !== null) {
      const { fault } = this.#storm;
      if (--this.#storm.left === 0) this.#storm = null;
      return this.#count(fault);
    }
    if (this.#untilFault-- > 0) return null;
    this.#untilFault = this.#random.below(2 * this.#gap);
    if (this.#deck.length === 0) this.#deck = [...FAULTS];
    const [fault] = this.#deck.splice(this.#random.below(this.#deck.length), 1);
    if (fault !== 'storm') return fault === undefined ? null : this.#count(fault);
    this.#storm = { fault: this.#random.pick(STORMS), left: 1 + this.#random.below(STORM) };
    this.#count('storm');
    return this.#storm.fault;
  }

  #count(fault: Fault): Fault {
    this.seen.set(fault, (this.seen.get(fault) ?? 0) + 1);
    return fault;
  }

  #act(fault: Fault | null, visit: Visit, response: ServerResponse): void {
    switch (fault) {
      case null:
        return accept(visit, response);
      case 'slow':
        setTimeout(() => accept(visit, response), this.#random.below(SLOW));
        return;
      case 'refuse':
        void this.#refuse();
        return;
      case 'hang':
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'cut in the head':
        response.socket?.end('HTTP/1.1 204 No Con');
        return;
      case 'cut in the body':
        // The status says that it was taken; whoever wants the whole answer may ask again.
        visit.verdict = 'perhaps';
        response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
        return;
      case '500':
        return refuse(response, 500, {});
      case '503 and a time':
        return refuse(response, 503, { 'retry-after': new Date(Date.now() + 1000).toUTCString() });
      case '429 and seconds':
        return refuse(response, 429, { 'retry-after': '1' });
      case 'storm':
        throw new Error('a storm is a series of other faults');
    }
  }
}

function accept(visit: Visit, response: ServerResponse): void {
  if (response.destroyed) return;
  visit.verdict = 'perhaps';
  response.writeHead(204).end();
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string>): void {
  response.writeHead(status, { ...headers, 'content-length': 2 }).end('no');
}

/** The events of a request: a batch has their numbers in the body, a single one has them in the headers. */
function arrivals(headers: IncomingMessage['headers'], body: string): Arrival[] {
  const parsed: unknown = JSON.parse(body);
  if (Array.isArray(parsed))
    return parsed.map((event) => arrival(event, event.event_id, Number(event.seq), Number(event.client_seq)));
  const sequence = Number(headers['hookmq-sequence']);
  const own = arrival(parsed, String(headers['webhook-id']), sequence, Number(headers['hookmq-client-sequence']));
  if (own.run !== headers['hookmq-run'])
    throw new Error(`${own.id} has the header hookmq-run: ${String(headers['hookmq-run'])}`);
  return [own];
}

function arrival(event: unknown, id: string, sequence: number, clientSequence: number): Arrival {
  const { payload, from_client_id: clientId } = event as Readonly<Record<string, string>>;
  const [client = '', number = ''] = String(payload).split(':');
  if (clientId !== `chaos-${client}`) throw new Error(`${payload} came from ${clientId}`);
  return { id, run: id.split('_')[1] ?? '', sequence, clientSequence, client: Number(client), number: Number(number) };
}
