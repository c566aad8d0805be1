import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Scene } from '../kit/scene.ts';

const KEPT = { clientId: 'c', cleanStart: false } as const;

/** A scene with a session that subscribes to `t` and is offline. */
function offline(options: ConstructorParameters<typeof Scene>[0]): Scene {
  const scene = new Scene(options);
  const client = scene.connect(KEPT);
  client.subscribe('t', { qos: 2 });
  client.disconnect();
  return scene;
}

const publishAll = (scene: Scene, texts: readonly string[]): void => {
  for (const text of texts) scene.publish('t', text, { qos: 1 });
};

describe('the queue of a session', () => {
  test('takes maxQueuedMessages; the newest beyond them are dropped, counted and told', () => {
    const scene = offline({ maxQueuedMessages: 3 });
    publishAll(scene, ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(scene.dropped, [
      { text: 'd', receiver: 'c', reason: 'queue_full' },
      { text: 'e', receiver: 'c', reason: 'queue_full' },
    ]);
    assert.equal(scene.broker.stats().dropped.queue_full, 2);
    assert.deepEqual(scene.connect(KEPT).texts(), ['a', 'b', 'c']);
  });

  test('takes maxQueuedBytes of topics and payloads', () => {
    const scene = offline({ maxQueuedBytes: 100 });
    publishAll(scene, ['a'.repeat(49), 'b'.repeat(49), 'c']);
    assert.deepEqual(
      scene.dropped.map(({ text }) => text),
      ['c'],
    );
    assert.equal(scene.connect(KEPT).messages().length, 2);
  });

  test('takes one message that is larger than all it may hold', () => {
    const scene = offline({ maxQueuedBytes: 100 });
    publishAll(scene, ['x'.repeat(1000), 'y']);
    assert.deepEqual(
      scene.dropped.map(({ text }) => text),
      ['y'],
    );
  });

  test('has room again for what was taken out of it', () => {
    const scene = offline({ maxQueuedMessages: 2, maxQueuedBytes: 10, maxInflight: 1 });
    publishAll(scene, ['a', 'b']);
    const client = scene.open();
    client.acknowledges = true;
    client.connect(KEPT);
    for (let i = 0; i < 20; i++) {
      publishAll(scene, ['c', 'd', 'e']);
      client.packets();
    }
    assert.deepEqual(scene.dropped, []);
  });

  test('also bounds what waits for the window of a connected client', () => {
    const scene = new Scene({ maxQueuedMessages: 2, maxInflight: 1 });
    const client = scene.connect();
    client.subscribe('t', { qos: 1 });
    publishAll(scene, ['a', 'b', 'c', 'd']);
    assert.deepEqual(
      scene.dropped.map(({ text, reason }) => [text, reason]),
      [['d', 'queue_full']],
    );
    const { packetId } = client.next('publish');
    client.ack('puback', packetId);
    assert.deepEqual(client.texts(), ['b']);
  });

  test('a full queue of one receiver is nothing to the publisher and to others', () => {
    const scene = offline({ maxQueuedMessages: 1 });
    const other = scene.connect();
    other.subscribe('t', { qos: 1 });
    const publisher = scene.connect5();
    for (const text of ['a', 'b', 'c']) {
      publisher.publish('t', text, { qos: 1 });
      assert.equal(publisher.next('puback').reasonCode, 0);
    }
    assert.deepEqual(other.texts(), ['a', 'b', 'c']);
  });

  test('keeps 10,000 messages in order through many windows', () => {
    const scene = offline({ maxInflight: 100 });
    const texts = Array.from({ length: 10_000 }, (_, index) => `${index}`);
    publishAll(scene, texts);
    const client = scene.open();
    client.acknowledges = true;
    client.connect(KEPT);
    assert.deepEqual(client.texts(), texts);
  });

  test('keeps its own copy of a payload', () => {
    const scene = offline({});
    const payload = Buffer.from('hello');
    scene.publish('t', payload, { qos: 1 });
    payload.fill('x');
    assert.deepEqual(scene.connect(KEPT).texts(), ['hello']);
  });

  test('is gone with the session', () => {
    const scene = offline({ maxSessionExpiry: 10 });
    publishAll(scene, ['a']);
    scene.clock.advance(10_000);
    scene.connect(KEPT).expectNothing();
  });
});
