import assert from 'node:assert/strict';
import { packet, properties, u16 } from '../../kit/packets.ts';
import { type Case, NUMBERED, ONLY_311, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import { Flag, rawConnect } from '../kit/raw-connect.ts';
import type { Scene } from '../kit/scene.ts';

const WILL = { topic: 'will', payload: 'gone' };

/** A client that is told every will. */
export async function witnessOf(scene: Scene): Promise<Client> {
  const witness = await scene.connect();
  await witness.subscribe('#', { qos: 2, retainAsPublished: true });
  return witness;
}

/** The will (sections 3.1.2.5 to 3.1.2.7, 3.14.4). */
export const willCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.1.2-7', '5.0:MQTT-3.1.2-8', '3.1.1:MQTT-3.1.2-8'],
    'the will is published when the connection is reset',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      const client = await scene.connect({ will: WILL });
      await witness.expectNothing();
      await scene.lose(client);
      const message = await witness.next('publish');
      assert.deepEqual([message.topic, message.payload.toString()], ['will', 'gone']);
      await witness.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-8', '3.1.1:MQTT-3.1.2-8'],
    'the will is published when the client ends the connection without DISCONNECT',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      const client = await scene.connect({ will: WILL });
      await scene.lose(client, 'end');
      assert.deepEqual(await witness.texts(), ['gone']);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-8', '3.1.1:MQTT-3.1.2-8'],
    'the will is published when the broker ends the connection because of a protocol error',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      const wrong = [
        packet(0x36, 't', u16(1), Buffer.alloc(4)),
        Buffer.from('ffffffffff', 'hex'),
        rawConnect(scene.version),
      ];
      await each(wrong, async (bytes) => {
        const client = await scene.connect({ will: WILL });
        client.send(bytes);
        await client.expectEnd(['malformed_packet', 'protocol_error']);
        assert.deepEqual(await witness.texts(), ['gone']);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-8', '5.0:MQTT-3.1.2-22', '3.1.1:MQTT-3.1.2-8', '3.1.1:MQTT-3.1.2-24'],
    'the will is published when the keep-alive has passed',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      const client = await scene.connect({ will: WILL, keepAlive: 10 });
      scene.advance(15);
      await client.expectEnd('keepalive_timeout');
      assert.deepEqual(await witness.texts(), ['gone']);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-8', '3.1.1:MQTT-3.1.2-8'],
    'the will is published when another connection takes over the client identifier',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      const first = await scene.connect({ clientId: 'a', will: WILL });
      await scene.connect({ clientId: 'a' });
      await first.expectEnd('session_taken_over');
      assert.deepEqual(await witness.texts(), ['gone']);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-8', '5.0:MQTT-3.1.2-10', '3.1.1:MQTT-3.1.2-8', '3.1.1:MQTT-3.1.2-10'],
    'DISCONNECT takes the will with it, for good',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      const client = await scene.connectKept({ clientId: 'a', will: WILL });
      await client.disconnect();
      await witness.expectNothing();
      const back = await scene.connectKept({ clientId: 'a' });
      await scene.lose(back);
      scene.advance(1_000_000);
      await witness.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-10', '3.1.1:MQTT-3.1.2-10'],
    'a will that was published does not come again when the session goes on and is lost again',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      await scene.lose(await scene.connectKept({ clientId: 'a', will: WILL }));
      assert.deepEqual(await witness.texts(), ['gone']);
      await scene.lose(await scene.connectKept({ clientId: 'a' }));
      scene.advance(1_000_000);
      await witness.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-7', '3.1.1:MQTT-3.1.2-8'],
    'the will is that of the last CONNECT',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      await (await scene.connectKept({ clientId: 'a', will: WILL })).disconnect();
      await scene.lose(await scene.connectKept({ clientId: 'a', will: { ...WILL, payload: 'second' } }));
      assert.deepEqual(await witness.texts(), ['second']);
    },
  ),
  statement(['3.1.1:MQTT-3.1.2-12'], 'without a will nothing is published', ONLY_311, async (scene) => {
    const witness = await witnessOf(scene);
    await scene.lose(await scene.connect());
    await witness.expectNothing();
  }),
  statement(
    ['5.0:MQTT-3.1.2-9', '3.1.1:MQTT-3.1.2-9'],
    'topic, payload and QoS of the will are those of CONNECT, be the payload empty or binary',
    VERSIONS,
    async (scene) => {
      const witness = await witnessOf(scene);
      await each([0, 1, 2] as const, (qos) =>
        each([Buffer.alloc(0), Buffer.from([0, 0xff, 0xc0])], async (payload) => {
          await scene.lose(await scene.connect({ will: { topic: 'a/b', payload, qos } }));
          const message = await witness.next('publish');
          assert.deepEqual([message.topic, message.payload.toString('hex')], ['a/b', payload.toString('hex')]);
          assert.equal(message.qos, qos);
        }),
      );
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-9', '3.1.1:MQTT-3.1.2-9'],
    'a CONNECT with the Will Flag and without the fields of a will is not accepted',
    NUMBERED,
    (scene) =>
      each([[], ['topic'], ...(scene.version === 5 ? [[0], [0, 'topic']] : [])], async (fields) => {
        const client = await scene.open();
        client.send(rawConnect(scene.version, { flags: Flag.cleanStart | Flag.will, payload: ['id', ...fields] }));
        await client.expectNoConnection('malformed_packet');
      }),
  ),
  statement(
    ['5.0:MQTT-3.1.2-11', '3.1.1:MQTT-3.1.2-13', '3.1.1:MQTT-3.1.2-11'],
    'a CONNECT with a Will QoS and without the Will Flag is not accepted',
    NUMBERED,
    (scene) =>
      each([1, 2, 3], async (qos) => {
        const client = await scene.open();
        client.send(rawConnect(scene.version, { flags: Flag.cleanStart | (qos << 3) }));
        await client.expectNoConnection('malformed_packet');
      }),
  ),
  statement(
    ['5.0:MQTT-3.1.2-12', '3.1.1:MQTT-3.1.2-14'],
    'a CONNECT with Will QoS 3 is not accepted',
    VERSIONS,
    async (scene) => {
      const list = scene.version === 5 ? properties() : Buffer.alloc(0);
      const client = await scene.open();
      const flags = Flag.cleanStart | Flag.will | 0x18;
      client.send(rawConnect(scene.version, { flags, payload: ['id', list, 'topic', 'will'] }));
      await client.expectNoConnection('malformed_packet');
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-13', '3.1.1:MQTT-3.1.2-15', '3.1.1:MQTT-3.1.2-11'],
    'a CONNECT with Will Retain and without the Will Flag is not accepted',
    NUMBERED,
    async (scene) => {
      const client = await scene.open();
      client.send(rawConnect(scene.version, { flags: Flag.cleanStart | Flag.willRetain }));
      await client.expectNoConnection('malformed_packet');
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-14', '3.1.1:MQTT-3.1.2-16'],
    'a will without Will Retain is not retained, and an older retained message stays',
    VERSIONS,
    async (scene) => {
      await scene.publish('will', 'older', { retain: true });
      await scene.lose(await scene.connect({ will: WILL }));
      const later = await witnessOf(scene);
      assert.deepEqual(await later.texts(), ['older']);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-15', '3.1.1:MQTT-3.1.2-17'],
    'a will with Will Retain is retained, for those who subscribe later',
    VERSIONS,
    async (scene) => {
      await scene.lose(await scene.connect({ will: { ...WILL, retain: true, qos: 1 } }));
      const later = await witnessOf(scene);
      const messages = await later.messages();
      assert.deepEqual(
        messages.map(({ topic, payload, retain, qos }) => [topic, payload.toString(), retain, qos]),
        [['will', 'gone', true, 1]],
      );
    },
  ),
];
