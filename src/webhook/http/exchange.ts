import type { Dispatcher } from 'undici';
import type { Connection } from './connection.ts';
import type { Answer, HttpRequest } from './transport.ts';

/** Bytes of an answer's body that are read, so that its connection can be used again; beyond it the connection is closed. */
const LONGEST_BODY = 65_536;
/** Bytes of a bad answer's body that are kept. */
const KEPT = 256;

const NOTHING = Buffer.alloc(0);

/** What undici is given. `origin`: for those of its dispatchers that know several. */
export interface ExchangeOptions {
  origin: string;
  path: string;
  method: 'POST' | 'PUT' | 'PATCH';
  headers: string[];
  body: Buffer;
  /** Another attempt is what its receiver has to expect anyway; without it undici would not pipeline. */
  readonly idempotent: true;
  /** Whether others wait until its answer begins. */
  readonly blocking: false;
}

/**
 * One request and its answer, as undici tells of it. Used again for the next one, so that a request makes as little
 * garbage as it can. Times are those of `performance.now`.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly options: ExchangeOptions;
  /** The connection that it is on, null for none (yet), or for one to another origin. */
  connection: Connection | null = null;
  /** Whether it was sent again as its connection had ended before. */
  isSecondTry = false;
  /** Redirects that it followed. */
  hops = 0;
  /** The answer's status, 0 as long as there is none. */
  status = 0;
  location: string | undefined;
  /** When it was given to undici, Infinity before. */
  dispatchedAt = Infinity;
  /** When its first byte went to a connection, Infinity before. */
  startedAt = Infinity;
  /** When the answer's status came. */
  #answeredAt = 0;
  /** As `startedAt`, but before any redirect. */
  #beganAt = Infinity;
  #retryAfter: string | undefined;
  #received = 0;
  #kept: Buffer[] = [];
  #done: ((answer: Answer) => void) | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  readonly #ended: (exchange: Exchange, error: Error | null) => void;

  /** `ended` is called once for each `dispatched`: with null when the answer was read to its end, else with why not. */
  constructor(method: ExchangeOptions['method'], ended: (exchange: Exchange, error: Error | null) => void) {
    this.options = {
      origin: '',
      path: '',
      method,
      headers: [],
      body: NOTHING,
      idempotent: true,
      blocking: false,
    };
    this.#ended = ended;
  }

  /** Gets ready for another request. */
  begin({ headers, body }: HttpRequest, done: (answer: Answer) => void): void {
    this.options.headers = headers;
    this.options.body = body;
    this.isSecondTry = false;
    this.hops = 0;
    this.#beganAt = Infinity;
    this.#done = done;
    this.dispatchedAt = Infinity;
  }

  /** It goes to undici now. */
  dispatched(now: number): void {
    this.#forgetAnswer();
    this.startedAt = Infinity;
    this.dispatchedAt = now;
  }

  #forgetAnswer(): void {
    this.status = 0;
    this.location = undefined;
    this.#retryAfter = undefined;
    this.#received = 0;
    if (this.#kept.length > 0) this.#kept = [];
  }

  /** When it is overdue: its answer, or the end of that. */
  dueAt(timeout: number, connectTimeout: number): number {
    if (this.status !== 0) return this.#answeredAt + timeout;
    // On its connection the answer to another one may have to end first.
    return this.startedAt === Infinity ? this.dispatchedAt + connectTimeout + 2 * timeout : this.startedAt + timeout;
  }

  /** Ends it with `error`, which closes its connection. */
  abort(error: Error): void {
    this.#controller?.abort(error);
  }

  /** Tells who sent it what came back; `error` is told only without an answer. `mask` takes secrets out of a text. */
  tell(error: string | null, mask: (text: string) => string): void {
    const { status } = this;
    const done = this.#done;
    this.#done = null;
    // It may wait for its next use for long, and the body may be large.
    this.options.headers = [];
    this.options.body = NOTHING;
    done?.({
      status,
      retryAfter: this.#retryAfter,
      text: this.#kept.length === 0 ? '' : mask(keptText(this.#kept)),
      error: status === 0 ? (error ?? 'no answer') : null,
      duration: status === 0 ? 0 : this.#answeredAt - this.#beganAt,
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Undici itself sends one again whose connection ended, and an answer may have begun on that.
    this.#forgetAnswer();
    this.#controller = controller;
    this.startedAt = performance.now();
    if (this.#beganAt === Infinity) this.#beganAt = this.startedAt;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // An interim answer (RFC 9110, section 15.2): the final one is still to come.
    if (status < 200) return;
    this.status = status;
    this.#answeredAt = performance.now();
    if (status < 300) return;
    this.#retryAfter = first(headers['retry-after']);
    this.location = first(headers.location);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.status >= 300 && this.#received < KEPT)
      this.#kept.push(Buffer.from(chunk.subarray(0, KEPT - this.#received)));
    this.#received += chunk.length;
    if (this.#received > LONGEST_BODY) controller.abort(new Error(`the answer is longer than ${LONGEST_BODY} bytes`));
  }

  onResponseEnd(): void {
    this.#end(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#end(error);
  }

  #end(error: Error | null): void {
    // A proxy's dispatcher may tell it twice.
    if (this.dispatchedAt === Infinity) return;
    this.dispatchedAt = Infinity;
    this.#controller = null;
    this.#ended(this, error);
  }
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** Without the piece of a character that may be at the end. */
function keptText(chunks: readonly Buffer[]): string {
  return new TextDecoder().decode(Buffer.concat(chunks), { stream: true });
}
