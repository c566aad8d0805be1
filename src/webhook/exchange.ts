import type { Dispatcher } from 'undici';
import type { Lane } from './lanes.ts';
import { outcomeOf } from './outcome.ts';

/**
 * One request and its answer, as undici tells of it. Used again for the next one, so that a request makes as little
 * garbage as it can.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** What undici is given; the body is the request's own. */
  readonly request: { path: string; method: 'POST'; headers: string[]; body: Buffer };
  lane: Lane | null = null;
  /** Whether it tries out an endpoint that was not there lately. */
  isProbe = false;
  /** The answer's status, 0 as long as there is none. */
  status = 0;
  retryAfter: string | undefined;
  /** When the request went to a connection, on the clock of `performance.now`; Infinity before. */
  startedAt = Infinity;
  readonly #done: (exchange: Exchange, error: Error | null) => void;
  #controller: Dispatcher.DispatchController | null = null;

  /** `done` is called once for each request: with null when the answer was read to its end, else with why not. */
  constructor(path: string, headers: readonly string[], done: (exchange: Exchange, error: Error | null) => void) {
    this.request = { path, method: 'POST', headers: [...headers], body: Buffer.alloc(0) };
    this.#done = done;
  }

  /** Gets ready for another request. */
  begin(lane: Lane, body: Buffer, isProbe: boolean): void {
    this.lane = lane;
    this.request.body = body;
    this.isProbe = isProbe;
    this.status = 0;
    this.retryAfter = undefined;
    this.startedAt = Infinity;
  }

  /** Ends it with `error`, which closes its connection. */
  abort(error: Error): void {
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.startedAt = performance.now();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.status = status;
    if (outcomeOf(status) !== 'retry') return;
    const value = headers['retry-after'];
    this.retryAfter = Array.isArray(value) ? value[0] : value;
  }

  // Without this undici would not read the answer's body, and the connection could not be used again.
  onResponseData(): void {}

  onResponseEnd(): void {
    this.#end(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(error);
  }

  #end(error: Error | null): void {
    this.#controller = null;
    this.#done(this, error);
  }
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];
