import assert from 'node:assert/strict';
import { PacketType } from '../../../src/codec/packets.ts';
import { ReasonCode, type ReasonName } from '../../../src/codec/reason-codes.ts';
import { packet, u16 } from '../../kit/packets.ts';
import { type Case, NUMBERED, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';

/** The failures that SUBACK may carry (5.0, table 3-8). */
const FAILURES = [
  'unspecified_error',
  'implementation_specific_error',
  'not_authorized',
  'topic_filter_invalid',
  'packet_identifier_inuse',
  'quota_exceeded',
  'shared_subscriptions_not_supported',
  'subscription_identifiers_not_supported',
  'wildcard_subscriptions_not_supported',
] as const satisfies readonly ReasonName[];

const INVALID = ['', 'a#', '#/a', 'a/#/b', 'a+', '+a', 'a/+b', 'a/b+/c'];
const INVALID_SHARED = ['$share/', '$share/g', '$share//t', '$share/g/', '$share/g+/t', '$share/g#/t', '$share/g/a#'];

/** SUBACK (5.0, sections 3.8.4 and 3.9). */
export const subackCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.8.4-1', '5.0:MQTT-3.8.4-2', '3.1.1:MQTT-3.8.4-1', '3.1.1:MQTT-3.8.4-2'],
    'each SUBSCRIBE is answered with its identifier, also where it says what was said before',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      client
        .sendSubscribe('t', { packetId: 3 })
        .sendSubscribe('t', { packetId: 0xffff })
        .sendSubscribe('u', { packetId: 1 });
      await each([3, 0xffff, 1], async (packetId) => {
        assert.equal((await client.next('suback')).packetId, packetId);
      });
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.8.4-1', '3.1.1:MQTT-3.8.4-1'],
    'a SUBSCRIBE that a hook takes its time with is answered, and what follows it waits',
    NUMBERED,
    async (scene) => {
      const { promise, resolve } = Promise.withResolvers<'allow'>();
      scene.broker.hook('client.authorize', (_, { action }) => (action === 'subscribe' ? promise : 'allow'));
      const client = await scene.connect();
      client.sendSubscribe('t', { packetId: 4 }).publish('t', 'text', { qos: 1, packetId: 5 });
      const other = await scene.connect();
      await other.expectNothing();
      resolve('allow');
      assert.equal((await client.next('suback')).packetId, 4);
      const types = (await client.received()).map(({ type }) => type);
      assert.deepEqual(new Set(types), new Set([PacketType.publish, PacketType.puback]));
      assert.equal(types.length, 2);
    },
  ),
  statement(
    [
      '5.0:MQTT-3.8.4-6',
      '5.0:MQTT-3.8.4-7',
      '5.0:MQTT-3.9.3-1',
      '3.1.1:MQTT-3.8.4-5',
      '3.1.1:MQTT-3.9.3-1',
      '3.1.1:MQTT-3.9.3-2',
    ],
    'SUBACK has a code for each filter, in their order: the QoS that is granted, or a failure',
    VERSIONS,
    async (scene) => {
      scene.broker.hook('client.authorize', (_, { topic }) => (topic === 'no' ? 'deny' : 'allow'));
      const client = await scene.connect();
      const list = scene.version === 5 ? Buffer.from([0]) : Buffer.alloc(0);
      client.send(packet(0x82, u16(1), list, 'a', 2, 'no', 2, 'b', 0, 'a/b/c/d', 0, 'c', 1, 'no', 0, 'a', 1));
      const [denied, invalid] = scene.version === 5 ? [0x87, 0x8f] : [0x80, 0x80];
      assert.deepEqual((await client.next('suback')).reasonCodes, [2, denied, 0, invalid, 1, denied, 1]);
      await each(['no', 'a', 'b', 'c'], (topic) => scene.publish(topic, topic));
      assert.deepEqual(await client.texts(), ['a', 'b', 'c']);
    },
    { broker: { maxTopicLevels: 3 } },
  ),
  statement(
    ['5.0:MQTT-3.9.3-2', '5.0:MQTT-3.8.4-7', '3.1.1:MQTT-3.9.3-2'],
    'SUBACK carries every code of a hook that it may carry, 0x87 in place of the others, before 5.0 always 0x80',
    VERSIONS,
    async (scene) => {
      scene.broker.hook('client.authorize', (_, { topic }) => ({ deny: topic as ReasonName }));
      const client = await scene.connect();
      const all = Object.keys(ReasonCode) as ReasonName[];
      const expected = all.map((name) => ((FAILURES as readonly string[]).includes(name) ? ReasonCode[name] : 0x87));
      assert.deepEqual(await client.subscribe(all), scene.version === 5 ? expected : all.map(() => 0x80));
      assert.equal(scene.broker.stats().subscriptions, 0);
    },
  ),
  statement(
    ['5.0:MQTT-3.8.4-5', '3.1.1:MQTT-3.8.4-4'],
    'a filter that is none ends the connection with 0x81, and those beside it are not subscribed to',
    VERSIONS,
    (scene) =>
      each(scene.version === 5 ? [...INVALID, ...INVALID_SHARED] : INVALID, async (filter) => {
        const client = await scene.connect();
        client.sendSubscribe(['before', filter, 'after']);
        await client.expectEnd('malformed_packet');
        assert.equal(scene.broker.stats().subscriptions, 0);
      }),
  ),
  statement(
    ['3.1.1:MQTT-3.8.4-5', '3.1.1:MQTT-3.9.3-2'],
    'a filter that begins like a shared one, and is none, is answered with 0x80, and the others hold',
    [3, 4],
    async (scene) => {
      const client = await scene.connect();
      const codes = await client.subscribe([...INVALID_SHARED, 'ok'], { qos: 1 });
      assert.deepEqual(codes, [...INVALID_SHARED.map(() => 0x80), 1]);
      assert.equal(scene.broker.stats().subscriptions, 1);
    },
  ),
  statement(
    ['5.0:MQTT-3.9.3-2', '5.0:MQTT-3.8.4-7', '3.1.1:MQTT-3.8.4-5'],
    'a subscription beyond the quota is answered with 0x97, before 5.0 with 0x80; one that is there may be replaced',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      const beyond = scene.version === 5 ? 0x97 : 0x80;
      assert.deepEqual(await client.subscribe(['a', 'b', 'c', 'a'], { qos: 1 }), [1, 1, beyond, 1]);
      assert.deepEqual(await client.subscribe(['c', 'b']), [beyond, 0]);
      await client.unsubscribe('a');
      assert.deepEqual(await client.subscribe('c'), [0]);
    },
    { broker: { maxSubscriptions: 2 } },
  ),
  statement(
    ['5.0:MQTT-3.9.3-2', '5.0:MQTT-3.8.4-7'],
    'a filter of too many levels or bytes is answered with 0x8F',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      const filters = ['a/b/c', 'a/b/c/d', 'a/b/#', 'a/b/c/#', 'x'.repeat(30), 'x'.repeat(31), '$share/g/a/b/c'];
      assert.deepEqual(await client.subscribe(filters), [0, 0x8f, 0, 0x8f, 0, 0x8f, 0]);
    },
    { broker: { maxTopicLevels: 3, maxTopicLength: 30 } },
  ),
  statement(
    ['5.0:MQTT-3.9.3-2'],
    'what CONNACK has said there is not ends the connection, with the code that says which it is',
    ONLY_5,
    async (scene) => {
      const wrong = {
        shared_subscriptions_not_supported: '$share/g/t',
        wildcard_subscriptions_not_supported: 'a/#',
        subscription_identifiers_not_supported: 't',
      } as const;
      await each(Object.entries(wrong), async ([reason, filter]) => {
        const client = await scene.connect();
        client.sendSubscribe(filter, { subscriptionId: 5 });
        await client.expectEnd(reason as keyof typeof wrong);
      });
      const client = await scene.connect();
      assert.deepEqual(await client.subscribe('t'), [0]);
    },
    { broker: { sharedSubscriptions: false, wildcardSubscriptions: false, subscriptionIdentifiers: false } },
  ),
  statement(
    ['3.1.1:MQTT-3.8.3-2'],
    'a broker without wildcards refuses such filters with 0x80, and goes on',
    [3, 4],
    async (scene) => {
      const client = await scene.connect();
      assert.deepEqual(
        await client.subscribe(['a/#', 'a', '+', '#', 'a/+/b'], { qos: 1 }),
        [0x80, 1, 0x80, 0x80, 0x80],
      );
    },
    { broker: { wildcardSubscriptions: false } },
  ),
  statement(
    ['5.0:MQTT-3.9.2-1'],
    'a Reason String that would make SUBACK too large for the client is left out, one that fits is not',
    ONLY_5,
    async (scene) => {
      scene.broker.hook('client.authorize', () => ({ deny: 'not_authorized', text: 'x'.repeat(20) }));
      // First byte, length, identifier, property length, property identifier and length of the text, two codes.
      const size = 2 + 2 + 1 + 3 + 20 + 2;
      await each([size, size - 1], async (maximumPacketSize) => {
        const client = await scene.connect({ properties: { maximumPacketSize } });
        client.sendSubscribe(['a', 'b']);
        const { reasonCodes, properties } = await client.next('suback');
        assert.deepEqual(reasonCodes, [0x87, 0x87]);
        assert.equal(properties?.reasonString, maximumPacketSize === size ? 'x'.repeat(20) : undefined);
      });
    },
  ),
];
