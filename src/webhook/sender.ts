import { systemClock } from '../base/clock.ts';
import { silentLog, type Log } from '../base/log.ts';
import { Announcer } from './announcer.ts';
import type { WebhookConfig } from './config.ts';
import type { RecordSink } from './events.ts';
import type { DeliverySettings, Report, Trouble } from './protocol.ts';
import { RecordWriter } from './record.ts';
import { Shares } from './shares.ts';
import { deliveryProgram, DeliveryThread } from './thread.ts';

/** A webhook's figures since its start: `accepted` is `delivered` + `failed` + `lost` + what is queued. */
export interface WebhookStats {
  /** Events that matched a rule and found room in the queue. */
  readonly accepted: number;
  /** Events that the endpoint took (2xx). */
  readonly delivered: number;
  /** Attempts that did not succeed and were, or will be, repeated. */
  readonly retried: number;
  /** Events that the endpoint refused for good. */
  readonly failed: number;
  /** Events that found the queue full, their client's share of it used up, or the webhook closed. */
  readonly dropped: number;
  /** Events given up: not sent when the webhook was closed, or in a delivery thread that died. */
  readonly lost: number;
  /** Events that are not settled yet, and what they take of the queue's bytes. */
  readonly queued: { readonly events: number; readonly bytes: number };
  /** Why the latest attempt that did not succeed did not; null when all did. */
  readonly lastError: string | null;
}

/** A batch that has grown to this is posted at once. */
const BATCH_BYTES = 256 * 1024;
/**
 * Milliseconds between batches: the first event after a pause is posted when its turn ends, those that follow are
 * collected. To wake the delivery thread for each of thousands of events a second would cost MQTT's latency.
 */
const BATCH_INTERVAL = 5;
/** The same while the delivery thread has this many events to send before it could come to the new ones. */
const BACKLOG_EVENTS = 1000;
const BACKLOG_INTERVAL = 50;

/**
 * The broker thread's side: writes events as records, hands them over in batches, and keeps the count of what is
 * queued, here and in the delivery thread. This is the only place where the queue's bound is kept.
 */
export class Sender implements RecordSink {
  readonly #log: Log;
  readonly #name: string;
  readonly #maxBytes: number;
  readonly #thread: DeliveryThread;
  readonly #writer = new RecordWriter();
  readonly #health: Announcer<Trouble>;
  readonly #dropping: Announcer<boolean>;
  /** Written since the last batch was posted. */
  readonly #unposted = { events: 0, bytes: 0 };
  /** Posted to the delivery thread and not settled there, as far as it has reported. */
  readonly #posted = { events: 0, bytes: 0 };
  readonly #shares = new Shares();
  /** The lane of the event that is being written. */
  #lane = '';
  readonly #counts = { accepted: 0, delivered: 0, retried: 0, failed: 0, dropped: 0, lost: 0 };
  #lastError: string | null = null;
  #flushing = false;
  #postedAt = -Infinity;
  #closing: Promise<WebhookStats> | null = null;
  #drained: (() => void) | null = null;

