/** One load, the same for every broker. */
export interface Scenario {
  readonly name: string;
  readonly doc: string;
  /**
   * `pair`: publisher n to subscriber n. `fanout`: all subscribers get everything. `fanin`: one subscriber's wildcard
   * gets everything. `connect`: connections as fast as they go. `idle`: connections held, for the memory they take.
   */
  readonly shape: 'pair' | 'fanout' | 'fanin' | 'connect' | 'idle';
  readonly publishers: number;
  readonly subscribers: number;
  /** Messages of each publisher. */
  readonly messages: number;
  /** Messages on their way at most, of all publishers together. */
  readonly window: number;
  /** Messages that a publisher writes at once. */
  readonly batch: number;
  readonly qos: 0 | 1 | 2;
}

const pairs = { shape: 'pair', publishers: 50, subscribers: 50, window: 1000, batch: 1, qos: 0 } as const;
const connections = { subscribers: 0, messages: 0, window: 0, batch: 0, qos: 0 } as const;

/** Payloads are 64 bytes. */
export const SCENARIOS: readonly Scenario[] = [
  { ...pairs, name: 'p2p', doc: '50 pairs, QoS 0, up to 1,000 messages on their way', messages: 3000 },
  { ...pairs, name: 'sparse', doc: 'the same, one message on its way per pair', messages: 1500, window: 50 },
  {
    ...pairs,
    name: 'burst',
    doc: '10 pairs, publishers that write 50 messages at once',
    publishers: 10,
    subscribers: 10,
    messages: 25000,
    window: 2000,
    batch: 50,
  },
  {
    ...pairs,
    name: 'fanout',
    doc: 'one publisher, 500 subscribers',
    shape: 'fanout',
    publishers: 1,
    subscribers: 500,
    messages: 500,
    window: 20,
  },
  {
    ...pairs,
    name: 'fanin',
    doc: '100 publishers, one subscriber with a wildcard',
    shape: 'fanin',
    publishers: 100,
    subscribers: 1,
    messages: 2000,
  },
  { ...pairs, name: 'qos1', doc: '50 pairs, QoS 1', messages: 1500, qos: 1 },
  { ...pairs, name: 'qos2', doc: '50 pairs, QoS 2', messages: 800, qos: 2 },
  { ...connections, name: 'connect', doc: '3,000 connections, 200 at a time', shape: 'connect', publishers: 3000 },
  { ...connections, name: 'idle', doc: 'memory of 9,000 idle connections', shape: 'idle', publishers: 9000 },
];

/** What the load generator is asked: a scenario, a broker, and a name that keeps the topics of runs apart. */
export interface Order {
  readonly scenario: Scenario;
  readonly port: number;
  /** The broker's process, for CPU and memory where there is a /proc. */
  readonly pid: number;
  readonly prefix: string;
  /** Seconds after which the run is given up. */
  readonly limit: number;
}

/** What can be measured. */
export const FIGURES = [
  'rate', // deliveries or connections per second
  'cpu', // microseconds of the broker's CPU per delivery or connection
  'p50', // microseconds from publisher to subscriber
  'p99',
  'memory', // kilobytes of the broker's memory per connection
  'load', // share of a core that the load generator itself used: near 1 it was the bottleneck
] as const;

/** What a run measured; what this machine or this scenario cannot tell is absent. */
export type Figures = Partial<Record<(typeof FIGURES)[number], number>>;
