import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PacketType } from '../../src/codec/packets.ts';
import { Scene } from '../kit/scene.ts';

const KB = 1024;

/** A scene with a small outgoing buffer and a subscriber that reads nothing. */
function slowScene(qos: 0 | 1 | 2 = 0) {
  const scene = new Scene({ maxOutgoingBuffer: 10 * KB });
  const slow = scene.connect({ clientId: 'slow' });
  slow.subscribe('t', { qos });
  slow.wire.stall();
  return { scene, slow };
}

describe('a receiver that does not read', () => {
  test('gets no more QoS 0 than its buffer holds; the rest is dropped, counted and told', () => {
    const { scene, slow } = slowScene();
    for (let i = 0; i < 100; i++) scene.publish('t', `${i}`.padEnd(KB));
    assert.ok(!slow.ended);
    assert.ok(slow.wire.backlog <= 12 * KB, `${slow.wire.backlog}`);
    slow.wire.drain();
    const texts = slow.texts();
    assert.equal(texts.length + scene.dropped.length, 100);
    assert.deepEqual(
      texts.map((text) => text.trim()),
      Array.from(texts.keys(), (index) => `${index}`),
    );
    for (const { receiver, reason } of scene.dropped) assert.deepEqual([receiver, reason], ['slow', 'receiver_slow']);
    assert.equal(scene.broker.stats().dropped.receiver_slow, scene.dropped.length);
  });

  test('gets all of QoS 1 and 2 when it reads again, in order', () => {
    const { scene, slow } = slowScene(2);
    slow.acknowledges = true;
    for (let i = 0; i < 100; i++) scene.publish('t', `${i}`.padEnd(KB), { qos: i % 2 === 0 ? 1 : 2 });
    assert.ok(!slow.ended);
    assert.ok(slow.wire.backlog <= 12 * KB, `${slow.wire.backlog}`);
    slow.wire.drain();
    assert.deepEqual(
      slow.texts().map((text) => Number(text)),
      Array.from({ length: 100 }, (_, index) => index),
    );
    assert.deepEqual(scene.dropped, []);
  });

  test('is nothing to the publisher and to other receivers', () => {
    const { scene } = slowScene();
    const quick = scene.connect();
    quick.subscribe('t');
    const publisher = scene.connect();
    for (let i = 0; i < 100; i++) publisher.publish('t', `${i}`.padEnd(KB), { qos: 1 }).next('puback');
    assert.equal(quick.messages().length, 100);
  });

  test('gets QoS 0 again as soon as it reads', () => {
    const { scene, slow } = slowScene();
    for (let i = 0; i < 100; i++) scene.publish('t', 'x'.repeat(KB));
    assert.ok(!slow.ended);
    slow.wire.drain();
    slow.messages();
    scene.publish('t', 'again');
    assert.deepEqual(slow.texts(), ['again']);
  });

  test('holds large payloads by reference, once for all', () => {
    const scene = new Scene({ maxOutgoingBuffer: 1000 * KB });
    const clients = Array.from({ length: 100 }, () => scene.connect());
    for (const client of clients) {
      client.subscribe('t');
      client.wire.stall();
    }
    const before = process.memoryUsage().arrayBuffers;
    scene.publish('t', Buffer.alloc(500 * KB));
    for (const client of clients) assert.ok(!client.ended && client.wire.backlog > 500 * KB);
    assert.ok(process.memoryUsage().arrayBuffers - before < 5000 * KB);
  });

  test('holds no borrowed buffers for little bytes', () => {
    const scene = new Scene();
    const client = scene.connect();
    client.wire.stall();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 5000; i++) {
      client.ping();
      assert.ok(!client.ended);
    }
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < 2000 * KB, `${grown} bytes for ${client.wire.backlog}`);
  });
});

