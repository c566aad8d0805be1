import assert from 'node:assert/strict';
import type { ConnectProperties } from '../../../src/codec/properties.ts';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** A client with these properties in CONNECT that has subscribed to everything at QoS 2. */
async function subscriber(scene: Scene, properties: ConnectProperties): Promise<Client> {
  const client = await scene.connect({ properties });
  await client.subscribe('#', { qos: 2 });
  return client;
}

/** Topic and alias of each message, as they came; and the topics that they stand for. */
async function aliased(client: Client): Promise<{ aliases: (number | undefined)[]; topics: (string | undefined)[] }> {
  const messages = await client.messages();
  const known = new Map<number, string>();
  const topics = messages.map(({ topic, properties }) => {
    const alias = properties?.topicAlias;
    if (alias === undefined) return topic;
    if (topic !== '') known.set(alias, topic);
    return known.get(alias);
  });
  return { aliases: messages.map(({ properties }) => properties?.topicAlias), topics };
}

const TOPICS = ['first/topic', 'second/topic', 'third/topic', 'fourth/topic'];
/** Each topic several times, in changing order. */
const SERIES = [...TOPICS, ...TOPICS, ...TOPICS.toReversed(), ...TOPICS];

/** What the properties of CONNECT ask of the broker (section 3.1.2.11). */
export const connectPropertyCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.1.2-24'],
    'a message of the Maximum Packet Size is sent, one that is a byte larger is not',
    ONLY_5,
    (scene) =>
      each([0, 1, 2] as const, async (qos) => {
        const client = await subscriber(scene, { maximumPacketSize: 100 });
        // First byte, length, topic, identifier above QoS 0, property length.
        const room = 100 - 2 - 3 - (qos === 0 ? 0 : 2) - 1;
        await scene.publish('t', Buffer.alloc(room + 1), { qos });
        await scene.publish('t', Buffer.alloc(room), { qos });
        const messages = await client.messages();
        assert.deepEqual(
          messages.map(({ payload }) => payload.length),
          [room],
        );
        await client.disconnect();
      }),
  ),
  statement(['5.0:MQTT-3.1.2-24'], 'the properties of a message count, too', ONLY_5, async (scene) => {
    const client = await subscriber(scene, { maximumPacketSize: 100 });
    const userProperties: [string, string][] = [['name', 'x'.repeat(100)]];
    await scene.publish('t', '', { properties: { userProperties } });
    await client.expectNothing();
  }),
  statement(['5.0:MQTT-3.1.2-24'], 'an answer that would be too large is not sent', ONLY_5, async (scene) => {
    const client = await scene.connect({ properties: { maximumPacketSize: 40 } });
    client.sendSubscribe(Array.from({ length: 50 }, (_, index) => `t/${index}`));
    await client.expectEnd('packet_too_large');
  }),
  statement(
    ['5.0:MQTT-3.1.2-25'],
    'a message that is too large leaves the way free for those behind it, and reaches others',
    ONLY_5,
    async (scene) => {
      const small = await subscriber(scene, { maximumPacketSize: 100, receiveMaximum: 1 });
      const large = await subscriber(scene, {});
      const sizes = [200, 1, 300, 2];
      await each([1, 2] as const, async (qos) => {
        await each(sizes, (size) => scene.publish('t', Buffer.alloc(size), { qos }));
        const first = await small.next('publish');
        assert.equal(first.payload.length, 1);
        if (qos === 1) small.ack('puback', first.packetId);
        else {
          small.ack('pubrec', first.packetId);
          small.ack('pubcomp', (await small.next('pubrel')).packetId);
        }
        const second = await small.next('publish');
        assert.equal(second.payload.length, 2);
        if (qos === 1) small.ack('puback', second.packetId);
        const got = await large.messages();
        assert.deepEqual(
          got.map(({ payload }) => payload.length),
          sizes,
        );
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-25'],
    'a message that was too large is not tried again on the next connection',
    ONLY_5,
    async (scene) => {
      const fields = { clientId: 'a', properties: { maximumPacketSize: 100 } };
      const client = await scene.connectKept(fields);
      await client.subscribe('t', { qos: 1 });
      await scene.publish('t', Buffer.alloc(200), { qos: 1 });
      await client.disconnect();
      const back = await scene.connectKept({ clientId: 'a' });
      await back.expectNothing();
      assert.equal(scene.broker.stats().queued, 0);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-24', '5.0:MQTT-3.1.2-25'],
    'what has waited, or was sent before, is discarded where it is too large for the new connection',
    ONLY_5,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'a' });
      await client.subscribe('t', { qos: 2 });
      await scene.publish('t', Buffer.alloc(200), { qos: 1 });
      await scene.publish('t', Buffer.alloc(201), { qos: 2 });
      assert.equal((await client.messages()).length, 2);
      await scene.lose(client);
      await scene.publish('t', Buffer.alloc(202), { qos: 1 });
      await scene.publish('t', Buffer.alloc(203), { qos: 2 });
      await scene.publish('t', 'small', { qos: 1 });
      const properties = { maximumPacketSize: 100, receiveMaximum: 1 };
      const back = await scene.connectKept({ clientId: 'a', properties });
      assert.deepEqual(await back.texts(), ['small']);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-24'],
    'a retained message that is too large is not sent, the others are',
    ONLY_5,
    async (scene) => {
      await scene.publish('t/large', Buffer.alloc(200), { retain: true });
      await scene.publish('t/small', 'small', { retain: true });
      const client = await scene.connect({ properties: { maximumPacketSize: 100 } });
      await client.subscribe('t/+', { qos: 1 });
      assert.deepEqual(await client.texts(), ['small']);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-26'],
    'no alias is above the Topic Alias Maximum, and each stands for the right topic',
    ONLY_5,
    (scene) =>
      each([1, 2, 3], async (topicAliasMaximum) => {
        const client = await subscriber(scene, { topicAliasMaximum });
        await each(SERIES, (topic) => scene.publish(topic, 'text', { qos: 1 }));
        const { aliases, topics } = await aliased(client);
        assert.deepEqual(topics, SERIES);
        const used = aliases.filter((alias) => alias !== undefined);
        assert.ok(used.length > 0, 'no alias was used at all');
        assert.ok(
          used.every((alias) => alias >= 1 && alias <= topicAliasMaximum),
          used.join(' '),
        );
        await client.disconnect();
      }),
  ),
  statement(['5.0:MQTT-3.1.2-27'], 'no alias is sent to a client that has not asked for any', ONLY_5, (scene) =>
    each([{}, { topicAliasMaximum: 0 }], async (properties) => {
      const client = await subscriber(scene, properties);
      await each(SERIES, (topic) => scene.publish(topic, 'text', { qos: 1 }));
      const { aliases, topics } = await aliased(client);
      assert.deepEqual(topics, SERIES);
      assert.deepEqual(new Set(aliases), new Set([undefined]));
      await client.disconnect();
    }),
  ),
  statement(
    ['5.0:MQTT-3.1.2-28'],
    'Response Information is given to those who ask for it only',
    ONLY_5,
    async (scene) => {
      const informationFor = async (properties: ConnectProperties | null) =>
        (await (await scene.open()).connect({ clientId: 'a', properties })).properties?.responseInformation;
      assert.equal(await informationFor(null), undefined);
      assert.equal(await informationFor({ requestResponseInformation: false }), undefined);
      assert.equal(await informationFor({ requestResponseInformation: true }), 'answers/a');
    },
    { broker: { responseInformation: 'answers/${clientid}' } },
  ),
];
