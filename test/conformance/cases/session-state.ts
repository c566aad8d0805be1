import assert from 'node:assert/strict';
import { encode } from '../../../src/codec/encode.ts';
import { connectPacket, publishPacket } from '../../kit/raw-client.ts';
import { type Case, NUMBERED, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';

const MONTH = 30 * 24 * 3600;

/** What a session keeps, how long, and the stream of bytes below it (sections 4.1, 4.2, 4.5). */
export const sessionStateCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-4.1.0-1', '3.1.1:MQTT-4.1.0-1', '3.1.1:MQTT-4.1.0-2'],
    'all of the state is there as long as the connection is, though the session is to end with it or soon after',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect({
        properties: scene.version === 5 ? { sessionExpiryInterval: 1 } : null,
      });
      await client.subscribe('t', { qos: 2 });
      client.publish('other', '', { qos: 2, packetId: 9 });
      await client.next('pubrec');
      await scene.publish('t', 'unacknowledged', { qos: 2 });
      const { packetId } = await client.next('publish');
      scene.advance(MONTH);
      client.ack('pubrel', 9);
      assert.equal((await client.next('pubcomp')).reasonCode, 0);
      client.ack('pubrec', packetId);
      assert.equal((await client.next('pubrel')).reasonCode, 0);
      client.ack('pubcomp', packetId);
      await scene.publish('t', 'text');
      assert.deepEqual(await client.texts(), ['text']);
    },
  ),
  statement(
    ['5.0:MQTT-4.1.0-1', '3.1.1:MQTT-4.1.0-1'],
    'the state of a session passes through several connections',
    VERSIONS,
    async (scene) => {
      const first = await scene.connectKept({ clientId: 'a' });
      await first.subscribe(['t', 'u/+'], { qos: 2 });
      first.publish('other', '', { qos: 2, packetId: 9 });
      await first.next('pubrec');
      await first.disconnect();
      await each([1, 2, 3], async () => {
        const between = await scene.connectKept({ clientId: 'a' });
        await between.disconnect();
      });
      const last = await scene.connectKept({ clientId: 'a' });
      last.publish('other', '', { qos: 2, packetId: 9, dup: true });
      await last.next('pubrec');
      last.ack('pubrel', 9);
      assert.equal((await last.next('pubcomp')).reasonCode, 0);
      await scene.publish('t', 'one');
      await scene.publish('u/x', 'two');
      assert.deepEqual(await last.texts(), ['one', 'two']);
    },
  ),
  statement(
    ['5.0:MQTT-4.1.0-2'],
    'nothing of the state is left when the expiry interval has passed since the connection was closed',
    ONLY_5,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'a' }, 10);
      await client.subscribe(['t', '$share/g/t'], { qos: 1 });
      scene.advance(1000);
      await scene.lose(client);
      await scene.publish('t', 'waits', { qos: 1 });
      scene.advance(9.9);
      const before = scene.broker.stats();
      assert.deepEqual([before.sessions, before.subscriptions, before.queued], [1, 2, 2]);
      scene.advance(0.2);
      const after = scene.broker.stats();
      assert.deepEqual([after.sessions, after.subscriptions, after.queued], [0, 0, 0]);
      const back = await scene.open();
      assert.equal((await back.connect({ clientId: 'a', cleanStart: false })).sessionPresent, false);
      await back.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-4.2.0-1', '5.0:MQTT-7.1.1-1', '3.1.1:MQTT-7.1.1-1'],
    'packets that come byte by byte are what they are in one piece, and keep their order',
    VERSIONS,
    async (scene) => {
      const client = await scene.open();
      const { version } = scene;
      const packets = [
        connectPacket({ version, clientId: 'a', keepAlive: 60 }),
        publishPacket('t', 'one', { qos: 1, packetId: 1, retain: true }),
        publishPacket('t', 'two', { qos: 2, packetId: 2 }),
      ];
      for (const byte of Buffer.concat(packets.map((packet) => encode(packet, version))))
        client.send(Buffer.from([byte]));
      await client.next('connack');
      assert.equal((await client.next('puback')).packetId, 1);
      assert.equal((await client.next('pubrec')).packetId, 2);
      await client.subscribe('t');
      assert.deepEqual(await client.texts(), ['one']);
    },
  ),
  statement(
    ['5.0:MQTT-4.2.0-1', '5.0:MQTT-7.1.1-1', '3.1.1:MQTT-7.1.1-1'],
    'large and small messages pass complete and in their order, in both directions',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t');
      const sizes = [1, 300_000, 0, 65_536, 127, 128, 1_000_000, 3];
      const payloads = sizes.map((size, index) => Buffer.alloc(size, `payload ${index};`));
      client.send(...payloads.map((payload) => publishPacket('t', payload)));
      const messages = await client.messages();
      assert.deepEqual(
        messages.map(({ payload }) => payload.length),
        sizes,
      );
      assert.ok(messages.every(({ payload }, index) => payload.equals(payloads[index] as Buffer)));
    },
  ),
  statement(
    ['5.0:MQTT-4.5.0-1', '3.1.1:MQTT-4.5.0-1'],
    'an acknowledged message is in the sessions of all who subscribed to it, be they connected or not, and of nobody else',
    VERSIONS,
    async (scene) => {
      await each(['a', 'b'], async (clientId) => {
        const away = await scene.connectKept({ clientId });
        await away.subscribe(['t/+', 'other/#'], { qos: 1 });
        await away.disconnect();
      });
      const here = await scene.connect();
      await here.subscribe('#', { qos: 2 });
      const stranger = await scene.connect();
      await stranger.subscribe(['u', 't', 't/1/2', 't/2']);
      const publisher = await scene.connect();
      publisher.publish('t/1', 'text', { qos: 1, packetId: 5 });
      await publisher.next('puback');
      publisher.cut();
      assert.deepEqual(await here.texts(), ['text']);
      await stranger.expectNothing();
      await each(['a', 'b'], async (clientId) => {
        const back = await scene.connectKept({ clientId });
        assert.deepEqual(await back.texts(), ['text']);
      });
    },
  ),
  statement(
    ['5.0:MQTT-4.5.0-1', '3.1.1:MQTT-4.5.0-1'],
    'the publisher is a subscriber like any other',
    NUMBERED,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 1 });
      client.publish('t', 'own', { qos: 1, packetId: 77 });
      const names = (await client.received()).map((packet) => ('payload' in packet ? packet.payload.toString() : ''));
      assert.deepEqual(names.toSorted(), ['', 'own']); // PUBACK and the message, in any order.
    },
  ),
];
