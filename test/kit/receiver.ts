import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What the receiver does with one request; `{}` answers 200 at once. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds before the answer. */
  readonly delay?: number;
  /** `hang`: never answers; `reset`: resets the connection instead; `cut`: ends it in the middle of the answer. */
  readonly fault?: 'hang' | 'reset' | 'cut';
}

/** One request as it arrived. */
export class Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** When its last byte was there, milliseconds of `performance.now`. */
  readonly at: number;
  /** The number of its connection, from 0. */
  readonly socket: number;

  constructor(request: IncomingMessage, headers: Readonly<Record<string, string>>, bytes: Buffer, socket: number) {
    this.method = request.method ?? '';
    this.path = request.url ?? '';
    this.headers = headers;
    this.bytes = bytes;
    this.at = performance.now();
    this.socket = socket;
  }

  get text(): string {
    return this.bytes.toString('utf8');
  }

  /** The body as the JSON object that it must be. */
  get json(): Readonly<Record<string, unknown>> {
    return JSON.parse(this.text) as Readonly<Record<string, unknown>>;
  }
}

export interface ReceiverOptions {
  /** Decides on each request, when it is there as a whole; 200 at once by default. */
  readonly answer?: (request: Received, receiver: Receiver) => Answer;
  /** A certain port, to come back where a receiver was before. */
  readonly port?: number;
}

/** An HTTP server on loopback that keeps what it gets and answers as a test wants it. Lean enough for 100,000 requests. */
export class Receiver implements AsyncDisposable {
  readonly requests: Received[] = [];
  /** Connections accepted so far. */
  sockets = 0;
  /** Requests that have no answer yet. */
  open = 0;
  /** The most requests that had no answer at the same time. */
  mostOpen = 0;
  answer: (request: Received, receiver: Receiver) => Answer;
  readonly #server: Server;
  readonly #numbers = new WeakMap<Socket, number>();
  readonly #headers = new Map<string, Readonly<Record<string, string>>>();
  readonly #waiters = new Set<() => void>();

  constructor(answer: (request: Received, receiver: Receiver) => Answer) {
    this.answer = answer;
    this.#server = createServer((request, response) => this.#receive(request, response));
    this.#server.on('connection', (socket) => this.#numbers.set(socket, this.sockets++));
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the receiver is not listening');
    return address.port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `${this.origin}/`;
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
  }

  /** Resolves as soon as `condition` holds after a request; rejects after `timeout` milliseconds. */
  waitFor(condition: (receiver: Receiver) => boolean, timeout = 10_000): Promise<void> {
    if (condition(this)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!condition(this)) return;
        this.#waiters.delete(check);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(check);
        reject(new Error(`not within ${timeout} ms; requests so far: ${this.requests.length}`));
      }, timeout);
      this.#waiters.add(check);
    });
  }

  /** Stops listening and ends all connections. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    // Whoever hangs up in the middle of a request is not the receiver's problem.
    request.on('error', () => {});
    request.on('end', () => {
      const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
      const number = this.#numbers.get(request.socket) ?? -1;
      const received = new Received(request, this.#headersOf(request), bytes, number);
      this.requests.push(received);
      this.open++;
      this.mostOpen = Math.max(this.mostOpen, this.open);
      response.on('close', () => this.open--);
      respond(response, this.answer(received, this));
      for (const check of this.#waiters) check();
    });
  }

  // Requests have the same headers again and again: one object for all of them.
  #headersOf(request: IncomingMessage): Readonly<Record<string, string>> {
    const raw = request.rawHeaders;
    const key = raw.join('\n');
    let headers = this.#headers.get(key);
    if (headers === undefined) {
      const names = raw.filter((_, index) => index % 2 === 0);
      headers = Object.fromEntries(names.map((name, index) => [name.toLowerCase(), raw[index * 2 + 1] ?? '']));
      this.#headers.set(key, headers);
    }
    return headers;
  }
}

/** Starts a receiver on 127.0.0.1. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = new Receiver(options.answer ?? (() => ({})));
  await receiver.listen(options.port ?? 0);
  return receiver;
}

function respond(response: ServerResponse, answer: Answer): void {
  const { status = 200, headers = {}, body = '', delay = 0, fault } = answer;
  if (fault === 'hang') return;
  const act = (): void => {
    if (response.destroyed) return;
    if (fault === 'reset') {
      response.socket?.resetAndDestroy();
    } else if (fault === 'cut') {
      response.writeHead(status, { ...headers, 'content-length': '1000' });
      response.write('half', () => response.socket?.destroy());
    } else {
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
      response.end(body);
    }
  };
  if (delay === 0) act();
  else setTimeout(act, delay);
}
