import { Pool } from 'undici';
import { systemClock } from '../base/clock.ts';
import { Deadlines, type Deadline } from '../base/deadlines.ts';
import { Queue } from '../base/queue.ts';
import { Breaker } from './breaker.ts';
import { recordBody } from './events.ts';
import { Exchange } from './exchange.ts';
import { Lanes, type Lane } from './lanes.ts';
import { backoff, errorText, LONGEST_DELAY, outcomeOf, retryAfter } from './outcome.ts';
import type { DeliverySettings, Report, Trouble } from './protocol.ts';
import { recordCost, RecordReader, splitBatch } from './record.ts';

/** An event that failed this often in a row is worth telling the operator. */
const FAILURES_TOLD = 3;
/** Milliseconds between attempts when the end is near. */
const LONGEST_DELAY_IN_A_HURRY = 500;

/**
 * Events that are taken out of their batches although nothing of them can be sent yet, so that lanes get their turns.
 * The rest stays packed: while an endpoint does not answer, the thread must not compete for the broker's cores.
 */
const LOOK_AHEAD = 2000;

/** A lane whose first event waits for another attempt. */
interface Wait {
  readonly deadline: Deadline;
  /** Whether the endpoint said how long. */
  readonly asked: boolean;
}

/**
 * Sends records to one endpoint until each is delivered or refused for good. At most one event of a lane is on its way,
 * so that the lane's events arrive in order; a lane that waits for another attempt does not hold up the others.
 */
export class Delivery {
  readonly #settings: DeliverySettings;
  readonly #path: string;
  readonly #pool: Pool;
  readonly #changed: () => void;
  readonly #batches = new Queue<ArrayBuffer>();
  /** Events in the lanes. */
  #unpacked = 0;
  readonly #lanes = new Lanes();
  readonly #reader = new RecordReader();
  readonly #breaker = new Breaker();
  readonly #deadlines = new Deadlines(systemClock);
  readonly #flying = new Set<Exchange>();
  readonly #idle: Exchange[] = [];
  readonly #waiting = new Map<Lane, Wait>();
  #longestDelay = LONGEST_DELAY;
  #pumping = false;
  #watching = false;
  #probing = false;
  /** Lanes whose first event failed `FAILURES_TOLD` times or more. */
  #troubled = 0;
  #refusing = false;
  #lastError: string | null = null;
  #counts = noCounts();

