import assert from 'node:assert/strict';
import { type Case, NUMBERED, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** A client that is subscribed to `t` and has a session that is kept. */
async function receiverOf(scene: Scene): Promise<Client> {
  const client = await scene.connectKept({ clientId: 'receiver' });
  await client.subscribe('t', { qos: 2 });
  return client;
}

/** Publishes to `t` and returns the packet identifier with which it comes to `client`. */
async function deliver(scene: Scene, client: Client, text: string, qos: 1 | 2): Promise<number> {
  await scene.publish('t', text, { qos });
  const message = await client.next('publish');
  assert.deepEqual([message.payload.toString(), message.qos, message.dup], [text, qos, false]);
  return message.packetId;
}

/** The broker as the sender of messages at each QoS (section 4.3). */
export const qosSenderCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-4.3.1-1', '3.1.1:MQTT-4.3.1-1'],
    'a message at QoS 0 is sent with QoS 0 and DUP 0, once',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 0 });
      const publisher = await scene.connect();
      publisher.publish('t', '', { qos: 0 }).publish('t', '', { qos: 1, dup: true });
      publisher.publish('t', '', { qos: 2, packetId: 2, dup: true });
      await publisher.received();
      await each([1, 2, 3], async () => assert.equal((await client.nextBytes())[0], 0x30));
      scene.advance(3600);
      await client.expectNothing();
    },
  ),
  statement(
    [
      '5.0:MQTT-4.3.2-1',
      '5.0:MQTT-4.3.2-2',
      '5.0:MQTT-4.3.3-1',
      '5.0:MQTT-4.3.3-2',
      '3.1.1:MQTT-4.3.2-1',
      '3.1.1:MQTT-4.3.3-1',
    ],
    'a new message is sent with its QoS, DUP 0 and an identifier of its own, whatever its publisher sent',
    VERSIONS,
    async (scene) => {
      const client = await receiverOf(scene);
      const publisher = await scene.connect();
      publisher.publish('t', '', { qos: 1, packetId: 500, dup: true });
      publisher.publish('t', '', { qos: 2, packetId: 500, dup: true });
      publisher.publish('t', '', { qos: 1, packetId: 501 });
      publisher.publish('t', '', { qos: 2, packetId: 501 });
      await publisher.received();
      const ids: number[] = [];
      await each([0x32, 0x34, 0x32, 0x34], async (first) => {
        const bytes = await client.nextBytes();
        assert.equal(bytes[0], first);
        ids.push(bytes.readUInt16BE(5));
      });
      assert.equal(new Set(ids).size, 4);
      assert.ok(!ids.includes(0));
    },
  ),
  statement(
    ['5.0:MQTT-4.3.2-3', '3.1.1:MQTT-4.3.2-1'],
    'a message at QoS 1 is on its way until a PUBACK with its identifier comes',
    VERSIONS,
    async (scene) => {
      const client = await receiverOf(scene);
      const id = await deliver(scene, client, 'one', 1);
      await scene.publish('t', 'two', { qos: 1 });
      // The window is full: the second one would come if the first one were done.
      client.ack('puback', id + 1);
      await client.expectNothing();
      client.ack('puback', id);
      assert.equal((await client.next('publish')).payload.toString(), 'two');
      await scene.lose(client);
      const back = await scene.connectKept({ clientId: 'receiver' });
      assert.deepEqual(await back.texts(), ['two']);
    },
    { broker: { maxInflight: 1 } },
  ),
  statement(
    ['5.0:MQTT-4.3.3-3', '3.1.1:MQTT-4.3.3-1'],
    'a message at QoS 2 is on its way until its PUBREC comes: each new connection gets it again',
    VERSIONS,
    async (scene) => {
      const client = await receiverOf(scene);
      const id = await deliver(scene, client, 'text', 2);
      await scene.lose(client);
      await each([1, 2], async () => {
        const back = await scene.connectKept({ clientId: 'receiver' });
        const { packetId, qos, dup, payload } = await back.next('publish');
        assert.deepEqual([packetId, qos, dup, payload.toString()], [id, 2, true, 'text']);
        await scene.lose(back);
      });
      const last = await scene.connectKept({ clientId: 'receiver' });
      await last.next('publish');
      last.ack('pubrec', id);
      assert.equal((await last.next('pubrel')).packetId, id);
      await last.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-4', '3.1.1:MQTT-4.3.3-1'],
    'PUBREC is answered with PUBREL and the same identifier, and nothing else',
    VERSIONS,
    async (scene) => {
      const client = await receiverOf(scene);
      const id = await deliver(scene, client, 'text', 2);
      client.ack('pubrec', id);
      assert.equal((await client.nextBytes()).toString('hex'), `6202${id.toString(16).padStart(4, '0')}`);
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-4'],
    'PUBREC with 0x10 is answered with PUBREL, PUBREC of 0x80 or more is not',
    ONLY_5,
    async (scene) => {
      const client = await receiverOf(scene);
      client.ack('pubrec', await deliver(scene, client, 'text', 2), 0x10);
      assert.equal((await client.next('pubrel')).reasonCode, 0);
      await each([0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99], async (code) => {
        client.ack('pubrec', await deliver(scene, client, 'text', 2), code);
        await client.expectNothing();
      });
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-5', '5.0:MQTT-4.3.3-6', '3.1.1:MQTT-4.3.3-1'],
    'PUBREL is on its way until its PUBCOMP comes: each new connection gets it again, and never the PUBLISH',
    VERSIONS,
    async (scene) => {
      const client = await receiverOf(scene);
      const id = await deliver(scene, client, 'text', 2);
      client.ack('pubrec', id);
      await client.next('pubrel');
      await scene.lose(client);
      await each([1, 2], async () => {
        const back = await scene.connectKept({ clientId: 'receiver' });
        assert.equal((await back.next('pubrel')).packetId, id);
        await back.expectNothing();
        await scene.lose(back);
      });
      const last = await scene.connectKept({ clientId: 'receiver' });
      await last.next('pubrel');
      last.ack('pubcomp', id);
      await last.expectNothing();
      await last.disconnect();
      const done = await scene.connectKept({ clientId: 'receiver' });
      await done.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-5', '3.1.1:MQTT-4.3.3-1'],
    'a message at QoS 2 keeps its place in the window until PUBCOMP',
    NUMBERED,
    async (scene) => {
      const client = await receiverOf(scene);
      const id = await deliver(scene, client, 'one', 2);
      await scene.publish('t', 'two', { qos: 1 });
      client.ack('pubrec', id);
      await client.next('pubrel');
      await client.expectNothing();
      client.ack('pubcomp', id);
      assert.equal((await client.next('publish')).payload.toString(), 'two');
    },
    { broker: { maxInflight: 1 } },
  ),
  statement(
    ['5.0:MQTT-4.3.3-6', '3.1.1:MQTT-4.3.3-1'],
    'a second PUBREC gets PUBREL again and not the PUBLISH',
    VERSIONS,
    async (scene) => {
      const client = await receiverOf(scene);
      const id = await deliver(scene, client, 'text', 2);
      await each([1, 2], async () => {
        client.ack('pubrec', id);
        const { packetId, reasonCode } = await client.next('pubrel');
        assert.deepEqual([packetId, reasonCode], [id, 0]);
      });
      client.ack('pubcomp', id);
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-4.3.3-7'],
    'a message that was sent does not expire, one that still waits does',
    ONLY_5,
    async (scene) => {
      const client = await receiverOf(scene);
      const properties = { messageExpiryInterval: 5 };
      await scene.publish('t', 'sent', { qos: 2, properties });
      const { packetId } = await client.next('publish');
      await scene.publish('t', 'waits', { qos: 2, properties });
      await client.expectNothing();
      await scene.lose(client);
      scene.advance(100);
      const back = await scene.connectKept({ clientId: 'receiver' });
      const again = await back.next('publish');
      assert.deepEqual([again.payload.toString(), again.packetId, again.dup], ['sent', packetId, true]);
      back.ack('pubrec', packetId);
      await back.next('pubrel');
      back.ack('pubcomp', packetId);
      await back.expectNothing();
    },
    { broker: { maxInflight: 1 } },
  ),
];
