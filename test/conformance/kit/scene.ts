import assert from 'node:assert/strict';
import { Broker, type BrokerOptions, type NetAddress, type PublishRequest } from '../../../src/index.ts';
import type { ProtocolVersion } from '../../../src/codec/packets.ts';
import { FakeClock } from '../../kit/fake-clock.ts';
import type { ConnectFields } from '../../kit/raw-client.ts';
import { within } from '../../kit/until.ts';
import { Client } from './client.ts';
import type { Transport } from './transport.ts';

/** Time stands still until a case moves it; turns end when the process's own do, as the bytes come from the system. */
class SceneClock extends FakeClock {
  override endOfTurn(run: () => void): void {
    setImmediate(run);
  }
}

/** What a case gets: a broker of its own behind one transport, and clients of one version of MQTT. */
export class Scene implements AsyncDisposable {
  readonly broker: Broker;
  readonly transport: Transport;
  readonly version: ProtocolVersion;
  readonly clock: SceneClock;
  /** Where the broker listens. */
  readonly address: NetAddress;
  /** What the broker logged as errors: mistakes of its own, which no case may bring about. */
  readonly #errors: string[];
  readonly #clients: Client[] = [];

  private constructor(start: Start, address: NetAddress) {
    this.broker = start.broker;
    this.transport = start.transport;
    this.version = start.version;
    this.clock = start.clock;
    this.#errors = start.errors;
    this.address = address;
  }

  static async start(transport: Transport, version: ProtocolVersion, options: Partial<BrokerOptions>): Promise<Scene> {
    const clock = new SceneClock();
    const errors: string[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (line: string) => void errors.push(line) };
    const broker = new Broker({ clock, log, ...options });
    const address = await broker.listen(transport.listener());
    return new Scene({ broker, transport, version, clock, errors }, address);
  }

  /** A connection on which nothing was said yet; it speaks the case's version. */
  async open(version = this.version): Promise<Client> {
    const client = new Client(version, `client-${this.#clients.length + 1}`);
    this.#clients.push(client);
    client.channel = await this.transport.open(this.address.port, client);
    return client;
  }

  /** A client that is connected, under a name of its own: `fields` of CONNECT, see `Client.connect`. */
  async connect(fields: ConnectFields = {}): Promise<Client> {
    const client = await this.open(fields.version);
    await client.connect(fields);
    return client;
  }

  /**
   * A client whose session outlives its connection: for `expiry` seconds in 5.0, else for ever. `fields` as for
   * `connect`; a session that is there goes on.
   */
  async connectKept(fields: ConnectFields = {}, expiry = 3600): Promise<Client> {
    if ((fields.version ?? this.version) < 5) return this.connect({ cleanStart: false, ...fields });
    const properties = { sessionExpiryInterval: expiry, ...fields.properties };
    return this.connect({ cleanStart: false, ...fields, properties });
  }

  /** A connected client vanishes, or ends its side without DISCONNECT; returns when the broker has noticed. */
  async lose(client: Client, how: 'cut' | 'end' = 'cut'): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const off = this.broker.on('client.disconnected', ({ clientId }) => {
      if (clientId === client.clientId) resolve();
    });
    client[how]();
    await within(promise, `the broker to notice that ${client.clientId} is gone`);
    off();
  }

  /** Publishes as the embedder. */
  async publish(topic: string, payload: string | Buffer, fields: Partial<PublishRequest> = {}): Promise<void> {
    await this.broker.publish({ topic, payload, ...fields });
  }

  /** Moves the time by `seconds`; what is due happens on the way. */
  advance(seconds: number): void {
    this.clock.advance(seconds * 1000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.cut();
    await this.broker.close();
    assert.deepEqual(this.#errors, [], 'errors of the broker');
  }
}

interface Start {
  readonly broker: Broker;
  readonly transport: Transport;
  readonly version: ProtocolVersion;
  readonly clock: SceneClock;
  readonly errors: string[];
}
