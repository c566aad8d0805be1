import type { Dispatcher } from 'undici';
import { Queue } from '../../base/queue.ts';
import { check } from './connection-check.ts';
import { type Connection, Connections } from './connection.ts';
import { type Dialer, dialer } from './dispatcher.ts';
import { Exchange } from './exchange.ts';
import { failureText, isEnded } from './failure-text.ts';
import { maskerOf } from './masking.ts';
import { type Environment, proxiesOf, type Proxies, proxyTo } from './proxy.ts';
import { headersForOthers, redirectTarget } from './redirect.ts';
import type { Answer, HttpRequest, Transport, TransportSettings } from './transport.ts';

/** The connections to an endpoint over HTTP/1.1 or HTTP/2, through the proxy that `environment` names, if it does. */
export function httpTransport(settings: TransportSettings, environment: Environment = process.env): Transport {
  const proxies = proxiesOf(environment);
  if (proxies !== null && 'problem' in proxies) return deadTransport(proxies.problem);
  return new HttpTransport(settings, dialer(settings, proxies), proxies);
}

/** There is no way to the endpoint. */
function deadTransport(problem: string): Transport {
  return {
    send(_request, done) {
      setImmediate(() => done({ status: 0, retryAfter: undefined, text: '', error: problem, duration: 0 }));
    },
    check: () => Promise.resolve(problem),
    close: () => Promise.resolve(),
  };
}

class HttpTransport implements Transport {
  readonly #settings: TransportSettings;
  readonly #url: URL;
  readonly #path: string;
  readonly #proxies: Proxies | null;
  readonly #mask: (text: string) => string;
  readonly #dialer: Dialer;
  readonly #connections: Connections;
  /** For redirects, made when there is one. */
  #others: Dispatcher | null = null;
  readonly #queue = new Queue<Exchange>();
  readonly #flying = new Set<Exchange>();
  readonly #idle: Exchange[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** The one that `send` is busy with. */
  #sending: Exchange | null = null;
  #isClosed = false;

  constructor(settings: TransportSettings, ways: Dialer, proxies: Proxies | null) {
    const { poolSize, pipelining } = settings.connection;
    this.#settings = settings;
    this.#url = new URL(settings.url);
    this.#path = this.#url.pathname + this.#url.search;
    this.#proxies = proxies;
    this.#mask = maskerOf(settings);
    this.#dialer = ways;
    this.#connections = new Connections(ways.dial, poolSize, pipelining);
  }

  send(request: HttpRequest, done: (answer: Answer) => void): void {
    const exchange = this.#idle.pop() ?? new Exchange(this.#settings.method, (own, error) => this.#ended(own, error));
    exchange.begin(request, done);
    exchange.options.origin = this.#url.origin;
    exchange.options.path = this.#path;
    this.#sending = exchange;
    this.#dispatch(exchange);
    this.#sending = null;
  }

