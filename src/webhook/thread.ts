import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FromDelivery, ThreadSettings, ToDelivery } from './protocol.ts';

/** The delivery thread's program; beside this file, whether that is the source or what was built from it. */
export const deliveryProgram = new URL(`./delivery/worker${extname(import.meta.url)}`, import.meta.url);

/** Milliseconds until a thread that died is started again: the first time, and at most. */
const RESTART = { first: 100, longest: 30_000 };

/** Megabytes: what events leave behind is short-lived; with V8's own limit it would grow to a hundred and more. */
const YOUNG_GENERATION = 16;

/** What a delivery thread tells. */
export interface ThreadHandler {
  message(message: FromDelivery): void;
  /** The thread ended by itself, with all that was posted to it; another one is started. */
  died(reason: string): void;
}

/** The worker thread that delivers. */
export class DeliveryThread {
  readonly #program: URL;
  readonly #settings: ThreadSettings;
  readonly #handler: ThreadHandler;
  #worker: Worker | null = null;
  /** What was posted while there was no thread. */
  #kept: ToDelivery[] = [];
  /** Threads that died since one has said something. */
  #deaths = 0;
  #restart: NodeJS.Timeout | null = null;
  #isHeld = true;

  constructor(program: URL, settings: ThreadSettings, handler: ThreadHandler) {
    this.#program = program;
    this.#settings = settings;
    this.#handler = handler;
    this.#start();
  }

  /** A batch is transferred: it is empty afterwards. */
  post(message: ToDelivery): void {
    if (this.#worker === null) this.#kept.push(message);
    else this.#worker.postMessage(message, message.kind === 'batch' ? [message.batch] : []);
  }

  /** Lets the thread keep the process alive, as it does from its start on. */
  hold(): void {
    this.#isHeld = true;
    this.#worker?.ref();
  }

  /** It does not any longer. */
  release(): void {
    this.#isHeld = false;
    this.#worker?.unref();
  }

  /** Ends the thread at once. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (this.#restart !== null) clearTimeout(this.#restart);
    await worker?.terminate();
  }

  #start(): void {
    const worker = new Worker(this.#program, {
      workerData: this.#settings,
      name: 'webhook',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
    });
    this.#worker = worker;
    let reason: string | null = null;
    worker.on('message', (message: FromDelivery) => {
      if (this.#worker !== worker) return;
      this.#deaths = 0;
      this.#handler.message(message);
    });
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', (code) => {
      if (this.#worker === worker) this.#died(reason ?? `exit code ${code}`);
    });
    if (!this.#isHeld) worker.unref();
    const kept = this.#kept;
    this.#kept = [];
    for (const message of kept) this.post(message);
  }

  #died(reason: string): void {
    this.#worker = null;
    const delay = Math.min(RESTART.first * 2 ** Math.min(this.#deaths++, 20), RESTART.longest);
    this.#restart = setTimeout(() => this.#start(), delay).unref();
    this.#handler.died(reason);
  }
}
