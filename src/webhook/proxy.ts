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

/** The proxy to `url` unless `noProxy` has its host, null for none. As undici chooses. */
export function proxyTo(url: URL, { httpProxy, httpsProxy }: Proxies): URL | null {
  const proxy = url.protocol === 'https:' && httpsProxy !== '' ? httpsProxy : httpProxy;
  return proxy === '' ? null : new URL(proxy);
}
