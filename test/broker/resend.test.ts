import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ProtocolVersion, PublishPacket, QoS } from '../../src/codec/packets.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

const KEPT = { clientId: 'c', cleanStart: false, properties: { sessionExpiryInterval: 1000 } } as const;

/** Text, packet identifier and DUP of each message. */
const seen = (messages: readonly PublishPacket[]): [string, number, boolean][] =>
  messages.map(({ payload, packetId, dup }) => [payload.toString(), packetId, dup]);

/** Messages on their way to a client whose connection is cut. */
function interrupted(
  scene: Scene,
  texts: readonly string[],
  qos: QoS = 1,
  version: ProtocolVersion = 4,
): PublishPacket[] {
  const client = scene.connect({ ...KEPT, version });
  client.subscribe('t', { qos: 2 });
  for (const text of texts) scene.publish('t', text, { qos });
  const messages = client.messages();
  client.cut();
  return messages;
}

for (const version of VERSIONS)
  describe(`version ${version}: after a new connection`, () => {
    test('what was not acknowledged comes again, with DUP, its identifier, in order [MQTT-4.4.0-1] [MQTT-4.6.0-1]', () => {
      const scene = new Scene();
      const before = interrupted(scene, ['a', 'b', 'c'], 1, version);
      const after = scene.connect({ ...KEPT, version }).messages();
      assert.deepEqual(
        seen(after),
        before.map(({ payload, packetId }) => [payload.toString(), packetId, true]),
      );
    });

    test('what was acknowledged does not', () => {
      const scene = new Scene();
      const client = scene.connect({ ...KEPT, version });
      client.subscribe('t', { qos: 1 });
      for (const text of ['a', 'b', 'c']) scene.publish('t', text, { qos: 1 });
      const [, second] = client.messages();
      client.ack('puback', second?.packetId ?? 0).cut();
      assert.deepEqual(scene.connect({ ...KEPT, version }).texts(), ['a', 'c']);
    });

    test('PUBREL comes again for what the client has [MQTT-4.3.3-6] [MQTT-4.4.0-1]', () => {
      const scene = new Scene();
      const client = scene.connect({ ...KEPT, version });
      client.subscribe('t', { qos: 2 });
      for (const text of ['a', 'b']) scene.publish('t', text, { qos: 2 });
      const { packetId } = client.next('publish');
      client.ack('pubrec', packetId).packets();
      client.cut();
      const after = scene.connect({ ...KEPT, version });
      assert.equal(after.next('pubrel').packetId, packetId);
      assert.deepEqual(seen(after.messages()), [['b', packetId + 1, true]]);
      after.ack('pubcomp', packetId).expectNothing();
    });
  });

describe('what is sent again', () => {
  test('comes before what waited meanwhile, and that before what is published now', () => {
    const scene = new Scene({ maxInflight: 2 });
    interrupted(scene, ['a', 'b', 'c']);
    scene.publish('t', 'd', { qos: 1 });
    const client = scene.open();
    client.acknowledges = true;
    client.connect(KEPT);
    scene.publish('t', 'e', { qos: 1 });
    assert.deepEqual(client.texts(), ['a', 'b', 'c', 'd', 'e']);
  });

  test('keeps to a window that is smaller now', () => {
    const scene = new Scene();
    interrupted(scene, ['a', 'b', 'c', 'd']);
    const client = scene.connect5({ ...KEPT, properties: { receiveMaximum: 2 } }, 1000);
    const [first, second] = [client.next('publish'), client.next('publish')];
    client.expectNothing();
    client.ack('puback', first.packetId).ack('puback', second.packetId);
    scene.publish('t', 'e', { qos: 1 });
    assert.deepEqual(client.texts(), ['c', 'd']);
  });

  test('may be acknowledged before it was sent again', () => {
    const scene = new Scene();
    const before = interrupted(scene, ['a', 'b', 'c']);
    const client = scene.connect5({ ...KEPT, properties: { receiveMaximum: 1 } }, 1000);
    for (const { packetId } of before.toReversed()) client.ack('puback', packetId);
    scene.publish('t', 'd', { qos: 1 });
    assert.deepEqual(client.texts(), ['a', 'd']);
  });

  test('comes at every new connection until it is acknowledged', () => {
    const scene = new Scene();
    const [message] = interrupted(scene, ['a']);
    for (let i = 0; i < 5; i++) {
      const client = scene.connect(KEPT);
      assert.deepEqual(seen(client.messages()), [['a', message?.packetId, true]]);
      client.cut();
    }
  });

  test('is sent no faster than the client takes it, and as a whole', () => {
    const scene = new Scene({ maxOutgoingBuffer: 2000 });
    interrupted(
      scene,
      Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(100)),
    );
    const client = scene.open();
    client.wire.stall();
    client.sendConnect(KEPT);
    assert.ok(!client.ended);
    assert.ok(client.wire.backlog > 1900 && client.wire.backlog < 2300, `${client.wire.backlog}`);
    client.wire.drain();
    client.next('connack');
    assert.equal(client.messages().length, 100);
  });

  test('is sent again even if it has expired: the client may have it already', () => {
    const scene = new Scene();
    const before = scene.connect({ ...KEPT, version: 5 });
    before.subscribe('t', { qos: 2 });
    scene.publish('t', 'a', { qos: 2, properties: { messageExpiryInterval: 10 } });
    const { packetId } = before.next('publish');
    before.cut();
    scene.clock.advance(11_000);
    const after = scene.connect({ ...KEPT, version: 5 });
    const again = after.next('publish');
    assert.deepEqual([again.packetId, again.dup, again.properties?.messageExpiryInterval], [packetId, true, 0]);
  });
});

describe('what a listener publishes to a client that is just coming back', () => {
  for (const event of ['session.resumed', 'client.connack', 'client.connected'] as const)
    test(`${event}: comes after CONNACK, at its QoS after what was on its way, and once`, () => {
      const scene = new Scene();
      interrupted(scene, ['old']);
      scene.broker.on(event, () => {
        scene.publish('t', 'new', { qos: 1 });
        scene.publish('t', 'at QoS 0');
      });
      const client = scene.open().sendConnect(KEPT);
      assert.equal(client.next('connack').sessionPresent, true);
      // QoS 0 waits behind nothing, here as everywhere.
      assert.deepEqual(client.texts(), ['at QoS 0', 'old', 'new']);
    });
});
