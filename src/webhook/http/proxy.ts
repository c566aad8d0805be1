/** The variables of the environment that name proxies, lower case too; `process.env` has this form. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The proxies of an environment: URLs, empty for none. */
export interface Proxies {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  /** Hosts that are reached without one, as the variable has them. */
  readonly noProxy: string;
}

/** null: the environment has none. A problem begins with the variable; the URL is not in it, it may hold a password. */
export function proxiesOf(environment: Environment): Proxies | { readonly problem: string } | null {
  const found = { HTTP_PROXY: '', HTTPS_PROXY: '' };
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY'] as const) {
    const value = (environment[name.toLowerCase()] ?? environment[name] ?? '').trim();
    if (value === '') continue;
    const url = value.includes('://') ? value : `http://${value}`;
    if (!isProxyUrl(url)) return { problem: `${name}: must be the URL of a proxy, as http://host:port` };
    found[name] = url;
  }
  if (found.HTTP_PROXY === '' && found.HTTPS_PROXY === '') return null;
  const noProxy = environment['no_proxy'] ?? environment['NO_PROXY'] ?? '';
  return { httpProxy: found.HTTP_PROXY, httpsProxy: found.HTTPS_PROXY, noProxy };
}

function isProxyUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol);
}

/** The proxy to `url`, null for none. As undici chooses, whose `NO_PROXY` is a list of hosts, domains and ports. */
export function proxyTo(url: URL, { httpProxy, httpsProxy, noProxy }: Proxies): URL | null {
  const proxy = url.protocol === 'https:' && httpsProxy !== '' ? httpsProxy : httpProxy;
  if (proxy === '') return null;
  const host = url.hostname.replace(/^\[(.+)\]$/, '$1').replace(/(.)\.$/, '$1');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const isDirect = noProxy.split(/[,\s]+/).some((entry) => entry !== '' && covers(entry.toLowerCase(), host, port));
  return isDirect ? null : new URL(proxy);
}

/** An entry: `host`, `.domain`, `*.domain` (without the domain itself), `*`, an IP address, each with a port or without. */
function covers(entry: string, host: string, port: string): boolean {
  const withPort = /^\[(.+)\]:(\d+)$/.exec(entry) ?? /^([^:]+):(\d+)$/.exec(entry);
  const [, name = entry.replace(/^\[(.+)\]$/, '$1'), onPort = ''] = withPort ?? [];
  if (onPort !== '' && Number(onPort) !== 0 && Number(onPort) !== Number(port)) return false;
  const domain = name.replace(/^\*?\./, '').replace(/(.)\.$/, '$1');
  return domain === '*' || (!entry.startsWith('*') && host === domain) || host.endsWith(`.${domain}`);
}
