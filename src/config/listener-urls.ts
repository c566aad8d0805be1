import { isWebPath } from './address-kinds.ts';

/** The kinds of listeners that a URL can name. */
export type UrlKind = 'tcp' | 'ssl' | 'ws' | 'wss';

interface Scheme {
  readonly kind: UrlKind;
  /** The port of a URL without one. */
  readonly port: number;
}

const tcp: Scheme = { kind: 'tcp', port: 1883 };
const ssl: Scheme = { kind: 'ssl', port: 8883 };
const ws: Scheme = { kind: 'ws', port: 8083 };
const wss: Scheme = { kind: 'wss', port: 8084 };

/** NanoMQ's schemes, those that clients use, and what else its users write. */
const schemes: Readonly<Record<string, Scheme>> = {
  'nmq-tcp': tcp,
  'broker+tcp': tcp,
  tcp,
  mqtt: tcp,
  'nmq-tls': ssl,
  'nmq-tcp+tls': ssl,
  'tls+nmq-tcp': ssl,
  ssl,
  tls: ssl,
  mqtts: ssl,
  'nmq-ws': ws,
  'nmq+ws': ws,
  ws,
  'nmq-wss': wss,
  'nmq+wss': wss,
  wss,
};

/** Where a URL says to listen: `bind` as it stands in a config file. */
export interface ListenerUrl {
  readonly kind: UrlKind;
  readonly bind: string;
}

/** Reads `nmq-tcp://host:port`, `nmq-ws://host:port/path` and so on; a text that says what is wrong with any other. */
export function parseListenerUrl(text: string): ListenerUrl | string {
  const form = /^(?<name>[a-z+-]+):\/\/(?<host>\[[\da-f:.]+\]|[\w.-]+)(?::(?<port>\d{1,5}))?(?<path>\/[^?#]*)?$/i;
  const { name = '', host = '', port, path = '' } = form.exec(text)?.groups ?? {};
  if (host === '') return 'not of the form nmq-tcp://HOST:PORT';
  const scheme = name.toLowerCase();
  const found = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined;
  if (found === undefined) return `unknown scheme ${name}, known are ${Object.keys(schemes).join(', ')}`;
  if (Number(port ?? 0) > 65_535) return 'a port is a number from 0 to 65535';
  const { kind } = found;
  const web = kind === 'ws' || kind === 'wss';
  if (!web && path.length > 1) return 'only a WebSocket listener has a path';
  if (web && path !== '' && !isWebPath(path)) return 'the path has characters that no path of a URL has';
  return { kind, bind: `${host}:${port ?? found.port}${web && path.length > 1 ? path : ''}` };
}
