import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene } from '../kit/scene.ts';

const LONG = 'a/topic/with/a/name';

/** What came: topic and alias as they stood in the packet. */
function arrived(client: RawClient): [topic: string, alias: number | undefined][] {
  return client.messages().map(({ topic, properties }) => [topic, properties?.topicAlias]);
}

function subscriber(scene: Scene, topicAliasMaximum: number): RawClient {
  const client = scene.connect5({ properties: { topicAliasMaximum } });
  client.subscribe('#', { qos: 1 });
  return client;
}

/** What a receiver of the two messages sees, which know nothing of each other's identifiers. */
const expected = (subscriptionIdentifiers?: number[]) =>
  ['0', '1'].map((text) => ({
    topic: text === '0' ? LONG : '',
    text,
    properties: {
      messageExpiryInterval: 10,
      contentType: 'text',
      topicAlias: 1,
      ...(subscriptionIdentifiers && { subscriptionIdentifiers }),
    },
  }));
const seen = (client: RawClient) =>
  client.messages().map(({ topic, payload, properties: all }) => ({
    topic,
    text: payload.toString(),
    properties: { ...all },
  }));

describe('an alias that the broker sets', () => {
  test('stands for its topic from the second message on', () => {
    const scene = new Scene();
    const client = subscriber(scene, 10);
    for (const topic of [LONG, 'another/topic', LONG, 'another/topic']) scene.publish(topic, 'x');
    assert.deepEqual(arrived(client), [
      [LONG, 1],
      ['another/topic', 2],
      ['', 1],
      ['', 2],
    ]);
  });

  test('is never used with a client that did not allow it [MQTT-3.1.2-26,27]', () => {
    const scene = new Scene();
    const none = scene.connect5();
    none.subscribe('#');
    const zero = subscriber(scene, 0);
    for (let i = 0; i < 2; i++) scene.publish(LONG, 'x');
    for (const client of [none, zero])
      assert.deepEqual(arrived(client), [
        [LONG, undefined],
        [LONG, undefined],
      ]);
  });

  test('stays below the maximum of the client and our own', () => {
    for (const { ours, theirs } of [
      { ours: 1, theirs: 9 },
      { ours: 9, theirs: 1 },
    ]) {
      const scene = new Scene({ outgoingAliases: ours });
      const client = subscriber(scene, theirs);
      for (const topic of [LONG, 'another/topic', LONG, 'another/topic']) scene.publish(topic, 'x');
      assert.deepEqual(arrived(client), [
        [LONG, 1],
        ['another/topic', undefined],
        ['', 1],
        ['another/topic', undefined],
      ]);
    }
  });

  test('is no bargain for a short topic', () => {
    const scene = new Scene();
    const client = subscriber(scene, 10);
    for (let i = 0; i < 2; i++) scene.publish('a/b', 'x');
    assert.deepEqual(arrived(client), [
      ['a/b', undefined],
      ['a/b', undefined],
    ]);
  });

  test('is not taken for told when the message that would have told it was too large', () => {
    const scene = new Scene();
    const client = scene.connect5({ properties: { topicAliasMaximum: 10, maximumPacketSize: 60 } });
    client.subscribe('#');
    scene.publish(LONG, 'x'.repeat(60));
    scene.publish(LONG, 'x');
    assert.deepEqual(arrived(client), [[LONG, 1]]);
    assert.equal(scene.broker.stats().dropped.too_large, 1);
  });

  test('is left out where the message fits without it only', () => {
    const scene = new Scene();
    const text = 'x'.repeat(10);
    const whole = 2 + 2 + LONG.length + 1 + text.length;
    for (const [maximumPacketSize, alias] of [
      [whole + 3, 1],
      [whole + 2, undefined],
      [whole, undefined],
    ] as const) {
      const client = scene.connect5({ properties: { topicAliasMaximum: 10, maximumPacketSize } });
      client.subscribe('#', { qos: 0 });
      scene.publish(LONG, text);
      assert.deepEqual(arrived(client), [[LONG, alias]]);
    }
    assert.equal(scene.broker.stats().dropped.too_large, 0);
  });

  test('is one thing for who knows it and another for who does not, and each has its own', () => {
    const scene = new Scene();
    const early = subscriber(scene, 10);
    scene.publish('the/first/topic', 'x');
    scene.publish(LONG, 'x');
    const late = subscriber(scene, 10);
    const none = scene.connect5();
    none.subscribe('#');
    scene.publish(LONG, 'x');
    scene.publish(LONG, 'x', { qos: 1 });
    assert.deepEqual(arrived(early), [
      ['the/first/topic', 1],
      [LONG, 2],
      ['', 2],
      ['', 2],
    ]);
    assert.deepEqual(arrived(late), [
      [LONG, 1],
      ['', 1],
    ]);
    assert.deepEqual(arrived(none), [
      [LONG, undefined],
      [LONG, undefined],
    ]);
  });

  test('has its place in large payloads and long property lists as well', () => {
    const scene = new Scene();
    const clients = [subscriber(scene, 10), subscriber(scene, 10)];
    scene.publish('another/topic', 'x');
    const payload = Buffer.alloc(20_000, 'y');
    for (const length of [1, 150, 20_000]) {
      const contentType = 'c'.repeat(length);
      for (let i = 0; i < 2; i++) scene.publish(LONG, payload, { properties: { contentType } });
    }
    for (const client of clients) {
      const [, ...rest] = client.messages();
      assert.deepEqual(
        rest.map(({ topic, properties }) => [topic, properties?.topicAlias]),
        [[LONG, 2], ...Array.from({ length: 5 }, () => ['', 2])],
      );
      for (const { payload: got, properties } of rest) {
        assert.ok(got.equals(payload));
        assert.match(properties?.contentType ?? '', /^c+$/);
      }
    }
  });

  test('ends with its connection: what is sent again has its topic', () => {
    const scene = new Scene();
    const fields = { clientId: 'c', cleanStart: false, properties: { topicAliasMaximum: 10 } };
    const client = scene.connect5(fields, 100);
    client.subscribe('#', { qos: 1 });
    for (let i = 0; i < 2; i++) scene.publish(LONG, 'x', { qos: 1 });
    assert.deepEqual(arrived(client), [
      [LONG, 1],
      ['', 1],
    ]);
    client.cut();
    assert.deepEqual(arrived(scene.connect5(fields, 100)), [
      [LONG, 1],
      ['', 1],
    ]);
  });

  test('goes together with what else differs from receiver to receiver', () => {
    const scene = new Scene();
    const properties = { topicAliasMaximum: 10 };
    const clients = [1, 2].map((id) => {
      const client = scene.connect5({ properties });
      client.subscribe('#', { subscriptionId: id });
      return client;
    });
    const plain = [subscriber(scene, 10), subscriber(scene, 10)];
    for (let i = 0; i < 2; i++) {
      scene.publish(LONG, `${i}`, { properties: { messageExpiryInterval: 10, contentType: 'text' } });
      scene.clock.advance(1500);
    }
    assert.deepEqual(clients.map(seen), [expected([1]), expected([2])]);
    assert.deepEqual(plain.map(seen), [expected(), expected()]);
  });
});
