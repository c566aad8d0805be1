import { systemClock } from '../base/clock.ts';
import { Queue } from '../base/queue.ts';
import type { DropReason } from './queue/backlog.ts';
import type { RecordSink } from './events.ts';
import { Origins } from './origins.ts';
import { RecordWriter } from './events/record.ts';
import type { EndpointReport } from './report.ts';
import type { EndpointSettings } from './settings.ts';
import { Tally, type WebhookStats } from './tally.ts';
import type { Teller } from './teller.ts';

/** Where a sender's batches go: to its endpoint in the delivery thread. */
export type Post = (batch: ArrayBuffer) => void;

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
/** Bytes on the way to the delivery thread at most: it takes them at once, unless it is busy or its disk is full. */
const ON_THE_WAY = 64 * 1024 * 1024;

/**
 * The broker thread's side of one endpoint: numbers its events, writes them as records, hands them over in batches. It
 * bounds what is on the way; what waits is the delivery thread's.
 */
export class Sender implements RecordSink {
  readonly settings: EndpointSettings;
  readonly #post: Post;
  readonly #teller: Teller;
  readonly #writer = new RecordWriter();
  readonly #origins = new Origins();
  readonly #tally = new Tally();
  readonly #limit: number;
  /** Written since the last batch was posted. */
  readonly #unposted = { events: 0, bytes: 0 };
  /** Posted batches that the thread has not dealt with, as far as it has reported. */
  readonly #onTheWay = new Queue<{ readonly events: number; readonly bytes: number }>();
  #onTheWayEvents = 0;
  #onTheWayBytes = 0;
  /** Batches that the thread that is there has dealt with. */
  #taken = 0;
  #flushing = false;
  #postedAt = -Infinity;
  #closed = false;
  readonly #dropped = () => this.stats().dropped;

  constructor(settings: EndpointSettings, post: Post, teller: Teller) {
    this.settings = settings;
    this.#post = post;
    this.#teller = teller;
    this.#limit = Math.min(ON_THE_WAY, settings.spool.maxBytes);
  }

  begin(event: number, clientId: string): RecordWriter {
    this.#writer.begin(event, this.#origins.next(clientId), Date.now(), this.#room());
    return this.#writer;
  }

  /** One event alone may take all that the queue has. */
  #room(): number {
    const used = this.#unposted.bytes + this.#onTheWayBytes;
    if (this.#closed) return 0;
    return used === 0 ? this.settings.spool.maxBytes : this.#limit - used;
  }

  end(): void {
    const cost = this.#writer.end();
    if (cost === 0) return this.#drop();
    this.#unposted.events++;
    this.#unposted.bytes += cost;
    if (this.#unposted.bytes > BATCH_BYTES) this.flush();
    else if (!this.#flushing) this.#flushSoon();
  }

  #drop(): void {
    const isAlone = this.#unposted.bytes + this.#onTheWayBytes === 0;
    const reason: DropReason = this.#closed ? 'closed' : isAlone ? 'too_large' : 'thread_busy';
    this.#tally.drop(reason);
    if (!this.#closed) this.#teller.dropping(true, this.#dropped);
  }

  #flushSoon(): void {
    this.#flushing = true;
    const flush = (): void => {
      this.#flushing = false;
      this.flush();
    };
    const interval = this.#tally.latest.queued.events < BACKLOG_EVENTS ? BATCH_INTERVAL : BACKLOG_INTERVAL;
    const wait = this.#postedAt + interval - systemClock.now();
    if (wait > 0) setTimeout(flush, wait);
    else setImmediate(flush);
  }

  /** Hands over what is written. */
  flush(): void {
    const batch = this.#writer.take();
    if (batch === null) return;
    const { events, bytes } = this.#unposted;
    this.#onTheWay.push({ events, bytes });
    this.#onTheWayEvents += events;
    this.#onTheWayBytes += bytes;
    this.#unposted.events = this.#unposted.bytes = 0;
    this.#postedAt = systemClock.now();
    this.#post(batch);
  }

  /** No event is taken from now on. */
  close(): void {
    this.flush();
    this.#closed = true;
  }

  report(report: EndpointReport): void {
    const droppedBefore = countOf(this.#tally.latest.dropped);
    this.#tally.report(report);
    this.#arrived(report.takenBatches);
    const isDropping = countOf(report.dropped) > droppedBefore;
    const hasRoom = report.queued.bytes < this.settings.spool.maxBytes / 2 && this.#onTheWayBytes < this.#limit / 2;
    if (isDropping) this.#teller.dropping(true, this.#dropped);
    else if (hasRoom) this.#teller.dropping(false, this.#dropped);
    this.#teller.report(report, this.stats().deadLettered);
  }

  /** The spool cannot be opened; it is tried again. */
  unopened(spoolProblem: string): void {
    this.#tally.report({ ...this.#tally.latest, spoolProblem });
  }

  /** The thread has dealt with so many batches since it began, in their order. */
  #arrived(batches: number): void {
    for (; this.#taken < batches; this.#taken++) {
      const { events = 0, bytes = 0 } = this.#onTheWay.shift() ?? {};
      this.#onTheWayEvents -= events;
      this.#onTheWayBytes -= bytes;
    }
  }

  /** The delivery thread is gone, with what was on the way and what waited in memory. Returns how many events that is. */
  threadEnded(): number {
    const lost = this.#tally.threadEnded(this.settings.spool.path !== null, this.#onTheWayEvents);
    this.#onTheWay.clear();
    this.#onTheWayEvents = this.#onTheWayBytes = this.#taken = 0;
    return lost;
  }

  resent(events: number): void {
    this.#tally.resent(events);
  }

  /** Whether everything is settled. */
  get isIdle(): boolean {
    return this.#tally.settled && this.#unposted.events + this.#onTheWayEvents === 0;
  }

  stats(): WebhookStats {
    return this.#tally.stats(this.#origins.count, this.#handedOver(), Date.now());
  }

  #handedOver() {
    const { events, bytes } = this.#unposted;
    return { events: events + this.#onTheWayEvents, bytes: bytes + this.#onTheWayBytes };
  }
}

function countOf(dropped: EndpointReport['dropped']): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}
