import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PublishProperties } from '../../src/codec/properties.ts';
import { Scene } from '../kit/scene.ts';

const ALL: PublishProperties = {
  payloadFormatIndicator: true,
  contentType: 'application/json',
  responseTopic: 'answer/ä',
  correlationData: Buffer.from([0, 255, 1]),
  userProperties: [
    ['b', '1'],
    ['a', ''],
    ['', '2'],
    ['b', '1'],
    ['b', '3'],
  ],
};

describe('the properties of a message', () => {
  for (const qos of [0, 1, 2] as const)
    test(`QoS ${qos}: go to 5.0 receivers as they are, in their order [MQTT-3.3.2-4,15,16,17,18,20]`, () => {
      const scene = new Scene();
      const receiver = scene.connect5();
      receiver.subscribe('t', { qos: 2 });
      scene.connect5().publish('t', '{}', { qos, properties: ALL });
      assert.deepEqual(receiver.next('publish').properties, ALL);
    });

  test('are left out for older receivers', () => {
    const scene = new Scene();
    const receiver = scene.connect();
    receiver.subscribe('t');
    scene.connect5().publish('t', '{}', { properties: ALL });
    assert.equal(receiver.bytes().toString('hex'), '30050001747b7d');
  });

  test('stay with it while it is retained, while it waits, and when it is sent again', () => {
    const scene = new Scene();
    const identity = { clientId: 'c', cleanStart: false } as const;
    const client = scene.connect5(identity, 100);
    client.subscribe('t', { qos: 1 });
    scene.publish('t', 'on its way', { qos: 1, properties: ALL });
    client.cut();
    scene.publish('t', 'queued', { qos: 1, retain: true, properties: ALL });
    const back = scene.connect5(identity, 100);
    back.sendSubscribe('t');
    const got = back.packets().flatMap((packet) => ('payload' in packet ? [packet] : []));
    assert.deepEqual(
      got.map(({ payload, properties }) => [payload.toString(), properties]),
      [
        ['on its way', ALL],
        ['queued', ALL],
        ['queued', ALL],
      ],
    );
  });

  test('are seen by hooks and listeners', () => {
    const scene = new Scene();
    const seen: unknown[] = [];
    scene.broker.on('message.published', ({ properties }) => seen.push(properties));
    scene.connect5().publish('t', '', { properties: ALL });
    assert.deepEqual(seen, [ALL]);
  });

  test('a subscription identifier from a client is a protocol error [MQTT-3.3.4-6]', () => {
    const client = new Scene().connect5();
    client.publish('t', '', { properties: { subscriptionIdentifiers: [1] } }).expectEnd('protocol_error');
  });
});

describe('message expiry', () => {
  const properties = { messageExpiryInterval: 10 };
  const identity = { clientId: 'c', cleanStart: false } as const;

  test('goes to a receiver that is there as it is', () => {
    const scene = new Scene();
    const receiver = scene.connect5();
    receiver.subscribe('t');
    scene.connect5().publish('t', 'x', { properties });
    assert.deepEqual(receiver.next('publish').properties, properties);
  });

  test('is counted down while the message waits [MQTT-3.3.2-6]', () => {
    const scene = new Scene();
    const client = scene.connect5(identity, 100);
    client.subscribe('t', { qos: 1 });
    client.cut();
    scene.publish('t', 'x', { qos: 1, properties });
    scene.clock.advance(3000);
    assert.deepEqual(scene.connect5(identity, 100).next('publish').properties, { messageExpiryInterval: 7 });
  });

  for (const version of [4, 5] as const)
    test(`version ${version}: a message is not sent after it; it is dropped, counted and told [MQTT-3.3.2-5]`, () => {
      const scene = new Scene();
      const fields = { ...identity, version };
      const client = scene.connect5(fields, 100);
      client.subscribe('t', { qos: 1 });
      client.cut();
      scene.publish('t', 'mortal', { qos: 1, properties });
      scene.publish('t', 'immortal', { qos: 1 });
      scene.clock.advance(10_000);
      assert.deepEqual(scene.connect5(fields, 100).texts(), ['immortal']);
      assert.deepEqual(scene.dropped, [{ text: 'mortal', receiver: 'c', reason: 'expired' }]);
      assert.equal(scene.broker.stats().dropped.expired, 1);
    });

  test('what expires while it waits for the window leaves no gap in it', () => {
    const scene = new Scene({ maxInflight: 1 });
    const client = scene.connect5();
    client.subscribe('t', { qos: 1 });
    scene.publish('t', 'first', { qos: 1 });
    for (let i = 0; i < 5; i++) scene.publish('t', 'mortal', { qos: 1, properties });
    scene.publish('t', 'last', { qos: 1 });
    const { packetId } = client.next('publish');
    scene.clock.advance(10_000);
    client.ack('puback', packetId);
    assert.deepEqual(client.texts(), ['last']);
    assert.equal(scene.dropped.length, 5);
  });

  test('of 0 seconds is over at once', () => {
    const scene = new Scene();
    const client = scene.connect5();
    client.subscribe('t');
    scene.publish('t', 'x', { properties: { messageExpiryInterval: 0 } });
    client.expectNothing();
    assert.equal(scene.dropped.length, 1);
  });

  test('a change of the message by a hook does not lengthen it', async () => {
    const scene = new Scene();
    const client = scene.connect5();
    client.subscribe('t');
    const { promise, resolve } = Promise.withResolvers<{ change: { payload: Buffer } }>();
    scene.broker.hook('message.publish', () => promise);
    scene.connect5().publish('t', 'x', { properties });
    scene.clock.advance(4000);
    resolve({ change: { payload: Buffer.from('y') } });
    await scene.clock.settle();
    assert.deepEqual(client.next('publish').properties, { messageExpiryInterval: 6 });
  });
});
