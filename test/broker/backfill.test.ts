import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PublishRequest } from '../../src/broker/broker.ts';
import { PacketType } from '../../src/codec/packets.ts';
import { Scene } from '../kit/scene.ts';

const MANY = 5000;

/** A scene with many retained messages `r/0`, `r/1`, ... whose text is their topic. */
function shelfScene(options: ConstructorParameters<typeof Scene>[0], fields: Partial<PublishRequest> = {}): Scene {
  const scene = new Scene(options);
  for (let i = 0; i < MANY; i++) scene.publish(`r/${i}`, `r/${i}`, { retain: true, ...fields });
  return scene;
}

const all = Array.from({ length: MANY }, (_, index) => `r/${index}`).toSorted();

describe(`${MANY} retained messages for a new subscription`, () => {
  test('arrive through a small outgoing buffer where the wire takes everything', () => {
    const subscriber = shelfScene({ maxOutgoingBuffer: 1000 }).connect();
    subscriber.subscribe('r/#');
    assert.deepEqual(subscriber.texts().toSorted(), all);
  });

  test('arrive at a client that reads slowly, and hold no more memory than the buffer', () => {
    const scene = shelfScene({ maxOutgoingBuffer: 1000 });
    const subscriber = scene.connect();
    const texts: string[] = [];
    subscriber.wire.stall();
    subscriber.sendSubscribe('r/#');
    for (let rounds = 0; texts.length < MANY; rounds++) {
      assert.ok(rounds < MANY, 'it goes on');
      assert.ok(!subscriber.ended);
      assert.ok(subscriber.wire.backlog < 1200, `${subscriber.wire.backlog}`);
      subscriber.wire.drain(subscriber.wire.backlog);
      for (const packet of subscriber.packets()) if ('payload' in packet) texts.push(packet.payload.toString());
    }
    assert.deepEqual(texts.toSorted(), all);
    assert.deepEqual(scene.dropped, []);
  });

  test('arrive at QoS 1 through a small window', () => {
    const subscriber = shelfScene({ maxInflight: 3 }, { qos: 1 }).connect();
    subscriber.acknowledges = true;
    subscriber.subscribe('r/#', { qos: 1 });
    assert.deepEqual(subscriber.texts().toSorted(), all);
  });

  test('arrive in part before and in part after a new connection', () => {
    const scene = shelfScene({ maxInflight: 10 }, { qos: 1 });
    const before = scene.connect({ clientId: 'c', cleanStart: false });
    before.subscribe('r/#', { qos: 1 });
    const seen = new Set(before.texts());
    before.cut();
    const after = scene.open();
    after.acknowledges = true;
    after.connect({ clientId: 'c', cleanStart: false });
    for (const text of after.texts()) seen.add(text);
    assert.equal(seen.size, MANY);
  });
});

/** A client that has subscribed to `r/#` and reads nothing yet. */
function waiting(qos: 0 | 1, options: ConstructorParameters<typeof Scene>[0] = {}) {
  const scene = shelfScene({ maxOutgoingBuffer: 1000, ...options }, { qos });
  const subscriber = scene.connect();
  subscriber.acknowledges = true;
  subscriber.wire.stall();
  subscriber.sendSubscribe('r/#', { qos });
  const read = (): string[] => {
    subscriber.wire.drain();
    return subscriber.packets().flatMap((packet) => ('payload' in packet ? [packet.payload.toString()] : []));
  };
  return { scene, subscriber, read };
}

describe('while retained messages wait for a slow client', () => {
  test('one that is replaced does not come after its successor', () => {
    const { scene, read } = waiting(1);
    for (let i = 0; i < MANY; i++) scene.publish(`r/${i}`, `new ${i}`, { qos: 1, retain: true });
    const texts = read();
    const stale = texts.filter((text, index) => {
      const successor = texts.indexOf(`new ${text.slice(2)}`);
      return text.startsWith('r/') && successor !== -1 && successor < index;
    });
    assert.deepEqual(stale, []);
    for (let i = 0; i < MANY; i++) assert.ok(texts.includes(`new ${i}`), `${i}`);
    assert.equal(new Set(texts).size, texts.length, 'none twice');
  });

  test('one that is removed does not come any more', () => {
    const { scene, subscriber, read } = waiting(0);
    assert.ok(!subscriber.ended);
    for (let i = 0; i < MANY; i++) scene.publish(`r/${i}`, '', { retain: true });
    const texts = read().filter((text) => text !== '');
    assert.ok(texts.length < 100, `${texts.length}`);
  });

  test('one that came after the subscription comes once, as the live message that it is', () => {
    const { scene, read } = waiting(1);
    for (let i = 0; i < 10; i++) scene.publish(`r/later/${i}`, `later ${i}`, { qos: 1, retain: true });
    const later = read().filter((text) => text.startsWith('later'));
    assert.deepEqual(
      later,
      Array.from({ length: 10 }, (_, index) => `later ${index}`),
    );
  });

  test('UNSUBSCRIBE stops the rest [MQTT-3.10.4-2]', () => {
    const { subscriber, read } = waiting(0);
    subscriber.send({ type: PacketType.unsubscribe, packetId: 2, filters: ['r/#'], properties: null });
    const { length } = read();
    assert.ok(length < 500, `${length}`);
  });

  test('the same subscription again begins again, and does not add to what waits', () => {
    const { subscriber, read } = waiting(1, { maxInflight: 5 });
    for (let i = 0; i < 100; i++) subscriber.sendSubscribe('r/#', { qos: 1 });
    const texts = read();
    assert.deepEqual([...new Set(texts)].toSorted(), all);
    assert.ok(texts.length < MANY + 1000, `${texts.length}`);
  });

  test('they go on with QoS 1 and 2 messages of other topics behind them, in their order', () => {
    const { scene, read } = waiting(1);
    const live = Array.from({ length: 100 }, (_, index) => `live ${index}`);
    for (const text of live) scene.publish('r/live', text, { qos: 1 });
    const texts = read();
    assert.deepEqual(
      texts.filter((text) => text.startsWith('live')),
      live,
    );
    assert.equal(texts.length, MANY + live.length);
  });
});
