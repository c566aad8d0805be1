import assert from 'node:assert/strict';
import { publishPacket } from '../../kit/raw-client.ts';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import { each } from '../kit/each.ts';

/** A PUBLISH by alias alone, or with the topic that the alias stands for from now on. */
function aliased(topicAlias: number, topic = '', payload = ''): ReturnType<typeof publishPacket> {
  return publishPacket(topic, payload, { properties: { topicAlias } });
}

/** Topic aliases, both ways (5.0, section 3.3.2.3.4). */
export const topicAliasCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.3.2-7'],
    'an alias of an earlier connection means nothing on the next one, of the same session, too',
    ONLY_5,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'a' });
      client.send(aliased(1, 't'), aliased(1));
      await client.expectNothing();
      await client.disconnect();
      const back = await scene.connectKept({ clientId: 'a' });
      back.send(aliased(1));
      await back.expectEnd('protocol_error');
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-7'],
    "the broker's own aliases begin anew with each connection: its first use comes with the topic",
    ONLY_5,
    async (scene) => {
      const fields = { clientId: 'a', properties: { topicAliasMaximum: 10 } };
      await each([1, 2], async () => {
        const client = await scene.connectKept(fields);
        await client.subscribe('long/topic');
        await each([1, 2], () => scene.publish('long/topic', ''));
        const [first, second] = await client.messages();
        assert.equal(first?.topic, 'long/topic');
        assert.equal(second?.topic, '', 'an alias that is known was not used');
        assert.equal(second.properties?.topicAlias, first.properties?.topicAlias);
        await scene.lose(client);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-7'],
    'messages of an earlier connection that come again have their topic or an alias of the new one',
    ONLY_5,
    async (scene) => {
      const fields = { clientId: 'a', properties: { topicAliasMaximum: 10 } };
      const client = await scene.connectKept(fields);
      await client.subscribe('long/+', { qos: 1 });
      await each(['long/a', 'long/b', 'long/b'], (topic) => scene.publish(topic, '', { qos: 1 }));
      assert.equal((await client.messages()).length, 3);
      await scene.lose(client);
      const topics = async (topicAliasMaximum: number): Promise<(string | boolean | undefined)[][]> => {
        const back = await scene.connectKept({ clientId: 'a', properties: { topicAliasMaximum } });
        const again = await back.messages();
        await scene.lose(back);
        return again.map(({ topic, dup, properties: list }) => [topic, dup, list?.topicAlias !== undefined]);
      };
      assert.deepEqual(await topics(0), [
        ['long/a', true, false],
        ['long/b', true, false],
        ['long/b', true, false],
      ]);
      assert.deepEqual(await topics(10), [
        ['long/a', true, true],
        ['long/b', true, true],
        ['', true, true],
      ]);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-8', '5.0:MQTT-3.3.2-9'],
    'alias 0, and one above the maximum, end the connection with 0x94, with a topic and without',
    ONLY_5,
    (scene) =>
      each([0, 11, 0xffff], (alias) =>
        each(['', 't'], async (topic) => {
          const client = await scene.connect();
          client.send(aliased(alias, topic));
          await client.expectEnd('topic_alias_invalid');
        }),
      ),
    { broker: { topicAliasMaximum: 10 } },
  ),
  statement(
    ['5.0:MQTT-3.3.2-11'],
    'the aliases of the broker are from 1 to the maximum of the client, and others go without',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect({ properties: { topicAliasMaximum: 2 } });
      await client.subscribe('#');
      await each(['topic/a', 'topic/b', 'topic/c', 'topic/d', 'topic/c'], (topic) => scene.publish(topic, ''));
      const messages = await client.messages();
      const aliases = messages.map(({ properties: list }) => list?.topicAlias).filter((alias) => alias !== undefined);
      assert.ok(
        aliases.every((alias) => alias === 1 || alias === 2),
        aliases.join(' '),
      );
      const withoutAlias = messages.filter(({ properties: list }) => list?.topicAlias === undefined);
      assert.ok(withoutAlias.length > 0 && withoutAlias.every(({ topic }) => topic !== ''));
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-12'],
    'every alias up to the maximum is taken, and stands for its topic',
    ONLY_5,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('#');
      const client = await scene.connect();
      const all = Array.from({ length: 10 }, (_, index) => index + 1);
      client.send(...all.map((alias) => aliased(alias, `t/${alias}`)), ...all.map((alias) => aliased(alias)));
      await client.expectNothing();
      assert.deepEqual(
        (await witness.messages()).map(({ topic }) => topic),
        [...all, ...all].map((alias) => `t/${alias}`),
      );
    },
    { broker: { topicAliasMaximum: 10 } },
  ),
  statement(
    ['5.0:MQTT-3.3.2-12'],
    'an alias may be given to another topic, and is its own for each client and each direction',
    ONLY_5,
    async (scene) => {
      const witness = await scene.connect({ properties: { topicAliasMaximum: 10 } });
      await witness.subscribe('first/#', { qos: 1 });
      await scene.publish('first/own', '');
      assert.equal((await witness.next('publish')).properties?.topicAlias, 1);
      const client = await scene.connect();
      const other = await scene.connect();
      client.send(aliased(1, 'first/a'), aliased(1), aliased(1, 'first/b'), aliased(1));
      await client.expectNothing();
      other.send(aliased(1, 'first/c'), aliased(1));
      await other.expectNothing();
      const known = new Map<number | undefined, string>();
      const topics = (await witness.messages()).map(({ topic, properties: list }) => {
        if (topic !== '') known.set(list?.topicAlias, topic);
        return topic || known.get(list?.topicAlias);
      });
      assert.deepEqual(topics, ['first/a', 'first/a', 'first/b', 'first/b', 'first/c', 'first/c']);
      witness.send(aliased(1));
      await witness.expectEnd('protocol_error');
    },
  ),
  statement(['5.0:MQTT-3.3.2-12'], 'a message that is refused sets its alias all the same', ONLY_5, async (scene) => {
    const witness = await scene.connect();
    await witness.subscribe('t');
    let allowed = false;
    scene.broker.hook('client.authorize', () => (allowed ? 'allow' : 'deny'));
    const client = await scene.connect();
    client.publish('t', 'no', { qos: 1, properties: { topicAlias: 3 } });
    assert.equal((await client.next('puback')).reasonCode, 0x87);
    allowed = true;
    client.send(aliased(3, '', 'yes'));
    await client.expectNothing();
    assert.deepEqual(await witness.texts(), ['yes']);
  }),
  statement(
    ['5.0:MQTT-3.3.2-11'],
    'a message that is too large for the client does not set an alias that the next one would go by',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect({ properties: { topicAliasMaximum: 5, maximumPacketSize: 100 } });
      await client.subscribe('long/topic');
      await scene.publish('long/topic', Buffer.alloc(200));
      await scene.publish('long/topic', 'first');
      await scene.publish('long/topic', 'second');
      assert.deepEqual(
        (await client.messages()).map(({ topic, payload }) => [topic, payload.toString()]),
        [
          ['long/topic', 'first'],
          ['', 'second'],
        ],
      );
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-12'],
    'an alias stands for its topic at every QoS, and with the other properties of the message',
    ONLY_5,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('t', { qos: 2 });
      const client = await scene.connect();
      client.send(aliased(1, 't'));
      const properties = { topicAlias: 1, contentType: 'type' };
      client.publish('', 'one', { qos: 1, packetId: 1, properties });
      client.publish('', 'two', { qos: 2, packetId: 2, properties });
      await client.next('puback');
      await client.next('pubrec');
      const [, ...messages] = await witness.messages();
      assert.deepEqual(
        messages.map(({ topic, qos, properties: list }) => [topic, qos, list]),
        [
          ['t', 1, { contentType: 'type' }],
          ['t', 2, { contentType: 'type' }],
        ],
      );
    },
  ),
];
