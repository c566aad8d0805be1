import assert from 'node:assert/strict';
import { bytes, packet, properties, u16 } from '../../kit/packets.ts';
import { type Case, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';

/** PUBACK, PUBREC, PUBREL and PUBCOMP (5.0, sections 3.4 to 3.7). */
export const ackCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.4.2-1', '5.0:MQTT-3.5.2-1', '5.0:MQTT-3.6.2-1', '5.0:MQTT-3.7.2-1'],
    'an acknowledgement with a code that it may not have ends the connection with 0x82',
    ONLY_5,
    (scene) =>
      each(
        [
          packet(0x40, u16(1), 0x92),
          packet(0x40, u16(1), 0x01),
          packet(0x50, u16(1), 0x92),
          packet(0x50, u16(1), 0xff),
          packet(0x62, u16(1), 0x10),
          packet(0x62, u16(1), 0x80),
          packet(0x70, u16(1), 0x10),
          packet(0x70, u16(1), 0x87),
        ],
        async (wrong) => {
          const client = await scene.connect();
          client.send(wrong);
          await client.expectEnd(['protocol_error', 'malformed_packet']);
        },
      ),
  ),
  statement(
    ['5.0:MQTT-3.4.2-1', '5.0:MQTT-3.5.2-1', '5.0:MQTT-3.6.2-1', '5.0:MQTT-3.7.2-1'],
    'all forms are taken: without code, with a code alone, with an empty list, with properties',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 2 });
      const list = properties(0x1f, 'text', 0x26, 'a', 'b', 0x26, 'a', 'b');
      await each([bytes(), bytes(0), bytes(0, 0), bytes(0, list)], async (rest) => {
        await scene.publish('t', '', { qos: 1 });
        client.send(packet(0x40, u16((await client.next('publish')).packetId), rest));
        await scene.publish('t', '', { qos: 2 });
        const { packetId } = await client.next('publish');
        client.send(packet(0x50, u16(packetId), rest));
        await client.next('pubrel');
        client.send(packet(0x70, u16(packetId), rest));
        client.publish('other', '', { qos: 2, packetId: 5 });
        await client.next('pubrec');
        client.send(packet(0x62, u16(5), rest));
        assert.equal((await client.next('pubcomp')).reasonCode, 0);
        await client.expectNothing();
        assert.equal(scene.broker.stats().queued, 0);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.4.2-1', '5.0:MQTT-3.5.2-1', '5.0:MQTT-3.6.2-1', '5.0:MQTT-3.7.2-1'],
    'acknowledgements of success go out in their shortest form',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 0 });
      await client.subscribe('u', { qos: 2 });
      const hex = async () => (await client.nextBytes()).toString('hex');
      client.publish('t', '', { qos: 1, packetId: 0x1234 });
      await client.next('publish');
      assert.equal(await hex(), '40021234');
      client.publish('t', '', { qos: 2, packetId: 0x1234 });
      await client.next('publish');
      assert.equal(await hex(), '50021234');
      client.ack('pubrel', 0x1234);
      assert.equal(await hex(), '70021234');
      await scene.publish('u', '', { qos: 2 });
      const { packetId } = await client.next('publish');
      client.ack('pubrec', packetId);
      assert.equal(await hex(), packet(0x62, u16(packetId)).toString('hex'));
    },
  ),
  statement(
    ['5.0:MQTT-3.6.1-1', '3.1.1:MQTT-3.6.1-1'],
    'a PUBREL whose low bits are not 0010 ends the connection, and releases nothing',
    VERSIONS,
    (scene) =>
      // 3.1 sets DUP where it sends PUBREL again.
      each(
        [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].filter((bits) => bits !== (scene.version === 3 ? 10 : -1)),
        async (bits) => {
          const client = await scene.connectKept({ clientId: `c${bits}` });
          client.publish('t', '', { qos: 2, packetId: 1 });
          await client.next('pubrec');
          client.send(packet(0x60 | bits, u16(1)));
          await client.expectEnd('malformed_packet');
          const back = await scene.connectKept({ clientId: `c${bits}` });
          back.ack('pubrel', 1);
          assert.equal((await back.next('pubcomp')).reasonCode, 0);
          await back.disconnect();
        },
      ),
  ),
  statement(
    ['5.0:MQTT-3.6.2-1', '5.0:MQTT-3.7.2-1'],
    'PUBREL and PUBCOMP for an identifier that is not in use have 0x92, and the connection goes on',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      client.ack('pubrel', 77);
      const pubcomp = await client.next('pubcomp');
      assert.deepEqual([pubcomp.packetId, pubcomp.reasonCode], [77, 0x92]);
      client.ack('pubrec', 78);
      const pubrel = await client.next('pubrel');
      assert.deepEqual([pubrel.packetId, pubrel.reasonCode], [78, 0x92]);
      client.ack('pubcomp', 78, 0x92);
      client.ack('puback', 79);
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.6.2-2', '5.0:MQTT-3.7.2-2'],
    'PUBREL and PUBCOMP with a Reason String come without where the client takes only small packets',
    ONLY_5,
    async (scene) => {
      const large = await scene.connect();
      large.ack('pubrel', 1).ack('pubrec', 2);
      assert.notEqual((await large.next('pubcomp')).properties?.reasonString, undefined);
      assert.notEqual((await large.next('pubrel')).properties?.reasonString, undefined);
      const small = await scene.connect({ properties: { maximumPacketSize: 20 } });
      small.ack('pubrel', 1).ack('pubrec', 2);
      const pubcomp = await small.next('pubcomp');
      assert.deepEqual([pubcomp.reasonCode, pubcomp.properties], [0x92, null]);
      const pubrel = await small.next('pubrel');
      assert.deepEqual([pubrel.reasonCode, pubrel.properties], [0x92, null]);
    },
  ),
  statement(
    ['5.0:MQTT-3.4.2-1', '5.0:MQTT-3.5.2-1'],
    'a message that its receiver refuses is over: there is no PUBREL, and it is not sent again',
    ONLY_5,
    (scene) =>
      each([0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99], async (code) => {
        const client = await scene.connectKept({ clientId: 'a' });
        await client.subscribe('t', { qos: 2 });
        await scene.publish('t', 'one', { qos: 1 });
        client.ack('puback', (await client.next('publish')).packetId, code);
        await scene.publish('t', 'two', { qos: 2 });
        client.ack('pubrec', (await client.next('publish')).packetId, code);
        await client.expectNothing();
        await scene.lose(client);
        const back = await scene.connectKept({ clientId: 'a' });
        await back.expectNothing();
        await back.disconnect();
      }),
  ),
  statement(['5.0:MQTT-3.5.2-1'], 'a PUBREC with 0x10 is one that says yes', ONLY_5, async (scene) => {
    const client = await scene.connect();
    await client.subscribe('t', { qos: 2 });
    await scene.publish('t', '', { qos: 2 });
    const { packetId } = await client.next('publish');
    client.ack('pubrec', packetId, 0x10);
    const pubrel = await client.next('pubrel');
    assert.deepEqual([pubrel.packetId, pubrel.reasonCode], [packetId, 0]);
  }),
];
