import assert from 'node:assert/strict';
import { PacketType } from '../../../src/codec/packets.ts';
import type { PropertiesOf } from '../../../src/codec/properties.ts';
import { bytes, packet, properties, u16, u32 } from '../../kit/packets.ts';
import { publishPacket } from '../../kit/raw-client.ts';
import { type Case, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** A client with a will, and one that would notice it. */
async function withWill(scene: Scene): Promise<{ client: Client; witness: Client }> {
  const witness = await scene.connect();
  await witness.subscribe('will');
  return { client: await scene.connect({ will: { topic: 'will' } }), witness };
}

/** A session that is kept for ten seconds, which DISCONNECT changes to something else. */
async function leave(scene: Scene, sessionExpiryInterval: number): Promise<void> {
  const client = await scene.connectKept({ clientId: 'a' }, 10);
  await client.disconnect(0, { sessionExpiryInterval });
}

async function isPresent(scene: Scene): Promise<boolean> {
  const client = await scene.open();
  return (await client.connect({ clientId: 'a', cleanStart: false })).sessionPresent;
}

const NOTHING = { type: PacketType.disconnect, reasonCode: 0, properties: null } as const;

/** DISCONNECT of a client (5.0, section 3.14). */
export const disconnectCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.14.1-1', '3.1.1:MQTT-3.14.1-1'],
    'a DISCONNECT with a reserved bit set is malformed, and leaves the will',
    VERSIONS,
    (scene) =>
      each([1, 2, 4, 8, 15], async (bits) => {
        const { client, witness } = await withWill(scene);
        client.send(packet(0xe0 | bits));
        await client.expectEnd('malformed_packet');
        assert.equal((await witness.next('publish')).topic, 'will');
      }),
  ),
  statement(
    ['5.0:MQTT-3.14.2-1'],
    'a DISCONNECT with a code that it may not have ends the connection with 0x82, and leaves the will',
    ONLY_5,
    (scene) =>
      each([0x01, 0x10, 0x18, 0x84, 0x91, 0x92, 0xff], async (code) => {
        const { client, witness } = await withWill(scene);
        client.send(packet(0xe0, code));
        await client.expectEnd(['protocol_error', 'malformed_packet']);
        assert.equal((await witness.next('publish')).topic, 'will');
      }),
  ),
  statement(
    ['5.0:MQTT-3.14.2-1'],
    'a DISCONNECT with properties is taken; one with a property twice, or one that is not for it, is an error',
    ONLY_5,
    async (scene) => {
      const text = properties(0x1f, 'text', 0x26, 'a', 'b', 0x26, 'a', 'b');
      const { client: good } = await withWill(scene);
      good.send(packet(0xe0, 0, text));
      await good.expectEnd(null);
      const wrong = [
        [properties(0x1f, 'a', 0x1f, 'a'), 'protocol_error'],
        [properties(0x11, u32(0), 0x11, u32(0)), 'protocol_error'],
        [properties(0x23, u16(1)), 'malformed_packet'],
        [bytes(5, 0x1f), 'malformed_packet'],
      ] as const;
      await each(wrong, async ([list, reason]) => {
        const client = await scene.connect();
        client.send(packet(0xe0, 0, list));
        await client.expectEnd(reason);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.14.2-2'],
    'the Session Expiry Interval in DISCONNECT replaces that of CONNECT',
    ONLY_5,
    async (scene) => {
      await leave(scene, 0);
      assert.equal(await isPresent(scene), false);
      await leave(scene, 100);
      scene.advance(99);
      assert.equal(await isPresent(scene), true);
      await leave(scene, 100);
      scene.advance(100);
      assert.equal(await isPresent(scene), false);
      await leave(scene, 5);
      scene.advance(5);
      assert.equal(await isPresent(scene), false);
    },
  ),
  statement(
    ['5.0:MQTT-3.14.2-2'],
    'where CONNECT had none, or 0, a Session Expiry Interval that is not 0 is a Protocol Error, and 0 is not',
    ONLY_5,
    (scene) =>
      each([null, { sessionExpiryInterval: 0 }], async (connectProperties) => {
        const { witness } = await withWill(scene);
        const fields = { clientId: 'a', properties: connectProperties, will: { topic: 'will' } };
        const client = await scene.connect(fields);
        client.send({ ...NOTHING, properties: { sessionExpiryInterval: 10 } });
        await client.expectEnd('protocol_error');
        assert.equal((await witness.next('publish')).topic, 'will');
        assert.equal(await isPresent(scene), false);
        const other = await scene.connect(fields);
        await other.disconnect(0, { sessionExpiryInterval: 0 });
        await witness.expectNothing();
      }),
  ),
  statement(
    ['5.0:MQTT-3.14.4-1', '3.1.1:MQTT-3.14.4-2'],
    'what a client sends after DISCONNECT has no effect',
    VERSIONS,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('#');
      const client = await scene.connectKept({ clientId: 'a' });
      client.send(NOTHING, publishPacket('t', '', { qos: 1, retain: true }), 'c000', '82 06 0001 0001 61 00');
      await client.expectEnd(null);
      await witness.expectNothing();
      assert.deepEqual([scene.broker.stats().retained, scene.broker.stats().subscriptions], [0, 1]);
    },
  ),
  statement(
    ['5.0:MQTT-3.14.4-2', '3.1.1:MQTT-3.14.4-1'],
    'the broker closes the connection after DISCONNECT, though the client does not, and sends nothing more',
    VERSIONS,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'a' });
      await client.subscribe('t', { qos: 1 });
      client.send(NOTHING);
      await client.expectEnd(null);
      await scene.publish('t', 'later', { qos: 1 });
      assert.equal(scene.broker.stats().clients, 0);
      const back = await scene.connectKept({ clientId: 'a' });
      assert.deepEqual(await back.texts(), ['later']);
    },
  ),
  statement(
    ['5.0:MQTT-3.14.4-2', '3.1.1:MQTT-3.14.4-1'],
    'what a client has sent before DISCONNECT counts',
    VERSIONS,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('t');
      const client = await scene.connect();
      client.send(publishPacket('t', '1'), publishPacket('t', '2'), NOTHING);
      await client.expectEnd(null);
      assert.deepEqual(await witness.texts(), ['1', '2']);
    },
  ),
  statement(
    ['5.0:MQTT-3.14.4-3', '3.1.1:MQTT-3.14.4-3'],
    'DISCONNECT with 0x00, in every form, takes the will with it, whatever becomes of the connection',
    VERSIONS,
    (scene) =>
      each(scene.version === 5 ? ['e000', 'e00100', 'e0020000'] : ['e000'], async (hex) => {
        const { client, witness } = await withWill(scene);
        client.send(hex);
        client.cut();
        const other = await scene.connectKept({ clientId: 'kept', will: { topic: 'will' } });
        other.send(hex);
        await other.expectEnd(null);
        scene.advance(100_000);
        await scene.publish('will', 'not a will');
        assert.deepEqual(await witness.texts(), ['not a will']);
        await witness.disconnect();
      }),
  ),
  statement(['5.0:MQTT-3.14.4-3'], 'DISCONNECT with another code leaves the will to be published', ONLY_5, (scene) =>
    each([0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99], async (code) => {
      const { client, witness } = await withWill(scene);
      await client.disconnect(code, { reasonString: 'because' } satisfies PropertiesOf<'disconnect'>);
      assert.equal((await witness.next('publish')).topic, 'will');
      await witness.disconnect();
    }),
  ),
];
