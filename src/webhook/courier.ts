import { randomBytes } from 'node:crypto';
import type { Log } from '../base/log.ts';
import { version } from '../config/version.ts';
import type { RecordSink } from './events.ts';
import type { FromDelivery, Question, Reply } from './protocol.ts';
import type { ShownDeadLetter } from './report.ts';
import { Sender } from './sender.ts';
import type { EndpointSettings } from './settings.ts';
import type { WebhookStats } from './tally.ts';
import { Teller } from './teller.ts';
import { deliveryProgram, DeliveryThread } from './thread.ts';

/** The dead letters of an endpoint. Without `ids`: all of them. */
export interface DeadLetterDesk {
  /** Oldest first: up to `limit` (100) with ids greater than `after` (0). All of these reject with RangeError for other numbers. */
  list(options?: { readonly limit?: number; readonly after?: number }): Promise<readonly ShownDeadLetter[]>;
  /** Puts them into the queue again, behind what waits; resolves with how many there were. */
  resend(ids?: readonly number[]): Promise<number>;
  /** Forgets them; resolves with how many there were. */
  discard(ids?: readonly number[]): Promise<number>;
}

/** A webhook cannot begin its work; the message is one line that begins with the key to blame. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
}

/** One endpoint on the broker's side. */
interface Line {
  readonly sender: Sender;
  readonly teller: Teller;
  readonly isDurable: boolean;
  isFinished: boolean;
}

/** A question that was not answered yet. */
interface Asked {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** The broker's side of the delivery thread: all endpoints, and how it begins and ends. */
export class Courier {
  readonly #lines: readonly Line[];
  readonly #thread: DeliveryThread;
  readonly #asked = new Map<number, Asked>();
  #questions = 0;
  #closing: Promise<void> | null = null;
  /** Called whenever the thread has said something, while this closes. */
  #look: (() => void) | null = null;
  readonly #opened = new Set<number>();
  readonly #ready = Promise.withResolvers<void>();

  constructor(settings: readonly EndpointSettings[], log: Log, program: URL = deliveryProgram) {
    this.#lines = settings.map((own, endpoint) => {
      const teller = new Teller(own, log);
      const post = (batch: ArrayBuffer): void => this.#thread.post({ kind: 'batch', endpoint, batch });
      return { sender: new Sender(own, post, teller), teller, isDurable: own.spool.path !== null, isFinished: false };
    });
    if (settings.length === 0) this.#ready.resolve();
    this.#thread = new DeliveryThread(
      program,
      { run: newRun(), version: version(), endpoints: settings },
      { message: (message) => this.#hear(message), died: (reason) => this.#died(reason) },
    );
    // Whoever waits for it must not end before, whoever does not must not be ended by it.
    const release = (): void => {
      if (this.#closing === null) this.#thread.release();
    };
    this.#ready.promise.then(release, release);
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Where the events of each endpoint go. */
  get sinks(): readonly RecordSink[] {
    return this.#lines.map(({ sender }) => sender);
  }

  get handles() {
    return this.#lines.map(({ sender, isDurable }, endpoint) => ({
      name: sender.settings.name,
      isDurable,
      stats: (): WebhookStats => sender.stats(),
      deadLetters: this.#desk(endpoint, sender),
    }));
  }

  #desk(endpoint: number, sender: Sender): DeadLetterDesk {
    return {
      list: async ({ limit = 100, after = 0 } = {}) => {
        const reply = await this.#ask(endpoint, {
          ask: 'list',
          limit: whole('limit', limit),
          after: whole('after', after),
        });
        return typeof reply === 'number' ? [] : reply;
      },
      resend: async (ids) => {
        const count = Number(await this.#ask(endpoint, { ask: 'resend', ids: allWhole(ids) }));
        sender.resent(count);
        return count;
      },
      discard: async (ids) => Number(await this.#ask(endpoint, { ask: 'discard', ids: allWhole(ids) })),
    };
  }

  #ask(endpoint: number, question: Question): Promise<Reply> {
    if (this.#closing !== null) return Promise.reject(new Error('the webhook is closed'));
    const number = ++this.#questions;
    return new Promise((resolve, reject) => {
      this.#asked.set(number, { resolve, reject });
      this.#thread.post({ kind: 'question', endpoint, number, question });
    });
  }

  #hear(message: FromDelivery): void {
    if (message.kind === 'reply' || message.kind === 'refusal') {
      const asked = this.#asked.get(message.number);
      this.#asked.delete(message.number);
      if (message.kind === 'reply') asked?.resolve(message.reply);
      else asked?.reject(new WebhookError(message.reason));
      return;
    }
    const line = this.#lines[message.endpoint];
    if (line === undefined) return;
    if (message.kind === 'finished') line.isFinished = true;
    else if (message.kind === 'unopened') this.#unopened(line, message.problem);
    else this.#report(line, message);
    this.#look?.();
  }

  #report({ sender }: Line, { endpoint, report }: FromDelivery & { readonly kind: 'report' }): void {
    sender.report(report);
    this.#opened.add(endpoint);
    if (this.#opened.size === this.#lines.length) this.#ready.resolve();
  }

  #unopened({ sender, teller }: Line, problem: string): void {
    sender.unopened(problem);
    teller.unopened(problem);
    this.#ready.reject(new WebhookError(problem));
  }

  #died(reason: string): void {
    this.#ready.reject(new WebhookError(`the delivery thread died (${reason})`));
    for (const { sender, teller } of this.#lines) teller.died(reason, sender.threadEnded());
    for (const { reject } of this.#asked.values()) reject(new Error(`the delivery thread died (${reason})`));
    this.#asked.clear();
    this.#look?.();
  }

  close(drainMs: number): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async #close(drainMs: number): Promise<void> {
    for (const { sender } of this.#lines) sender.close();
    if (this.#lines.length > 0) await this.#drain(drainMs);
    await this.#thread.stop();
    for (const { reject } of this.#asked.values()) reject(new Error('the webhook is closed'));
    for (const { sender, teller } of this.#lines) {
      sender.threadEnded();
      teller.closed(sender.stats());
    }
  }

  /** Memory is emptied; a spool only has to take what is on the way, and to learn of the last answers. */
  async #drain(drainMs: number): Promise<void> {
    this.#thread.hold();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(drainMs, SPOOL_TIME));
    const until = performance.now() + drainMs;
    for (const [endpoint, { isDurable }] of this.#lines.entries())
      this.#thread.post({ kind: isDurable ? 'finish' : 'hurry', endpoint });
    const look = (): void => {
      const isLate = performance.now() >= until;
      if (this.#lines.every((line) => (line.isDurable ? line.isFinished : isLate || line.sender.isIdle))) resolve();
    };
    const drained = setTimeout(look, drainMs);
    this.#look = look;
    look();
    await promise;
    this.#look = null;
    clearTimeout(timer);
    clearTimeout(drained);
  }
}

function whole(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${name} must be a whole number from 0 on, not ${String(value)}`);
}

function allWhole(ids: readonly number[] | undefined): readonly number[] | 'all' {
  return ids === undefined ? 'all' : ids.map((id) => whole('an id', id));
}

/** Milliseconds that a spool gets to write what is on the way, however little time there is to drain. */
const SPOOL_TIME = 2000;

/** Stands for this run in event ids: ascending, and not the same on two machines that started together. */
function newRun(): string {
  return Date.now().toString(36) + (randomBytes(5).readUIntBE(0, 5) % 36 ** 6).toString(36).padStart(6, '0');
}
