import type { Listener } from '../broker/ports.ts';
import { layeredListener } from './listener.ts';
import { unixPlace } from './place.ts';
import { proxyProtocol } from './proxy-layer.ts';

/** Where a listener on a Unix domain socket listens. */
export interface UnixOptions {
  /** The socket's file. One that a dead process has left behind is replaced; it is removed when the listener closes. */
  readonly path: string;
  /** Name of the listener: `unix` where it is left out. */
  readonly name?: string;
  /** Permissions of the file: 0o660 where they are left out. */
  readonly mode?: number;
  /** See `TcpOptions`. */
  readonly proxyProtocol?: boolean;
}

/** A listener for MQTT over a Unix domain socket; its clients have no address. */
export function unix(options: UnixOptions): Listener<{ readonly path: string }> {
  const { path, name = 'unix', mode = 0o660, proxyProtocol: behindProxy = false } = options;
  return layeredListener({ name, place: unixPlace(path, mode), layers: behindProxy ? [proxyProtocol] : [] });
}
