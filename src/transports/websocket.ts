import type { Listener, NetAddress } from '../broker/ports.ts';
import { layeredListener } from './listener.ts';
import { netPlace } from './place.ts';
import { proxyProtocol } from './proxy-layer.ts';
import type { TcpOptions } from './tcp.ts';
import { type Reloadable, tlsLayer } from './tls-layer.ts';
import type { TlsOptions } from './tls-options.ts';
import { webSocketTop } from './websocket-top.ts';
import { canonicalOrigin } from './websocket-upgrade.ts';

/** Where a WebSocket listener listens, and to whom; `name` is `ws`, with TLS `wss`, where it is left out. */
export interface WebSocketOptions extends TcpOptions {
  /** The path of its URL, which begins with a slash; a query is not looked at. `/mqtt` where it is left out. */
  readonly path?: string;
  /**
   * Origins of the pages that may connect, such as `https://example.com` or `http://127.0.0.1:8080`, as far as browsers
   * are concerned: other clients need not tell one. Any where they are left out or empty.
   */
  readonly origins?: readonly string[];
  /**
   * Bytes of the largest WebSocket message; 16 MiB where it is left out. A message may hold any number of packets and
   * parts of packets, but as many clients send every packet as one message, it should be no less than `maxPacketSize`.
   * A message is held until it is complete: this is what a client may have us hold. A larger one ends the connection
   * with status 1009. Before CONNACK 1 MiB is the most, whatever is said here.
   */
  readonly maxMessageSize?: number;
  /** With it this is secure WebSocket (`wss`). */
  readonly tls?: TlsOptions;
}

const MAX_MESSAGE_SIZE = 16 * 1024 * 1024;

/** A listener for MQTT over secure WebSocket. Its `open` rejects with TlsError where certificate or key is not right. */
export function websocket(options: WebSocketOptions & { readonly tls: TlsOptions }): Listener<NetAddress> & Reloadable;
/** A listener for MQTT over WebSocket (section 6 of MQTT 5.0 and 3.1.1). Throws TypeError for a bad path or origin. */
export function websocket(options: WebSocketOptions): Listener<NetAddress> & Partial<Reloadable>;
export function websocket(options: WebSocketOptions): Listener<NetAddress> & Partial<Reloadable> {
  const { name = options.tls === undefined ? 'ws' : 'wss', path = '/mqtt', origins = [] } = options;
  if (!/^\/[^?#\s]*$/.test(path)) throw new TypeError(`${JSON.stringify(path)} is not a path such as "/mqtt"`);
  const rules = { path, origins: origins.map(origin) };
  const top = webSocketTop(rules, options.maxMessageSize ?? MAX_MESSAGE_SIZE);
  const secure = options.tls === undefined ? null : tlsLayer(options.tls, 'http/1.1');
  const layers = [...(options.proxyProtocol === true ? [proxyProtocol] : []), ...(secure === null ? [] : [secure])];
  const listener = layeredListener({ name, place: netPlace(options), layers, top });
  return {
    ...listener,
    async open(accept) {
      await top.load();
      return listener.open(accept);
    },
    ...(secure === null ? {} : { reload: () => secure.reload() }),
  };
}

function origin(text: string): string {
  const canonical = canonicalOrigin(text);
  if (canonical === null) throw new TypeError(`${JSON.stringify(text)} is not an origin such as "https://example.com"`);
  return canonical;
}