describe('a receiver that reads', () => {
  test('is not slow because much comes for it in one turn', () => {
    const scene = new Scene();
    const client = scene.connect();
    client.subscribe('t');
    for (let i = 0; i < 100; i++) scene.publish('t', Buffer.alloc(100 * KB));
    assert.equal(client.messages().length, 100);
    assert.deepEqual(scene.dropped, []);
  });

  test('is written to once a turn', () => {
    const scene = new Scene();
    const client = scene.connect();
    client.subscribe('t');
    const { writes } = client.wire;
    for (let i = 0; i < 100; i++) scene.publish('t', 'x');
    assert.equal(client.messages().length, 100);
    assert.equal(client.wire.writes - writes, 1);
  });
});

describe('a client that sends for ever and never reads', () => {
  test('PINGREQ: is not read any more; goes on when it has read', () => {
    const scene = new Scene({ maxOutgoingBuffer: KB });
    const client = scene.connect();
    for (let rounds = 0; rounds < 3; rounds++) {
      client.wire.stall();
      for (let i = 0; i < 5000; i++) client.ping();
      assert.ok(!client.ended);
      assert.ok(client.wire.paused);
      assert.ok(client.wire.backlog < 2 * KB, `${client.wire.backlog}`);
      client.wire.drain();
      assert.equal(client.packets().filter(({ type }) => type === PacketType.pingresp).length, 5000);
      assert.ok(!client.wire.paused);
    }
  });

  test('PUBLISH at QoS 1: likewise, and each is routed once', () => {
    const scene = new Scene({ maxOutgoingBuffer: KB });
    const routed: string[] = [];
    scene.broker.on('message.published', ({ payload }) => routed.push(payload.toString()));
    const client = scene.connect();
    client.wire.stall();
    for (let i = 1; i <= 2000; i++) client.publish('t', `${i}`, { qos: 1, packetId: i });
    assert.ok(!client.ended);
    assert.ok(client.wire.paused && client.wire.backlog < 2 * KB);
    assert.ok(routed.length < 1000);
    client.wire.drain();
    assert.equal(client.packets().length, 2000);
    assert.deepEqual(
      routed,
      Array.from({ length: 2000 }, (_, index) => `${index + 1}`),
    );
  });

  test('where the wire takes everything at once it is never stopped for long', () => {
    const scene = new Scene({ maxOutgoingBuffer: 100 });
    const client = scene.connect();
    for (let i = 0; i < 10; i++) client.send('c000'.repeat(100));
    assert.equal(client.packets().length, 1000);
  });

  test('a slow hook and a full buffer at once: reading starts again when both are over', async () => {
    const scene = new Scene({ maxOutgoingBuffer: 10 });
    const { promise, resolve } = Promise.withResolvers<'allow'>();
    const client = scene.connect();
    client.wire.stall();
    client.send('c000'.repeat(10));
    assert.ok(!client.ended && client.wire.paused);
    scene.broker.hook('message.publish', () => promise);
    client.wire.drain();
    client.publish('t', 'x', { qos: 1 });
    client.wire.stall();
    resolve('allow');
    await scene.clock.settle();
    client.ping();
    client.wire.drain();
    const types = client.packets().map(({ type }) => type);
    assert.deepEqual(types.slice(10), [PacketType.puback, PacketType.pingresp]);
    assert.ok(!client.wire.paused);
  });
});

test('a client that reads nothing of its 5,000 subscriptions to 1,000 retained messages does not fill the memory', () => {
  const scene = new Scene();
  for (let i = 0; i < 1000; i++) scene.publish(`r/${i}`, 'x'.repeat(100), { retain: true });
  const client = scene.connect();
  client.wire.stall();
  const before = process.memoryUsage().heapUsed;
  const filters = Array.from({ length: 5000 }, (_, index) => (index % 2 === 0 ? 'r/#' : `r/+/${index}/#`));
  client.sendSubscribe(filters).sendSubscribe(filters);
  assert.ok(!client.ended);
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 50_000 * KB, `${grown}`);
});
