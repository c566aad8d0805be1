import { type BindAddress, bindAddress, fileMode, socketPath, webAddress } from './address-kinds.ts';
import type { Kind } from './kind.ts';
import { boolean } from './kinds.ts';
import { inherited, policyRows, tlsRows, tlsVersions, webRows } from './listener-rows.ts';
import { parseListenerUrl } from './listener-urls.ts';
import type { UrlKind } from './listener-urls.ts';
import { named } from './named.ts';
import { refuse, row, section } from './rows.ts';
import type { Infer, ProblemTold, Refusal, Row, Rows, Values } from './rows.ts';
import type { Plain } from './tree.ts';

/** One kind of listeners: its own rows, `enable` and what all kinds have. `keepsOff`: see `named`. */
function listenersOfKind<const R extends Rows>(rows: R, legacyEnable: readonly string[], keepsOff = false) {
  const enable = row(boolean(), {
    doc: 'Whether this listener is opened; `false` switches it off without taking it away.',
    default: true,
    legacy: legacyEnable,
  });
  return named({ ...rows, enable, ...policyRows }, { switch: 'enable', keepsOff });
}

/** `bind` of one kind, with its name in the flat dialect. */
function bindRow<T>(kind: Kind<T>, legacy: string, urlKind: UrlKind): Row<T> {
  return row(kind, {
    doc: 'Where to listen: address and port, for WebSockets also the path.',
    required: true,
    legacy: [{ name: legacy, convert: (value) => bindOfOldUrl(value, urlKind) }],
  });
}

/** Without it a listener is not opened, as with NanoMQ, but may lend its certificate to those of `wss`. */
const sslBind = { ...bindRow<BindAddress | undefined>(bindAddress(), 'tls.url', 'ssl'), required: false };

/** The section `listeners`: a key for each kind, NanoMQ's where it has one. */
export const listenersSection = section(
  'listeners',
  {
    tcp: row(listenersOfKind({ bind: bindRow(bindAddress(), 'url', 'tcp') }, ['enable']), {
      doc: 'MQTT over TCP: one listener with `bind` directly, more of them below a name each.',
      default: {},
    }),
    ssl: row(listenersOfKind({ bind: sslBind, ...tlsRows }, ['tls.enable'], true), {
      doc: 'MQTT over TLS.',
      default: {},
    }),
    ws: row(listenersOfKind({ bind: bindRow(webAddress(), 'websocket.url', 'ws'), ...webRows }, ['websocket.enable']), {
      doc: 'MQTT over WebSocket.',
      default: {},
    }),
    wss: row(
      listenersOfKind({ bind: bindRow(webAddress(), 'websocket.tls_url', 'wss'), ...webRows, ...inherited(tlsRows) }, [
        'websocket.tls_enable',
      ]),
      {
        doc: 'MQTT over secure WebSocket. What it does not say about certificates and TLS is as `listeners.ssl` without a name has it.',
        default: {},
      },
    ),
    unix: row(
      listenersOfKind(
        {
          path: row(socketPath(), { doc: 'The path of the socket.', required: true }),
          mode: row(fileMode(), { doc: 'Who may connect, as chmod has it.', default: '0660' }),
        },
        [],
      ),
      { doc: 'MQTT over a Unix domain socket, for programs of the same machine.', default: {} },
    ),
  },
  {
    doc: 'Where clients connect: exactly what is here. Without this section one TCP listener on the loopback interface is opened.',
    whenAbsent: { tcp: { bind: '127.0.0.1:1883' } },
    check(values, problem) {
      checkNames(values, problem);
      checkTls(values, problem);
      checkAddresses(values, problem);
    },
  },
);

/**
 * The values of the section. Listeners that are switched off are not among them, but for those of `ssl`: the settings of
 * the one without a name are those of `wss` as well (see `openedTls`).
 */
export type ListenersConfig = Infer<typeof listenersSection>;

export type ListenerKind = keyof ListenersConfig;

/** The name of a listener, unique in a broker: its own, or that of its kind. */
export function listenerName(kind: ListenerKind, entry: string): string {
  return entry === 'default' ? kind : entry;
}

/** The TLS settings of a secure listener; a certificate or key that is missing is the empty text. */
export type TlsConfig = Omit<Values<typeof tlsRows>, 'certfile' | 'keyfile'> & {
  readonly certfile: string;
  readonly keyfile: string;
};

/** A TLS listener that is to be opened. */
export type OpenedTls = ListenersConfig['ssl'][string] & { readonly bind: BindAddress };

