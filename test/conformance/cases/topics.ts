import assert from 'node:assert/strict';
import { packet, properties, u16 } from '../../kit/packets.ts';
import { type Case, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** Topic filters, topics that each matches, and topics that it does not. */
const MATCHES: readonly (readonly [filter: string, yes: readonly string[], no: readonly string[]])[] = [
  ['a/b/#', ['a/b', 'a/b/c', 'a/b/c/d', 'a/b/', 'a/b//'], ['a', 'a/bc', 'a/c', 'A/b', '/a/b']],
  ['#', ['a', 'a/b', '/', '//', '/a', ' '], []],
  ['/#', ['/', '/a', '/a/b'], ['a', 'a/']],
  ['a/+', ['a/b', 'a/', 'a/ '], ['a', 'a/b/c', 'a//', 'b/a']],
  ['+', ['a', 'ab', ' '], ['/', '/a', 'a/']],
  ['+/+', ['a/b', '/', '/a', 'a/'], ['a', '/a/b', '//']],
  ['/+', ['/a', '/'], ['a', '/a/b', 'a/b']],
  ['a/+/c', ['a/b/c', 'a//c', 'a/-x/c'], ['a/c', 'a/b/b/c', 'a/b/c/', 'a/b']],
  ['+/b/#', ['a/b', '/b', 'a/b/c/d'], ['a', 'b', 'a/c/b']],
  ['a//+/#', ['a//b', 'a//b/c'], ['a/b', 'a/', 'a/x/b']],
];

/** Filters with a wildcard where none may be. */
const BAD_HASH = ['a#', '#a', 'a/b#', '#/a', 'a/#/b', '##', 'a/#/', '#/', '+#', 'a/#b', '#/#'];
const BAD_PLUS = ['a+', '+a', 'a/b+', 'a/+b/c', '++', '+a/b', 'a/+#', '+b/#'];

/** A SUBSCRIBE to `filter` ends the connection and makes no subscription, nor do the filters beside it. */
async function refusesFilter(scene: Scene, filter: string): Promise<void> {
  const client = await scene.connect();
  client.sendSubscribe(['right', filter]);
  await client.expectEnd('malformed_packet');
  assert.equal(scene.broker.stats().subscriptions, 0);
}

/** A PUBLISH to `topic` ends the connection, and nobody gets it. */
async function refusesTopic(scene: Scene, topic: string): Promise<void> {
  const client = await scene.connect();
  await client.subscribe('#');
  client.publish(topic, 'text');
  await client.expectEnd(['malformed_packet', 'protocol_error', 'topic_name_invalid']);
}

/** All of `topics` are different to the broker: who subscribes to one gets what is published to that one. */
async function tellsApart(scene: Scene, topics: readonly string[]): Promise<void> {
  const clients = await Promise.all(topics.map(() => scene.connect()));
  await each(topics.entries(), async ([index, topic]) => {
    await clients[index]?.subscribe(topic);
  });
  await each(topics, (topic) => scene.publish(topic, topic));
  await each(topics.entries(), async ([index, topic]) => {
    assert.deepEqual(await clients[index]?.texts(), [topic]);
  });
}

/** Topic names and topic filters (section 4.7). */
export const topicCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-4.7.1-1', '5.0:MQTT-4.7.1-2', '3.1.1:MQTT-4.7.1-2', '3.1.1:MQTT-4.7.1-3', '3.1.1:MQTT-3.3.2-3'],
    'wildcards match what they stand for and nothing else',
    VERSIONS,
    async (scene) => {
      const publisher = await scene.connect();
      await each(MATCHES, async ([filter, yes, no]) => {
        const client = await scene.connect();
        await client.subscribe(filter);
        for (const topic of [...yes, ...no]) publisher.publish(topic);
        await publisher.expectNothing();
        const topics = (await client.messages()).map(({ topic }) => topic);
        assert.deepEqual(topics, yes);
        await client.disconnect();
      });
    },
  ),
  statement(
    ['5.0:MQTT-4.7.1-1', '5.0:MQTT-4.7.1-2', '3.1.1:MQTT-4.7.1-2', '3.1.1:MQTT-4.7.1-3'],
    'wildcards match the topics of retained messages in the same way',
    VERSIONS,
    async (scene) => {
      const topics = [...new Set(MATCHES.flatMap(([, yes, no]) => [...yes, ...no]))];
      await each(topics, (topic) => scene.publish(topic, 'kept', { retain: true }));
      await each(MATCHES, async ([filter, yes, no]) => {
        const client = await scene.connect();
        await client.subscribe(filter);
        const found = new Set((await client.messages()).map(({ topic }) => topic));
        assert.deepEqual(
          yes.filter((topic) => !found.has(topic)),
          [],
        );
        assert.deepEqual(
          no.filter((topic) => found.has(topic)),
          [],
        );
      });
    },
  ),
  statement(
    ['5.0:MQTT-4.7.0-1', '3.1.1:MQTT-4.7.1-1'],
    'a wildcard in the topic of PUBLISH ends the connection',
    VERSIONS,
    (scene) => each(['#', '+', 'a/#', 'a/+/b', 'a+', '#b'], (topic) => refusesTopic(scene, topic)),
  ),
  statement(
    ['5.0:MQTT-4.7.0-1', '3.1.1:MQTT-4.7.1-1'],
    'a wildcard in the topic of the will: there is no connection',
    VERSIONS,
    (scene) =>
      each(['#', 'a/+'], async (topic) => {
        const client = await scene.open();
        client.sendConnect({ will: { topic } });
        await client.expectNoConnection('malformed_packet');
      }),
  ),
  statement(
    ['5.0:MQTT-4.7.1-1', '3.1.1:MQTT-4.7.1-2'],
    'a filter with # where it may not be ends the connection',
    VERSIONS,
    (scene) => each(BAD_HASH, (filter) => refusesFilter(scene, filter)),
  ),
  statement(
    ['5.0:MQTT-4.7.1-2', '3.1.1:MQTT-4.7.1-3'],
    'a filter with + where it may not be ends the connection',
    VERSIONS,
    (scene) => each(BAD_PLUS, (filter) => refusesFilter(scene, filter)),
  ),
  statement(
    ['5.0:MQTT-4.7.2-1', '3.1.1:MQTT-4.7.2-1'],
    'a leading wildcard does not match a topic that begins with $, be the message new or retained',
    VERSIONS,
    async (scene) => {
      await scene.publish('$SYS/x', 'retained', { retain: true });
      const client = await scene.connect();
      await client.subscribe(['#', '+/x', '+/#', '+/+']);
      await scene.publish('$SYS/x', 'new');
      await scene.publish('$own', 'new');
      await client.expectNothing();
      await client.subscribe('$SYS/#');
      await scene.publish('$SYS/x', 'new');
      assert.deepEqual(await client.texts(), ['retained', 'new']);
    },
  ),
  statement(
    ['5.0:MQTT-4.7.2-1', '3.1.1:MQTT-4.7.2-1'],
    'a wildcard in a later level matches what begins with $, and $ in a later level is a character like any other',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe(['$SYS/+', 'a/#', '+/$b/c']);
      await scene.publish('$SYS/$x', '1');
      await scene.publish('a/$b', '2');
      await scene.publish('z/$b/c', '3');
      assert.deepEqual(await client.texts(), ['1', '2', '3']);
    },
  ),
  statement(
    ['5.0:MQTT-4.7.3-1', '3.1.1:MQTT-4.7.3-1'],
    'an empty topic ends the connection, or prevents it where it is that of the will',
    VERSIONS,
    async (scene) => {
      await refusesTopic(scene, '');
      const client = await scene.open();
      client.sendConnect({ will: { topic: '' } });
      await client.expectNoConnection('malformed_packet');
    },
  ),
  statement(['5.0:MQTT-4.7.3-1', '3.1.1:MQTT-4.7.3-1'], 'an empty filter ends the connection', VERSIONS, (scene) =>
    refusesFilter(scene, ''),
  ),
  statement(
    ['5.0:MQTT-4.7.3-1', '3.1.1:MQTT-4.7.3-1'],
    'one character is enough, be it a slash or a space',
    VERSIONS,
    (scene) => tellsApart(scene, ['a', '/', ' ', 'ü', '$']),
  ),
  statement(
    ['5.0:MQTT-4.7.3-2', '3.1.1:MQTT-4.7.3-2'],
    'U+0000 in a topic or filter ends the connection, wherever it stands',
    VERSIONS,
    (scene) =>
      each(['\0', 'a\0', '\0a', 'a/\0/b'], async (text) => {
        const list = scene.version === 5 ? properties() : Buffer.alloc(0);
        const wrong = [packet(0x30, text, list), packet(0x82, u16(1), list, text, 0), packet(0xa2, u16(1), list, text)];
        await each(wrong, async (whole) => {
          const client = await scene.connect();
          client.send(whole);
          await client.expectEnd('malformed_packet');
        });
      }),
  ),
  statement(
    ['5.0:MQTT-4.7.3-3', '3.1.1:MQTT-4.7.3-3'],
    'a topic of 65,535 bytes is one, also in a filter with a wildcard',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      const topic = `${'ü'.repeat(32_766)}/xy`;
      assert.equal(Buffer.byteLength(topic), 65_535);
      await client.subscribe(topic);
      const other = await scene.connect();
      await other.subscribe(`${topic.slice(0, -2)}+`);
      client.publish(topic, 'text', { qos: 0 });
      assert.equal((await client.next('publish')).topic, topic);
      assert.equal((await other.next('publish')).topic, topic);
    },
  ),
  statement(
    ['5.0:MQTT-4.7.3-4', '3.1.1:MQTT-4.7.3-4', '3.1.1:MQTT-3.3.2-3'],
    'topics that look alike are told apart: nothing is normalised',
    VERSIONS,
    async (scene) => {
      await tellsApart(scene, ['á', 'a\u0301', 'a', 'A', 'a ', ' a', 'ａ']);
      await tellsApart(scene, ['a/b', '/a/b', 'a/b/', 'a//b', 'a/./b', 'a/../a/b', 'a%2Fb', 'a\\b', '//', '///']);
      await tellsApart(scene, ['ﬁ', 'fi', '\u212b', '\u00c5', '\u200ba/b', '\u00ada', '\ufffd', '*', '?']);
    },
  ),
  statement(
    ['5.0:MQTT-4.7.3-4', '3.1.1:MQTT-4.7.3-4'],
    'characters that mean something elsewhere are characters like any other',
    VERSIONS,
    (scene) =>
      tellsApart(scene, ['a/*', 'a/?', 'a/%23', 'a/%2B', '${a}', '%c/%u', 'a.b', 'a.>', '__proto__', 'constructor']),
  ),
];
