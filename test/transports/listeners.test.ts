import { tcp, tls, unix } from '../../src/index.ts';
import { SERVER_FILES } from '../kit/tls.ts';
import { listenerContract } from './contract.ts';
import { openBehindProxy, openRaw, openTlsOver, reset, resetTls, temporaryPath } from './kinds.ts';

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
