import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrokerOptions } from '../../src/broker/options.ts';
import type { WireHandler } from '../../src/broker/ports.ts';
import { encode } from '../../src/codec/encode.ts';
import { PacketType } from '../../src/codec/packets.ts';
import { publishPacket, type RawClient } from '../kit/raw-client.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

/** A scene with somebody who gets all messages. */
function rateScene(options: Partial<BrokerOptions>) {
  const scene = new Scene(options);
  const subscriber = scene.connect();
  subscriber.subscribe('t', { qos: 0 });
  return { scene, subscriber };
}

/** Numbered messages in one chunk. */
function flood(client: RawClient, count: number, first = 0): void {
  client.send(...Array.from({ length: count }, (_, index) => publishPacket('t', `${first + index}`)));
}

/** A PUBLISH to `t` of `size` bytes in all, 5 - 127. */
const sized = (size: number): Buffer =>
  Buffer.concat([Buffer.from([0x30, size - 2, 0, 1, 0x74]), Buffer.alloc(size - 5)]);

const numbers = (count: number, first = 0): string[] => Array.from({ length: count }, (_, index) => `${first + index}`);

describe('a client that sends more messages per second than it may', () => {
  for (const version of VERSIONS)
    test(`version ${version}: is disconnected, and counted`, () => {
      const { scene, subscriber } = rateScene({ maxMessageRate: 10 });
      const reasons: string[] = [];
      scene.broker.on('client.disconnected', (_, reason) => reasons.push(reason));
      const client = scene.connect({ version });
      flood(client, 10);
      client.expectNothing();
      flood(client, 1, 10);
      client.expectEnd(version === 5 ? 'message_rate_too_high' : null);
      assert.deepEqual(subscriber.texts(), numbers(10));
      assert.deepEqual(reasons, ['message_rate_too_high']);
      assert.equal(scene.broker.stats().limited.message_rate, 1);
      assert.equal(scene.broker.stats().limited.byte_rate, 0);
    });

  test('may send as many again after a second, and what comes evenly is no flood', () => {
    const { scene, subscriber } = rateScene({ maxMessageRate: 10 });
    const client = scene.connect5();
    for (let second = 0; second < 3; second++) {
      flood(client, 10, second * 10);
      scene.clock.advance(1000);
    }
    for (let i = 30; i < 130; i++) {
      flood(client, 1, i);
      scene.clock.advance(100);
    }
    client.ping().next('pingresp');
    assert.deepEqual(subscriber.texts(), numbers(130));
  });

  test('is not judged by other packets', () => {
    const { scene } = rateScene({ maxMessageRate: 1 });
    const client = scene.connect5();
    for (let i = 0; i < 50; i++) client.ping().next('pingresp');
    client.subscribe(['a', 'b', 'c']);
  });

  test('is judged for itself', () => {
    const { scene, subscriber } = rateScene({ maxMessageRate: 2 });
    for (let i = 0; i < 5; i++) flood(scene.connect(), 2, i * 2);
    assert.deepEqual(subscriber.texts(), numbers(10));
  });

  test('is read from more slowly where it is to be throttled: all comes, in order, at that rate', () => {
    const { scene, subscriber } = rateScene({ maxMessageRate: 10, rateAction: 'throttle' });
    const client = scene.connect5({ keepAlive: 60 });
    flood(client, 25);
    flood(client, 5, 25);
    const arrived = subscriber.texts();
    assert.deepEqual(arrived, numbers(11)); // The one that is too many is handled, and paid off by waiting.
    assert.ok(client.wire.paused);
    for (let tenth = 1; tenth <= 10; tenth++) {
      scene.clock.advance(100);
      const more = subscriber.texts();
      assert.ok(more.length <= 1, `${more.length} in a tenth of a second`);
      arrived.push(...more);
    }
    assert.ok(arrived.length >= 20);
    scene.clock.advance(1100);
    arrived.push(...subscriber.texts());
    assert.deepEqual(arrived, numbers(30));
    assert.ok(!client.wire.paused);
    client.ping().next('pingresp');
    assert.ok(scene.broker.stats().limited.message_rate > 0);
  });

  test('gets its acknowledgements in order when it is throttled', () => {
    const { scene } = rateScene({ maxMessageRate: 2, rateAction: 'throttle' });
    const client = scene.connect5();
    const packets = [1, 2, 3, 4, 5].map((packetId) => publishPacket('t', '', { qos: 1, packetId }));
    client.send(...packets, { type: PacketType.pingreq });
    scene.clock.advance(5000);
    const answers = client.packets();
    assert.deepEqual(
      answers.map((packet) => ('packetId' in packet ? packet.packetId : packet.type)),
      [1, 2, 3, 4, 5, PacketType.pingresp],
    );
  });

  test('is throttled to a high rate too, by a bounded number of pauses', () => {
    const { scene, subscriber } = rateScene({ maxMessageRate: 1000, rateAction: 'throttle' });
    const client = scene.connect();
    flood(client, 3000);
    scene.clock.advance(1990);
    assert.ok(subscriber.texts().length >= 2900);
    scene.clock.advance(100);
    assert.equal(scene.broker.stats().messagesSent, 3000);
    assert.ok(scene.broker.stats().limited.message_rate <= 210);
  });

  test('its keep-alive does not run out while we do not read from it', () => {
    const { scene } = rateScene({ maxMessageRate: 1, rateAction: 'throttle' });
    const client = scene.connect5({ keepAlive: 10 });
    flood(client, 100);
    scene.clock.advance(95_000);
    assert.ok(!client.ended);
    scene.clock.advance(30_000);
    client.expectEnd('keepalive_timeout');
    assert.equal(scene.broker.stats().messagesReceived, 100);
  });

  test('is not read from as long as one reason is left: its rate, or that it does not read itself', () => {
    const { scene } = rateScene({ maxMessageRate: 1, rateAction: 'throttle', maxOutgoingBuffer: 1000 });
    const client = scene.connect();
    client.subscribe('own');
    const messages = [publishPacket('own', Buffer.alloc(900)), publishPacket('own', Buffer.alloc(900))];
    for (const drainsFirst of [true, false]) {
      client.wire.stall();
      client.send(...messages);
      scene.clock.endTurns();
      assert.ok(client.wire.paused && client.wire.backlog > 1000);
      if (drainsFirst) client.wire.drain();
      else scene.clock.advance(1000);
      scene.clock.endTurns();
      assert.ok(client.wire.paused);
      if (drainsFirst) scene.clock.advance(1000);
      else client.wire.drain();
      scene.clock.endTurns();
      assert.ok(!client.wire.paused);
      scene.clock.advance(1000);
    }
    assert.equal(client.messages().length, 4);
  });

  test('that is gone meanwhile has nothing to wait for: what it has sent is handled', () => {
    const { scene, subscriber } = rateScene({ maxMessageRate: 1, rateAction: 'throttle' });
    const timers = scene.clock.timers;
    const client = scene.connect();
    flood(client, 100);
    assert.equal(scene.clock.timers, timers + 1);
    client.cut();
    assert.equal(scene.clock.timers, timers);
    assert.deepEqual(subscriber.texts(), numbers(100));
    assert.deepEqual(scene.errors, []);
  });

  test('waits for a hook and for its rate, whichever is longer', async () => {
    const { scene, subscriber } = rateScene({ maxMessageRate: 1, rateAction: 'throttle' });
    const allow: (() => void)[] = [];
    scene.broker.hook('message.publish', () => new Promise((resolve) => allow.push(() => resolve('allow'))));
    const answer = async (): Promise<void> => {
      for (const resolve of allow.splice(0)) resolve();
      await scene.clock.settle();
    };
    const client = scene.connect();
    flood(client, 4);
    await answer();
    await answer(); // The second is one too many: a second of waiting.
    assert.deepEqual(subscriber.texts(), numbers(2));
    assert.deepEqual(allow, []);
    scene.clock.advance(1000);
    assert.equal(allow.length, 1);
    scene.clock.advance(5000);
    assert.equal(allow.length, 1, 'the hook has not answered yet');
    await answer();
    await answer();
    assert.deepEqual(subscriber.texts(), numbers(2, 2));
  });

  test('is no client that we did not read from for a while', async () => {
    const { scene, subscriber } = rateScene({ maxMessageRate: 10 });
    const { promise, resolve } = Promise.withResolvers<'allow'>();
    const unhook = scene.broker.hook('client.authorize', (_, { topic }) => (topic === 'slow' ? promise : 'allow'));
    const client = scene.connect5();
    client.publish('slow', 'x');
    for (let second = 0; second < 5; second++) {
      scene.clock.advance(1000);
      flood(client, 10, second * 10);
    }
    unhook();
    resolve('allow');
    await scene.clock.settle();
    client.ping().next('pingresp');
    assert.deepEqual(subscriber.texts(), numbers(50));
    // The credit of that time is spent but for the second's worth that any client has.
    flood(client, 12);
    client.expectEnd('message_rate_too_high');
  });

  test('keeps that credit over further waiting', async () => {
    const { scene } = rateScene({ maxMessageRate: 10 });
    const answers = [Promise.withResolvers<'allow'>(), Promise.withResolvers<'allow'>()] as const;
    scene.broker.hook('client.authorize', (_, { topic }) => answers[Number(topic) - 1]?.promise ?? 'allow');
    const client = scene.connect5();
    client.publish('1');
    client.publish('2');
    flood(client, 40);
    for (const { resolve } of answers) {
      scene.clock.advance(resolve === answers[0].resolve ? 5000 : 10);
      resolve('allow');
      await scene.clock.settle(); // oxlint-disable-line no-await-in-loop -- one after the other
    }
    client.ping().next('pingresp');
    assert.equal(scene.broker.stats().messagesReceived, 42);
  });

  test('has credit for ten seconds at most, however long we did not read', async () => {
    const { scene, subscriber } = rateScene({ maxMessageRate: 10 });
    const { promise, resolve } = Promise.withResolvers<'allow'>();
    scene.broker.hook('client.authorize', (_, { topic }) => (topic === 'slow' ? promise : 'allow'));
    const client = scene.connect5();
    client.publish('slow', 'x');
    scene.clock.advance(3_600_000);
    resolve('allow');
    await scene.clock.settle();
    // A hundred by the credit, ten that any client may send at once.
    flood(client, 110);
    client.expectNothing();
    flood(client, 1, 110);
    client.expectEnd('message_rate_too_high');
    assert.deepEqual(subscriber.texts(), numbers(110));
  });

  test('has no credit for a time in which it was silent', async () => {
    const { scene, subscriber } = rateScene({ maxMessageRate: 10 });
    const { promise, resolve } = Promise.withResolvers<'allow'>();
    scene.broker.hook('client.authorize', (_, { action }) => (action === 'subscribe' ? promise : 'allow'));
    const client = scene.connect5();
    flood(client, 1);
    scene.clock.advance(3_600_000);
    client.sendSubscribe('x');
    scene.clock.advance(500);
    resolve('allow');
    await scene.clock.settle();
    client.next('suback');
    flood(client, 15, 1);
    client.expectNothing();
    flood(client, 1, 16);
    client.expectEnd('message_rate_too_high');
    assert.deepEqual(subscriber.texts(), numbers(16));
  });
});

