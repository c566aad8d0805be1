import assert from 'node:assert/strict';
import { bytes, packet, properties, u16 } from '../../kit/packets.ts';
import { type Case, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** The empty property list where the version has one. */
function none({ version }: Scene): Buffer {
  return version === 5 ? properties() : Buffer.alloc(0);
}

/** The topic name of PUBLISH (5.0, section 3.3.2.1). */
export const publishTopicCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.3.2-1', '3.1.1:MQTT-3.3.2-1'],
    'a topic that is no UTF-8, or reaches beyond the packet, ends the connection',
    VERSIONS,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('#');
      const wrong = {
        'not UTF-8': packet(0x30, u16(2), bytes(0xc3, 0x28), none(scene)),
        surrogate: packet(0x30, u16(3), bytes(0xed, 0xa0, 0x80), none(scene)),
        'no topic': packet(0x30),
        'half a length': packet(0x30, 0),
        'beyond the end': packet(0x30, u16(5), bytes(0x61)),
      };
      await each(Object.entries(wrong), async ([, publish]) => {
        const client = await scene.connect();
        client.send(publish);
        await client.expectEnd('malformed_packet');
      });
      await witness.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-1', '3.1.1:MQTT-3.3.2-1'],
    'the topic comes first in the packets of the broker: before the packet identifier and the properties',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('täst/t', { qos: 1 });
      await scene.publish('täst/t', 'x', { qos: 1 });
      const came = await client.nextBytes();
      assert.equal(came.toString('hex'), packet(0x32, 'täst/t', u16(1), none(scene), bytes(0x78)).toString('hex'));
    },
  ),
  statement(['5.0:MQTT-3.3.2-1'], 'an empty topic without alias is a Protocol Error', ONLY_5, async (scene) => {
    const client = await scene.connect();
    client.publish('', 'text');
    await client.expectEnd('protocol_error');
  }),
  statement(
    ['5.0:MQTT-3.3.2-2', '3.1.1:MQTT-3.3.2-2'],
    'a topic with a wildcard ends the connection, and the message goes nowhere',
    VERSIONS,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('#');
      await each(['#', '+', 'a/#', 'a/+/b', 'a+', 'a#b'], async (topic) => {
        const client = await scene.connect();
        client.publish(topic, '', { retain: true });
        await client.expectEnd(['topic_name_invalid', 'malformed_packet', 'protocol_error']);
      });
      await witness.expectNothing();
      assert.equal(scene.broker.stats().retained, 0);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-3', '3.1.1:MQTT-3.3.2-3'],
    'subscribers get the messages whose topics their filter matches, under the name of the topic',
    VERSIONS,
    async (scene) => {
      const filters = {
        'a/b': ['a/b'],
        'a/+': ['a/', 'a/b'],
        'a/#': ['a', 'a/', 'a/b', 'a/b/c'],
        '+/b': ['a/b', '/b'],
        '/+': ['/b'],
        'A/b': [],
      };
      await each(Object.entries(filters), async ([filter, topics]) => {
        const client = await scene.connect();
        await client.subscribe(filter);
        await each(['a', 'a/', 'a/b', 'a/b/c', '/b', 'b'], (topic) => scene.publish(topic, ''));
        assert.deepEqual(
          (await client.messages()).map(({ topic }) => topic),
          topics,
        );
        await client.disconnect();
      });
    },
  ),
];
