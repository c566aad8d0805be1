import { Agent, buildConnector, Client, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import type { Dial } from './connection.ts';
import { toleratingContinue } from './interim-answers.ts';
import type { Proxies } from './proxy.ts';
import type { TransportSettings } from './transport.ts';

/** What opens connections: to the endpoint, and to where it redirects. */
export interface Dialer {
  readonly dial: Dial;
  /** For all other origins. They are not shown the client certificate, nor is the endpoint's host name asked of them. */
  readonly dialOthers: () => Dispatcher;
  /** Whether what handles an answer can be used again: undici's proxies leave something on it. */
  readonly canReuseHandlers: boolean;
}

/** How connections are opened, directly or through the proxies. */
export function dialer({ url, connection }: TransportSettings, proxies: Proxies | null): Dialer {
  const { origin } = new URL(url);
  const { pipelining, connectTimeout, http2: allowH2, poolSize } = connection;
  const common = {
    // One timer of the transport watches all answers, instead of two for each connection.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2,
  };
  const options = { ...common, pipelining, h2Options: { maxConcurrentStreams: pipelining } };
  const tls = tlsOptions(connection.tls);
  const othersTls = { ca: tls.ca, rejectUnauthorized: tls.rejectUnauthorized };
  if (proxies === null) {
    // One for all, as it keeps the TLS sessions that can be resumed.
    const connect = connector({ ...tls, allowH2, timeout: connectTimeout });
    return {
      dial: (opened) => new Client(origin, { ...options, connect }).on('connect', opened),
      dialOthers: () =>
        new Agent({
          ...common,
          connections: poolSize,
          connect: connector({ ...othersTls, allowH2, timeout: connectTimeout }),
        }),
      canReuseHandlers: true,
    };
  }
  const proxied = { ...proxies, connectTimeout, ...common, clientFactory: proxyClient(connectTimeout) };
  return {
    dial: (opened) =>
      new EnvHttpProxyAgent({
        ...proxied,
        connect: { ...tls, timeout: connectTimeout },
        requestTls: tls,
        factory: (to, own: OwnOptions) =>
          new Client(to, { ...own, ...options, connect: connectorOf(own) }).on('connect', opened),
      }),
    dialOthers: () =>
      new EnvHttpProxyAgent({
        ...proxied,
        connect: { ...othersTls, timeout: connectTimeout },
        requestTls: othersTls,
        factory: (to, own: OwnOptions) =>
          new Pool(to, { ...own, ...common, connections: poolSize, connect: connectorOf(own) }),
      }),
    canReuseHandlers: false,
  };
}

type Connect = buildConnector.connector;

/** What undici's proxies open a connection with: ready to be used through a proxy, options without one. */
interface OwnOptions {
  readonly connect?: Connect | buildConnector.BuildOptions;
  readonly allowH2?: boolean;
}

function connectorOf({ connect, allowH2 }: OwnOptions): Connect {
  if (typeof connect === 'function') return toleratingContinue(connect);
  return connector({ ...connect, ...(allowH2 === undefined ? {} : { allowH2 }) });
}

/** Opens connections without a proxy. */
function connector(options: buildConnector.BuildOptions): Connect {
  const connect = toleratingContinue(buildConnector(options));
  // Undici would take the name that a certificate must have from a `host` header: it is `sni`, or the URL's host.
  return (to, callback) => connect({ ...to, servername: '' }, callback);
}

/** Makes what asks a proxy for a tunnel (CONNECT): within the time that connecting may take. */
function proxyClient(timeout: number) {
  return (proxy: URL, own: object): Dispatcher => new Client(proxy, { ...own, headersTimeout: timeout });
}

function tlsOptions({ ca, cert, key, passphrase, verify, sni }: TransportSettings['connection']['tls']) {
  return {
    ca,
    cert,
    key,
    passphrase,
    rejectUnauthorized: verify,
    ...(sni === undefined ? {} : { servername: sni }),
  };
}
