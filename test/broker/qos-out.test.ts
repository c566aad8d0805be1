import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

for (const version of VERSIONS)
  describe(`version ${version}: a message to a client`, () => {
    test('has the lower of the two QoS [MQTT-3.8.4-8]', () => {
      const scene = new Scene();
      const publisher = scene.connect();
      for (const granted of [0, 1, 2] as const) {
        const subscriber = scene.connect({ version });
        subscriber.acknowledges = true;
        assert.deepEqual(subscriber.subscribe('t', { qos: granted }), [granted]);
        for (const qos of [0, 1, 2] as const) publisher.publish('t', '', { qos });
        publisher.ack('pubrel', 1).packets();
        const got = subscriber.messages().map(({ qos }) => qos);
        assert.deepEqual(got, [0, Math.min(1, granted), granted]);
      }
    });

    test('at QoS 1 is over with PUBACK', () => {
      const scene = new Scene();
      const subscriber = scene.connect({ version, properties: { receiveMaximum: 1 } });
      subscriber.subscribe('t', { qos: 1 });
      scene.publish('t', 'a', { qos: 1 });
      const { packetId, dup } = subscriber.next('publish');
      assert.ok(packetId > 0 && !dup);
      subscriber.ack('puback', packetId).expectNothing();
    });

    test('at QoS 2 goes through all its steps [MQTT-4.3.3-1 to 7]', () => {
      const scene = new Scene();
      const subscriber = scene.connect({ version });
      subscriber.subscribe('t', { qos: 2 });
      scene.publish('t', 'a', { qos: 2 });
      const { packetId } = subscriber.next('publish');
      subscriber.expectNothing();
      const pubrel = subscriber.ack('pubrec', packetId).next('pubrel');
      assert.deepEqual([pubrel.packetId, pubrel.reasonCode], [packetId, 0]);
      assert.equal(subscriber.ack('pubrec', packetId).next('pubrel').packetId, packetId);
      subscriber.ack('pubcomp', packetId).expectNothing();
      const unknown = subscriber.ack('pubrec', packetId).next('pubrel');
      assert.equal(unknown.reasonCode, version === 5 ? ReasonCode.packet_identifier_not_found : 0);
    });

    test('is not sent again on the same connection [MQTT-4.4.0-1]', () => {
      const scene = new Scene();
      const subscriber = scene.connect({ version });
      subscriber.subscribe('t', { qos: 1 });
      scene.publish('t', 'a', { qos: 1 });
      subscriber.next('publish');
      scene.clock.advance(24 * 3600 * 1000);
      subscriber.expectNothing();
    });

    test('acknowledgements of what was never sent do no harm', () => {
      const client = new Scene().connect({ version });
      client.ack('puback', 5).ack('pubcomp', 5).expectNothing();
    });
  });

describe('the window of messages on their way', () => {
  const WINDOWS = [
    ['the Receive Maximum of the client [MQTT-3.3.4-9]', {}, { receiveMaximum: 2 }],
    ['maxInflight where that is lower', { maxInflight: 2 }, { receiveMaximum: 10 }],
    ['maxInflight where the client says nothing', { maxInflight: 2 }, {}],
  ] as const;

  for (const [title, options, properties] of WINDOWS)
    test(`is ${title}`, () => {
      const scene = new Scene(options);
      const subscriber = scene.connect5({ properties });
      subscriber.subscribe('t', { qos: 1 });
      for (const payload of ['a', 'b', 'c', 'd']) scene.publish('t', payload, { qos: 1 });
      const [first, second] = [subscriber.next('publish'), subscriber.next('publish')];
      subscriber.expectNothing();
      subscriber.ack('puback', second.packetId);
      assert.deepEqual(subscriber.texts(), ['c']);
      subscriber.ack('puback', first.packetId);
      assert.deepEqual(subscriber.texts(), ['d']);
    });

  test('is full until PUBCOMP at QoS 2', () => {
    const scene = new Scene({ maxInflight: 1 });
    const subscriber = scene.connect();
    subscriber.subscribe('t', { qos: 2 });
    for (const payload of ['a', 'b']) scene.publish('t', payload, { qos: 2 });
    const { packetId } = subscriber.next('publish');
    subscriber.ack('pubrec', packetId).next('pubrel');
    subscriber.expectNothing();
    subscriber.ack('pubcomp', packetId);
    assert.deepEqual(subscriber.texts(), ['b']);
  });

  test('has room again after PUBREC with an error [MQTT-4.3.3-4]', () => {
    const scene = new Scene({ maxInflight: 1 });
    const subscriber = scene.connect5();
    subscriber.subscribe('t', { qos: 2 });
    for (const payload of ['a', 'b']) scene.publish('t', payload, { qos: 2 });
    const { packetId } = subscriber.next('publish');
    subscriber.ack('pubrec', packetId, ReasonCode.unspecified_error);
    assert.deepEqual(subscriber.texts(), ['b']);
  });

  test('does not hold up QoS 0 [MQTT-3.3.4-10]', () => {
    const scene = new Scene({ maxInflight: 1 });
    const subscriber = scene.connect();
    subscriber.subscribe('t', { qos: 2 });
    for (const qos of [1, 1, 0] as const) scene.publish('t', `${qos}`, { qos });
    assert.deepEqual(subscriber.texts(), ['1', '0']);
  });

  test('identifiers run through all numbers and skip those in use [MQTT-2.2.1-4]', () => {
    const scene = new Scene({ maxInflight: 2 });
    const subscriber = scene.connect();
    subscriber.subscribe('t', { qos: 1 });
    scene.publish('t', 'stays', { qos: 1 });
    const stays = subscriber.next('publish').packetId;
    const seen = new Set<number>();
    for (let i = 0; i < 70_000; i++) {
      scene.publish('t', 'x', { qos: 1 });
      const { packetId } = subscriber.next('publish');
      assert.notEqual(packetId, stays);
      seen.add(packetId);
      subscriber.ack('puback', packetId);
    }
    assert.equal(seen.size, 65_534);
  });
});
