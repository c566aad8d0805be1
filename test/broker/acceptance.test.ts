import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrokerHooks, Verdict } from '../../src/broker/hooks.ts';
import { type PublishFields, publishPacket } from '../kit/raw-client.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

/** A hook that answers when the test does, in the order of the questions. */
class SlowHook {
  readonly asked: string[] = [];
  readonly #answers: ((verdict: Verdict) => void)[] = [];

  readonly publish: BrokerHooks['message.publish'] = ({ topic }) => this.#ask(topic);
  readonly authorize: BrokerHooks['client.authorize'] = (_, { topic }) => this.#ask(topic);

  answer(verdict: Verdict): void {
    this.#answers.shift()?.(verdict);
  }

  #ask(topic: string): Verdict | Promise<Verdict> {
    if (topic.startsWith('quick')) return 'allow';
    this.asked.push(topic);
    return new Promise((resolve) => this.#answers.push(resolve));
  }
}

/** A scene whose `message.publish` is asked slowly, and a subscriber to everything. */
function slowScene() {
  const scene = new Scene();
  const hook = new SlowHook();
  scene.broker.hook('message.publish', hook.publish);
  const subscriber = scene.connect();
  subscriber.subscribe('#');
  return { scene, hook, subscriber };
}

describe('a message is acknowledged when it is accepted, not before', () => {
  for (const version of VERSIONS)
    for (const [qos, answer] of [
      [1, 'puback'],
      [2, 'pubrec'],
    ] as const)
      test(`version ${version}, QoS ${qos}`, async () => {
        const { scene, hook, subscriber } = slowScene();
        const publisher = scene.connect({ version });
        publisher.publish('t', 'hello', { qos });
        await scene.clock.settle();
        publisher.expectNothing();
        subscriber.expectNothing();
        hook.answer('allow');
        await scene.clock.settle();
        assert.equal(publisher.next(answer).reasonCode, 0);
        assert.deepEqual(subscriber.texts(), ['hello']);
      });

  test('`client.authorize` may be slow as well, and its denial is the answer', async () => {
    const scene = new Scene();
    const hook = new SlowHook();
    scene.broker.hook('client.authorize', hook.authorize);
    const publisher = scene.connect5();
    publisher.publish('t', 'hello', { qos: 1 });
    publisher.expectNothing();
    hook.answer({ deny: 'quota_exceeded' });
    await scene.clock.settle();
    assert.equal(publisher.next('puback').reasonCode, 0x97);
    assert.deepEqual(scene.dropped, [{ text: 'hello', receiver: null, reason: 'not_authorized' }]);
  });

  test('SUBACK waits for all answers', async () => {
    const scene = new Scene();
    const hook = new SlowHook();
    scene.broker.hook('client.authorize', hook.authorize);
    const client = scene.connect5();
    client.sendSubscribe(['a', 'quick', 'b/#', 'c'], { qos: 1 });
    assert.deepEqual(hook.asked, ['a', 'b/#', 'c']);
    hook.answer('allow');
    hook.answer('deny');
    await scene.clock.settle();
    client.expectNothing();
    hook.answer({ deny: 'quota_exceeded' });
    await scene.clock.settle();
    assert.deepEqual(client.next('suback').reasonCodes, [1, 1, 0x87, 0x97]);
    assert.equal(scene.broker.stats().subscriptions, 2);
  });
});

