import type { Backlog, DeadLetter, DropReason, Intake } from '../queue/backlog.ts';
import { Delivery } from './delivery.ts';
import { EventTexts } from '../events/event-text.ts';
import { httpTransport } from '../http/http-transport.ts';
import { memoryBacklog } from '../queue/memory-backlog.ts';
import type { Question, Reply } from '../protocol.ts';
import type { EndpointReport, ShownDeadLetter } from '../report.ts';
import type { EndpointSettings } from '../settings.ts';
import type { Transport } from '../http/transport.ts';

/** What an endpoint is told of its thread. */
export interface EndpointContext {
  /** The broker run, for the ids of its events. */
  readonly run: string;
  /** Of this program. */
  readonly version: string;
  /** Called whenever there is something new to report. */
  readonly changed: () => void;
}

/** One endpoint in the delivery thread: what waits for it, what is on its way to it, and what became of it. */
export class Endpoint {
  readonly #texts: EventTexts;
  readonly #transport: Transport;
  readonly #backlog: Backlog;
  readonly #delivery: Delivery;
  readonly #changed: () => void;
  #takenBatches = 0;
  #accepted = 0;
  readonly #dropped: Partial<Record<DropReason, number>> = {};
  readonly #recovered: number;
  #startProblem: string | null | undefined;

  private constructor(settings: EndpointSettings, open: OpenBacklog, { changed, version }: EndpointContext) {
    this.#changed = changed;
    this.#texts = new EventTexts(settings);
    this.#transport = httpTransport(settings);
    this.#backlog = open({
      ready: () => this.#delivery.ready(),
      dropped: (reason, events) => this.#drop(reason, events),
    });
    this.#recovered = this.#backlog.held.events;
    this.#delivery = new Delivery(settings, this.#backlog, this.#transport, { changed, version });
    if (this.#recovered > 0) this.#delivery.ready();
    void this.#check();
  }

  async #check(): Promise<void> {
    this.#startProblem = await this.#transport.check();
    this.#changed();
  }

  /** Rejects with one line when the spool cannot be opened. */
  static async open(settings: EndpointSettings, context: EndpointContext): Promise<Endpoint> {
    const { run } = context;
    const { path } = settings.spool;
    if (path === null) return new Endpoint(settings, (listener) => memoryBacklog(settings, run, listener), context);
    const { openSpool } = await import('../queue/spool.ts');
    return new Endpoint(settings, (listener) => openSpool(settings, run, listener), context);
  }

  accept(batch: ArrayBuffer): void {
    this.#backlog.accept(batch, (intake) => this.#taken(intake));
  }

  #taken(intake: Intake): void {
    this.#takenBatches++;
    this.#accepted += intake.accepted;
    for (const [reason, events] of Object.entries(intake.dropped)) this.#count(reason as DropReason, events ?? 0);
    this.#changed();
  }

  #drop(reason: DropReason, events: number): void {
    this.#count(reason, events);
    this.#changed();
  }

  #count(reason: DropReason, events: number): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + events;
  }

  hurry(): void {
    this.#delivery.hurry();
  }

  /** Sends nothing more; resolves when the last answer is there and the spool is closed. */
  async finish(): Promise<void> {
    await this.#delivery.finish();
    this.#backlog.close();
    await this.#transport.close();
  }

  answer(question: Question): Reply {
    const { deadLetters } = this.#backlog;
    if (question.ask === 'list')
      return deadLetters.list(question.limit, question.after).map((letter) => this.#shown(letter));
    const count = deadLetters[question.ask](question.ids);
    this.#changed();
    return count;
  }

  #shown({ event: stored, ...letter }: DeadLetter): ShownDeadLetter {
    const { text: body, ...facts } = this.#texts.show(stored);
    return { ...letter, ...facts, body };
  }

  report(): EndpointReport {
    return {
      ...this.#delivery.figures(),
      takenBatches: this.#takenBatches,
      accepted: this.#accepted,
      dropped: { ...this.#dropped },
      recovered: this.#recovered,
      queued: this.#backlog.held,
      deadLetters: this.#backlog.deadLetters.held,
      spoolProblem: this.#backlog.problem,
      startProblem: this.#startProblem,
    };
  }
}

type OpenBacklog = (listener: Parameters<typeof memoryBacklog>[2]) => Backlog;
