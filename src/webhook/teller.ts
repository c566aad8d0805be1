import { systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { Announcer } from './announcer.ts';
import type { EndpointReport, Trouble } from './report.ts';
import type { EndpointSettings } from './settings.ts';
import type { Dropped, WebhookStats } from './tally.ts';

/** Tells the operator how an endpoint is: when it changes, and not more often than every ten seconds. */
export class Teller {
  readonly #log: Log;
  readonly #name: string;
  readonly #health: Announcer<Trouble>;
  readonly #dropping: Announcer<boolean>;
  readonly #spool: Announcer<string | null>;
  readonly #letters: Announcer<number>;
  #lastError: string | null = null;
  #dropped: (() => Dropped) | null = null;
  #start: string | null | undefined;

  constructor(settings: EndpointSettings, log: Log) {
    // Without the path: with some services it is the secret.
    const { origin } = new URL(settings.url);
    this.#name = settings.name === 'default' ? `webhook ${origin}` : `webhook ${settings.name} ${origin}`;
    this.#log = log;
    this.#health = new Announcer<Trouble>('none', systemClock, (trouble) => this.#tellHealth(trouble));
    this.#dropping = new Announcer(false, systemClock, (dropping) => this.#tellDropping(dropping));
    this.#spool = new Announcer<string | null>(null, systemClock, (problem) => this.#tellSpool(problem));
    this.#letters = new Announcer(0, systemClock, (count) => this.#tellLetters(count));
  }

  /** `deadLettered`: of all threads, while the report is of the one that is there. */
  report(report: EndpointReport, deadLettered: number): void {
    this.#lastError = report.lastError ?? this.#lastError;
    if (report.startProblem !== this.#start) {
      this.#start = report.startProblem;
      // What cannot be had at the start may come later; it goes on from there as any trouble.
      if (this.#start) this.#log.warn(this.#start);
    }
    // A thread that has settled nothing yet knows of no trouble.
    if (report.trouble !== 'none' || report.delivered > 0) this.#health.set(report.trouble);
    this.#spool.set(report.spoolProblem);
    this.#letters.set(deadLettered);
  }

  /** `dropped` is asked when it is told. */
  dropping(dropping: boolean, dropped: () => Dropped): void {
    this.#dropped = dropped;
    this.#dropping.set(dropping);
  }

  /** The spool cannot be opened; it is tried again. */
  unopened(problem: string): void {
    this.#spool.set(problem);
  }

  died(reason: string, lost: number): void {
    this.#log.error(`${this.#name}: the delivery thread died (${reason}), ${lost} events in it are lost; restarting`);
  }

  /** Nothing more is told but how it ended. */
  closed({ lost, queued }: WebhookStats): void {
    for (const announcer of [this.#health, this.#dropping, this.#spool, this.#letters]) announcer.stop();
    if (lost > 0) this.#log.warn(`${this.#name}: ${lost} queued events were not sent`);
    if (queued.events > 0) this.#log.info(`${this.#name}: ${queued.events} events wait in the spool`);
  }

  #tellHealth(trouble: Trouble): void {
    const why = this.#lastError ?? 'no answer';
    if (trouble === 'failing') this.#log.warn(`${this.#name}: events do not get through (${why}); retrying`);
    else if (trouble === 'refusing') this.#log.warn(`${this.#name}: events are refused and not retried (${why})`);
    else this.#log.info(`${this.#name}: events get through again`);
  }

  #tellDropping(dropping: boolean): void {
    const dropped = Object.entries(this.#dropped?.() ?? {}).flatMap(([reason, count]) =>
      count > 0 ? [`${count} ${reason}`] : [],
    );
    const sofar = `so far: ${dropped.join(', ')}`;
    if (dropping) this.#log.warn(`${this.#name}: events are dropped, there is no room for them (${sofar})`);
    else this.#log.info(`${this.#name}: the queue has room again (dropped ${sofar})`);
  }

  #tellSpool(problem: string | null): void {
    if (problem === null) this.#log.info(`${this.#name}: the spool can be written again`);
    else this.#log.error(`${this.#name}: ${problem}`);
  }

  #tellLetters(count: number): void {
    this.#log.warn(`${this.#name}: ${count} events became dead letters so far (${this.#lastError ?? 'too old'})`);
  }
}
