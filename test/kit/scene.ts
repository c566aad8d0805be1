import { Broker, type PublishRequest } from '../../src/broker/broker.ts';
import type { Client } from '../../src/broker/client.ts';
import type { DropReason } from '../../src/broker/events.ts';
import type { BrokerOptions, ListenerPolicy } from '../../src/broker/options.ts';
import type { Peer, Wire, WireHandler } from '../../src/broker/ports.ts';
import type { ProtocolVersion } from '../../src/codec/packets.ts';
import { FakeClock } from './fake-clock.ts';
import { type ConnectFields, RawClient } from './raw-client.ts';

/** The versions of MQTT, for what is the same in all of them. */
export const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];

/** A message that was dropped, as the event told it. */
export interface Dropped {
  readonly text: string;
  readonly receiver: string | null;
  readonly reason: DropReason;
}

/** A broker on a clock that stands still, and its clients. */
export class Scene {
  readonly clock = new FakeClock();
  readonly broker: Broker;
  /** What the broker logged as errors. */
  readonly errors: string[] = [];
  /** What it dropped. */
  readonly dropped: Dropped[] = [];
  #names = 0;

  constructor(options: Partial<BrokerOptions> = {}) {
    const log = { debug() {}, info() {}, warn() {}, error: (line: string) => void this.errors.push(line) };
    this.broker = new Broker({ clock: this.clock, log, ...options });
    this.broker.on('message.dropped', (message, receiver: Client | null, reason) =>
      this.dropped.push({ text: message.payload.toString(), receiver: receiver?.clientId ?? null, reason }),
    );
  }

  /** A wire on which nothing was said yet. */
  open(peer: Partial<Peer> = {}): RawClient {
    return new RawClient(this.broker, this.clock, peer);
  }

  /** A listener with a policy of its own; returns what opens a wire there. */
  async listen(policy: Partial<ListenerPolicy>, name = 'own'): Promise<(peer?: Partial<Peer>) => RawClient> {
    const { promise, resolve } = Promise.withResolvers<(wire: Wire) => WireHandler>();
    const open = async (accept: (wire: Wire) => WireHandler): Promise<{ path: string }> => {
      resolve(accept);
      return { path: 'memory' };
    };
    await this.broker.listen({ name, open, close: () => Promise.resolve() }, policy);
    const attach = await promise;
    return (peer = {}) => this.openBy(attach, { listener: name, ...peer });
  }

  /** A wire that is attached in its own way. */
  openBy(attach: (wire: Wire) => WireHandler, peer: Partial<Peer> = {}): RawClient {
    return new RawClient({ attach }, this.clock, peer);
  }

  /** Publishes as the embedder. */
  publish(topic: string, payload: string | Buffer, fields: Partial<PublishRequest> = {}): void {
    void this.broker.publish({ topic, payload, ...fields });
  }

  /** A connected client with a name of its own. */
  connect(fields: ConnectFields = {}): RawClient {
    const client = this.open();
    client.connect({ clientId: `client-${++this.#names}`, ...fields });
    return client;
  }

  /** A connected client of 5.0 whose session is kept for `expiry` seconds. */
  connect5(fields: ConnectFields = {}, expiry = 0): RawClient {
    return this.connect({ version: 5, ...fields, properties: { sessionExpiryInterval: expiry, ...fields.properties } });
  }
}
