import type { Broker } from '../broker/broker.ts';
import type { BrokerStats } from '../broker/stats.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Facts } from './facts.ts';
import { Load } from './load.ts';
import { LOADS } from './mosquitto-topics.ts';
import { SYS_TOPICS, topicOf } from './topics.ts';

/** What the tree needs of a broker. */
export type TreeBroker = Pick<Broker, 'on' | 'publish' | 'stats'>;

/** Topics below `$SYS` with their values; null: there is nothing to say. */
export type Contributions = () => Iterable<readonly [topic: string, value: string | number | null]>;

/** What the tree uses. */
export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly contributions: Contributions;
}

/** What the broker is called. */
export interface Names {
  readonly version: string;
  readonly node: string;
}

/** Publishes the broker's figures, retained, at an interval: at first all, then those that have changed. */
export class Tree {
  readonly #broker: TreeBroker;
  readonly #names: Names;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #start: number;
  readonly #loads: readonly Load[];
  readonly #stopListening: () => void;
  readonly #contributions: Contributions;
  /** What was published last, by topic. */
  readonly #published = new Map<string, string>();
  #connects = 0;
  #heapMaximum = 0;
  #last: number;
  #cancelTimer: () => void = () => {};

  /** `interval` is in milliseconds. */
  constructor(broker: TreeBroker, names: Names, interval: number, { clock, log, contributions }: Surroundings) {
    this.#broker = broker;
    this.#names = names;
    this.#clock = clock;
    this.#log = log;
    this.#contributions = contributions;
    this.#start = this.#last = clock.now();
    const stats = broker.stats();
    this.#loads = LOADS.map(([, , total]) => new Load(total(stats, 0)));
    this.#stopListening = broker.on('client.connack', () => this.#connects++);
    this.#publish(stats);
    this.#every(interval);
  }

  /** Publishes nothing more; what is retained stays. */
  close(): void {
    this.#cancelTimer();
    this.#stopListening();
  }

  #every(interval: number): void {
    this.#cancelTimer = this.#clock.after(interval, () => {
      const stats = this.#broker.stats();
      this.#advance(stats);
      this.#publish(stats);
      this.#every(interval);
    });
  }

  #advance(stats: BrokerStats): void {
    const now = this.#clock.now();
    for (const [index, [, , total]] of LOADS.entries())
      this.#loads[index]?.advance(total(stats, this.#connects), (now - this.#last) / 1000);
    this.#last = now;
  }

  #publish(stats: BrokerStats): void {
    const facts = this.#facts(stats, process.memoryUsage().heapUsed);
    for (const row of SYS_TOPICS) this.#show(topicOf(row, this.#names.node), row[2](facts));
    for (const [topic, value] of this.#contributions()) this.#show(topic, value);
  }

  /** Publishes a value that has changed. */
  #show(topic: string, value: string | number | null): void {
    if (value === null || String(value) === this.#published.get(topic)) return;
    this.#published.set(topic, String(value));
    this.#send(topic, String(value));
  }

  #send(topic: string, payload: string): void {
    this.#broker.publish({ topic, payload, retain: true }).catch((error: unknown) => {
      this.#log.error(`${topic} could not be published: ${String(error)}`);
    });
  }

  #facts(stats: BrokerStats, heap: number): Facts {
    this.#heapMaximum = Math.max(this.#heapMaximum, heap);
    return {
      ...this.#names,
      stats,
      uptime: this.#clock.now() - this.#start,
      date: this.#clock.date(),
      heap,
      heapMaximum: this.#heapMaximum,
      loads: this.#loads,
    };
  }
}
