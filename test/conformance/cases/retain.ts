import assert from 'node:assert/strict';
import { type Case, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
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
async function publishRetained(publisher: Client, topic: string, payload: string, qos: 0 | 1 | 2 = 0): Promise<void> {
  publisher.publish(topic, payload, { qos, retain: true });
  if (qos === 1) await publisher.next('puback');
  if (qos === 2) {
    await publisher.next('pubrec');
    publisher.ack('pubrel', 1);
    await publisher.next('pubcomp');
  }
  await publisher.expectNothing();
}

/** RETAIN of PUBLISH: what is retained (5.0, section 3.3.1.3). */
export const retainCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.3.1-5', '3.1.1:MQTT-3.3.1-5', '3.1.1:MQTT-3.3.1-6', '3.1.1:MQTT-3.3.1-8'],
    'a message with RETAIN is kept at its QoS, and is sent with RETAIN to those who subscribe later',
    VERSIONS,
    async (scene) => {
      const publisher = await scene.connect();
      await each([0, 1, 2] as const, async (qos) => {
        await publishRetained(publisher, `t/${qos}`, `text ${qos}`, qos);
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
      await each(['a/b', 'a/c', 'a/b/d', 'x'], (topic) => publishRetained(publisher, topic, `old ${topic}`, 1));
      await each(['a/b', 'x'], (topic) => publishRetained(publisher, topic, `new ${topic}`, 2));
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
      await publishRetained(publisher, 't', 'old', 2);
      await publishRetained(publisher, 't', 'new', 0);
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
        await publishRetained(publisher, 't', 'text', 1);
        await publishRetained(publisher, 'other', 'stays', 1);
        await publishRetained(publisher, 't', '', qos);
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
      await publishRetained(await scene.connect(), 't', '', 1);
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
      await publishRetained(publisher, 't', 'kept', 1);
      publisher.publish('t', 'other').publish('t', '');
      await publisher.expectNothing();
      assert.deepEqual(await retainedFor(scene, 't'), [['kept', 1, true]]);
    },
  ),
];
