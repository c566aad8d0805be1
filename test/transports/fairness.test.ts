import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { suite, test } from 'node:test';

import { type Listener, type NetAddress, tcp, tls } from '../../src/index.ts';
import { openTls, SERVER_FILES } from '../kit/tls.ts';

const TOTAL = 48 * 1024 * 1024;
/** What is read at once, and what the system may bring with the last of it. */
const AT_ONCE = (256 + 64) * 1024;

const KINDS: readonly [name: string, listener: Listener<NetAddress>, open: (port: number) => Promise<Duplex>][] = [
  ['tcp', tcp({ port: 0 }), async (port) => connect(port, '127.0.0.1')],
  [
    'proxied tcp',
    tcp({ port: 0, proxyProtocol: true }),
    async (port) => {
      const socket = connect(port, '127.0.0.1');
      socket.write('PROXY UNKNOWN\r\n');
      return socket;
    },
  ],
  ['tls', tls({ port: 0, tls: SERVER_FILES }), (port) => openTls({ port })],
];

suite('who sends without end leaves the others their turn:', () => {
  for (const [name, listener, open] of KINDS)
    test(name, async (t) => {
      let turn = 0;
      let all = 0;
      const inTurn: number[] = [];
      const { port } = await listener.open(() => ({
        identified() {},
        drained() {},
        closed() {},
        data({ length }) {
          all += length;
          inTurn[turn] = (inTurn[turn] ?? 0) + length;
        },
      }));
      const flooder = await open(port);
      t.after(async () => {
        flooder.destroy();
        await listener.close();
      });
      flooder.write(Buffer.alloc(TOTAL));
      const arrived = (): boolean => all === TOTAL;
      while (!arrived()) {
        await new Promise((resolve) => setImmediate(resolve)); // oxlint-disable-line no-await-in-loop -- turn by turn
        turn++;
      }
      const most = Math.max(...inTurn.filter((bytes) => bytes > 0));
      assert.ok(most <= AT_ONCE, `${most} bytes in one turn`);
    });
});
