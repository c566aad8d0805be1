import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { backoff, LONGEST_DELAY } from './outcome.ts';
import type { DeliverySettings, Report, ToDelivery } from './protocol.ts';

/** The delivery thread's program; beside this file, whether that is the source or what was built from it. */
export const deliveryProgram = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

/** What a delivery thread tells. */
export interface ThreadHandler {
  report(report: Report): void;
  /** The thread ended by itself, with all that was posted to it; another one is started. */
  died(reason: string): void;
}

/** The worker thread that delivers. It does not keep the process alive. */
export class DeliveryThread {
  readonly #program: URL;
  readonly #settings: DeliverySettings;
  readonly #handler: ThreadHandler;
  #worker: Worker | null = null;
  /** What was posted while there was no thread. */
  #kept: ToDelivery[] = [];
  /** Threads that died since one has reported. */
  #deaths = 0;
  #restart: NodeJS.Timeout | null = null;

  constructor(program: URL, settings: DeliverySettings, handler: ThreadHandler) {
    this.#program = program;
    this.#settings = settings;
    this.#handler = handler;
    this.#start();
  }

  /** A buffer is transferred: it is empty afterwards. */
  post(message: ToDelivery): void {
    if (this.#worker === null) this.#kept.push(message);
    else this.#worker.postMessage(message, message instanceof ArrayBuffer ? [message] : []);
  }

  /** Lets the thread keep the process alive from now on. */
  hold(): void {
    this.#worker?.ref();
  }

  /** Ends the thread at once. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (this.#restart !== null) clearTimeout(this.#restart);
    await worker?.terminate();
  }

  #start(): void {
    const worker = new Worker(this.#program, { workerData: this.#settings, name: 'webhook' });
    this.#worker = worker;
    let reason: string | null = null;
    worker.on('message', (report: Report) => {
      if (this.#worker !== worker) return;
      this.#deaths = 0;
      this.#handler.report(report);
    });
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', (code) => {
      if (this.#worker === worker) this.#died(reason ?? `exit code ${code}`);
    });
    worker.unref();
    const kept = this.#kept;
    this.#kept = [];
    for (const message of kept) this.post(message);
  }

  #died(reason: string): void {
    this.#worker = null;
    this.#deaths++;
    this.#restart = setTimeout(() => this.#start(), backoff(this.#deaths, LONGEST_DELAY)).unref();
    this.#handler.died(reason);
  }
}
