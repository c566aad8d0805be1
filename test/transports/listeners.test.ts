import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

import type { ListenerAddress } from '../../src/index.ts';
import { tcp, tls, unix } from '../../src/index.ts';
import { openTls, SERVER_FILES } from '../kit/tls.ts';
import { listenerContract } from './contract.ts';
import { openRaw, PROXY_LINE, reset, temporaryPath } from './kinds.ts';

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

function resetTls(client: Duplex): void {
  reset(sockets.get(client) ?? client);
}

listenerContract({
  title: 'a TCP listener',
  name: 'tcp',
  listener: () => tcp({ port: 0 }),
  connect: openRaw,
  reset,
});

listenerContract({
  title: 'a listener on a Unix domain socket',
  name: 'unix',
  listener: () => unix({ path: temporaryPath() }),
  connect: openRaw,
  reset,
});

listenerContract({
  title: 'a TLS listener',
  name: 'ssl',
  listener: () => tls({ port: 0, tls: SERVER_FILES }),
  connect: (address) => openTlsOver(openRaw(address)),
  reset: resetTls,
});

listenerContract({
  title: 'a TCP listener behind a proxy',
  name: 'tcp',
  listener: () => tcp({ port: 0, proxyProtocol: true }),
  connect: openBehindProxy,
  reset,
});

listenerContract({
  title: 'a TLS listener behind a proxy',
  name: 'ssl',
  listener: () => tls({ port: 0, proxyProtocol: true, tls: SERVER_FILES }),
  connect: (address) => openTlsOver(openBehindProxy(address)),
  reset: resetTls,
});
