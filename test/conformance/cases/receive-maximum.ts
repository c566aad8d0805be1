import assert from 'node:assert/strict';
import { PacketType } from '../../../src/codec/packets.ts';
import { isNamed, publishPacket } from '../../kit/raw-client.ts';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** A client that takes `receiveMaximum` messages at a time and has subscribed to `t` at QoS 2. */
async function subscriber(scene: Scene, receiveMaximum: number): Promise<Client> {
  const client = await scene.connect({ properties: { receiveMaximum } });
  await client.subscribe('t', { qos: 2 });
  return client;
}

/** Publishes messages `from` to `to` at this QoS. */
function publish(scene: Scene, from: number, to: number, qos: 0 | 1 | 2): Promise<void> {
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return each(numbers, (number) => scene.publish('t', `${number}`, { qos }));
}

/** Messages at QoS 2 that are not released, with the identifiers `from` to `to`. */
function unreleased(from: number, to: number): ReturnType<typeof publishPacket>[] {
  return Array.from({ length: to - from + 1 }, (_, index) =>
    publishPacket('t', '', { qos: 2, packetId: from + index }),
  );
}

/** Flow control, both ways (5.0, sections 3.3.4 and 4.9). */
export const receiveMaximumCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.3.4-7'],
    'one message more at QoS 2 than the Receive Maximum ends the connection with 0x93',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      client.send(...unreleased(1, 5));
      assert.deepEqual(
        (await client.received()).map((packet) => isNamed(packet, 'pubrec') && [packet.packetId, packet.reasonCode]),
        [1, 2, 3, 4, 5].map((id) => [id, 0x10]),
      );
      client.send(...unreleased(6, 6));
      await client.expectEnd('receive_maximum_exceeded');
    },
    { broker: { receiveMaximum: 5 } },
  ),
  statement(
    ['5.0:MQTT-3.3.4-7'],
    'PUBCOMP makes room for the next, a PUBREC that says no never took any, and QoS 0 and 1 need none',
    ONLY_5,
    async (scene) => {
      scene.broker.hook('client.authorize', (_, { topic }) => (topic === 'no' ? 'deny' : 'allow'));
      const client = await scene.connect();
      client.send(...unreleased(1, 5));
      assert.equal((await client.received()).length, 5);
      client.ack('pubrel', 3);
      assert.equal((await client.next('pubcomp')).packetId, 3);
      await each([11, 12, 13, 14, 15, 16], async (packetId) => {
        client.publish('no', '', { qos: 2, packetId });
        assert.equal((await client.next('pubrec')).reasonCode, 0x87);
      });
      await each([21, 22, 23, 24, 25, 26], async (packetId) => {
        client.publish('t', '', { qos: 0 });
        client.publish('t', '', { qos: 1, packetId });
        assert.equal((await client.next('puback')).packetId, packetId);
      });
      client.send(...unreleased(6, 6));
      assert.equal((await client.next('pubrec')).packetId, 6);
      client.send(...unreleased(7, 7));
      await client.expectEnd('receive_maximum_exceeded');
    },
    { broker: { receiveMaximum: 5 } },
  ),
  statement(
    ['5.0:MQTT-3.3.4-7'],
    'a message at QoS 2 that is sent again counts once',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      client.send(...unreleased(1, 2), ...unreleased(1, 2), ...unreleased(1, 2));
      assert.equal((await client.received()).length, 6);
    },
    { broker: { receiveMaximum: 2 } },
  ),
  statement(
    ['5.0:MQTT-3.3.4-9'],
    'no more messages than the Receive Maximum are on their way, the others follow one by one, in their order',
    ONLY_5,
    (scene) =>
      each([1, 2, 7], async (receiveMaximum) => {
        const client = await subscriber(scene, receiveMaximum);
        await publish(scene, 1, 10, 1);
        const first = await client.messages();
        assert.equal(first.length, receiveMaximum);
        const payloads = first.map(({ payload }) => payload.toString());
        const waiting = first.map(({ packetId }) => packetId);
        while (payloads.length < 10) {
          client.ack('puback', waiting.shift() ?? 0);
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          const next = await client.messages();
          assert.equal(next.length, 1, 'one acknowledgement makes room for one message');
          payloads.push(...next.map(({ payload }) => payload.toString()));
          waiting.push(...next.map(({ packetId }) => packetId));
        }
        assert.deepEqual(payloads, ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
        await client.disconnect();
      }),
  ),
  statement(
    ['5.0:MQTT-3.3.4-9'],
    'at QoS 2 PUBCOMP makes room, and PUBREC only if it says no',
    ONLY_5,
    async (scene) => {
      const client = await subscriber(scene, 1);
      await publish(scene, 1, 3, 2);
      const first = await client.next('publish');
      client.ack('pubrec', first.packetId);
      await client.next('pubrel');
      await client.expectNothing();
      client.ack('pubcomp', first.packetId);
      const second = await client.next('publish');
      assert.equal(second.payload.toString(), '2');
      client.ack('pubrec', second.packetId, 0x80);
      const third = await client.next('publish');
      assert.equal(third.payload.toString(), '3');
      await client.expectNothing();
    },
  ),
  statement(['5.0:MQTT-3.3.4-9'], 'a PUBACK makes room whatever its reason code says', ONLY_5, async (scene) => {
    const client = await subscriber(scene, 1);
    await publish(scene, 1, 5, 1);
    await each([0x00, 0x10, 0x80, 0x87, 0x97], async (code) => {
      const { packetId } = await client.next('publish');
      await client.expectNothing();
      client.ack('puback', packetId, code);
    });
    await client.expectNothing();
  }),
  statement(
    ['5.0:MQTT-3.3.4-9'],
    'the Receive Maximum is that of the present connection, and counts what comes again',
    ONLY_5,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'a' });
      await client.subscribe('t', { qos: 1 });
      await publish(scene, 1, 5, 1);
      assert.equal((await client.messages()).length, 5);
      await scene.lose(client);
      const back = await scene.connectKept({ clientId: 'a', properties: { receiveMaximum: 2 } });
      const [first, second, ...more] = await back.messages();
      assert.deepEqual([first?.payload.toString(), second?.payload.toString(), more.length], ['1', '2', 0]);
      back.ack('puback', first?.packetId ?? 0);
      assert.equal((await back.next('publish')).payload.toString(), '3');
      await back.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-9'],
    'retained messages and those of shared subscriptions keep to it, too',
    ONLY_5,
    async (scene) => {
      await each(['r/1', 'r/2', 'r/3', 'r/4'], (topic) => scene.publish(topic, 'text', { qos: 1, retain: true }));
      const client = await scene.connect({ properties: { receiveMaximum: 2 } });
      await client.subscribe('r/#', { qos: 1 });
      const retained = await client.messages();
      assert.equal(retained.length, 2);
      await client.subscribe('$share/group/t', { qos: 1 });
      await publish(scene, 1, 3, 1);
      await client.expectNothing();
      client.ack('puback', retained[0]?.packetId ?? 0);
      assert.equal((await client.messages()).length, 1);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-10'],
    'while the window is full all other packets come at once, and messages at QoS 0',
    ONLY_5,
    async (scene) => {
      const client = await subscriber(scene, 1);
      await publish(scene, 1, 2, 2);
      const { packetId } = await client.next('publish');
      await client.subscribe('other', { packetId: 7 });
      await client.unsubscribe('other');
      client.publish('other', '', { qos: 1, packetId: 5 });
      assert.equal((await client.next('puback')).packetId, 5);
      client.publish('other', '', { qos: 2, packetId: 6 });
      assert.equal((await client.next('pubrec')).packetId, 6);
      client.ack('pubrel', 6);
      assert.equal((await client.next('pubcomp')).packetId, 6);
      await publish(scene, 3, 3, 0);
      assert.equal((await client.next('publish')).payload.toString(), '3');
      client.ack('pubrec', packetId);
      assert.equal((await client.next('pubrel')).packetId, packetId);
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-10'],
    'a PUBREL that is owed from an earlier connection does not wait for room',
    ONLY_5,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'a' });
      await client.subscribe('t', { qos: 2 });
      await publish(scene, 1, 1, 1);
      await publish(scene, 2, 2, 2);
      const [first, second] = await client.messages();
      client.ack('pubrec', second?.packetId ?? 0);
      await client.next('pubrel');
      await scene.lose(client);
      const back = await scene.connectKept({ clientId: 'a', properties: { receiveMaximum: 1 } });
      // The order of the two is free.
      const packets = (await back.received()).map((packet) => 'packetId' in packet && [packet.type, packet.packetId]);
      const owed = [
        [PacketType.publish, first?.packetId],
        [PacketType.pubrel, second?.packetId],
      ];
      assert.deepEqual(new Set(packets), new Set(owed));
      assert.equal(packets.length, 2);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-9'],
    'acknowledgements of nothing, and a second one of the same, make no room',
    ONLY_5,
    async (scene) => {
      const client = await subscriber(scene, 2);
      await publish(scene, 1, 5, 1);
      const [first, second] = await client.messages();
      client
        .ack('puback', 999)
        .ack('puback', first?.packetId ?? 0)
        .ack('puback', first?.packetId ?? 0);
      assert.deepEqual(await client.texts(), ['3']);
      client.ack('puback', second?.packetId ?? 0);
      assert.deepEqual(await client.texts(), ['4']);
    },
  ),
];