  constructor(config: WebhookConfig, options: { readonly log?: Log; readonly program?: URL }) {
    // Without the path: with some services it is the secret.
    this.#name = `webhook ${new URL(config.url).origin}`;
    this.#log = options.log ?? silentLog;
    this.#maxBytes = config.spool.max_bytes;
    this.#health = new Announcer<Trouble>('none', systemClock, (trouble) => this.#tellHealth(trouble));
    this.#dropping = new Announcer(false, systemClock, (dropping) => this.#tellDropping(dropping));
    this.#thread = new DeliveryThread(options.program ?? deliveryProgram, settingsOf(config), {
      report: (report) => this.#settle(report),
      died: (reason) => this.#lose(reason),
    });
  }

  begin(event: number, clientId: string): RecordWriter {
    const free = this.#closing === null ? this.#maxBytes - this.#unposted.bytes - this.#posted.bytes : 0;
    this.#lane = clientId;
    this.#writer.begin(event, clientId, this.#shares.room(clientId, free));
    return this.#writer;
  }

  end(): void {
    const cost = this.#writer.end();
    if (cost === 0) return this.#drop();
    this.#counts.accepted++;
    this.#unposted.events++;
    this.#unposted.bytes += cost;
    this.#shares.add(this.#lane, cost);
    if (this.#unposted.bytes > BATCH_BYTES) this.#flush();
    else if (!this.#flushing) this.#flushSoon();
  }

  #flushSoon(): void {
    this.#flushing = true;
    const flush = (): void => {
      this.#flushing = false;
      this.#flush();
    };
    const interval = this.#posted.events < BACKLOG_EVENTS ? BATCH_INTERVAL : BACKLOG_INTERVAL;
    const wait = this.#postedAt + interval - systemClock.now();
    if (wait <= 0) setImmediate(flush);
    else setTimeout(flush, wait);
  }

  stats(): WebhookStats {
    const events = this.#unposted.events + this.#posted.events;
    const bytes = this.#unposted.bytes + this.#posted.bytes;
    return { ...this.#counts, queued: { events, bytes }, lastError: this.#lastError };
  }

  close(drainMs: number): Promise<WebhookStats> {
    this.#closing ??= this.#drain(drainMs);
    return this.#closing;
  }

  async #drain(drainMs: number): Promise<WebhookStats> {
    this.#flush();
    if (this.#posted.events > 0 && drainMs > 0) {
      this.#thread.hold();
      this.#thread.post('hurry');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, drainMs);
        this.#drained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#health.stop();
    this.#dropping.stop();
    await this.#thread.stop();
    const { events } = this.#posted;
    this.#giveUp();
    if (events > 0) this.#log.warn(`${this.#name}: ${events} queued events were not sent`);
    return this.stats();
  }

  #flush(): void {
    const batch = this.#writer.take();
    if (batch === null) return;
    this.#posted.events += this.#unposted.events;
    this.#posted.bytes += this.#unposted.bytes;
    this.#unposted.events = 0;
    this.#unposted.bytes = 0;
    this.#postedAt = systemClock.now();
    this.#thread.post(batch);
  }

  #drop(): void {
    this.#counts.dropped++;
    if (this.#closing === null) this.#dropping.set(true);
  }

  #settle(report: Report): void {
    this.#counts.delivered += report.delivered;
    this.#counts.retried += report.retried;
    this.#counts.failed += report.failed;
    this.#posted.events -= report.delivered + report.failed;
    for (const [lane, bytes] of report.settledBytes) {
      this.#posted.bytes -= bytes;
      this.#shares.remove(lane, bytes);
    }
    this.#lastError = report.lastError ?? this.#lastError;
    this.#health.set(report.trouble);
    if (this.#posted.bytes < this.#maxBytes / 2) this.#dropping.set(false);
    if (this.#posted.events === 0) this.#drained?.();
  }

  #lose(reason: string): void {
    const { events } = this.#posted;
    this.#lastError = reason;
    this.#giveUp();
    this.#log.error(`${this.#name}: the delivery thread died (${reason}), ${events} events in it are lost; restarting`);
    this.#drained?.();
  }

  #giveUp(): void {
    this.#counts.lost += this.#posted.events;
    this.#posted.events = 0;
    this.#posted.bytes = 0;
    // With it the little that is not posted yet: those lanes may take that much more.
    this.#shares.clear();
  }

  #tellHealth(trouble: Trouble): void {
    const why = this.#lastError ?? 'no answer';
    if (trouble === 'failing') this.#log.warn(`${this.#name}: events do not get through (${why}); retrying`);
    else if (trouble === 'refusing') this.#log.warn(`${this.#name}: events are refused and not retried (${why})`);
    else this.#log.info(`${this.#name}: events get through again`);
  }

  #tellDropping(dropping: boolean): void {
    const queue = `the queue (${this.#maxBytes} bytes)`;
    if (dropping) this.#log.warn(`${this.#name}: ${queue} is full or one client has its share, new events are dropped`);
    else this.#log.info(`${this.#name}: the queue has room again; ${this.#counts.dropped} events dropped so far`);
  }
}

function settingsOf(config: WebhookConfig): DeliverySettings {
  const hasType = Object.keys(config.headers).some((name) => name.toLowerCase() === 'content-type');
  return {
    url: config.url,
    headers: [...(hasType ? [] : ['content-type', 'application/json']), ...Object.entries(config.headers).flat()],
    encoding: config.body.encoding,
    poolSize: config.pool_size,
    timeout: config.cancel_timeout,
  };
}
