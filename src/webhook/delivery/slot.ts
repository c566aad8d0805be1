import { Endpoint } from './endpoint.ts';
import type { FromDelivery, Question, ToDelivery } from '../protocol.ts';
import type { EndpointSettings } from '../settings.ts';

/** Milliseconds until a spool that cannot be opened is tried again. */
const TRY_AGAIN = 5000;

/** What a slot needs of its thread. */
export interface SlotContext {
  readonly run: string;
  readonly version: string;
  tell(message: FromDelivery): void;
  /** There is something new to report. */
  changed(slot: Slot): void;
}

/** The place of one endpoint in the delivery thread: it keeps what it hears until the endpoint is there. */
export class Slot {
  readonly #index: number;
  readonly #context: SlotContext;
  #endpoint: Endpoint | null = null;
  #kept: ToDelivery[] = [];

  constructor(index: number, settings: EndpointSettings, context: SlotContext) {
    this.#index = index;
    this.#context = context;
    void this.#open(settings);
  }

  async #open(settings: EndpointSettings): Promise<void> {
    const { version } = this.#context;
    // The numbers of two endpoints are not about the same events: nor are their ids the same.
    const run = this.#context.run + this.#index.toString(36);
    try {
      const endpoint = await Endpoint.open(settings, { run, version, changed: () => this.#context.changed(this) });
      this.#endpoint = endpoint;
      for (const message of this.#kept) void this.#act(endpoint, message);
      this.#kept = [];
      this.#context.changed(this);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.#context.tell({ kind: 'unopened', endpoint: this.#index, problem });
      setTimeout(() => void this.#open(settings), TRY_AGAIN);
    }
  }

  hear(message: ToDelivery): void {
    if (this.#endpoint !== null) void this.#act(this.#endpoint, message);
    else this.#kept.push(message);
  }

  async #act(endpoint: Endpoint, message: ToDelivery): Promise<void> {
    if (message.kind === 'batch') endpoint.accept(message.batch);
    else if (message.kind === 'hurry') endpoint.hurry();
    else if (message.kind === 'question') this.#answer(endpoint, message.number, message.question);
    else {
      await endpoint.finish();
      this.report();
      this.#context.tell({ kind: 'finished', endpoint: this.#index });
    }
  }

  #answer(endpoint: Endpoint, number: number, question: Question): void {
    try {
      this.#context.tell({ kind: 'reply', number, reply: endpoint.answer(question) });
    } catch (error) {
      this.#context.tell({ kind: 'refusal', number, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  report(): void {
    if (this.#endpoint === null) return;
    this.#context.tell({ kind: 'report', endpoint: this.#index, report: this.#endpoint.report() });
  }
}
