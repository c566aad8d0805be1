import assert from 'node:assert/strict';
import { encode } from '../../../src/codec/encode.ts';
import { connectPacket } from '../../kit/raw-client.ts';
import { packet, properties, u16, varint } from '../../kit/packets.ts';
import { type Case, NUMBERED, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** First bytes of the packets that a client sends after CONNECT, but for PUBLISH, and a body for each. */
function packetsOfClients(version: number): [first: number, body: Buffer][] {
  const list = version === 5 ? properties() : Buffer.alloc(0);
  const id = u16(1);
  return [
    [0x40, id],
    [0x50, id],
    [0x62, id],
    [0x70, id],
    [0x82, Buffer.concat([id, list, Buffer.from([0, 1, 0x61, 0])])],
    [0xa2, Buffer.concat([id, list, Buffer.from([0, 1, 0x61])])],
    [0xc0, Buffer.alloc(0)],
    [0xe0, Buffer.alloc(0)],
    ...(version === 5 ? [[0xf0, Buffer.alloc(0)] as [number, Buffer]] : []),
  ];
}

/** One message of the payload's length comes back, and its length is written in as few bytes as possible. */
async function roundTrip(scene: Scene, client: Client, length: number): Promise<void> {
  await scene.publish('t', Buffer.alloc(length));
  const received = await client.nextBytes();
  const body = 3 + (scene.version === 5 ? 1 : 0) + length;
  assert.equal(received.toString('hex', 1, 1 + varint(body).length), varint(body).toString('hex'));
  assert.equal(received.length, 1 + varint(body).length + body);
}

/** Fixed header, integers and properties (5.0, sections 1.5.5, 2.1, 2.2.2; 3.1.1, section 2.2). */
export const partCases: readonly Case[] = [
  statement(['5.0:MQTT-1.5.5-1'], 'a length or identifier in more bytes than it needs is malformed', ONLY_5, (scene) =>
    each(
      [
        'c0 8000', // remaining length of PINGREQ
        'c0 808000',
        '30 8700 0001 61 00 616161', // remaining length of PUBLISH
        '30 05 0001 61 8000', // property length
        '30 07 0001 61 03 8100 01', // property identifier
        '82 0a 0001 03 0b8100 0001 61 00', // subscription identifier
      ],
      async (hex) => {
        const client = await scene.connect();
        client.send(hex);
        await client.expectEnd('malformed_packet');
      },
    ),
  ),
  statement(['5.0:MQTT-1.5.5-1'], 'a length of more than four bytes is malformed', ONLY_5, (scene) =>
    each(['30 ffffffff7f', '30 8080808001', '30 08 0001 61 80808080 01'], async (hex) => {
      const client = await scene.connect();
      client.send(hex);
      await client.expectEnd('malformed_packet');
    }),
  ),
  statement(
    ['5.0:MQTT-1.5.5-1'],
    "the lengths of the broker's packets are as short as can be on both sides of each boundary",
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t');
      const boundaries = [127, 128, 16_383, 16_384, 2_097_151, 2_097_152];
      await each(boundaries, (size) => roundTrip(scene, client, size - 4));
    },
  ),
  statement(
    ['5.0:MQTT-1.5.5-1'],
    'subscription identifiers come in as few bytes as possible',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await each([1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455], async (id) => {
        await client.subscribe('t', { subscriptionId: id });
        await scene.publish('t', '');
        const list = properties(0x0b, varint(id));
        assert.equal((await client.nextBytes()).toString('hex'), packet(0x30, 't', list).toString('hex'));
      });
    },
  ),
  statement(
    ['5.0:MQTT-2.1.3-1', '3.1.1:MQTT-2.2.2-1', '3.1.1:MQTT-2.2.2-2'],
    'a reserved flag that has the wrong value ends the connection, in every type of packet',
    NUMBERED,
    (scene) =>
      each(packetsOfClients(scene.version), ([first, body]) =>
        each([1, 2, 4, 8], async (flag) => {
          const client = await scene.connect();
          client.send(packet(first ^ flag, body));
          await client.expectEnd('malformed_packet');
        }),
      ),
  ),
  statement(
    ['5.0:MQTT-2.1.3-1', '3.1.1:MQTT-2.2.2-1', '3.1.1:MQTT-2.2.2-2'],
    'a CONNECT with a reserved flag of the first byte set is not accepted',
    NUMBERED,
    (scene) =>
      each([1, 2, 4, 8, 15], async (flag) => {
        const connect = encode(connectPacket({ version: scene.version }), scene.version);
        connect[0] = 0x10 | flag;
        const client = await scene.open();
        client.send(connect);
        await client.expectNoConnection('malformed_packet');
      }),
  ),
  statement(
    ['5.0:MQTT-2.1.3-1', '3.1.1:MQTT-2.2.2-1'],
    "the reserved flags of the broker's own packets are right",
    VERSIONS,
    async (scene) => {
      const client = await scene.open();
      client.sendConnect();
      assert.equal((await client.nextBytes())[0], 0x20, 'CONNACK');
      client.sendSubscribe('t', { qos: 2 });
      assert.equal((await client.nextBytes())[0], 0x90, 'SUBACK');
      client.publish('other', '', { qos: 1 });
      assert.equal((await client.nextBytes())[0], 0x40, 'PUBACK');
      client.publish('other', '', { qos: 2 });
      assert.equal((await client.nextBytes())[0], 0x50, 'PUBREC');
      client.ack('pubrel', 1);
      assert.equal((await client.nextBytes())[0], 0x70, 'PUBCOMP');
      await scene.publish('t', '', { qos: 2 });
      const { packetId } = await client.next('publish');
      client.ack('pubrec', packetId);
      assert.equal((await client.nextBytes())[0], 0x62, 'PUBREL');
      client.sendUnsubscribe('t');
      assert.equal((await client.nextBytes())[0], 0xb0, 'UNSUBACK');
      client.send('c000');
      assert.equal((await client.nextBytes())[0], 0xd0, 'PINGRESP');
    },
  ),
  statement(
    ['5.0:MQTT-2.2.2-1'],
    'packets of the broker without properties have a property length of zero',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      client.sendSubscribe('t', { packetId: 0x1234 });
      assert.equal((await client.nextBytes()).toString('hex'), '900412340000');
      client.publish('t', 'x');
      assert.equal((await client.nextBytes()).toString('hex'), '30050001740078');
      client.sendUnsubscribe('t', 0x1234);
      assert.equal((await client.nextBytes()).toString('hex'), 'b00412340000');
    },
  ),
  statement(
    ['5.0:MQTT-2.2.2-1'],
    'a packet that leaves out the property length is malformed',
    ONLY_5,
    async (scene) => {
      await each(
        ['30 03 0001 61', '32 05 0001 61 0001', '82 06 0001 0001 61 00', 'a2 05 0001 0001 61'],
        async (hex) => {
          const client = await scene.connect();
          client.send(hex);
          await client.expectEnd('malformed_packet');
        },
      );
      const client = await scene.open();
      client.send('10 0d 0004 4d515454 05 02 0000 0001 61'); // As 3.1.1 has it.
      await client.expectNoConnection('malformed_packet');
    },
  ),
];
