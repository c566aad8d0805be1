import type { Listener, NetAddress } from '../broker/ports.ts';
import { layeredListener } from './listener.ts';
import { netPlace } from './place.ts';
import { proxyProtocol } from './proxy-layer.ts';
import type { TcpOptions } from './tcp.ts';
import { type Reloadable, tlsLayer } from './tls-layer.ts';
import type { TlsOptions } from './tls-options.ts';

/** Where a TLS listener listens, and with which certificate; `name` is `ssl` where it is left out. */
export interface TlsListenerOptions extends TcpOptions {
  readonly tls: TlsOptions;
}

/** A listener for MQTT over TLS. Its `open` rejects with TlsError where the certificate or key is not right. */
export function tls(options: TlsListenerOptions): Listener<NetAddress> & Reloadable {
  const { name = 'ssl', proxyProtocol: behindProxy = false } = options;
  const layer = tlsLayer(options.tls, 'mqtt');
  const layers = behindProxy ? [proxyProtocol, layer] : [layer];
  return { ...layeredListener({ name, place: netPlace(options), layers }), reload: () => layer.reload() };
}