  #dispatch(exchange: Exchange): void {
    const connection = this.#connections.pick();
    if (connection === null) this.#queue.push(exchange);
    else this.#put(exchange, connection);
  }

  #put(exchange: Exchange, connection: Connection): void {
    connection.load++;
    exchange.connection = connection;
    this.#give(exchange, connection.dispatcher);
  }

  #give(exchange: Exchange, dispatcher: Dispatcher): void {
    exchange.dispatched(performance.now());
    this.#flying.add(exchange);
    if (this.#timer === null) this.#watch(this.#settings.connection.timeout);
    try {
      dispatcher.dispatch(exchange.options, exchange);
    } catch (error) {
      exchange.onResponseError(null, error instanceof Error ? error : new Error(String(error)));
    }
  }

  #ended(exchange: Exchange, error: Error | null): void {
    this.#flying.delete(exchange);
    // Whoever sends is not to be answered before it knows that it has sent. And undici, at work on the end of a connection,
    // must not be given another request before it is done.
    const isEarly = this.#sending === exchange || (error !== null && !this.#isClosed);
    if (isEarly) setImmediate(() => this.#land(exchange, error));
    else this.#land(exchange, error);
  }

  #land(exchange: Exchange, error: Error | null): void {
    const { connection } = exchange;
    const used = connection !== null && connection.answers > 0 ? connection : null;
    if (connection !== null) {
      connection.load--;
      if (exchange.status !== 0) connection.answers++;
      exchange.connection = null;
    }
    const goesOn = !this.#isClosed && (this.#triesAgain(exchange, error, used) || this.#follows(exchange, error));
    if (!goesOn) this.#tell(exchange, error);
    const next = this.#queue.length === 0 ? undefined : this.#queue.shift();
    if (next !== undefined) this.#dispatch(next);
  }

  #tell(exchange: Exchange, error: Error | null): void {
    const url = exchange.hops === 0 ? this.#url : new URL(exchange.options.origin);
    exchange.tell(error === null || exchange.status !== 0 ? null : this.#textOf(error, url), this.#mask);
    if (this.#dialer.canReuseHandlers) this.#idle.push(exchange);
  }

  #textOf(error: Error, url: URL): string {
    if (this.#isClosed) return CLOSED;
    return error instanceof Overdue ? error.message : failureText(error, url, this.#proxyTo(url)).text;
  }

  #proxyTo(url: URL): URL | null {
    return this.#proxies === null ? null : proxyTo(url, this.#proxies);
  }

  /**
   * A server that closes a connection as it was idle for long does so while a request is on its way, at times: that says
   * nothing about the server. In its place there is a new one, which shows it. `used`: the one that had been good before.
   */
  #triesAgain(exchange: Exchange, error: Error | null, used: Connection | null): boolean {
    if (error === null || exchange.status !== 0 || used === null || exchange.isSecondTry || !isEnded(error))
      return false;
    exchange.isSecondTry = true;
    this.#put(exchange, used);
    return true;
  }

  #follows(exchange: Exchange, error: Error | null): boolean {
    const { followRedirects } = this.#settings.connection;
    if (error !== null || exchange.hops >= followRedirects) return false;
    const { options } = exchange;
    const target = redirectTarget(new URL(options.origin + options.path), exchange.status, exchange.location);
    if (target === null) return false;
    exchange.hops++;
    options.origin = target.origin;
    options.path = target.pathname + target.search;
    const isOther = target.origin !== this.#url.origin;
    if (isOther) options.headers = headersForOthers(options.headers);
    setImmediate(() =>
      this.#resume(exchange, () => {
        if (!isOther) return this.#dispatch(exchange);
        this.#others ??= this.#dialer.dialOthers();
        this.#give(exchange, this.#others);
      }),
    );
    return true;
  }

  #resume(exchange: Exchange, act: () => void): void {
    if (this.#isClosed) exchange.tell(CLOSED, this.#mask);
    else act();
  }

  check(): Promise<string | null> {
    const { name, connection } = this.#settings;
    return check(this.#dialer.dial, this.#url, connection.connectTimeout).then((error) => {
      if (error === null) return null;
      const { key, text } = failureText(error, this.#url, this.#proxyTo(this.#url));
      return `webhook.${name === 'default' ? '' : `${name}.`}${key}: ${text}`;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const error = new Overdue(CLOSED);
    while (this.#queue.length > 0) this.#queue.shift()?.tell(CLOSED, this.#mask);
    await Promise.all([this.#connections.destroy(error), this.#others?.destroy(error)]);
  }

  /** Looks in `delay` milliseconds whether something is overdue, and goes on looking while requests are on their way. */
  #watch(delay: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#isClosed || this.#flying.size === 0) return;
      const { timeout, connectTimeout } = this.#settings.connection;
      const now = performance.now();
      let next = timeout;
      let isOverdue = false;
      for (const exchange of this.#flying) {
        const left = exchange.dueAt(timeout, connectTimeout) - now;
        if (left > 0) next = Math.min(next, left);
        else isOverdue = true;
      }
      // This thread may have been busy for so long that the answers are there and unread: they are read before that.
      if (isOverdue) setImmediate(() => this.#abort(now));
      this.#watch(Math.ceil(next));
    }, delay);
  }

  /** Gives up what was due at `now`. */
  #abort(now: number): void {
    const { timeout, connectTimeout } = this.#settings.connection;
    for (const exchange of this.#flying) {
      if (exchange.dueAt(timeout, connectTimeout) > now) continue;
      const error = new Overdue(`no answer within ${timeout} ms`);
      if (exchange.startedAt !== Infinity) exchange.abort(error);
      else if (exchange.connection !== null) exchange.connection.renew(error);
      else this.#renewOthers(error);
    }
  }

  #renewOthers(error: Error): void {
    void this.#others?.destroy(error);
    this.#others = null;
  }
}

const CLOSED = 'the webhook is closed';

/** Not the connection's error but the transport's own; its message is for people. */
class Overdue extends Error {
  /** Without it undici takes it for the end of a whole HTTP/2 connection. */
  readonly code = 'UND_ERR_INFO';
}
