import { ListenError } from '../app.ts';
import { listenersSection, type ListenersConfig } from '../config/listeners.ts';
import { type ListenerUrl, parseListenerUrl } from '../config/listener-urls.ts';
import { configure } from '../config/load.ts';
import { Failure, UsageError } from './failure.ts';
import type { Options } from './command.ts';

/** Where to listen instead of where the config says; names are NanoMQ's. */
export const listenerOptions = {
  url: {
    type: 'string',
    multiple: true,
    takes: 'nmq-tcp://HOST:PORT',
    doc: 'listen here instead of where the config says; also nmq-tls://, nmq-ws://HOST:PORT/PATH, nmq-wss://',
  },
  cert: { type: 'string', short: 'E', takes: 'FILE', doc: 'the certificate for nmq-tls and nmq-wss, in PEM form' },
  key: { type: 'string', takes: 'FILE', doc: 'its private key' },
  keypass: { type: 'string', takes: 'PASSWORD', doc: 'of the key; other users may see it in the list of processes' },
  cacert: { type: 'string', takes: 'FILE', doc: 'the certificates that client certificates are signed with' },
  verify: { type: 'boolean', doc: 'ask clients for certificates (needs --cacert)' },
  fail: { type: 'boolean', doc: 'refuse clients without one (needs --verify)' },
} as const satisfies Options;

/** What was typed of these options. */
export interface ListenerValues {
  readonly url?: readonly string[] | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly keypass?: string | undefined;
  readonly cacert?: string | undefined;
  readonly verify?: boolean | undefined;
  readonly fail?: boolean | undefined;
}

/** The options by the keys that they stand for. */
const KEYS = {
  certfile: 'cert',
  keyfile: 'key',
  key_password: 'keypass',
  cacertfile: 'cacert',
  verify_peer: 'verify',
  fail_if_no_peer_cert: 'fail',
} as const;

/**
 * The listeners that the options ask for; undefined where they ask for none.
 *
 * @throws UsageError when they make no sense.
 */
export function listenersOf(values: ListenerValues): ListenersConfig | undefined {
  const urls = (values.url ?? []).map(urlOf);
  const given = Object.entries(KEYS).flatMap(([key, option]) => {
    const value = values[option];
    return value === undefined ? [] : [[key, value] as const];
  });
  const secure = urls.some(({ kind }) => kind === 'ssl' || kind === 'wss');
  if (secure) checkTls(values);
  else if (given.length > 0) {
    throw new UsageError(
      `--${KEYS[given[0]?.[0] as keyof typeof KEYS]} goes with --url nmq-tls://... or nmq-wss://...`,
    );
  }
  return urls.length === 0 ? undefined : listenAt(urls, Object.fromEntries(given));
}

/** Listeners at these places and nowhere else. */
export function listenAt(
  urls: readonly ListenerUrl[],
  tls: Readonly<Record<string, string | boolean>> = {},
): ListenersConfig {
  const kinds: Record<string, Record<string, Record<string, string | boolean>>> = {};
  for (const [index, { kind, bind }] of urls.entries()) {
    const entries = (kinds[kind] ??= {});
    const name = Object.keys(entries).length === 0 ? 'default' : `url${index + 1}`;
    entries[name] = kind === 'ssl' || kind === 'wss' ? { bind, ...tls } : { bind };
  }
  return configure(listenersSection, kinds);
}

/** An error of opening such listeners, with the option that changes it in place of the key; other errors as they are. */
export function failureOf(error: unknown, option: string): unknown {
  if (!(error instanceof ListenError)) return error;
  const key = error.key.slice(error.key.lastIndexOf('.') + 1);
  if (Object.hasOwn(KEYS, key)) return new Failure(`--${KEYS[key as keyof typeof KEYS]}: ${error.reason}`);
  return new Failure(`${error.reason}; choose another with ${option}`);
}

function urlOf(text: string): ListenerUrl {
  const url = parseListenerUrl(text);
  if (typeof url === 'string') throw new UsageError(`--url ${text}: ${url}`);
  return url;
}

function checkTls({ cert, key, verify, cacert, fail }: ListenerValues): void {
  if (cert === undefined || key === undefined)
    throw new UsageError('nmq-tls and nmq-wss need --cert FILE and --key FILE');
  if (verify === true && cacert === undefined) throw new UsageError('--verify needs --cacert FILE');
  if (fail === true && verify !== true) throw new UsageError('--fail needs --verify');
}
