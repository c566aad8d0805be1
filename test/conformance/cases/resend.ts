import assert from 'node:assert/strict';
import type { PublishPacket } from '../../../src/codec/packets.ts';
import { type Case, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** Text, QoS and packet identifier of each message. */
function seen(messages: readonly PublishPacket[]): [text: string, qos: number, packetId: number][] {
  return messages.map(({ payload, qos, packetId }) => [payload.toString(), qos, packetId]);
}

/** A client that has got one, two, three (QoS 1, 2, 1) and acknowledged none of them. */
async function interrupted(scene: Scene): Promise<{ client: Client; messages: PublishPacket[] }> {
  const client = await scene.connectKept({ clientId: 'a' });
  await client.subscribe('t', { qos: 2 });
  await scene.publish('t', 'one', { qos: 1 });
  await scene.publish('t', 'two', { qos: 2 });
  await scene.publish('t', 'never again', { qos: 0 });
  await scene.publish('t', 'three', { qos: 1 });
  const messages = (await client.messages()).filter(({ qos }) => qos > 0);
  assert.equal(messages.length, 3);
  return { client, messages };
}

/** What is sent again, and when (section 4.4). */
export const resendCases: readonly Case[] = [
  statement(
    [
      '5.0:MQTT-4.4.0-1',
      '5.0:MQTT-4.6.0-1',
      '3.1.1:MQTT-4.4.0-1',
      '3.1.1:MQTT-4.6.0-1',
      '3.1.1:MQTT-4.6.0-6',
      '3.1.1:MQTT-2.3.1-4',
    ],
    'what was not acknowledged comes again with DUP, its identifier and its content, in its order; QoS 0 does not',
    VERSIONS,
    async (scene) => {
      const { client, messages } = await interrupted(scene);
      await scene.lose(client);
      const back = await scene.connectKept({ clientId: 'a' });
      const again = await back.messages();
      assert.deepEqual(seen(again), seen(messages));
      assert.ok(again.every(({ dup, topic, retain }) => dup && topic === 't' && !retain));
      assert.ok(messages.every(({ dup }) => !dup));
    },
  ),
  statement(
    ['5.0:MQTT-4.4.0-1', '3.1.1:MQTT-4.4.0-1'],
    'it comes again after DISCONNECT, after a lost connection and where another connection takes the session over',
    VERSIONS,
    async (scene) => {
      const { client, messages } = await interrupted(scene);
      await client.disconnect();
      const second = await scene.connectKept({ clientId: 'a' });
      assert.deepEqual(seen(await second.messages()), seen(messages));
      await scene.lose(second);
      const third = await scene.connectKept({ clientId: 'a' });
      assert.deepEqual(seen(await third.messages()), seen(messages));
      const fourth = await scene.connectKept({ clientId: 'a' });
      assert.deepEqual(seen(await fourth.messages()), seen(messages));
      await third.expectEnd('session_taken_over');
    },
  ),
  statement(
    ['5.0:MQTT-4.4.0-1', '3.1.1:MQTT-4.4.0-1'],
    'what was acknowledged does not come again',
    VERSIONS,
    async (scene) => {
      const { client, messages } = await interrupted(scene);
      const [one, two, three] = messages.map(({ packetId }) => packetId) as [number, number, number];
      client.ack('puback', one).ack('pubrec', two);
      await client.next('pubrel');
      client.ack('pubcomp', two);
      await client.expectNothing();
      await scene.lose(client);
      const back = await scene.connectKept({ clientId: 'a' });
      assert.deepEqual(seen(await back.messages()), [['three', 1, three]]);
    },
  ),
  statement(
    ['5.0:MQTT-4.4.0-1'],
    'nothing is sent again on the same connection, however long the acknowledgement takes',
    ONLY_5,
    async (scene) => {
      const { client, messages } = await interrupted(scene);
      client.ack('pubrec', messages[1]?.packetId ?? 0);
      await client.next('pubrel');
      await each([1, 60, 3600, 24 * 3600], async (seconds) => {
        scene.advance(seconds);
        await client.expectNothing();
      });
      // Neither does a SUBSCRIBE or a new message bring it about.
      await client.subscribe('t', { qos: 2 });
      await scene.publish('t', 'new', { qos: 1 });
      assert.deepEqual(await client.texts(), ['new']);
    },
  ),
  statement(
    ['5.0:MQTT-4.4.0-1', '3.1.1:MQTT-4.4.0-1'],
    'nothing is sent again to a session that begins anew',
    VERSIONS,
    async (scene) => {
      const { client } = await interrupted(scene);
      await scene.lose(client);
      const clean = await scene.connect({ clientId: 'a', cleanStart: true });
      await clean.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-4.4.0-1', '3.1.1:MQTT-4.4.0-1', '3.1.1:MQTT-4.6.0-1', '3.1.1:MQTT-4.6.0-6'],
    'first comes what is sent again, then what waited, then what is new',
    VERSIONS,
    async (scene) => {
      const { client } = await interrupted(scene);
      await scene.lose(client);
      await scene.publish('t', 'four', { qos: 1 });
      await scene.publish('t', 'five', { qos: 2 });
      const back = await scene.connectKept({ clientId: 'a' });
      await scene.publish('t', 'six', { qos: 1 });
      const messages = await back.messages();
      assert.deepEqual(
        messages.map(({ payload, dup }) => `${payload.toString()}${dup ? ' again' : ''}`),
        ['one again', 'two again', 'three again', 'four', 'five', 'six'],
      );
    },
  ),
  statement(
    ['5.0:MQTT-4.4.0-1', '3.1.1:MQTT-4.4.0-1'],
    'PUBREL comes again with its identifier, beside what has no PUBREC yet',
    VERSIONS,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'a' });
      await client.subscribe('t', { qos: 2 });
      await each(['one', 'two', 'three'], (text) => scene.publish('t', text, { qos: 2 }));
      const ids = (await client.messages()).map(({ packetId }) => packetId);
      client.ack('pubrec', ids[0] ?? 0).ack('pubrec', ids[2] ?? 0);
      await client.next('pubrel');
      await client.next('pubrel');
      await scene.lose(client);
      const back = await scene.connectKept({ clientId: 'a' });
      const again = (await back.received()).map((packet) =>
        'payload' in packet ? `publish ${packet.packetId}` : `pubrel ${'packetId' in packet ? packet.packetId : 0}`,
      );
      assert.deepEqual(again.toSorted(), [`publish ${ids[1]}`, `pubrel ${ids[0]}`, `pubrel ${ids[2]}`].toSorted());
    },
  ),
  statement(
    ['5.0:MQTT-4.4.0-2'],
    'a message that was answered with 0x80 or more does not come again',
    ONLY_5,
    async (scene) => {
      await each([0x80, 0x83, 0x87, 0x97], async (code) => {
        const { client, messages } = await interrupted(scene);
        const [one, two, three] = messages.map(({ packetId }) => packetId) as [number, number, number];
        client.ack('puback', one, code).ack('pubrec', two, code);
        await client.expectNothing();
        await scene.lose(client);
        const back = await scene.connectKept({ clientId: 'a' });
        assert.deepEqual(seen(await back.messages()), [['three', 1, three]]);
        await back.disconnect(0, { sessionExpiryInterval: 0 });
      });
    },
  ),
];
