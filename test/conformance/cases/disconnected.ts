import assert from 'node:assert/strict';
import { ReasonCode, type ReasonName } from '../../../src/codec/reason-codes.ts';
import { packet, properties, u16 } from '../../kit/packets.ts';
import { publishPacket } from '../../kit/raw-client.ts';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import { rawConnect } from '../kit/raw-connect.ts';
import type { Scene } from '../kit/scene.ts';

/** How a client gets a DISCONNECT of each code, but for those that need a broker of their own. */
const MISTAKES: Readonly<Partial<Record<ReasonName, string | Buffer>>> = {
  malformed_packet: 'c001 00',
  protocol_error: packet(0x82, u16(1), properties()),
  topic_alias_invalid: packet(0x30, 't', properties(0x23, u16(0))),
  packet_too_large: '30 ff ff ff 7f',
};

/** The size of a DISCONNECT with this text: first byte, length, code, property length, property, length of the text. */
function sizeWith(text: string): number {
  return 2 + 1 + 1 + 3 + Buffer.byteLength(text);
}

/** Brings about a DISCONNECT with a text, for a client that takes packets of this size. */
async function provoke(
  scene: Scene,
  maximumPacketSize: number | undefined,
): Promise<{ client: Client; text?: string }> {
  const client = await scene.connect({ properties: maximumPacketSize === undefined ? null : { maximumPacketSize } });
  client.send(packet(0x82, u16(1), properties()));
  const { reasonCode, properties: list } = await client.next('disconnect');
  assert.equal(reasonCode, ReasonCode.protocol_error);
  return { client, ...(list?.reasonString !== undefined && { text: list.reasonString }) };
}

/** DISCONNECT of the broker (5.0, section 3.14). */
export const disconnectedCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.14.0-1'],
    'there is no DISCONNECT before CONNACK, whatever is wrong with what came',
    ONLY_5,
    (scene) =>
      each(
        [
          'c000', // PINGREQ
          'e000', // DISCONNECT
          '30 05 0001 74 00 78', // PUBLISH
          '10 ff ff ff 7f', // A CONNECT that is too large
          '10 00',
          'f0 02 18 00', // AUTH
          rawConnect(5, { flags: 0x01 }).toString('hex'),
          rawConnect(5, { properties: properties(0x21, u16(0)) }).toString('hex'),
        ],
        async (hex) => {
          const client = await scene.open();
          client.send(hex);
          await client.expectNoConnection('malformed_packet', 'protocol_error', 'packet_too_large');
        },
      ),
  ),
  statement(
    ['5.0:MQTT-3.14.0-1'],
    'a broker that shuts down sends no DISCONNECT to one whose CONNECT it still considers',
    ONLY_5,
    async (scene) => {
      scene.broker.hook('client.authenticate', (client) =>
        client.clientId === 'slow' ? Promise.withResolvers<'allow'>().promise : 'allow',
      );
      const slow = await scene.open();
      slow.sendConnect({ clientId: 'slow' });
      const client = await scene.connect();
      await client.expectNothing();
      await scene.broker.close();
      await slow.expectNoConnection('server_unavailable');
      await client.expectEnd('server_shutting_down');
    },
  ),
  statement(
    ['5.0:MQTT-3.14.2-1', '5.0:MQTT-3.14.4-1', '5.0:MQTT-3.14.4-2'],
    'mistakes are answered with their code, and then comes the end',
    ONLY_5,
    (scene) =>
      each(Object.entries(MISTAKES), async ([reason, wrong]) => {
        const client = await scene.connect();
        client.send(wrong);
        await client.expectEnd(reason as ReasonName);
      }),
  ),
  statement(
    ['5.0:MQTT-3.14.2-1', '5.0:MQTT-3.14.4-1', '5.0:MQTT-3.14.4-2'],
    'who sends more messages than are allowed is told so with 0x96',
    ONLY_5,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('t');
      const client = await scene.connect();
      client.send(...['1', '2', '3', '4', '5'].map((text) => publishPacket('t', text)));
      await client.expectEnd('message_rate_too_high');
      assert.deepEqual(await witness.texts(), ['1', '2', '3']);
    },
    { broker: { maxMessageRate: 3, rateAction: 'disconnect' } },
  ),
  statement(
    ['5.0:MQTT-3.14.2-1', '5.0:MQTT-3.14.2-2'],
    'the client of a session that is taken over, or whose keep-alive has passed, is told so, without other properties',
    ONLY_5,
    async (scene) => {
      const old = await scene.connectKept({ clientId: 'a' });
      const silent = await scene.connectKept({ clientId: 'b', keepAlive: 10 });
      await scene.connectKept({ clientId: 'a' });
      const taken = await old.next('disconnect');
      assert.deepEqual(
        [taken.reasonCode, taken.properties?.sessionExpiryInterval],
        [ReasonCode.session_taken_over, undefined],
      );
      await old.expectEnd(null);
      scene.advance(16);
      const late = await silent.next('disconnect');
      assert.deepEqual(
        [late.reasonCode, late.properties?.sessionExpiryInterval],
        [ReasonCode.keepalive_timeout, undefined],
      );
      await silent.expectEnd(null);
    },
  ),
  statement(
    ['5.0:MQTT-3.14.2-1', '5.0:MQTT-3.14.2-2', '5.0:MQTT-3.14.4-2'],
    'all clients are told that the broker shuts down; before 5.0 there is no DISCONNECT from it',
    ONLY_5,
    async (scene) => {
      const client = await scene.connectKept({}, 100);
      const old = await scene.connect({ version: 4 });
      await scene.broker.close();
      const { reasonCode, properties: list } = await client.next('disconnect');
      assert.deepEqual([reasonCode, list?.sessionExpiryInterval], [ReasonCode.server_shutting_down, undefined]);
      await client.expectEnd(null);
      await old.expectEnd('server_shutting_down');
    },
  ),
  statement(
    ['5.0:MQTT-3.14.2-3'],
    'a Reason String that would make DISCONNECT too large for the client is left out, one that fits is not',
    ONLY_5,
    async (scene) => {
      const { text = '' } = await provoke(scene, undefined);
      assert.notEqual(text, '');
      const fits = await provoke(scene, sizeWith(text));
      assert.equal(fits.text, text);
      await fits.client.expectEnd(null);
      const tooLarge = await provoke(scene, sizeWith(text) - 1);
      assert.equal(tooLarge.text, undefined);
      await tooLarge.client.expectEnd(null);
    },
  ),
  statement(
    ['5.0:MQTT-3.14.4-1', '5.0:MQTT-3.14.4-2'],
    'no message follows DISCONNECT, and what is wrong costs nobody else anything',
    ONLY_5,
    async (scene) => {
      const other = await scene.connect();
      await other.subscribe('t');
      const client = await scene.connect();
      await client.subscribe('t');
      client.send(publishPacket('t', 'before'), 'c001 00', publishPacket('t', 'after'));
      assert.equal((await client.next('publish')).payload.toString(), 'before');
      await client.expectEnd('malformed_packet');
      await scene.publish('t', 'later');
      assert.deepEqual(await other.texts(), ['before', 'later']);
    },
  ),
];