describe('while a hook decides', () => {
  test('what the same client sends next waits, in its order', async () => {
    const { scene, hook, subscriber } = slowScene();
    const publisher = scene.connect();
    publisher.send(
      publishPacket('t', 'one', { qos: 1, packetId: 1 }),
      publishPacket('quick', 'two', { qos: 0 }),
      'c000',
    );
    publisher.publish('quick', 'three', { qos: 1, packetId: 3 });
    await scene.clock.settle();
    publisher.expectNothing();
    assert.ok(publisher.wire.paused);
    hook.answer('allow');
    await scene.clock.settle();
    assert.equal(publisher.next('puback').packetId, 1);
    publisher.next('pingresp');
    assert.equal(publisher.next('puback').packetId, 3);
    assert.deepEqual(subscriber.texts(), ['one', 'two', 'three']);
    assert.ok(!publisher.wire.paused);
  });

  test('nothing is read between two slow messages', async () => {
    const { scene, hook, subscriber } = slowScene();
    const publisher = scene.connect();
    publisher.send(publishPacket('a', 'one'), publishPacket('b', 'two'));
    publisher.publish('quick', 'three');
    hook.answer('allow');
    await scene.clock.settle();
    assert.deepEqual(subscriber.texts(), ['one']);
    assert.ok(publisher.wire.paused);
    hook.answer('allow');
    await scene.clock.settle();
    assert.deepEqual(subscriber.texts(), ['two', 'three']);
  });

  test('other clients go on', async () => {
    const { scene, hook, subscriber } = slowScene();
    scene.connect().publish('t', 'slow', { qos: 1 });
    scene.connect().publish('quick', 'quick', { qos: 1 }).next('puback');
    assert.deepEqual(subscriber.texts(), ['quick']);
    assert.deepEqual(hook.asked, ['t']);
  });

  test('the payload is safe from the bytes that follow', async () => {
    const { scene, hook, subscriber } = slowScene();
    const publisher = scene.connect();
    publisher.publish('t', 'precious');
    publisher.publish('quick', 'XXXXXXXX');
    hook.answer('allow');
    await scene.clock.settle();
    assert.deepEqual(subscriber.texts(), ['precious', 'XXXXXXXX']);
  });

  test('the client is not blamed for a silence that is ours', async () => {
    const { scene, hook } = slowScene();
    const publisher = scene.connect({ keepAlive: 10 });
    publisher.publish('t', 'slow', { qos: 1 });
    scene.clock.advance(45_000);
    hook.answer('allow');
    await scene.clock.settle();
    publisher.next('puback');
    scene.clock.advance(14_999);
    assert.ok(!publisher.ended);
    scene.clock.advance(15_000);
    assert.ok(publisher.ended);
  });

  test('a hook that does not answer for a minute is no excuse any more', () => {
    const { scene } = slowScene();
    const publisher = scene.connect({ keepAlive: 10 }).publish('t', 'slow', { qos: 1 });
    scene.clock.advance(59_000);
    assert.ok(!publisher.ended);
    scene.clock.advance(16_000);
    assert.ok(publisher.ended);
  });

  test('what a client sent before it went is handled, its DISCONNECT too', async () => {
    const { scene, hook, subscriber } = slowScene();
    const reasons: string[] = [];
    scene.broker.on('client.disconnected', (_, reason) => reasons.push(reason));
    const publisher = scene.connect({ will: { topic: 'quick' } });
    publisher.send(
      publishPacket('t', 'first'),
      publishPacket('quick', 'second'),
      publishPacket('t', 'third'),
      'e000', // DISCONNECT
    );
    publisher.cut();
    assert.deepEqual(subscriber.texts(), []);
    for (let i = 0; i < 2; i++) {
      hook.answer('allow');
      await scene.clock.settle(); // oxlint-disable-line no-await-in-loop -- one question after the other
    }
    assert.deepEqual(subscriber.texts(), ['first', 'second', 'third']);
    assert.deepEqual(reasons, ['normal']);
    assert.equal(scene.broker.stats().connections, 1);
  });

  test('a client that is gone is over a minute later, whether the hook has answered or not', () => {
    const { scene } = slowScene();
    const timers = scene.clock.timers;
    scene.connect().publish('t', 'slow').cut();
    scene.clock.advance(59_999);
    assert.equal(scene.broker.stats().connections, 2);
    scene.clock.advance(1);
    assert.equal(scene.broker.stats().connections, 1);
    assert.equal(scene.clock.timers, timers);
  });

  test('a connection that ends takes nothing back: the message is routed', async () => {
    const { scene, hook, subscriber } = slowScene();
    const publisher = scene.connect();
    publisher.publish('t', 'last words', { qos: 1 });
    publisher.cut();
    hook.answer('allow');
    await scene.clock.settle();
    assert.deepEqual(subscriber.texts(), ['last words']);
  });
});

describe('QoS 2 whose connection ends while a hook decides', () => {
  const identity = { clientId: 'p', cleanStart: false } as const;
  const message: PublishFields = { qos: 2, packetId: 5 };

  test('is not routed again when it is repeated after the answer', async () => {
    const { scene, hook, subscriber } = slowScene();
    const before = scene.connect(identity).publish('t', 'once', message);
    before.cut();
    hook.answer('allow');
    await scene.clock.settle();
    const after = scene.connect(identity).publish('t', 'once', { ...message, dup: true });
    await scene.clock.settle();
    assert.equal(after.next('pubrec').packetId, 5);
    assert.deepEqual(subscriber.texts(), ['once']);
  });

  test('is not asked about again when it is repeated before the answer, and not acknowledged before it', async () => {
    const { scene, hook, subscriber } = slowScene();
    scene.connect(identity).publish('t', 'once', message).cut();
    const after = scene.connect(identity).publish('t', 'once', { ...message, dup: true });
    await scene.clock.settle();
    after.expectNothing();
    hook.answer('allow');
    await scene.clock.settle();
    assert.equal(after.next('pubrec').packetId, 5);
    assert.deepEqual(subscriber.texts(), ['once']);
    assert.deepEqual(hook.asked, ['t']);
  });
});
