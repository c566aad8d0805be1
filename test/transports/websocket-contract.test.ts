import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

import { type ListenerAddress, websocket } from '../../src/index.ts';
import { openTls, SERVER_FILES } from '../kit/tls.ts';
import { listenerContract } from './contract.ts';
import { openRaw, PROXY_LINE, reset } from './kinds.ts';
import { carrierOf, openStream } from './websocket-client.ts';

async function openBehindProxy(address: ListenerAddress): Promise<Duplex> {
  const socket = await openRaw(address);
  socket.write(PROXY_LINE);
  return socket;
}

/** The sockets below TLS sockets, to reset them: a TLS socket cannot be. */
const sockets = new WeakMap<Duplex, Duplex>();

async function openTlsOver(socket: Promise<Duplex>): Promise<TLSSocket> {
  const below = (await socket) as TLSSocket;
  const client = await openTls({ socket: below });
  sockets.set(client, below);
  return client;
}

function resetBelow(client: Duplex): void {
  const carrier = carrierOf(client);
  reset(sockets.get(carrier) ?? carrier);
}

listenerContract({
  title: 'a WebSocket listener',
  name: 'ws',
  listener: () => websocket({ port: 0 }),
  connect: (address) => openStream(openRaw(address)),
  reset: resetBelow,
});

listenerContract({
  title: 'a secure WebSocket listener',
  name: 'wss',
  listener: () => websocket({ port: 0, tls: SERVER_FILES }),
  connect: (address) => openStream(openTlsOver(openRaw(address))),
  reset: resetBelow,
});

listenerContract({
  title: 'a WebSocket listener behind a proxy',
  name: 'ws',
  listener: () => websocket({ port: 0, proxyProtocol: true }),
  connect: (address) => openStream(openBehindProxy(address)),
  reset: resetBelow,
});
