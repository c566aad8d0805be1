import type { ListenerPolicy } from '../broker/options.ts';
import type { Listener, ListenerAddress } from '../broker/ports.ts';
import type { CoreConfig } from '../config/core.ts';
import {
  type ListenerKind,
  listenerName,
  type ListenersConfig,
  openedTls,
  type TlsConfig,
  tlsOfSsl,
  tlsOfWss,
} from '../config/listeners.ts';
import { tcp } from '../transports/tcp.ts';
import type { Reloadable } from '../transports/tls-layer.ts';
import type { TlsOptions } from '../transports/tls-options.ts';
import { tls } from '../transports/tls.ts';
import { unix } from '../transports/unix.ts';
import { websocket } from '../transports/websocket.ts';

/** A listener as the configuration has it. */
export interface Planned {
  readonly kind: ListenerKind;
  /** Its name in the configuration, `default` for the one without. */
  readonly entry: string;
  readonly listener: Listener & Partial<Reloadable>;
  readonly policy: Partial<ListenerPolicy>;
  /** Where it is to listen. */
  readonly address: ListenerAddress;
  /** What clients have behind the address. */
  readonly path: string;
}

/** The listeners of a configuration, none of them open: for each kind, what makes one. */
export function plan({ listeners, mqtt }: CoreConfig): readonly Planned[] {
  return [
    ...each('tcp', listeners.tcp, ({ bind }, common) => tcp({ ...bind, ...common })),
    ...each('ssl', openedTls(listeners), (own, common) =>
      tls({ ...own.bind, ...common, tls: tlsOptions(tlsOfSsl(own)) }),
    ),
    ...each('ws', listeners.ws, ({ bind, origins, max_packet_size = mqtt.max_packet_size }, common) =>
      websocket({ ...bind, origins, ...common, maxMessageSize: messageSize(max_packet_size) }),
    ),
    ...each('wss', listeners.wss, ({ bind, origins, max_packet_size = mqtt.max_packet_size }, common, entry) =>
      websocket({
        ...bind,
        origins,
        ...common,
        maxMessageSize: messageSize(max_packet_size),
        tls: tlsOptions(tlsOfWss(listeners, entry)),
      }),
    ),
    ...each('unix', listeners.unix, ({ path, mode }, common) => unix({ path, mode, ...common })),
  ];
}

/** What the rows of all kinds have in common, and where they say to listen. */
type ListenerConfig = Omit<ListenersConfig['tcp'][string], 'bind'> &
  ({ readonly bind: { host: string; port: number; path?: string } } | { readonly bind?: never; readonly path: string });

function each<T extends ListenerConfig>(
  kind: ListenerKind,
  entries: Readonly<Record<string, T>>,
  make: (values: T, common: { name: string; proxyProtocol: boolean }, entry: string) => Planned['listener'],
): Planned[] {
  return Object.entries(entries).map(([entry, values]) => ({
    kind,
    entry,
    listener: make(values, { name: listenerName(kind, entry), proxyProtocol: values.proxy_protocol }, entry),
    policy: policyOf(values),
    address: values.bind ?? { path: values.path },
    path: values.bind?.path ?? '',
  }));
}

/** What a listener has otherwise than the broker: only what is there. */
function policyOf(values: ListenerConfig): Partial<ListenerPolicy> {
  const policy = {
    allowAnonymous: values.allow_anonymous,
    maxConnections: values.max_connections,
    maxConnectionsPerAddress: values.max_connections_per_ip,
    maxConnectRate: values.max_connect_rate,
    maxMessageRate: values.max_message_rate,
    maxByteRate: values.max_byte_rate,
    rateAction: values.rate_action,
    maxPacketSize: values.max_packet_size,
  } satisfies { [K in keyof ListenerPolicy]: ListenerPolicy[K] | undefined };
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}

/** Many clients send every packet as one message, and some send several small ones as one. */
function messageSize(packetSize: number): number {
  return Math.max(packetSize + 64 * 1024, 1024 * 1024);
}

const TLS_VERSIONS = { 'tlsv1.2': 'TLSv1.2', 'tlsv1.3': 'TLSv1.3' } as const;

function tlsOptions(config: TlsConfig): TlsOptions {
  const versions = config.tls_versions.map((version) => TLS_VERSIONS[version]).toSorted();
  return {
    certfile: config.certfile,
    keyfile: config.keyfile,
    verifyPeer: config.verify_peer,
    failIfNoPeerCert: config.fail_if_no_peer_cert,
    minVersion: versions[0] ?? 'TLSv1.2',
    maxVersion: versions.at(-1) ?? 'TLSv1.3',
    ...(config.key_password === undefined ? {} : { keyPassword: config.key_password }),
    ...(config.cacertfile === undefined ? {} : { cacertfile: config.cacertfile }),
  };
}