describe('a client that sends more bytes per second than it may', () => {
  for (const version of [3, 4] as const)
    test(`version ${version}: is disconnected; CONNECT counts`, () => {
      const { scene, subscriber } = rateScene({ maxByteRate: 200 });
      const client = scene.open().sendConnect({ version, clientId: 'c' });
      client.next('connack');
      const sent = version === 3 ? 17 : 15;
      client.send(sized(100)).send(sized(100 - sent));
      client.expectNothing();
      assert.equal(subscriber.messages().length, 2);
      client.send('c0');
      client.expectEnd(null);
      assert.equal(scene.broker.stats().limited.byte_rate, 1);
      assert.equal(scene.broker.stats().limited.message_rate, 0);
    });

  test('is no client that we did not read from for a while', async () => {
    const { scene, subscriber } = rateScene({ maxByteRate: 200 });
    const { promise, resolve } = Promise.withResolvers<'allow'>();
    scene.broker.hook('client.authorize', (_, { topic }) => (topic === 'slow' ? promise : 'allow'));
    const client = scene.connect();
    scene.clock.advance(1000);
    client.publish('slow');
    scene.clock.advance(5000);
    for (let i = 0; i < 10; i++) client.send(sized(100));
    resolve('allow');
    await scene.clock.settle();
    assert.equal(subscriber.messages().length, 10);
    client.send(sized(100)).send(sized(100)).expectEnd(null);
  });

  test('its keep-alive does not run out in a long pause', () => {
    const { scene, subscriber } = rateScene({ maxByteRate: 100, rateAction: 'throttle' });
    const client = scene.connect5({ keepAlive: 10 });
    scene.clock.advance(1000);
    client.send(publishPacket('t', Buffer.alloc(4000)));
    scene.clock.advance(38_000);
    subscriber.expectNothing();
    assert.ok(!client.ended);
    scene.clock.advance(2000);
    assert.equal(subscriber.messages().length, 1);
    scene.clock.advance(15_000);
    client.expectEnd('keepalive_timeout');
  });

  test('waits longer for what comes although we do not read', () => {
    const { scene, subscriber } = rateScene({ maxByteRate: 1000, rateAction: 'throttle' });
    let handler: WireHandler | undefined;
    const client = scene.openBy((wire) => (handler = scene.broker.attach(wire)));
    client.connect();
    scene.clock.advance(1000);
    const bytes = encode(publishPacket('t', Buffer.alloc(1993)), 4);
    for (let i = 0; i < 2; i++) handler?.data(Buffer.from(bytes));
    scene.clock.advance(2900);
    subscriber.expectNothing();
    scene.clock.advance(200);
    assert.equal(subscriber.messages().length, 2);
  });

  test('is told why, and what made it too many is not handled', () => {
    const { scene, subscriber } = rateScene({ maxByteRate: 200 });
    const client = scene.connect5();
    scene.clock.advance(1000);
    client.send(publishPacket('t', Buffer.alloc(200))).expectEnd('message_rate_too_high');
    subscriber.expectNothing();
  });

  test('is read from more slowly where it is to be throttled; a chunk beyond all bounds is waited off', () => {
    const { scene, subscriber } = rateScene({ maxByteRate: 1000, rateAction: 'throttle' });
    const client = scene.connect5();
    scene.clock.advance(1000);
    client.send(publishPacket('t', Buffer.alloc(5000))); // 5007 bytes, four seconds' worth of debt.
    client.ping();
    scene.clock.advance(4000);
    subscriber.expectNothing();
    client.expectNothing();
    scene.clock.advance(50);
    assert.equal(subscriber.messages().length, 1);
    client.next('pingresp'); // Two bytes more than there were: a short pause of its own.
    assert.equal(scene.broker.stats().limited.byte_rate, 2);
  });

  test('gets all through, however small its packets and chunks are', () => {
    const { scene, subscriber } = rateScene({ maxByteRate: 100, rateAction: 'throttle' });
    const client = scene.connect();
    const bytes = Buffer.concat(
      numbers(50).map((text) => Buffer.from([0x30, 5, 0, 1, 0x74, ...Buffer.from(text.padStart(2))])),
    );
    for (const byte of bytes) client.send(Buffer.from([byte]));
    assert.ok(client.wire.paused);
    scene.clock.advance(4000);
    assert.deepEqual(
      subscriber.texts().map((text) => text.trim()),
      numbers(50),
    );
  });
});

describe('the rates of a listener', () => {
  test("are its clients', in place of the broker's", async () => {
    const { scene, subscriber } = rateScene({ maxMessageRate: 5 });
    const quick = await scene.listen({ maxMessageRate: Infinity }, 'quick');
    const slow = await scene.listen({ maxMessageRate: 2, rateAction: 'throttle' }, 'slow');
    const [one, two, three] = [quick(), slow(), scene.open()];
    one.connect({ version: 5, clientId: 'quick' });
    two.connect({ version: 5, clientId: 'slow' });
    three.connect({ version: 5, clientId: 'usual' });
    flood(one, 100);
    assert.equal(subscriber.texts().length, 100);
    flood(two, 4);
    assert.equal(subscriber.texts().length, 3);
    flood(three, 6);
    three.expectEnd('message_rate_too_high');
    assert.equal(subscriber.texts().length, 5);
    scene.clock.advance(1000);
    assert.equal(subscriber.texts().length, 1);
    one.ping().next('pingresp');
  });
});
