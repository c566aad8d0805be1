import type { Broker } from '../broker/broker.ts';
import type { ListenerAddress } from '../broker/ports.ts';
import type { CoreConfig } from '../config/core.ts';
import type { ListenerKind } from '../config/listeners.ts';
import { keyOf, listenError, placeOf } from './listen-error.ts';
import { plan, type Planned } from './plan.ts';

/** A listener that is open. */
export interface OpenListener {
  /** Its key in the configuration, for example `listeners.ssl.lan`. */
  readonly key: string;
  readonly name: string;
  readonly address: ListenerAddress;
  /** Where clients connect: `mqtt://127.0.0.1:1883`, `wss://[::1]:8084/mqtt`, `unix:/run/hookmq.sock`. */
  readonly url: string;
  /** Reads the certificates anew, for connections from now on; rejects with ListenError. Null where it has none. */
  readonly reload: (() => Promise<void>) | null;
}

/** Opens all listeners, one after the other; throws ListenError at the first that cannot be opened. */
export async function openListeners(broker: Broker, config: CoreConfig): Promise<readonly OpenListener[]> {
  const open: OpenListener[] = [];
  for (const planned of plan(config)) {
    const { kind, listener, policy, path } = planned;
    const failed = (error: unknown): never => {
      throw listenError(error, planned, config.listeners, holderOf(error, planned, open));
    };
    const address = await broker.listen(listener, policy).catch(failed); // oxlint-disable-line no-await-in-loop -- in order
    const reload = listener.reload === undefined ? null : () => listener.reload?.().catch(failed) ?? Promise.resolve();
    open.push({
      key: keyOf(planned),
      name: listener.name,
      address,
      url: `${SCHEMES[kind]}${placeOf(address)}${path}`,
      reload,
    });
  }
  return open;
}

const SCHEMES: Readonly<Record<ListenerKind, string>> = {
  tcp: 'mqtt://',
  ssl: 'mqtts://',
  ws: 'ws://',
  wss: 'wss://',
  unix: 'unix:',
};

/** The key of our own listener that is in the way of another. */
function holderOf(error: unknown, { address }: Planned, open: readonly OpenListener[]): string | undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) return undefined;
  return open.find((listener) => collide(listener.address, address))?.key;
}

function collide(a: ListenerAddress, b: ListenerAddress): boolean {
  if (!('port' in a) || !('port' in b)) return placeOf(a) === placeOf(b);
  return a.port === b.port && (a.host === b.host || ANY_HOST.has(a.host) || ANY_HOST.has(b.host));
}

const ANY_HOST: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
