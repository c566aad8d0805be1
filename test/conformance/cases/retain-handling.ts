import assert from 'node:assert/strict';
import { type Case, NUMBERED, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** Payload, QoS and RETAIN of all messages that have come. */
async function got(client: Client): Promise<[payload: string, qos: number, retain: boolean][]> {
  return (await client.messages()).map(({ payload, qos, retain }) => [payload.toString(), qos, retain]);
}

/** Publishes a message to `t` that is retained and one that is not. */
async function publishBoth(scene: Scene): Promise<void> {
  const publisher = await scene.connect();
  publisher.publish('t', 'retained', { qos: 1, retain: true });
  await publisher.next('puback');
  publisher.publish('t', 'plain');
  await publisher.expectNothing();
}

/** What subscriptions make of RETAIN: Retain Handling and Retain As Published (5.0, section 3.8.3.1). */
export const retainHandlingCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.3.1-9', '3.1.1:MQTT-3.3.1-6', '3.1.1:MQTT-3.8.4-3'],
    'retain handling 0, the only one before 5.0: retained messages come at each SUBSCRIBE, with RETAIN, after SUBACK',
    VERSIONS,
    async (scene) => {
      await scene.publish('t', 'text', { qos: 1, retain: true });
      const client = await scene.connect();
      await each([1, 2, 3], async () => {
        await client.subscribe('t', { retainHandling: 0 });
        assert.deepEqual(await got(client), [['text', 0, true]]);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-10'],
    'retain handling 1: retained messages come when the subscription is new, and not when it is there',
    ONLY_5,
    async (scene) => {
      await scene.publish('t', 'text', { retain: true });
      const client = await scene.connectKept({ clientId: 'a' });
      await client.subscribe('t', { retainHandling: 1 });
      assert.deepEqual(await got(client), [['text', 0, true]]);
      await client.subscribe('t', { retainHandling: 1, qos: 1 });
      await client.expectNothing();
      await client.disconnect();
      const back = await scene.connectKept({ clientId: 'a' });
      await back.subscribe('t', { retainHandling: 1 });
      await back.expectNothing();
      await back.subscribe('+', { retainHandling: 1 });
      assert.deepEqual(await got(back), [['text', 0, true]]);
      await back.unsubscribe('t');
      await back.subscribe('t', { retainHandling: 1 });
      assert.deepEqual(await got(back), [['text', 0, true]]);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-11'],
    'retain handling 2: no retained message comes, whether the subscription is new or not',
    ONLY_5,
    async (scene) => {
      await scene.publish('t', 'text', { retain: true });
      const client = await scene.connect();
      await client.subscribe('t', { retainHandling: 2 });
      await client.subscribe('t', { retainHandling: 2 });
      await client.expectNothing();
      await scene.publish('t', 'new', { retain: true });
      assert.deepEqual(await got(client), [['new', 0, false]]);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-9', '5.0:MQTT-3.3.1-10', '5.0:MQTT-3.3.1-11'],
    'filters of one SUBSCRIBE have their own retain handling each',
    ONLY_5,
    async (scene) => {
      await each(['a', 'b', 'c'], (topic) => scene.publish(topic, topic, { retain: true }));
      const client = await scene.connect();
      // Retain Handling 0, 1 and 2 of filters a, b and c.
      const subscribe = '82 0f 0001 00 0001 61 00 0001 62 10 0001 63 20';
      client.send(subscribe);
      await client.next('suback');
      assert.deepEqual((await client.texts()).toSorted(), ['a', 'b']);
      client.send(subscribe);
      await client.next('suback');
      assert.deepEqual(await client.texts(), ['a']);
    },
  ),
  statement(['5.0:MQTT-3.3.1-9'], 'a shared subscription gets no retained messages', ONLY_5, async (scene) => {
    await scene.publish('t', 'text', { retain: true });
    const client = await scene.connect();
    await each([0, 1] as const, async (retainHandling) => {
      assert.deepEqual(await client.subscribe(`$share/g${retainHandling}/t`, { retainHandling }), [0]);
    });
    await client.expectNothing();
  }),
  statement(
    ['5.0:MQTT-3.3.1-12', '3.1.1:MQTT-3.3.1-9'],
    'messages for those who have subscribed already have no RETAIN, however they were published',
    NUMBERED,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 2 });
      await publishBoth(scene);
      assert.deepEqual(await got(client), [
        ['retained', 1, false],
        ['plain', 0, false],
      ]);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-13'],
    'with retain as published messages keep the RETAIN flag of their publisher, in shared subscriptions, too',
    ONLY_5,
    (scene) =>
      each(['t', '$share/group/t'], async (filter) => {
        const client = await scene.connect();
        await client.subscribe(filter, { qos: 2, retainAsPublished: true, retainHandling: 2 });
        await publishBoth(scene);
        assert.deepEqual(await got(client), [
          ['retained', 1, true],
          ['plain', 0, false],
        ]);
        await client.disconnect();
      }),
  ),
  statement(
    ['5.0:MQTT-3.3.1-12', '5.0:MQTT-3.3.1-13'],
    'the flag is as published, too, for messages that waited for their receiver',
    ONLY_5,
    (scene) =>
      each([true, false], async (retainAsPublished) => {
        const clientId = `rap ${retainAsPublished}`;
        const client = await scene.connectKept({ clientId });
        await client.subscribe('t', { qos: 1, retainAsPublished, retainHandling: 2 });
        await client.disconnect();
        await scene.publish('t', 'retained', { qos: 1, retain: true });
        await scene.publish('t', 'plain', { qos: 1 });
        assert.deepEqual(await got(await scene.connectKept({ clientId })), [
          ['retained', 1, retainAsPublished],
          ['plain', 1, false],
        ]);
      }),
  ),
  statement(
    ['5.0:MQTT-3.3.1-9', '5.0:MQTT-3.3.1-13'],
    'what is sent because it is retained has RETAIN, whatever retain as published says',
    ONLY_5,
    async (scene) => {
      await scene.publish('t', 'text', { retain: true });
      const client = await scene.connect();
      await each([false, true], async (retainAsPublished) => {
        await client.subscribe('t', { retainAsPublished });
        assert.deepEqual(await got(client), [['text', 0, true]]);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-9', '3.1.1:MQTT-3.3.1-8'],
    'a retained message that was not acknowledged has RETAIN when it comes again, too',
    NUMBERED,
    async (scene) => {
      await scene.publish('t', 'text', { qos: 1, retain: true });
      const client = await scene.connectKept({ clientId: 'a' });
      await client.subscribe('t', { qos: 1 });
      const { packetId } = await client.next('publish');
      await scene.lose(client);
      const again = await (await scene.connectKept({ clientId: 'a' })).next('publish');
      assert.deepEqual([again.packetId, again.dup, again.retain], [packetId, true, true]);
    },
  ),
];
