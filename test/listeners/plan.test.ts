import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coreSections } from '../../src/config/core.ts';
import { plan } from '../../src/listeners/plan.ts';
import { load } from '../config/reading.ts';

/** A key of a listener, and what it has otherwise than the broker. */
const policies: readonly [text: string, policy: Readonly<Record<string, unknown>>][] = [
  ['', {}],
  ['allow_anonymous = false', { allowAnonymous: false }],
  ['max_connections = 3', { maxConnections: 3 }],
  ['max_connections = unlimited', { maxConnections: Infinity }],
  ['max_connections_per_ip = 3', { maxConnectionsPerAddress: 3 }],
  ['max_connect_rate = 3', { maxConnectRate: 3 }],
  ['max_message_rate = 3', { maxMessageRate: 3 }],
  ['max_byte_rate = 3', { maxByteRate: 3 }],
  ['rate_action = throttle', { rateAction: 'throttle' }],
  ['max_packet_size = 1KB', { maxPacketSize: 1024 }],
];

const kinds: Readonly<Record<string, string>> = {
  tcp: 'bind = 1',
  ssl: 'bind = 1, certfile = c, keyfile = k',
  ws: 'bind = 1',
  wss: 'bind = 1, certfile = c, keyfile = k',
  unix: 'path = s, proxy_protocol = true',
};

for (const [kind, needed] of Object.entries(kinds)) {
  for (const [text, policy] of policies) {
    test(`plan: ${kind} with ${text === '' ? 'nothing of its own' : text}`, (t) => {
      const loaded = load(t, `listeners.${kind}.own {\n${needed}\n${text}\n}`, coreSections);
      assert.ok('config' in loaded, JSON.stringify(loaded));
      const [planned, ...more] = plan(loaded.config);
      assert.equal(planned?.listener.name, 'own');
      assert.deepEqual(planned.policy, policy);
      assert.deepEqual(more, []);
    });
  }
}