  /** `changed` is called whenever there is something new to report. */
  constructor(settings: DeliverySettings, changed: () => void) {
    const { origin, pathname, search } = new URL(settings.url);
    this.#settings = settings;
    this.#path = pathname + search;
    this.#changed = changed;
    this.#pool = new Pool(origin, {
      connections: settings.poolSize,
      pipelining: 1,
      connectTimeout: settings.timeout,
      // One timer here watches all answers, instead of two for each connection.
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    });
  }

  accept(batch: ArrayBuffer): void {
    this.#batches.push(batch);
    if (this.#unpacked < LOOK_AHEAD || this.#flying.size < this.#settings.poolSize) this.#pumpSoon();
  }

  /** Tries soon what waits for another attempt, from now on without long pauses. */
  hurry(): void {
    this.#longestDelay = LONGEST_DELAY_IN_A_HURRY;
    this.#breaker.hurry();
    this.#wake(() => true);
    this.#pumpSoon();
  }

  /** What happened since the last report. */
  report(): Report {
    const counts = this.#counts;
    this.#counts = noCounts();
    return { ...counts, lastError: this.#lastError, trouble: this.#trouble() };
  }

  #trouble(): Trouble {
    if (this.#breaker.isDown || this.#troubled > 0) return 'failing';
    return this.#refusing ? 'refusing' : 'none';
  }

  // After the answers that are there now: connections are free only when undici is done with theirs.
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => this.#pump());
  }

  #pump(): void {
    this.#pumping = false;
    const now = systemClock.now();
    const limit = this.#breaker.limit(now, this.#settings.poolSize);
    while (this.#unpacked < LOOK_AHEAD && this.#unpack());
    while (this.#flying.size < limit) {
      const lane = this.#lanes.take();
      if (lane !== null) this.#send(lane);
      else if (!this.#unpack()) return;
    }
    if (limit > 0 || this.#probing) return;
    this.#probing = true;
    this.#deadlines.add(now + this.#breaker.wait(now), () => {
      this.#probing = false;
      this.#pumpSoon();
    });
  }

  /** Takes the next batch apart; false when there is none. */
  #unpack(): boolean {
    const batch = this.#batches.shift();
    if (batch === undefined) return false;
    splitBatch(batch, (lane, record) => {
      this.#lanes.add(lane, record);
      this.#unpacked++;
    });
    return true;
  }

  #send(lane: Lane): void {
    let body: Buffer;
    try {
      body = Buffer.from(recordBody(lane.first, this.#reader, this.#settings.encoding));
    } catch (error) {
      this.#lastError = `cannot make the body: ${error instanceof Error ? error.message : String(error)}`;
      return this.#settle(lane, 'failed');
    }
    const exchange =
      this.#idle.pop() ?? new Exchange(this.#path, this.#settings.headers, (done, error) => this.#finish(done, error));
    exchange.begin(lane, body, this.#breaker.isDown);
    this.#flying.add(exchange);
    this.#watch(this.#settings.timeout);
    this.#pool.dispatch(exchange.request, exchange);
  }

  #finish(exchange: Exchange, error: Error | null): void {
    const { lane, status, isProbe } = exchange;
    if (lane === null || !this.#flying.delete(exchange)) return;
    exchange.lane = null;
    this.#idle.push(exchange);
    if (status === 0) this.#unanswered(lane, isProbe, error);
    else this.#answered(lane, status, exchange.retryAfter);
    this.#pumpSoon();
  }

  /** An answer counts as soon as its status is there, whatever becomes of the rest. */
  #answered(lane: Lane, status: number, retryAfterHeader: string | undefined): void {
    if (this.#breaker.answered()) this.#wake((wait) => !wait.asked);
    const outcome = outcomeOf(status);
    if (outcome !== 'delivered') this.#lastError = `the endpoint answered with status ${status}`;
    if (outcome !== 'retry') {
      this.#refusing = outcome === 'failed';
      return this.#settle(lane, outcome);
    }
    this.#retry(lane, Math.min(retryAfter(retryAfterHeader, Date.now()), this.#longestDelay));
  }

  #unanswered(lane: Lane, isProbe: boolean, error: Error | null): void {
    this.#lastError = error === null ? 'no answer' : errorText(error);
    this.#breaker.unanswered(lane.id, isProbe, systemClock.now(), this.#longestDelay);
    if (!this.#breaker.isDown) return this.#retry(lane, 0);
    // It is not this lane's fault: it need not wait on its own, and takes its turn among the probes.
    this.#counts.retried++;
    this.#lanes.putBack(lane);
    this.#changed();
  }

  /** `asked`: milliseconds that the endpoint asked for, 0 when it did not. */
  #retry(lane: Lane, asked: number): void {
    this.#counts.retried++;
    lane.failures++;
    if (lane.failures === FAILURES_TOLD) this.#troubled++;
    const delay = Math.max(asked, backoff(lane.failures, this.#longestDelay));
    const deadline = this.#deadlines.add(systemClock.now() + delay, () => {
      this.#waiting.delete(lane);
      this.#lanes.putBack(lane);
      this.#pumpSoon();
    });
    this.#waiting.set(lane, { deadline, asked: asked > 0 });
    this.#changed();
  }

  #wake(which: (wait: Wait) => boolean): void {
    for (const [lane, wait] of this.#waiting) {
      if (!which(wait)) continue;
      this.#deadlines.remove(wait.deadline);
      this.#waiting.delete(lane);
      this.#lanes.putBack(lane);
    }
  }

  #settle(lane: Lane, outcome: 'delivered' | 'failed'): void {
    this.#counts[outcome]++;
    const { settledBytes } = this.#counts;
    settledBytes.set(lane.id, (settledBytes.get(lane.id) ?? 0) + recordCost(lane.first));
    if (lane.failures >= FAILURES_TOLD) this.#troubled--;
    this.#unpacked--;
    this.#lanes.settle(lane);
    this.#changed();
  }

  /** Looks in `delay` milliseconds whether an answer is overdue, and goes on looking while requests are on their way. */
  #watch(delay: number): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#deadlines.add(systemClock.now() + delay, () => {
      this.#watching = false;
      const { timeout } = this.#settings;
      const now = systemClock.now();
      let next = timeout;
      let isOverdue = false;
      for (const { startedAt } of this.#flying) {
        const left = startedAt + timeout - now;
        if (left > 0) next = Math.min(next, left);
        else isOverdue = true;
      }
      // This thread may have been busy for so long that the answers are there and unread: they are read before that.
      if (isOverdue) setImmediate(() => this.#abort(now - timeout));
      if (this.#flying.size > 0) this.#watch(next);
    });
  }

  /** Aborts what went out at `latest` or before. */
  #abort(latest: number): void {
    for (const exchange of this.#flying) {
      if (exchange.startedAt <= latest) exchange.abort(new Error(`no answer within ${this.#settings.timeout} ms`));
    }
  }
}

function noCounts() {
  return { delivered: 0, retried: 0, failed: 0, settledBytes: new Map<string, number>() };
}
