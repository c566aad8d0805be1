import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';

import { tls } from '../../src/index.ts';
import { openTls, SERVER_FILES } from '../kit/tls.ts';
import { until, within } from '../kit/until.ts';
import { portOf } from './kinds.ts';
import { acceptedAs, openListener } from './open-listener.ts';

test('a TLS client that comes back from the port of its broken connection is served', async () => {
  await using listener = await openListener(tls({ port: 0, tls: SERVER_FILES }));
  const port = portOf(listener.address);
  const first = connect({ port, host: '127.0.0.1' });
  listener.clients.push(first);
  await once(first, 'connect');
  await acceptedAs(listener, 0);
  const { localPort = 0 } = first;
  first.resetAndDestroy();
  // In the same turn: the end of the first connection is told after the second is accepted.
  const second = connect({ port, host: '127.0.0.1', localPort });
  listener.clients.push(second);
  const client = await within(openTls({ socket: second }), 'the handshake');
  client.write('hello');
  await until(() => listener.accepted[1]?.received.toString() === 'hello', 'what the client says');
  assert.equal(listener.accepted[0]?.closed, 1);
  assert.equal(listener.accepted[1]?.closed, 0);
});
