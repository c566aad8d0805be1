import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';

import type { IClientOptions } from 'mqtt';

import { mqttClient } from '../kit/mqtt-client.ts';
import { certificateFile, SERVER_FILES } from '../kit/tls.ts';
import { localWebSocket } from './local-websocket.ts';

const VERSIONS: readonly { readonly name: string; readonly options: IClientOptions }[] = [
  { name: '3.1', options: { protocolId: 'MQIsdp', protocolVersion: 3 } },
  { name: '3.1.1', options: { protocolVersion: 4 } },
  { name: '5.0', options: { protocolVersion: 5 } },
];
const ca = readFileSync(certificateFile('ca.pem'));

for (const protocol of ['ws', 'wss'] as const)
  suite(`MQTT.js over ${protocol}://`, () => {
    for (const { name, options } of VERSIONS)
      test(`publishes and receives as a ${name} client`, async (t) => {
        await using local = await localWebSocket({}, protocol === 'wss' ? { tls: SERVER_FILES } : {});
        const { client, inbox } = await mqttClient(t, local.port, { ...options, protocol, path: '/mqtt', ca });
        await client.subscribeAsync('a/+', { qos: 2 });
        const payloads = ['small', 'x'.repeat(1000), randomBytes(1024 * 1024)];
        for (const qos of [0, 1, 2] as const)
          await Promise.all(payloads.map((payload) => client.publishAsync('a/b', payload, { qos }))); // oxlint-disable-line no-await-in-loop -- in order
        const messages = await inbox.receive(9);
        for (const [i, { payload }] of messages.entries())
          assert.ok(payload.equals(Buffer.from(payloads[i % 3] ?? '')), `message ${i}`);
        await client.endAsync();
        assert.equal(local.reasons.get(client.options.clientId ?? ''), 'normal');
      });
  });
