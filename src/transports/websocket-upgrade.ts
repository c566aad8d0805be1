import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** The subprotocols of MQTT, the preferred one first: `mqtt` of 3.1.1 and 5.0 [MQTT-6.0.0-3], `mqttv3.1` of older clients. */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1'] as const;

/** The version of the WebSocket protocol: that of RFC 6455. */
const VERSION = '13';

/** Bytes of a request's head. */
const MAX_HEAD = 8 * 1024;

/** Milliseconds that a client has to take an answer, before the connection is cut. */
const LINGER = 2000;

/** What a request must ask for. */
export interface UpgradeRules {
  /** Begins with a slash. */
  readonly path: string;
  /** Canonical (see `canonicalOrigin`); empty: any. */
  readonly origins: readonly string[];
}

/** A request that is no good, and what to do about it. */
interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * An HTTP server that does not listen: connections come by its event `connection`. A request for a WebSocket that obeys
 * the rules goes to `upgrade`; any other gets an answer and the connection ends.
 */
export function upgradeServer(
  rules: UpgradeRules,
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Server {
  // The time that a request may take is the broker's to bound: it is part of what CONNECT may take.
  const server = createServer({ maxHeaderSize: MAX_HEAD, headersTimeout: 0, requestTimeout: 0, keepAlive: false });
  server.on('request', (request, response) => {
    const { status, text, headers } = pathRefusal(request, rules) ?? UPGRADE_REQUIRED;
    response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close', ...headers }).end(`${text}\n`);
  });
  server.on('upgrade', (request, socket, head) => {
    const refusal = refusalOf(request, rules);
    if (refusal === null) upgrade(request, socket, head);
    else answer(socket, refusal);
  });
  return server;
}

/** The subprotocol for a client that offers these; the rules have seen to it that one of them is ours. */
export function subprotocol(offered: ReadonlySet<string>): string | false {
  return SUBPROTOCOLS.find((name) => offered.has(name)) ?? false; // [MQTT-6.0.0-4]
}

/** Sends an answer to a request for an upgrade and ends the connection. */
export function answer(socket: Duplex, { status, text, headers = {} }: Refusal): void {
  const body = `${text}\n`;
  const lines = Object.entries({
    'Content-Type': 'text/plain',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const cut = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => clearTimeout(cut));
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
  socket.resume();
}

/**
 * An origin as browsers send it: lower case, without the port that its scheme has anyway. Null for what is none: it has
 * no scheme, or a path.
 */
export function canonicalOrigin(origin: string): string | null {
  if (origin === 'null') return origin;
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@\s]+)\/?$/i.exec(origin) ?? [];
  if (scheme === undefined || rest === undefined) return null;
  const canonical = URL.parse(origin)?.origin ?? 'null';
  return canonical === 'null' ? `${scheme}://${rest}`.toLowerCase() : canonical;
}

const UPGRADE_REQUIRED: Refusal = {
  status: 426,
  text: 'MQTT over WebSocket: connect with a WebSocket client and the subprotocol "mqtt".',
  headers: { Upgrade: 'websocket', Connection: 'Upgrade, close' },
};

const OTHER_VERSION: Refusal = {
  status: 426,
  text: `The Sec-WebSocket-Version must be ${VERSION}.`,
  headers: { Upgrade: 'websocket', 'Sec-WebSocket-Version': VERSION },
};

function refusalOf(request: IncomingMessage, rules: UpgradeRules): Refusal | null {
  const { upgrade, origin } = request.headers;
  const byPath = pathRefusal(request, rules);
  if (byPath !== null) return byPath;
  if (upgrade?.toLowerCase() !== 'websocket') return UPGRADE_REQUIRED;
  if (request.headers['sec-websocket-version'] !== VERSION) return OTHER_VERSION;
  if (!isAllowed(origin, rules.origins))
    return { status: 403, text: 'The Origin of this page is not one of those that may connect here.' };
  const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
  if (subprotocol(new Set(offered)) === false)
    return { status: 400, text: 'The client must offer the subprotocol "mqtt" (or "mqttv3.1").' };
  return null;
}

function pathRefusal({ url = '/' }: IncomingMessage, { path }: UpgradeRules): Refusal | null {
  if (url.split('?', 1)[0] === path) return null;
  return { status: 404, text: `There is nothing here; MQTT over WebSocket is at ${path}.` };
}

/** Who sends no Origin is no browser, whose user could be led astray by a foreign page. */
function isAllowed(origin: string | undefined, origins: readonly string[]): boolean {
  if (origin === undefined || origins.length === 0) return true;
  const canonical = canonicalOrigin(origin);
  return canonical !== null && origins.includes(canonical);
}
