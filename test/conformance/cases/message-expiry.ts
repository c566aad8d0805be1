import assert from 'node:assert/strict';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** A client publishes a message that lives for `seconds`, and the broker has it. */
async function publish(scene: Scene, payload: string, seconds: number, qos: 0 | 1 = 1): Promise<void> {
  const publisher = await scene.connect();
  publisher.publish('t', payload, { qos, properties: { messageExpiryInterval: seconds } });
  if (qos === 1) await publisher.next('puback');
  await publisher.disconnect();
}

/** Payload and Message Expiry Interval of what has come. */
async function lives(client: Client): Promise<[payload: string, seconds: number | undefined][]> {
  const messages = await client.messages();
  return messages.map(({ payload, properties }) => [payload.toString(), properties?.messageExpiryInterval]);
}

/** A session that has subscribed at QoS 1 and has no connection. */
async function subscribeAway(scene: Scene): Promise<void> {
  const client = await scene.connectKept({ clientId: 'away' });
  await client.subscribe('t', { qos: 1 });
  await client.disconnect();
}

/** Message Expiry Interval (5.0, section 3.3.2.3.3). */
export const messageExpiryCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.3.2-5'],
    'a message that expired while it waited for its receiver does not come, others do, in their order',
    ONLY_5,
    async (scene) => {
      await subscribeAway(scene);
      await publish(scene, 'short', 10);
      await publish(scene, 'long', 100);
      await publish(scene, 'shorter', 5);
      await publish(scene, 'longer', 1000);
      scene.advance(11);
      const back = await scene.connectKept({ clientId: 'away' });
      assert.deepEqual(await lives(back), [
        ['long', 89],
        ['longer', 989],
      ]);
      assert.equal(scene.broker.stats().dropped.expired, 2);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-5'],
    'a message that expired while the window of its receiver was full does not come',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect({ properties: { receiveMaximum: 1 } });
      await client.subscribe('t', { qos: 1 });
      await publish(scene, 'first', 100);
      await publish(scene, 'second', 10);
      await publish(scene, 'third', 100);
      const { packetId, payload } = await client.next('publish');
      assert.equal(payload.toString(), 'first');
      await client.expectNothing();
      scene.advance(10);
      client.ack('puback', packetId);
      assert.deepEqual(await lives(client), [['third', 90]]);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-5'],
    'a retained message that has expired does not come any more',
    ONLY_5,
    async (scene) => {
      await scene.publish('t', 'text', { retain: true, properties: { messageExpiryInterval: 10 } });
      scene.advance(9);
      const early = await scene.connect();
      await early.subscribe('t');
      assert.deepEqual(await lives(early), [['text', 1]]);
      scene.advance(1);
      const late = await scene.connect();
      await late.subscribe('t');
      await late.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-5'],
    'a message whose delivery has begun is delivered to the end, and comes again though it has expired',
    ONLY_5,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'away' });
      await client.subscribe('t', { qos: 1 });
      await publish(scene, 'text', 10);
      const { packetId } = await client.next('publish');
      await scene.lose(client);
      scene.advance(20);
      const back = await scene.connectKept({ clientId: 'away' });
      const again = await back.next('publish');
      assert.deepEqual([again.packetId, again.dup, again.payload.toString()], [packetId, true, 'text']);
      back.ack('puback', packetId);
      await back.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-6'],
    'a message that did not wait comes with the interval of its publisher, of every length',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 1 });
      await each([1, 60, 0x1_0000, 0x8000_0000, 0xffff_ffff], async (seconds) => {
        await publish(scene, 'text', seconds);
        const { properties, packetId } = await client.next('publish');
        assert.equal(properties?.messageExpiryInterval, seconds);
        client.ack('puback', packetId);
        await publish(scene, 'text', seconds, 0);
        assert.equal((await client.next('publish')).properties?.messageExpiryInterval, seconds);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-6'],
    'the time for which a message waited is taken off, each time that it is sent',
    ONLY_5,
    async (scene) => {
      await subscribeAway(scene);
      await publish(scene, 'text', 100);
      scene.advance(30);
      const back = await scene.connectKept({ clientId: 'away' });
      assert.deepEqual(await lives(back), [['text', 70]]);
      await scene.lose(back);
      scene.advance(30);
      const again = await scene.connectKept({ clientId: 'away' });
      assert.deepEqual(await lives(again), [['text', 40]]);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-6'],
    'the interval of a retained message counts down from when it was published',
    ONLY_5,
    async (scene) => {
      await scene.publish('t', 'text', { retain: true, properties: { messageExpiryInterval: 100 } });
      const client = await scene.connect();
      await each([100, 75, 50], async (left) => {
        await client.subscribe('t');
        assert.deepEqual(await lives(client), [['text', left]]);
        scene.advance(25);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-6'],
    'a message without interval comes without, however long it waited',
    ONLY_5,
    async (scene) => {
      await subscribeAway(scene);
      await scene.publish('t', 'text', { qos: 1 });
      scene.advance(3000);
      assert.deepEqual(await lives(await scene.connectKept({ clientId: 'away' })), [['text', undefined]]);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-5'],
    'a message that has expired does not come to clients of older versions, one that has not comes without interval',
    ONLY_5,
    async (scene) => {
      const old = { clientId: 'old', version: 4 } as const;
      const client = await scene.connectKept(old);
      await client.subscribe('t', { qos: 1 });
      await client.disconnect();
      await publish(scene, 'short', 10);
      await publish(scene, 'long', 100);
      scene.advance(10);
      const back = await scene.connectKept(old);
      assert.deepEqual(await lives(back), [['long', undefined]]);
    },
  ),
];
