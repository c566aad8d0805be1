import type { ListenerAddress } from '../broker/ports.ts';
import type { ListenersConfig } from '../config/listeners.ts';
import { TlsError, type TlsOptions } from '../transports/tls-options.ts';
import type { Planned } from './plan.ts';

/** A listener cannot be opened, or its certificates not be read; the message is one line for the operator. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** The configuration key that is to blame. */
  readonly key: string;
  /** What is wrong. */
  readonly reason: string;

  constructor(key: string, reason: string) {
    super(`${key}: ${reason}`);
    this.key = key;
    this.reason = reason;
  }
}

/** The key of a listener, for example `listeners.ssl.lan`. */
export function keyOf({ kind, entry }: Pick<Planned, 'kind' | 'entry'>): string {
  return entry === 'default' ? `listeners.${kind}` : `listeners.${kind}.${entry}`;
}

/** `127.0.0.1:1883`, `[::1]:1883`, or a path. */
export function placeOf(address: ListenerAddress): string {
  if (!('port' in address)) return address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** What an error of `open` or `reload` says to the operator; `holder` is the key of whoever of us listens there. */
export function listenError(
  error: unknown,
  planned: Planned,
  listeners: ListenersConfig,
  holder: string | undefined,
): ListenError {
  if (error instanceof TlsError) return new ListenError(keyOfTls(error, planned, listeners), error.message);
  const { kind, address } = planned;
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const why =
    holder === undefined ? (CAUSES[code] ?? {})[kind === 'unix' ? 'file' : 'port'] : `${holder} is there already`;
  const key = `${keyOf(planned)}.${kind === 'unix' ? 'path' : 'bind'}`;
  return new ListenError(key, `cannot listen on ${placeOf(address)}: ${why ?? code}`);
}

/** What the system's words mean for a port and for the file of a socket. */
const CAUSES: Readonly<Record<string, { readonly port?: string; readonly file?: string }>> = {
  EADDRINUSE: {
    port: 'the port is in use by another program',
    file: 'another program listens there, or the file is no socket',
  },
  // Node says EACCES as well where the directory is missing.
  EACCES: {
    port: 'not permitted (ports below 1024 need privileges)',
    file: 'not permitted, or its directory does not exist',
  },
  EPERM: { port: 'not permitted', file: 'not permitted' },
  EADDRNOTAVAIL: { port: 'this machine does not have that address' },
  ENOTFOUND: { port: 'no such host name' },
  EAI_AGAIN: { port: 'the host name cannot be looked up now' },
  EAFNOSUPPORT: { port: 'this machine has no such addresses (IPv6 may be switched off)' },
  ENOTDIR: { file: 'its directory does not exist' },
  EROFS: { file: 'the file system is read-only' },
};

/** The configuration's keys for what TLS calls otherwise. */
const TLS_KEYS: Partial<Record<keyof TlsOptions, string>> = {
  keyPassword: 'key_password',
  verifyPeer: 'verify_peer',
  failIfNoPeerCert: 'fail_if_no_peer_cert',
};

/** The key to blame; a secure WebSocket may have its value from `listeners.ssl`. */
function keyOfTls({ option }: TlsError, planned: Planned, { ssl, wss }: ListenersConfig): string {
  const name = TLS_KEYS[option] ?? option;
  const own: Readonly<Record<string, unknown>> | undefined = planned.kind === 'wss' ? wss[planned.entry] : undefined;
  const shared: Readonly<Record<string, unknown>> | undefined = ssl['default'];
  const inherited = own !== undefined && own[name] === undefined && shared?.[name] !== undefined;
  return `${inherited ? 'listeners.ssl' : keyOf(planned)}.${name}`;
}
