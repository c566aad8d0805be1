import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene } from '../kit/scene.ts';

/** A 5.0 publisher, and what arrives: topic and text. */
function aliasScene(topicAliasMaximum = 10) {
  const scene = new Scene({ topicAliasMaximum });
  const subscriber = scene.connect5();
  subscriber.subscribe('#', { qos: 2 });
  const arrived = (): [string, string][] =>
    subscriber.messages().map(({ topic, payload, properties }) => {
      assert.equal(properties, null, 'the alias is of the hop, not of the message');
      return [topic, payload.toString()];
    });
  return { scene, arrived };
}

/** Publishes with an alias; without a topic where that is empty. */
const send = (client: RawClient, topicAlias: number, topic: string, text: string): RawClient =>
  client.publish(topic, text, { properties: { topicAlias } });

describe('a topic alias', () => {
  test('stands for its topic once it was set [MQTT-3.3.2-12]', () => {
    const { scene, arrived } = aliasScene();
    const client = scene.connect5();
    send(send(client, 1, 'a', 'set'), 1, '', 'used');
    assert.deepEqual(arrived(), [
      ['a', 'set'],
      ['a', 'used'],
    ]);
  });

  test('may be set to another topic; several stand side by side', () => {
    const { scene, arrived } = aliasScene();
    const client = scene.connect5();
    const steps: [number, string][] = [
      [1, 'a'],
      [10, 'b'],
      [1, ''],
      [1, 'c'],
      [10, ''],
      [1, ''],
    ];
    for (const [alias, topic] of steps) send(client, alias, topic, 'x');
    assert.deepEqual(
      arrived().map(([topic]) => topic),
      ['a', 'b', 'a', 'c', 'b', 'c'],
    );
  });

  test('is set by a message that is refused, too', () => {
    const { scene, arrived } = aliasScene();
    const unhook = scene.broker.hook('client.authorize', () => 'deny');
    const client = scene.connect5();
    send(client, 1, 'a', 'refused');
    unhook();
    send(client, 1, '', 'used');
    assert.deepEqual(arrived(), [['a', 'used']]);
  });

  test('is set and used by messages that are sent again', () => {
    const { scene, arrived } = aliasScene();
    const client = scene.connect5();
    for (const topic of ['a', '', ''])
      client.publish(topic, 'once', { qos: 2, dup: topic === '', properties: { topicAlias: 4 } }).next('pubrec');
    assert.deepEqual(arrived(), [['a', 'once']]);
  });

  test('goes no further, the other properties do [MQTT-3.3.2-7]', () => {
    const scene = new Scene();
    const subscriber = scene.connect5();
    subscriber.subscribe('#');
    scene.connect5().publish('a', 'x', { properties: { topicAlias: 1, contentType: 'text/plain' } });
    assert.deepEqual(subscriber.next('publish').properties, { contentType: 'text/plain' });
  });

  test('belongs to its client', () => {
    const { scene, arrived } = aliasScene();
    const [one, two] = [scene.connect5(), scene.connect5()];
    send(one, 1, 'a', 'x');
    send(two, 1, 'b', 'x');
    send(one, 1, '', 'y');
    assert.deepEqual(arrived().at(-1), ['a', 'y']);
  });

  test('is what a hook is asked about: its topic', () => {
    const { scene } = aliasScene();
    const topics: string[] = [];
    scene.broker.hook('client.authorize', (_, { topic }) => {
      topics.push(topic);
      return 'allow';
    });
    const client = scene.connect5();
    send(send(client, 1, 'a', ''), 1, '', '');
    assert.deepEqual(topics, ['a', 'a']);
  });
});

describe('a wrong alias ends the connection', () => {
  test('0 [MQTT-3.3.2-8]', () => {
    send(new Scene().connect5(), 0, 'a', '').expectEnd('topic_alias_invalid');
  });

  test('one larger than our Topic Alias Maximum [MQTT-3.3.2-9]', () => {
    const { scene } = aliasScene(10);
    const client = scene.connect5();
    send(client, 10, 'a', '').expectNothing();
    send(client, 11, 'a', '').expectEnd('topic_alias_invalid');
  });

  test('any where the maximum is 0', () => {
    send(new Scene({ topicAliasMaximum: 0 }).connect5(), 1, 'a', '').expectEnd('topic_alias_invalid');
  });

  test('one that was never set', () => {
    const client = new Scene().connect5();
    send(client, 1, 'a', '').expectNothing();
    send(client, 2, '', '').expectEnd('protocol_error');
  });

  test('one of an earlier connection, even where the session goes on [MQTT-3.3.2-7]', () => {
    const scene = new Scene();
    const identity = { clientId: 'c', cleanStart: false } as const;
    send(scene.connect5(identity, 100), 1, 'a', '').cut();
    send(scene.connect5(identity, 100), 1, '', '').expectEnd('protocol_error');
  });

  test('a PUBLISH with neither topic nor alias', () => {
    new Scene().connect5().publish('', 'x').expectEnd('protocol_error');
    new Scene().connect().publish('', 'x').expectEnd(null);
  });
});
