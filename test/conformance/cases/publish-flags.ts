import assert from 'node:assert/strict';
import { bytes, packet, properties, u16 } from '../../kit/packets.ts';
import { type Case, NUMBERED, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';

const RELIABLE = [1, 2] as const;

/** DUP and QoS of PUBLISH, and how it is answered (5.0, sections 3.3.1.1, 3.3.1.2 and 3.3.4). */
export const publishFlagCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.3.1-1', '3.1.1:MQTT-3.3.1-1'],
    'a message that was not acknowledged comes again on the next connection, with DUP and its packet identifier',
    VERSIONS,
    (scene) =>
      each(RELIABLE, async (qos) => {
        const client = await scene.connectKept({ clientId: `q${qos}` });
        await client.subscribe('t', { qos });
        await scene.publish('t', 'text', { qos });
        const first = await client.next('publish');
        assert.equal(first.dup, false);
        await scene.lose(client);
        const back = await scene.connectKept({ clientId: `q${qos}` });
        const again = await back.next('publish');
        assert.deepEqual(
          [again.dup, again.qos, again.packetId, again.topic, again.payload.toString()],
          [true, qos, first.packetId, 't', 'text'],
        );
      }),
  ),
  statement(
    ['5.0:MQTT-3.3.1-1', '3.1.1:MQTT-3.3.1-1'],
    'a message that had only waited comes without DUP',
    VERSIONS,
    (scene) =>
      each(RELIABLE, async (qos) => {
        const client = await scene.connectKept({ clientId: `q${qos}` });
        await client.subscribe('t', { qos });
        await scene.lose(client);
        await scene.publish('t', 'text', { qos });
        const back = await scene.connectKept({ clientId: `q${qos}` });
        assert.equal((await back.next('publish')).dup, false);
      }),
  ),
  statement(
    ['5.0:MQTT-3.3.1-2', '3.1.1:MQTT-3.3.1-2'],
    'a message at QoS 0 has no DUP, and be it that it came with one at a higher QoS',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 0 });
      const publisher = await scene.connect();
      // Only 3.1 allows DUP at QoS 0.
      publisher.publish('t', '', { qos: 0, dup: scene.version === 3 });
      await publisher.expectNothing();
      await each(RELIABLE, async (qos) => {
        publisher.publish('t', '', { qos, dup: true, packetId: qos });
        await publisher.next(qos === 1 ? 'puback' : 'pubrec');
      });
      const messages = await client.messages();
      assert.deepEqual(
        messages.map(({ qos, dup }) => [qos, dup]),
        [
          [0, false],
          [0, false],
          [0, false],
        ],
      );
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-2', '3.1.1:MQTT-3.3.1-2'],
    'a PUBLISH at QoS 0 with DUP ends the connection, and goes nowhere',
    NUMBERED,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('t');
      const client = await scene.connect();
      client.send(packet(0x38, 't', scene.version === 5 ? properties() : Buffer.alloc(0)));
      await client.expectEnd(['malformed_packet', 'protocol_error']);
      await witness.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-3', '3.1.1:MQTT-3.3.1-3'],
    'DUP of a message that comes in is not passed on',
    VERSIONS,
    (scene) =>
      each(RELIABLE, async (qos) => {
        const client = await scene.connect();
        await client.subscribe('t', { qos });
        const publisher = await scene.connect();
        publisher.publish('t', 'text', { qos, dup: true });
        await publisher.next(qos === 1 ? 'puback' : 'pubrec');
        const { dup, qos: came } = await client.next('publish');
        assert.deepEqual([dup, came], [false, qos]);
        await client.disconnect();
      }),
  ),
  statement(
    ['5.0:MQTT-3.3.1-3', '3.1.1:MQTT-3.3.1-3'],
    'DUP is set when a message is sent again, however it came in',
    VERSIONS,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'a' });
      await client.subscribe('t', { qos: 1 });
      const publisher = await scene.connect();
      publisher.publish('t', 'text', { qos: 1, dup: false });
      await publisher.next('puback');
      await client.next('publish');
      await scene.lose(client);
      const back = await scene.connectKept({ clientId: 'a' });
      assert.equal((await back.next('publish')).dup, true);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-4', '3.1.1:MQTT-3.3.1-4'],
    'a PUBLISH at QoS 3 ends the connection with 0x81, and goes nowhere',
    VERSIONS,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('#', { qos: 2 });
      const list = scene.version === 5 ? properties() : Buffer.alloc(0);
      await each([0x36, 0x37, 0x3e, 0x3f], async (first) => {
        const client = await scene.connect();
        client.send(packet(first, 't', u16(1), list, bytes(1)));
        await client.expectEnd('malformed_packet');
      });
      await witness.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-1', '3.1.1:MQTT-3.3.4-1'],
    'a message at QoS 0 is not answered, at QoS 1 with PUBACK, at QoS 2 with PUBREC and after PUBREL with PUBCOMP',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      const witness = await scene.connect();
      await witness.subscribe('t', { qos: 0 });
      client.publish('t', 'zero', { qos: 0 });
      await client.expectNothing();
      client.publish('t', 'one', { qos: 1, packetId: 11 });
      const puback = await client.next('puback');
      assert.deepEqual([puback.packetId, puback.reasonCode], [11, 0]);
      client.publish('t', 'two', { qos: 2, packetId: 22 });
      const pubrec = await client.next('pubrec');
      assert.deepEqual([pubrec.packetId, pubrec.reasonCode], [22, 0]);
      client.ack('pubrel', 22);
      const pubcomp = await client.next('pubcomp');
      assert.deepEqual([pubcomp.packetId, pubcomp.reasonCode], [22, 0]);
      assert.deepEqual(await witness.texts(), ['zero', 'one', 'two']);
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-1', '3.1.1:MQTT-3.3.4-1'],
    'acknowledgements come in the order of the messages, each once',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      for (let packetId = 1; packetId <= 20; packetId++) client.publish('t', '', { qos: 1, packetId });
      const packets = await client.received();
      assert.deepEqual(
        packets.map((answer) => ('packetId' in answer ? [answer.type, answer.packetId] : answer)),
        Array.from({ length: 20 }, (_, index) => [4, index + 1]),
      );
    },
  ),
  statement(
    ['5.0:MQTT-3.3.5-2', '3.1.1:MQTT-3.3.5-2'],
    'a message that is not allowed goes nowhere; before 5.0 it is acknowledged, 5.0 clients are told 0x87',
    VERSIONS,
    async (scene) => {
      scene.broker.hook('client.authorize', (_, { action }) => (action === 'publish' ? 'deny' : 'allow'));
      const witness = await scene.connect();
      await witness.subscribe('t', { qos: 2 });
      const client = await scene.connect();
      const code = scene.version === 5 ? 0x87 : 0;
      client.publish('t', '', { qos: 0, retain: true });
      await client.expectNothing();
      client.publish('t', '', { qos: 1, packetId: 1, retain: true });
      assert.equal((await client.next('puback')).reasonCode, code);
      client.publish('t', '', { qos: 2, packetId: 2, retain: true });
      assert.equal((await client.next('pubrec')).reasonCode, code);
      if (scene.version < 5) {
        client.ack('pubrel', 2);
        assert.equal((await client.next('pubcomp')).packetId, 2);
      }
      await witness.expectNothing();
      assert.equal(scene.broker.stats().retained, 0);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-1', '3.1.1:MQTT-3.3.4-1'],
    'acknowledgements keep that order where a hook takes its time with some of the messages',
    VERSIONS,
    async (scene) => {
      const first = Promise.withResolvers<'allow'>();
      scene.broker.hook('message.publish', ({ payload }) => (payload.toString() === '1' ? first.promise : 'allow'));
      const witness = await scene.connect();
      await witness.subscribe('t');
      const client = await scene.connect();
      for (const packetId of [1, 2, 3]) client.publish('t', `${packetId}`, { qos: 1, packetId });
      await witness.expectNothing();
      first.resolve('allow');
      await each([1, 2, 3], async (packetId) => assert.equal((await client.next('puback')).packetId, packetId));
      assert.deepEqual(await witness.texts(), ['1', '2', '3']);
    },
  ),
];
