import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { within } from '../kit/until.ts';

/** What browsers send to open a WebSocket; `null` leaves a header out. */
export type Headers = Readonly<Record<string, string | null>>;

const HEADERS: Headers = {
  Host: 'localhost',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol': 'mqtt',
};

/** The text of a request for a WebSocket. */
export function upgradeRequest(headers: Headers = {}, line = 'GET /mqtt HTTP/1.1'): string {
  const lines = Object.entries({ ...HEADERS, ...headers }).filter(([, value]) => value !== null);
  return [line, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
}

/** The end of a connection, be it a reset: `once` would reject for that. */
export function closing(socket: Socket): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return within(closed, 'the end of the connection');
}

/** Sends `request`, and returns what comes until the connection ends. */
export async function answerTo(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {}); // 'close' follows.
  socket.write(request);
  await closing(socket);
  return Buffer.concat(chunks).toString();
}

/** A connection on which the WebSocket is open: its frames are the test's to write. Returns the head of the answer, too. */
export async function upgraded(port: number, headers: Headers = {}): Promise<{ socket: Socket; head: string }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {}); // 'close' follows.
  socket.write(upgradeRequest(headers));
  const [head] = (await once(socket, 'data')) as [Buffer];
  return { socket, head: head.toString() };
}

/** A binary frame, whole or a part of a message, whose mask changes nothing; `length` where not all of it is sent. */
export function frame(payload: Buffer, { fin = true, opcode = 2, length = payload.length } = {}): Buffer {
  const first = (fin ? 0x80 : 0) | opcode;
  const mask = Buffer.alloc(4);
  if (length < 126) return Buffer.concat([Buffer.from([first, 0x80 | length]), mask, payload]);
  const size = Buffer.alloc(8);
  size.writeUIntBE(length, 2, 6);
  return Buffer.concat([Buffer.from([first, 0xff]), size, mask, payload]);
}
