/* oxlint-disable no-await-in-loop -- a broker lives after the one before */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrokerProcess, startBroker } from '../kit/broker-process.ts';
import { openClient, type TcpClient } from '../kit/tcp-client.ts';
import { until } from '../kit/until.ts';
import { Random } from '../soak/random.ts';
import { type Summary, Violation } from './arrival.ts';
import { Endpoint } from './endpoint.ts';
import { Ledger } from './ledger.ts';
import { publish } from './publisher.ts';

export interface ChaosOptions {
  /** What goes wrong, and when; the moments depend on the machine. */
  readonly seed: number;
  readonly clients: number;
  /** Of all clients together. */
  readonly events: number;
  /** How often the broker is killed. */
  readonly kills: number;
  /** Events in a request at most. */
  readonly batch: number;
  /** Requests between two faults of the endpoint, on average. */
  readonly gap: number;
  /** `full` or `normal`. */
  readonly sync: string;
  /** Told every second. */
  readonly progress: (line: string) => void;
}

export interface ChaosReport extends Summary {
  /** How often each fault was dealt. */
  readonly faults: ReadonlyMap<string, number>;
}

/** A phase that takes longer than this is stuck, milliseconds. */
const STUCK = 300_000;
/** The endpoint is good from when so much of what was published in the last life has arrived. */
const CALM = 0.8;

/**
 * Clients publish, the endpoint fails again and again, the broker is killed (SIGKILL) and started again on its spool.
 * Throws a Violation when an event is lost, comes out of order, or comes twice for no reason; see `Ledger`.
 */
export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const folder = mkdtempSync(join(tmpdir(), 'hookmq-chaos-'));
  const run = new Chaos(options, join(folder, 'spool.db'));
  const clock = setInterval(() => options.progress(run.state), 1000);
  try {
    return await run.run();
  } finally {
    clearInterval(clock);
    run.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Chaos {
  readonly endpoint: Endpoint;
  readonly #options: ChaosOptions;
  readonly #spool: string;
  readonly #random: Random;
  readonly #ledger: Ledger;
  #doing = 'starting';
  #ended = false;

  constructor(options: ChaosOptions, spool: string) {
    this.#options = options;
    this.#spool = spool;
    this.#random = new Random(options.seed, 1);
    this.#ledger = new Ledger(options.clients);
    this.endpoint = new Endpoint(this.#ledger, new Random(options.seed, 2), options.gap);
  }

  get state(): string {
    const { life, published, acknowledged, arrived, requests } = this.#ledger;
    return `life ${life}, ${this.#doing}: ${published} published, ${acknowledged} acknowledged, ${arrived} arrived in ${requests} requests`;
  }

  async run(): Promise<ChaosReport> {
    await this.endpoint.listen();
    for (let life = 0; life <= this.#options.kills; life++) await this.#live(life === this.#options.kills);
    return { ...this.#ledger.finish(), faults: this.endpoint.seen };
  }

  async #live(isLast: boolean): Promise<void> {
    this.#ledger.begin();
    await using broker = await startBroker({ config: this.#config() });
    using watcher = await watch(broker.port);
    let isKilled = false;
    const publishing = this.#publishAll(broker.port).catch((error: unknown) => {
      // Who is killed ends connections; that is all that may go wrong.
      if (!isKilled || error instanceof Violation) throw error;
    });
    if (isLast) await this.#finish(broker, publishing);
    else {
      await Promise.race([this.#moment(), publishing.then(() => new Promise<never>(() => {}))]);
      isKilled = true;
      this.#doing = 'killed';
      this.#ledger.accepted(acceptedAs(watcher));
      this.#ledger.kill();
      await broker[Symbol.asyncDispose]();
      await publishing;
      await this.#until(() => this.endpoint.isLeft, 'the end of all connections');
    }
    if (/dropped|lost|died|dead letter/.test(broker.log)) throw new Violation(`the broker says\n${broker.log}`);
  }

  /** When to kill: in the middle of publishing, or when some of what was published has arrived, in turn. */
  #moment(): Promise<void> {
    const { seed, events, kills } = this.#options;
    const { life, published, arrived } = this.#ledger;
    const share = events / (kills + 1);
    if ((seed + life) % 2 === 0) {
      const goal = published + share * (0.2 + this.#random.below(600) / 1000);
      return this.#until(() => this.#ledger.published >= goal, 'the publishers');
    }
    const goal = arrived + share * (0.1 + this.#random.below(500) / 1000);
    return this.#until(() => this.#doing === 'delivering' && this.#ledger.arrived >= goal, 'deliveries');
  }

  /** Nobody is killed any more: a client's last event comes when all before it have come that will. */
  async #finish(broker: BrokerProcess, publishing: Promise<void>): Promise<void> {
    await publishing;
    await this.#until(() => this.#ledger.share >= CALM, 'most of the events');
    this.endpoint.isCalm = true;
    const clients = Array.from({ length: this.#options.clients }, (_, client) => client);
    const goal = this.#goal - 1;
    await this.#until(() => clients.every((client) => this.#ledger.isTaken(client, goal)), 'the last events');
    assert.equal(await broker.terminate(), 0, 'the exit status of the broker');
    await this.#until(() => this.endpoint.isLeft, 'the end of all connections');
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    await until(() => this.endpoint.violation !== null || this.#ended || condition(), what, STUCK);
    if (this.endpoint.violation !== null) throw this.endpoint.violation;
  }

  /** Nothing more is waited for. */
  end(): void {
    this.#ended = true;
    this.endpoint.close();
  }

  #config(): string {
    const { batch, sync } = this.#options;
    return `sys.interval = 1s
      webhook {
        url = "${this.endpoint.url}", events = [{ event = on_message_publish, topic = "chaos/#" }]
        timeout = 500ms, connect_timeout = 500ms
        batch { max_events = ${batch}, max_wait = 5ms }
        retry { first_delay = 10ms, max_delay = 200ms }
        spool { path = "${this.#spool}", sync = ${sync} }
      }`;
  }

  /** Messages of each client that are to be published until the end of this life. */
  get #goal(): number {
    const { clients, events, kills } = this.#options;
    return Math.ceil(((events / clients) * (this.#ledger.life + 1)) / (kills + 1));
  }

  async #publishAll(port: number): Promise<void> {
    this.#doing = 'publishing';
    const goal = this.#goal;
    const clients = Array.from({ length: this.#options.clients }, (_, client) => client);
    await Promise.all(clients.map((client) => publish(port, client, goal, this.#ledger)));
    this.#doing = 'delivering';
  }
}

const ACCEPTED = '$SYS/broker/webhook/default/accepted';

/** A client that is told how many events are in the spool. */
async function watch(port: number): Promise<TcpClient> {
  const client = await openClient(port, 'watcher');
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: ACCEPTED, qos: 0 }] });
  return client;
}

/** What it was told last. */
function acceptedAs({ packets }: TcpClient): number {
  const last = packets.findLast((packet) => packet.cmd === 'publish');
  return Number(last?.payload.toString() ?? 0);
}
