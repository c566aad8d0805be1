import assert from 'node:assert/strict';
import { type Case, NUMBERED, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** Payload, QoS and RETAIN of all messages that have come. */
async function got(client: Client): Promise<[payload: string, qos: number, retain: boolean][]> {
  return (await client.messages()).map(({ payload, qos, retain }) => [payload.toString(), qos, retain]);
}

/** What a new client that subscribes at QoS 2 gets at once. */
async function retainedFor(scene: Scene, filter: string): Promise<[payload: string, qos: number, retain: boolean][]> {
  const client = await scene.connect();
  await client.subscribe(filter, { qos: 2 });
  return got(client);
}

/** Publishes as a client, and waits until the broker has it. */
async function retain(publisher: Client, topic: string, payload: string, qos: 0 | 1 | 2 = 0): Promise<void> {
  publisher.publish(topic, payload, { qos, retain: true });
  if (qos === 1) await publisher.next('puback');
  if (qos === 2) {
    await publisher.next('pubrec');
    publisher.ack('pubrel', 1);
    await publisher.next('pubcomp');
  }
  await publisher.expectNothing();
}

/** RETAIN of PUBLISH, and what subscriptions make of it (5.0, section 3.3.1.3). */
export const retainCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.3.1-5', '3.1.1:MQTT-3.3.1-5', '3.1.1:MQTT-3.3.1-6', '3.1.1:MQTT-3.3.1-8'],
    'a message with RETAIN is kept at its QoS, and is sent with RETAIN to those who subscribe later',
    VERSIONS,
    async (scene) => {
      const publisher = await scene.connect();
      await each([0, 1, 2] as const, async (qos) => {
        await retain(publisher, `t/${qos}`, `text ${qos}`, qos);
        assert.deepEqual(await retainedFor(scene, `t/${qos}`), [[`text ${qos}`, qos, true]]);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-5', '3.1.1:MQTT-3.3.1-5', '3.1.1:MQTT-3.3.1-6'],
    'the last one of each topic is kept, and a subscription gets those that its filter matches, each once',
    VERSIONS,
    async (scene) => {
      const publisher = await scene.connect();
      await each(['a/b', 'a/c', 'a/b/d', 'x'], (topic) => retain(publisher, topic, `old ${topic}`, 1));
      await each(['a/b', 'x'], (topic) => retain(publisher, topic, `new ${topic}`, 2));
      const texts = async (filter: string) => (await retainedFor(scene, filter)).map(([text]) => text).toSorted();
      assert.deepEqual(await texts('a/+'), ['new a/b', 'old a/c']);
      assert.deepEqual(await texts('#'), ['new a/b', 'new x', 'old a/b/d', 'old a/c']);
      assert.deepEqual(await texts('a/b/#'), ['new a/b', 'old a/b/d']);
      assert.deepEqual(await texts('y'), []);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-5', '3.1.1:MQTT-3.3.1-7'],
    'a message at QoS 0 replaces a retained one of a higher QoS',
    VERSIONS,
    async (scene) => {
      const publisher = await scene.connect();
      await retain(publisher, 't', 'old', 2);
      await retain(publisher, 't', 'new', 0);
      assert.deepEqual(await retainedFor(scene, 't'), [['new', 0, true]]);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-5'],
    'a retained message is kept with its properties, and outlives its publisher',
    ONLY_5,
    async (scene) => {
      const publisher = await scene.connect();
      const userProperties: [string, string][] = [['name', 'value']];
      publisher.publish('t', 'text', { retain: true, qos: 1, properties: { contentType: 'type', userProperties } });
      await publisher.next('puback');
      await publisher.disconnect();
      const client = await scene.connect();
      await client.subscribe('t');
      const { properties } = await client.next('publish');
      assert.deepEqual([properties?.contentType, properties?.userProperties], ['type', userProperties]);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-6', '5.0:MQTT-3.3.1-7', '3.1.1:MQTT-3.3.1-10', '3.1.1:MQTT-3.3.1-11'],
    'an empty message with RETAIN removes the retained one, reaches those who have subscribed, and is not kept',
    VERSIONS,
    (scene) =>
      each([0, 1, 2] as const, async (qos) => {
        const publisher = await scene.connect();
        const witness = await scene.connect();
        await witness.subscribe('t', { qos: 2 });
        await retain(publisher, 't', 'text', 1);
        await retain(publisher, 'other', 'stays', 1);
        await retain(publisher, 't', '', qos);
        assert.deepEqual(await got(witness), [
          ['text', 1, false],
          ['', qos, false],
        ]);
        assert.deepEqual(await retainedFor(scene, '#'), [['stays', 1, true]]);
        assert.equal(scene.broker.stats().retained, 1);
      }),
  ),
  statement(
    ['5.0:MQTT-3.3.1-7', '3.1.1:MQTT-3.3.1-11'],
    'an empty message with RETAIN is not kept where nothing was retained',
    VERSIONS,
    async (scene) => {
      await retain(await scene.connect(), 't', '', 1);
      assert.deepEqual(await retainedFor(scene, 't'), []);
      assert.equal(scene.broker.stats().retained, 0);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-8', '3.1.1:MQTT-3.3.1-12'],
    'a message without RETAIN is not kept, and leaves the retained one as it is, even if it is empty',
    VERSIONS,
    async (scene) => {
      const publisher = await scene.connect();
      publisher.publish('t', 'first');
      await publisher.expectNothing();
      assert.deepEqual(await retainedFor(scene, 't'), []);
      await retain(publisher, 't', 'kept', 1);
      publisher.publish('t', 'other').publish('t', '');
      await publisher.expectNothing();
      assert.deepEqual(await retainedFor(scene, 't'), [['kept', 1, true]]);
    },
  ),
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
  statement(
    ['5.0:MQTT-3.3.1-9'],
    'a shared subscription gets no retained messages',
    ONLY_5,
    async (scene) => {
      await scene.publish('t', 'text', { retain: true });
      const client = await scene.connect();
      await each([0, 1] as const, (retainHandling) => client.subscribe(`$share/g${retainHandling}/t`, { retainHandling }));
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.3.1-12', '3.1.1:MQTT-3.3.1-9'],
    'messages for those who have subscribed already have no RETAIN, however they were published',
    NUMBERED,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 2 });
      const publisher = await scene.connect();
      await retain(publisher, 't', 'retained', 1);
      publisher.publish('t', 'plain');
      await publisher.expectNothing();
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
        const publisher = await scene.connect();
        await retain(publisher, 't', 'retained', 1);
        publisher.publish('t', 'plain');
        await publisher.expectNothing();
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
];
