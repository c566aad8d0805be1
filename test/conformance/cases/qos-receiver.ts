import assert from 'node:assert/strict';
import { type Case, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** Somebody who sees what the broker has accepted, and how. */
async function witnessOf(scene: Scene): Promise<Client> {
  const witness = await scene.connect({ clientId: 'witness' });
  await witness.subscribe('t', { qos: 0 });
  return witness;
}

/** The client's PUBREL is answered with PUBCOMP of this reason code (0 before 5.0). */
async function release(client: Client, packetId: number, reasonCode = 0): Promise<void> {
  client.ack('pubrel', packetId);
  const answer = await client.next('pubcomp');
  assert.deepEqual([answer.packetId, answer.reasonCode], [packetId, client.version === 5 ? reasonCode : 0]);
}

/** The broker as the receiver of messages at each QoS (section 4.3). */
export const qosReceiverCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-4.3.1-1', '3.1.1:MQTT-4.3.1-1'],
    'a message at QoS 0 is taken without an answer',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      const client = await scene.connect();
      client.publish('t', 'text');
      await client.expectNothing();
      assert.deepEqual(await witness.texts(), ['text']);
    },
  ),
  statement(
    ['5.0:MQTT-4.3.2-4', '3.1.1:MQTT-4.3.2-2'],
    'PUBACK says that the message is taken over: it is delivered though the publisher is gone, session and all',
    VERSIONS,
    async (scene) => {
      const away = await scene.connectKept({ clientId: 'away' });
      await away.subscribe('t', { qos: 1 });
      await away.disconnect();
      const client = await scene.connect();
      client.publish('t', 'text', { qos: 1, packetId: 0x1234 });
      assert.equal((await client.nextBytes()).toString('hex'), '40021234');
      await scene.lose(client);
      const back = await scene.connectKept({ clientId: 'away' });
      assert.deepEqual(await back.texts(), ['text']);
    },
  ),
  statement(
    ['5.0:MQTT-4.3.2-5', '3.1.1:MQTT-4.3.2-2'],
    'after PUBACK the same identifier is a new message, with DUP and without',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      const client = await scene.connect();
      await each([false, false, true, true], async (dup) => {
        client.publish('t', `dup ${dup}`, { qos: 1, packetId: 7, dup });
        assert.equal((await client.next('puback')).packetId, 7);
      });
      await client.expectNothing();
      assert.deepEqual(await witness.texts(), ['dup false', 'dup false', 'dup true', 'dup true']);
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-8', '3.1.1:MQTT-4.3.3-2'],
    'PUBREC says that the message is taken over: it is delivered though the publisher never sends PUBREL',
    VERSIONS,
    async (scene) => {
      const away = await scene.connectKept({ clientId: 'away' });
      await away.subscribe('t', { qos: 2 });
      await away.disconnect();
      const client = await scene.connect();
      client.publish('t', 'text', { qos: 2, packetId: 0x1234 });
      assert.equal((await client.nextBytes()).toString('hex'), '50021234');
      client.ack('pubrel', 0x1234);
      assert.equal((await client.nextBytes()).toString('hex'), '70021234');
      await scene.lose(client);
      const back = await scene.connectKept({ clientId: 'away' });
      assert.deepEqual(await back.texts(), ['text']);
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-9'],
    'after a PUBREC of 0x80 or more the same identifier is a new message, and PUBREL finds none',
    ONLY_5,
    async (scene) => {
      const witness = await witnessOf(scene);
      let allowed = false;
      scene.broker.hook('client.authorize', (_, { action }) => (action === 'publish' && !allowed ? 'deny' : 'ignore'));
      const client = await scene.connect();
      client.publish('t', 'refused', { qos: 2, packetId: 7 });
      assert.equal((await client.next('pubrec')).reasonCode, 0x87);
      await release(client, 7, 0x92);
      client.publish('t', 'refused', { qos: 2, packetId: 7 });
      assert.equal((await client.next('pubrec')).reasonCode, 0x87);
      allowed = true;
      client.publish('t', 'taken', { qos: 2, packetId: 7 });
      assert.equal((await client.next('pubrec')).reasonCode, 0);
      await release(client, 7);
      assert.deepEqual(await witness.texts(), ['taken']);
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-10', '3.1.1:MQTT-4.3.3-2', '3.1.1:MQTT-2.3.1-3'],
    'a PUBLISH that is repeated before PUBREL gets PUBREC, and nobody gets the message twice',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      const client = await scene.connect();
      await each([false, true, false, true], async (dup) => {
        client.publish('t', 'text', { qos: 2, packetId: 7, dup });
        const { packetId, reasonCode } = await client.next('pubrec');
        assert.deepEqual([packetId, reasonCode], [7, 0]);
      });
      await release(client, 7);
      await client.expectNothing();
      assert.deepEqual(await witness.texts(), ['text']);
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-10', '3.1.1:MQTT-4.3.3-2', '3.1.1:MQTT-2.3.1-3'],
    'nor does anybody where it is repeated on later connections',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      const first = await scene.connectKept({ clientId: 'publisher' });
      first.publish('t', 'text', { qos: 2, packetId: 7 });
      await first.next('pubrec');
      await scene.lose(first);
      await each([1, 2], async () => {
        const again = await scene.connectKept({ clientId: 'publisher' });
        again.publish('t', 'text', { qos: 2, packetId: 7, dup: true });
        assert.equal((await again.next('pubrec')).reasonCode, 0);
        await scene.lose(again);
      });
      const last = await scene.connectKept({ clientId: 'publisher' });
      await release(last, 7);
      assert.deepEqual(await witness.texts(), ['text']);
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-10', '3.1.1:MQTT-4.3.3-2'],
    'exchanges with several identifiers do not disturb each other',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      const client = await scene.connect();
      client.publish('t', '1', { qos: 2, packetId: 1 }).publish('t', '2', { qos: 2, packetId: 2 });
      await client.next('pubrec');
      await client.next('pubrec');
      await release(client, 2);
      client.publish('t', '1', { qos: 2, packetId: 1, dup: true }).publish('t', '2 anew', { qos: 2, packetId: 2 });
      await client.next('pubrec');
      await client.next('pubrec');
      await release(client, 1);
      await release(client, 2);
      assert.deepEqual(await witness.texts(), ['1', '2', '2 anew']);
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-11', '3.1.1:MQTT-4.3.3-2'],
    'every PUBREL gets PUBCOMP, the second one as well',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      client.publish('t', '', { qos: 2, packetId: 0x1234 });
      await client.next('pubrec');
      await release(client, 0x1234);
      await release(client, 0x1234, 0x92);
      await release(client, 0x4321, 0x92);
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-12', '3.1.1:MQTT-4.3.3-2'],
    'after PUBCOMP the same identifier is a new message, with DUP and without',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      const client = await scene.connect();
      await each([false, true, false], async (dup) => {
        client.publish('t', `dup ${dup}`, { qos: 2, packetId: 7, dup });
        await client.next('pubrec');
        await release(client, 7);
      });
      assert.deepEqual(await witness.texts(), ['dup false', 'dup true', 'dup false']);
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-13'],
    'an exchange goes on though the message has expired meanwhile',
    ONLY_5,
    async (scene) => {
      const witness = await witnessOf(scene);
      const client = await scene.connect();
      const fields = { qos: 2, packetId: 7, properties: { messageExpiryInterval: 1 } } as const;
      client.publish('t', 'text', fields);
      await client.next('pubrec');
      scene.advance(100);
      client.publish('t', 'text', { ...fields, dup: true });
      assert.equal((await client.next('pubrec')).reasonCode, 0);
      await release(client, 7);
      assert.deepEqual(await witness.texts(), ['text']);
    },
  ),
];
