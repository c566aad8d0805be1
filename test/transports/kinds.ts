import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { after } from 'node:test';
import type { TLSSocket } from 'node:tls';

import type { ListenerAddress } from '../../src/index.ts';
import { openTls } from '../kit/tls.ts';

/** The port of a listener on the network. */
export function portOf(address: ListenerAddress): number {
  if ('port' in address) return address.port;
  throw new Error('not a listener on the network');
}

/** A socket that is connected; nothing was said yet. */
export async function openRaw(address: ListenerAddress): Promise<Socket> {
  const socket = 'path' in address ? connect(address.path) : connect({ ...address, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Resets a connection; that of a Unix domain socket, which knows no reset, is closed. */
export function reset(client: Duplex): void {
  const socket = client as Socket;
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

const directory = mkdtempSync(join(tmpdir(), 'hookmq-'));
after(() => rmSync(directory, { recursive: true }));

/** A path for a socket, or another file, that is gone after the tests. */
export function temporaryPath(): string {
  return join(directory, randomUUID());
}

/** A header of the PROXY protocol, version 1. */
export const PROXY_LINE = 'PROXY TCP4 192.0.2.7 192.0.2.1 40007 1883\r\n';

/** A socket on which the header of the PROXY protocol was sent. */
export async function openBehindProxy(address: ListenerAddress): Promise<Duplex> {
  const socket = await openRaw(address);
  socket.write(PROXY_LINE);
  return socket;
}

/** The sockets below TLS sockets, to reset them: a TLS socket cannot be. */
const sockets = new WeakMap<Duplex, Duplex>();

/** A client of TLS on that socket. */
export async function openTlsOver(socket: Promise<Duplex>): Promise<TLSSocket> {
  const below = (await socket) as TLSSocket;
  const client = await openTls({ socket: below });
  sockets.set(client, below);
  return client;
}

/** `reset` for what `openTlsOver` has made. */
export function resetTls(client: Duplex): void {
  reset(sockets.get(client) ?? client);
}
