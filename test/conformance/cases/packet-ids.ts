import assert from 'node:assert/strict';
import { bytes, packet, properties, u16 } from '../../kit/packets.ts';
import { type Case, NUMBERED, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

const IDS = [1, 2, 0x00ff, 0x0100, 0x1234, 0xffff];

/** Takes `count` PUBLISH packets without acknowledging them; returns their identifiers, which must be all different. */
async function takeIds(client: Client, count: number): Promise<number[]> {
  const messages = await client.messages();
  const ids = messages.map(({ packetId }) => packetId);
  assert.equal(ids.length, count);
  assert.ok(!ids.includes(0), 'packet identifier 0');
  assert.equal(new Set(ids).size, count, `identifiers in use twice: ${ids.join(' ')}`);
  return ids;
}

/** The broker goes once through all identifiers while `client` keeps one of them in use. */
async function goRound(scene: Scene, client: Client): Promise<void> {
  await scene.publish('t', '', { qos: 2 });
  const { packetId: kept } = await client.next('publish');
  client.ack('pubrec', kept);
  assert.equal((await client.next('pubrel')).packetId, kept);
  // Each round fits into the window; each message is acknowledged before the next round.
  const rounds = Array.from({ length: 66 }, (_, index) => index);
  const used = new Set<number>();
  await each(rounds, async () => {
    for (let i = 0; i < 1000; i++) void scene.publish('t', '', { qos: 1 });
    const ids = await takeIds(client, 1000);
    assert.ok(!ids.includes(kept), 'an identifier in use');
    for (const id of ids) used.add(id);
    client.send(Buffer.concat(ids.map((id) => bytes(0x40, 2, u16(id)))));
  });
  assert.equal(used.size, 0xffff - 1);
}

/** Packet identifiers (5.0, section 2.2.1; 3.1.1, section 2.3.1). */
export const packetIdCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-2.2.1-2', '3.1.1:MQTT-2.3.1-5'],
    'a message at QoS 0 goes out without packet identifier, and what follows the topic is not taken for one',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 2 });
      const list = scene.version === 5 ? properties() : Buffer.alloc(0);
      const publish = packet(0x30, 't', list, Buffer.from('\0\x01text'));
      client.send(publish);
      assert.equal((await client.nextBytes()).toString('hex'), publish.toString('hex'));
    },
  ),
  statement(
    ['5.0:MQTT-2.2.1-2', '3.1.1:MQTT-2.3.1-5'],
    'a message that comes down to QoS 0 loses its packet identifier',
    VERSIONS,
    async (scene) => {
      const publisher = await scene.connect();
      const client = await scene.connect();
      await client.subscribe('t', { qos: 0 });
      publisher.publish('t', 'text', { qos: 1, packetId: 77 });
      const list = scene.version === 5 ? properties() : Buffer.alloc(0);
      const expected = packet(0x30, 't', list, Buffer.from('text'));
      assert.equal((await client.nextBytes()).toString('hex'), expected.toString('hex'));
    },
  ),
  statement(
    ['5.0:MQTT-2.2.1-3', '3.1.1:MQTT-2.3.1-1'],
    'packet identifier 0 in PUBLISH, SUBSCRIBE and UNSUBSCRIBE ends the connection',
    VERSIONS,
    async (scene) => {
      const list = scene.version === 5 ? properties() : Buffer.alloc(0);
      const wrong = {
        'PUBLISH at QoS 1': packet(0x32, 't', u16(0), list),
        'PUBLISH at QoS 2': packet(0x34, 't', u16(0), list),
        SUBSCRIBE: packet(0x82, u16(0), list, 't', 0),
        UNSUBSCRIBE: packet(0xa2, u16(0), list, 't'),
      };
      await each(Object.entries(wrong), async ([, whole]) => {
        const client = await scene.connect();
        client.send(whole);
        await client.expectEnd(['protocol_error', 'malformed_packet']);
      });
    },
  ),
  statement(
    ['5.0:MQTT-2.2.1-3', '3.1.1:MQTT-2.3.1-2'],
    'identifiers that the client may use again are taken again',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await each([1, 2, 3], async () => {
        await client.subscribe('t', { packetId: 7 });
        client.publish('other', '', { qos: 1, packetId: 7 });
        assert.equal((await client.next('puback')).packetId, 7);
        client.publish('other', '', { qos: 2, packetId: 7 });
        assert.equal((await client.next('pubrec')).packetId, 7);
        client.ack('pubrel', 7);
        assert.equal((await client.next('pubcomp')).packetId, 7);
      });
    },
  ),
  statement(
    ['5.0:MQTT-2.2.1-4', '3.1.1:MQTT-2.3.1-4'],
    'messages on their way to a client have different identifiers, none of them 0, until they are acknowledged',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 2 });
      const publish = () => each([1, 2, 1, 2, 1], (qos) => scene.publish('t', '', { qos: qos === 1 ? 1 : 2 }));
      await publish();
      const first = await takeIds(client, 5);
      client.ack('puback', first[0] ?? 0).ack('pubrec', first[1] ?? 0);
      await client.next('pubrel');
      await publish();
      const second = await takeIds(client, 5);
      const inUse = new Set(first.slice(1));
      assert.deepEqual(
        second.filter((id) => inUse.has(id)),
        [],
      );
    },
  ),
  statement(
    ['5.0:MQTT-2.2.1-4'],
    'after 65,535 messages the identifiers begin anew, without 0 and without the one that is still in use',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 2 });
      await goRound(scene, client);
    },
  ),
  statement(
    ['5.0:MQTT-2.2.1-4', '3.1.1:MQTT-2.3.1-4'],
    "the client's identifiers are not in the way of the broker's",
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 2 });
      // All low identifiers are in use in the other direction.
      await each([1, 2, 3], async (packetId) => {
        client.publish('other', '', { qos: 2, packetId });
        await client.next('pubrec');
      });
      await each([1, 2, 3], () => scene.publish('t', '', { qos: 2 }));
      await each(await takeIds(client, 3), async (packetId) => {
        client.ack('pubrec', packetId);
        assert.equal((await client.next('pubrel')).packetId, packetId);
        client.ack('pubcomp', packetId);
      });
      await each([1, 2, 3], async (packetId) => {
        client.ack('pubrel', packetId);
        const { packetId: answered, reasonCode } = await client.next('pubcomp');
        assert.deepEqual([answered, reasonCode], [packetId, 0]);
      });
    },
  ),
  statement(
    ['5.0:MQTT-2.2.1-5', '3.1.1:MQTT-2.3.1-6'],
    'PUBACK, PUBREC and PUBCOMP of the broker have the identifier that they answer',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await each(IDS, async (packetId) => {
        client.publish('t', '', { qos: 1, packetId });
        assert.equal((await client.next('puback')).packetId, packetId);
        client.publish('t', '', { qos: 2, packetId });
        assert.equal((await client.next('pubrec')).packetId, packetId);
        client.ack('pubrel', packetId);
        assert.equal((await client.next('pubcomp')).packetId, packetId);
      });
    },
  ),
  statement(
    ['5.0:MQTT-2.2.1-5', '3.1.1:MQTT-2.3.1-6'],
    'PUBREL of the broker has the identifier of its PUBLISH and PUBREC',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 2 });
      await each([1, 2, 3], () => scene.publish('t', '', { qos: 2 }));
      const ids = await takeIds(client, 3);
      // Acknowledged in another order than they came.
      await each(ids.toReversed(), async (packetId) => {
        client.ack('pubrec', packetId);
        assert.equal((await client.next('pubrel')).packetId, packetId);
      });
    },
  ),
  statement(
    ['5.0:MQTT-2.2.1-6', '3.1.1:MQTT-2.3.1-7'],
    'SUBACK and UNSUBACK have the identifier that they answer',
    NUMBERED,
    async (scene) => {
      const client = await scene.connect();
      await each(IDS, async (packetId) => {
        client.sendSubscribe('t', { packetId });
        assert.equal((await client.next('suback')).packetId, packetId);
        client.sendUnsubscribe('t', packetId);
        assert.equal((await client.next('unsuback')).packetId, packetId);
      });
    },
  ),
];
