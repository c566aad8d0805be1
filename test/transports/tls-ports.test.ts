import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';

import { tls } from '../../src/index.ts';
import { openTls, SERVER_FILES } from '../kit/tls.ts';
import { until, within } from '../kit/until.ts';
import { portOf } from './kinds.ts';
import { acceptedAs, openListener, type OpenListener } from './open-listener.ts';

/** Connects from a port, resets that connection and comes back from the same port; resolves with the TLS client. */
async function comeBack(listener: OpenListener): Promise<TLSSocket> {
  const port = portOf(listener.address);
  const known = listener.accepted.length;
  const first = connect({ port, host: '127.0.0.1' });
  listener.clients.push(first);
  await once(first, 'connect');
  await acceptedAs(listener, known);
  const { localPort = 0 } = first;
  first.resetAndDestroy();
  // In the same turn: the end of the first connection is told after the second is accepted.
  const second = connect({ port, host: '127.0.0.1', localPort });
  listener.clients.push(second);
  return within(openTls({ socket: second }), 'the handshake').catch((error: unknown) => {
    // Somebody else has the port as well, for a connection to another place: again, from another one.
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return comeBack(listener);
    throw error;
  });
}

test('a TLS client that comes back from the port of its broken connection is served', async () => {
  await using listener = await openListener(tls({ port: 0, tls: SERVER_FILES }));
  const client = await comeBack(listener);
  const [before, accepted] = listener.accepted.slice(-2);
  client.write('hello');
  await until(() => accepted?.received.toString() === 'hello', 'what the client says');
  assert.equal(before?.closed, 1);
  assert.equal(accepted?.closed, 0);
});
