/* oxlint-disable no-await-in-loop -- rounds come one after the other, and polling is what waiting is */
import { setTimeout as pause } from 'node:timers/promises';
import { Broker } from '../../src/index.ts';
import { Actor, type Role } from './actor.ts';
import { audit, checkDrops } from './audit.ts';
import { Auditor } from './auditor.ts';
import { Client } from './client.ts';
import { Diary } from './diary.ts';
import { Model, Violation } from './model.ts';
import { SLACK_MS } from './receipt.ts';
import type { Surroundings, Tamper } from './surroundings.ts';
import { type TransportName, TRANSPORTS } from './transport.ts';

/** What a soak is to do. */
export interface SoakOptions {
  readonly seed: number;
  readonly milliseconds: number;
  readonly transport: TransportName;
  /** Milliseconds between two checks of everything. */
  readonly roundLength?: number;
  /** Milliseconds between two steps of each client. */
  readonly pace?: number;
  /** QoS 0 is dropped for slow receivers: the broker's buffers are as small as they may be. */
  readonly tight?: boolean;
  /** For tests of the model: faults between the broker and the clients, and of the broker. */
  readonly tamper?: Tamper;
  readonly spoil?: (broker: Broker) => void;
  /** Milliseconds in which everything must have come when nobody publishes any more. */
  readonly restLimit?: number;
  /** How many of the last events of each client are kept for the report of a failure. */
  readonly events?: number;
  /** Called after each round. */
  readonly progress?: (figures: Figures) => void;
}

/** What a soak has done so far. */
export interface Figures {
  readonly rounds: number;
  readonly published: number;
  readonly delivered: number;
  readonly connections: number;
  readonly checks: number;
}

const ANY = [4, 5] as const;
const WORKERS = [
  ['one', 2],
  ['one', 2],
  ['two', 1],
  ['two', 1],
  ['two', 1],
] as const;

/** The clients: those that do anything, in all versions, and workers with shared subscriptions. */
export const ROLES: readonly Role[] = [
  ...[[3], [3], [4], [4], ANY, ANY, [5], [5], [5], [5]].map((versions, index) => ({
    index,
    clientId: `c${index}`,
    versions: versions as unknown as Role['versions'],
    group: null,
  })),
  ...WORKERS.map(([name, qos], index) => ({
    index: 100 + index,
    clientId: `w${index}`,
    versions: index === 4 ? ([4] as const) : ([5] as const),
    group: { filter: `$share/${name}/work/#`, qos },
  })),
];

/** Random clients against a broker, and a model that knows what each must get. */
export class Soak {
  readonly model: Model;
  readonly diary: Diary;
  readonly #options: SoakOptions;
  readonly #broker: Broker;
  #error: unknown = null;
  #actors: Actor[] = [];

  constructor(options: SoakOptions) {
    this.#options = options;
    this.diary = new Diary(options.events ?? 60);
    this.model = new Model(options.tight ?? false);
    this.#broker = new Broker({
      maxQueuedMessages: 1_000_000,
      maxQueuedBytes: 1024 ** 3,
      maxInflight: 65_535,
      maxOutgoingBuffer: options.tight === true ? 65_536 : 1024 ** 3,
    });
  }

  /** Runs to the end; throws what was found to be wrong. */
  async run(): Promise<Figures> {
    const { seed, milliseconds, transport, roundLength = 8000, progress } = this.#options;
    const surroundings: Surroundings = {
      model: this.model,
      dial: await TRANSPORTS[transport](this.#broker),
      note: (clientId, event) => this.diary.note(clientId, event),
      tamper: this.#options.tamper ?? ((_clientId, packet) => [packet]),
      fail: (error) => void (this.#error ??= error),
    };
    this.#options.spoil?.(this.#broker);
    const auditor = new Auditor(surroundings);
    this.#actors = ROLES.map((role) => new Actor(seed, role, new Client(role.clientId, surroundings), this.model));
    try {
      const end = performance.now() + milliseconds;
      for (let left = milliseconds; left > 0; left = end - performance.now()) {
        await this.#round(Math.min(roundLength, left), auditor);
        progress?.(this.figures);
      }
      return this.figures;
    } finally {
      for (const { client } of this.#actors) client.destroy();
      auditor.destroy();
      await this.#broker.close();
    }
  }

  get figures(): Figures {
    const { round, published, delivered, checks } = this.model;
    const connections = this.#broker.stats().connectionsAccepted;
    return { rounds: round - 1, published, delivered, connections, checks };
  }

  async #round(milliseconds: number, auditor: Auditor): Promise<void> {
    const { pace = 10 } = this.#options;
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      for (const actor of this.#actors) actor.step();
      await pause(pace);
      this.#check();
    }
    await this.#settle();
    audit(this.model);
    const retained = await auditor.retained((what, condition) => this.#until(what, condition));
    this.#check();
    checkDrops(this.model, this.#broker.stats());
    this.model.nextRound(retained);
  }

  /** Everybody comes back, but in every third round those with a delayed will, who wait until it must be out. */
  async #settle(): Promise<void> {
    const actors = this.#actors;
    const patient = this.model.round % 3 === 0;
    const waits = ({ client }: Actor): boolean =>
      patient &&
      client.link === null &&
      client.wills.lastDue > 0 &&
      performance.now() < client.wills.lastDue + SLACK_MS + 100;
    await this.#until('everybody is back and has acknowledged', () => {
      for (const actor of actors) if (!waits(actor)) actor.settle();
      return actors.every(
        ({ client }) => client.receiver !== null && client.publisher.underway === 0 && client.subscriber.underway === 0,
      );
    });
    // Twice: what a PINGREQ has made room for may come behind its answer.
    let before = -1;
    for (let calm = 0; calm < 2; calm = before === this.model.delivered ? calm + 1 : 0) {
      before = this.model.delivered;
      for (const { client } of actors) client.ping();
      await this.#quiet();
    }
  }

  /** Nothing is on its way any more. */
  async #quiet(): Promise<void> {
    await this.#until('nothing is on its way', () => {
      for (const actor of this.#actors) actor.settle();
      const { queued } = this.#broker.stats();
      return queued === 0 && this.#actors.every(({ client }) => client.pings === 0 && client.receiver?.owed === 0);
    });
  }

  /** Waits for a condition; what the broker owes to nobody must come to an end. */
  async #until(what: string, condition: () => boolean): Promise<void> {
    const { restLimit = 20_000 } = this.#options;
    const limit = performance.now() + restLimit;
    while (!condition()) {
      await pause(2);
      this.#check();
      if (performance.now() > limit)
        throw new Violation('stuck', `${what}: not within ${restLimit} ms; ${this.#unfinished()}`, this.#busy());
    }
    this.#check();
  }

  #unfinished(): string {
    const states = this.#actors.map(({ client: { clientId, publisher, subscriber, pings, receiver } }) =>
      [clientId, receiver === null ? 'down' : 'up', publisher.underway, subscriber.underway, pings].join(' '),
    );
    return `${this.#broker.stats().queued} queued; ${states.join(', ')}`;
  }

  #busy(): string[] {
    const busy = this.#actors.filter(
      ({ client }) => client.receiver === null || client.publisher.underway > 0 || client.pings > 0,
    );
    return busy.map(({ client }) => client.clientId);
  }

  #check(): void {
    this.model.alive();
    if (this.#error !== null) throw this.#error;
  }
}