/** The listeners of `ssl` that are to be opened: not what is switched off, nor what is there for `wss` only. */
export function openedTls({ ssl }: ListenersConfig): Readonly<Record<string, OpenedTls>> {
  const opened = Object.entries(ssl).flatMap(([entry, own]): [string, OpenedTls][] =>
    own.enable && own.bind !== undefined ? [[entry, { ...own, bind: own.bind }]] : [],
  );
  return Object.fromEntries(opened);
}

/** The settings of one `ssl` listener. */
export function tlsOfSsl(own: ListenersConfig['ssl'][string]): TlsConfig {
  return { ...own, certfile: own.certfile ?? '', keyfile: own.keyfile ?? '' };
}

/** The settings of one `wss` listener, with those of `listeners.ssl` where it has none of its own. */
export function tlsOfWss(listeners: ListenersConfig, entry: string): TlsConfig {
  const own = listeners.wss[entry];
  const shared = listeners.ssl['default'];
  return {
    certfile: own?.certfile ?? shared?.certfile ?? '',
    keyfile: own?.keyfile ?? shared?.keyfile ?? '',
    key_password: own?.key_password ?? shared?.key_password,
    cacertfile: own?.cacertfile ?? shared?.cacertfile,
    verify_peer: own?.verify_peer ?? shared?.verify_peer ?? false,
    fail_if_no_peer_cert: own?.fail_if_no_peer_cert ?? shared?.fail_if_no_peer_cert ?? false,
    tls_versions: own?.tls_versions ?? shared?.tls_versions ?? tlsVersions,
  };
}

function checkNames(listeners: ListenersConfig, problem: ProblemTold): void {
  const taken = new Map<string, string>();
  for (const [kind, entries] of Object.entries({ ...listeners, ssl: openedTls(listeners) })) {
    for (const entry of Object.keys(entries)) {
      const name = entry === 'default' ? kind : entry;
      const before = taken.get(name);
      if (before !== undefined) {
        problem([kind, entry], `a listener of this name is there already: ${before}; every listener needs its own`);
      }
      taken.set(name, `listeners.${kind}${entry === 'default' ? '' : `.${entry}`}`);
    }
  }
}

/** Clients of a Unix domain socket have addresses only where a proxy tells them. */
function checkAddresses({ unix }: ListenersConfig, problem: ProblemTold): void {
  for (const [entry, { proxy_protocol, max_connections_per_ip }] of Object.entries(unix))
    if (max_connections_per_ip !== undefined && !proxy_protocol)
      problem(['unix', entry, 'max_connections_per_ip'], 'clients have no address here without proxy_protocol = true');
}

function checkTls(listeners: ListenersConfig, problem: ProblemTold): void {
  for (const [entry, values] of Object.entries(listeners.ssl)) {
    const lends = entry === 'default' && Object.keys(listeners.wss).length > 0;
    if (!values.enable || (values.bind === undefined && lends)) continue;
    if (values.bind === undefined) problem(['ssl', entry, 'bind'], `missing; it must be ${bindAddress().expected}`);
    checkTlsOf(tlsOfSsl(values), ['ssl', entry], problem);
  }
  for (const entry of Object.keys(listeners.wss)) checkTlsOf(tlsOfWss(listeners, entry), ['wss', entry], problem);
}

function checkTlsOf(tls: TlsConfig, path: readonly string[], problem: ProblemTold): void {
  const orThere = path[0] === 'wss' ? ', here or in listeners.ssl' : '';
  for (const key of ['certfile', 'keyfile'] as const) {
    if (tls[key] === '') problem([...path, key], `missing; it must be the path of a PEM file${orThere}`);
  }
  if (tls.verify_peer && tls.cacertfile === undefined) {
    problem([...path, 'cacertfile'], 'missing; verify_peer needs the certificates that clients are signed with');
  }
  if (tls.fail_if_no_peer_cert && !tls.verify_peer) {
    problem([...path, 'fail_if_no_peer_cert'], 'asks nobody for a certificate without verify_peer = true');
  }
}

/** `url=nmq-tcp://0.0.0.0:1883` or `websocket.url=nmq-ws://0.0.0.0:8083/mqtt`; `kind` is the key's. */
function bindOfOldUrl(value: Plain, kind: UrlKind): Plain | Refusal {
  if (typeof value !== 'string' || !value.includes('://')) return value;
  const url = parseListenerUrl(value);
  if (typeof url === 'string') return refuse(url);
  return url.kind === kind ? url.bind : refuse(`this is the URL of another kind of listener, ${url.kind}`);
}
