import type { Duplex } from 'node:stream';

import { websocket } from '../../src/index.ts';
import { SERVER_FILES } from '../kit/tls.ts';
import { listenerContract } from './contract.ts';
import { openBehindProxy, openRaw, openTlsOver, resetTls } from './kinds.ts';
import { carrierOf, openStream } from './websocket-client.ts';

function resetBelow(client: Duplex): void {
  resetTls(carrierOf(client));
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
