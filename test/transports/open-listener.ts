import type { Duplex } from 'node:stream';

import type { Listener, ListenerAddress, Wire } from '../../src/index.ts';
import { until } from '../kit/until.ts';

/** The broker's end of one connection, and what its wire has told. */
export interface Accepted {
  readonly wire: Wire;
  /** All bytes that came. */
  received: Buffer;
  identified: number;
  drained: number;
  closed: number;
}

/** A listener that is open, with a broker that does nothing but remember. */
export interface OpenListener extends AsyncDisposable {
  readonly name: string;
  readonly address: ListenerAddress;
  readonly accepted: Accepted[];
  /** Clients to be gone with the listener. */
  readonly clients: Duplex[];
  close(): Promise<void>;
}

/** Opens it; `onData` and `onAccept` are what the broker does then. */
export async function openListener(
  listener: Listener,
  onData: (bytes: Buffer, accepted: Accepted) => void = () => {},
  onAccept: (wire: Wire) => void = () => {},
): Promise<OpenListener> {
  const accepted: Accepted[] = [];
  const clients: Duplex[] = [];
  const address = await listener.open((wire) => {
    onAccept(wire);
    const one: Accepted = { wire, received: Buffer.alloc(0), identified: 0, drained: 0, closed: 0 };
    accepted.push(one);
    return {
      identified: () => void one.identified++,
      data: (bytes) => {
        one.received = Buffer.concat([one.received, bytes]);
        onData(bytes, one);
      },
      drained: () => void one.drained++,
      closed: () => void one.closed++,
    };
  });
  return {
    name: listener.name,
    address,
    accepted,
    clients,
    close: () => listener.close(),
    async [Symbol.asyncDispose]() {
      const closing = listener.close();
      for (const client of clients) client.destroy();
      for (const { wire } of accepted) wire.end();
      await closing;
    },
  };
}

/** The connection that a listener accepts as its first (0) or a later one. */
export async function acceptedAs({ accepted }: OpenListener, index: number): Promise<Accepted> {
  await until(() => accepted.length > index, 'a connection');
  return accepted[index] as Accepted;
}
