import { Broker, type BrokerOptions, type DisconnectReason, tcp } from '../../src/index.ts';

/** A broker in this process behind a real TCP port: its figures can be read, and why it ended a connection. */
export class LocalBroker implements AsyncDisposable {
  readonly broker: Broker;
  readonly port: number;
  /** Why clients' connections ended, by client identifier; the last reason of each. */
  readonly reasons = new Map<string, DisconnectReason>();

  constructor(broker: Broker, port: number) {
    this.broker = broker;
    this.port = port;
    broker.on('client.disconnected', (client, reason) => this.reasons.set(client.clientId, reason));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker.close();
  }
}

/** Starts it on a free port of 127.0.0.1. */
export async function localBroker(options: Partial<BrokerOptions> = {}): Promise<LocalBroker> {
  const broker = new Broker(options);
  const { port } = await broker.listen(tcp({ port: 0 }));
  return new LocalBroker(broker, port);
}
