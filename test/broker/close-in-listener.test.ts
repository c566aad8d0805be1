import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventName } from '../../src/broker/events.ts';
import { PacketType } from '../../src/codec/packets.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { Scene } from '../kit/scene.ts';
import { EVENT_NAMES } from './event-names.ts';

/** A client connects, and another with its identifier: a listener closes the broker when it hears of that. */
function closedBy(name: 'client.disconnected' | 'message.published' | 'client.connack', cleanStart: boolean) {
  const scene = new Scene();
  const identity = { version: 5, clientId: 'c', keepAlive: 10, properties: { sessionExpiryInterval: 10 } } as const;
  const first = scene.connect({ ...identity, cleanStart: false, will: { topic: 'will' } });
  const told: string[] = [];
  scene.broker.on('client.connack', ({ clientId }, reason) => told.push(`connack ${clientId} ${reason}`));
  scene.broker.on('client.connected', ({ clientId }) => told.push(`connected ${clientId}`));
  scene.broker.on('client.disconnected', ({ clientId }, reason) => told.push(`disconnected ${clientId} ${reason}`));
  scene.broker.on(name, () => void scene.broker.close());
  const second = scene.open().sendConnect({ ...identity, cleanStart });
  return { scene, told, first, second };
}

describe('a listener that closes the broker', () => {
  for (const cleanStart of [true, false])
    test(`when a client is taken over leaves nothing behind; clean start ${cleanStart}`, () => {
      const { scene, told, first, second } = closedBy('client.disconnected', cleanStart);
      assert.deepEqual(told.slice(0, 2), ['disconnected c session_taken_over', 'connack c server_unavailable']);
      assert.ok(!told.some((line) => line.startsWith('connected')), told.join());
      assert.equal(second.next('connack').reasonCode, ReasonCode.server_unavailable);
      second.expectNothing();
      assert.ok(first.ended && second.ended);
      const { clients, sessions, connections } = scene.broker.stats();
      assert.deepEqual([clients, sessions, connections, scene.clock.timers], [0, 0, 0, 0]);
    });

  test('when the will of a session that is thrown away is published', () => {
    const { scene, told, second } = closedBy('message.published', true);
    assert.ok(!told.some((line) => line.startsWith('connected')), told.join());
    assert.equal(second.next('connack').reasonCode, ReasonCode.server_unavailable);
    second.expectNothing();
    const { clients, sessions, connections } = scene.broker.stats();
    assert.deepEqual([clients, sessions, connections, scene.clock.timers], [0, 0, 0, 0]);
  });

  test('when it hears of CONNACK: the client is told as gone, and not as connected after that', () => {
    const { scene, told, second } = closedBy('client.connack', false);
    assert.equal(second.next('connack').reasonCode, 0);
    second.expectEnd('server_shutting_down');
    assert.ok(told.includes('disconnected c server_shutting_down'), told.join());
    assert.ok(!told.some((line) => line.startsWith('connected')), told.join());
    assert.equal(scene.broker.stats().clients, 0);
  });
});

/** What may still be told when the broker is closed: how everything ends, wills included. */
const ENDINGS: readonly string[] = [
  'client.connack server_unavailable',
  'client.disconnected',
  'session.discarded',
  'session.terminated',
  'message.published',
  'message.dropped',
  'client.authorize? publish',
];

/** Clients that make the broker tell all its events. */
function live(scene: Scene): void {
  const kept = { version: 5, clientId: 'c', properties: { sessionExpiryInterval: 10 } } as const;
  const connect = (cleanStart: boolean) =>
    scene.open().sendConnect({ ...kept, cleanStart, will: { topic: 'w', qos: 1 } });
  for (const clientId of ['before', 'behind'])
    scene
      .open()
      .sendConnect({ ...kept, clientId })
      .sendSubscribe('#', { qos: 1 });
  const first = connect(false);
  first.acknowledges = true;
  first
    .sendSubscribe(['t', 'u', 'v'], { qos: 2 })
    .publish('t', 'a', { qos: 1 })
    .publish('u', 'b', { qos: 2, retain: true });
  first.packets();
  first.publish('$SYS/x').cut();
  const second = connect(false).publish('t', 'c', { qos: 2 });
  second.sendSubscribe('u', { qos: 1 }).packets();
  const third = connect(false).publish('t', 'd');
  third.send({ type: PacketType.unsubscribe, packetId: 1, filters: ['t', 'u', 'v'], properties: null });
  connect(true).disconnect(0, { sessionExpiryInterval: 0 });
}

/** How often an event was told. */
const timesOf = (name: EventName, told: readonly string[]): number =>
  told.filter((line) => line.split(' ', 1)[0] === name).length;

/**
 * Lives, and closes the broker when `name` is told for the `nth` time. Returns what was told, what was told or asked after
 * that, and how many packets were sent then.
 */
function closedAt(name: EventName, nth: number) {
  const scene = new Scene();
  const told: string[] = [];
  let closedAfter = Infinity;
  let packets = 0;
  scene.broker.hook('client.authenticate', () => {
    told.push('client.authenticate?');
    return 'allow';
  });
  scene.broker.hook('client.authorize', (_, { action }) => {
    told.push(`client.authorize? ${action}`);
    return 'allow';
  });
  for (const event of EVENT_NAMES)
    scene.broker.on(event, (...args: readonly unknown[]) => {
      told.push(event === 'client.connack' ? `${event} ${String(args[1])}` : event);
      if (event !== name || timesOf(name, told) !== nth) return;
      closedAfter = told.length;
      void scene.broker.close();
      packets = scene.broker.stats().packetsSent;
    });
  live(scene);
  return { scene, told, after: told.slice(closedAfter), packets };
}

describe('the broker, closed in the middle of', () => {
  for (const name of EVENT_NAMES)
    test(`${name}: everything ends, and nothing begins after that`, () => {
      let times = 0;
      for (let nth = 1; ; nth++) {
        const { scene, told, after, packets } = closedAt(name, nth);
        if (timesOf(name, told) < nth) break;
        times++;
        assert.deepEqual(
          after.filter((line) => !ENDINGS.some((ending) => line.startsWith(ending))),
          [],
          `${name}, time ${nth}`,
        );
        const ended = timesOf('session.terminated', told) + timesOf('session.discarded', told);
        assert.equal(ended, timesOf('session.created', told), `${name}, time ${nth}`);
        const { clients, sessions, connections, subscriptions, queued, packetsSent } = scene.broker.stats();
        assert.deepEqual([clients, sessions, connections, subscriptions, queued], [0, 0, 0, 0, 0]);
        assert.equal(packetsSent, packets);
        assert.deepEqual([scene.errors, scene.clock.timers], [[], 0]);
      }
      assert.ok(times > 0, 'it is told at least once');
    });
});

describe('the broker, closed where a message', () => {
  test('is delivered: those that were to come after are told as not having it', () => {
    const scene = new Scene();
    for (const clientId of ['a', 'b', 'c']) scene.connect5({ clientId }, 10).subscribe('t', { qos: 1 });
    let delivered = 0;
    scene.broker.on('message.delivered', () => {
      delivered++;
      void scene.broker.close();
    });
    scene.publish('t', 'x', { qos: 1 });
    assert.equal(delivered, 1);
    assert.deepEqual(scene.dropped.map(({ receiver, reason }) => `${receiver} ${reason}`).toSorted(), [
      'a session_ended',
      'b session_ended',
      'c session_ended',
    ]);
  });

  test('is acknowledged: it is not told as lost', () => {
    for (const [name, qos] of [
      ['puback', 1],
      ['pubrec', 2],
    ] as const) {
      const scene = new Scene();
      const client = scene.connect5({}, 10);
      client.subscribe('t', { qos: 2 });
      scene.broker.on('message.acked', () => void scene.broker.close());
      scene.publish('t', 'x', { qos });
      client.ack(name, client.next('publish').packetId);
      client.expectEnd('server_shutting_down');
      assert.deepEqual(scene.dropped, []);
    }
  });
});

describe('a connection that is cut in the middle of', () => {
  const kept = { version: 5, clientId: 'c', properties: { sessionExpiryInterval: 10 } } as const;

  test('SUBSCRIBE: what was not decided upon yet is not stored', () => {
    for (const [event, stored] of [
      ['client.subscribe', 0],
      ['session.subscribed', 1],
    ] as const) {
      const scene = new Scene();
      const client = scene.connect(kept);
      scene.broker.on(event, () => client.wire.cut());
      client.sendSubscribe(['a', 'b']);
      assert.equal(scene.broker.stats().subscriptions, stored);
    }
  });

  test('UNSUBSCRIBE: what is still there stays', () => {
    for (const [event, left] of [
      ['client.unsubscribe', 2],
      ['session.unsubscribed', 1],
    ] as const) {
      const scene = new Scene();
      const client = scene.connect(kept);
      client.subscribe(['a', 'b']);
      scene.broker.on(event, () => client.wire.cut());
      client.send({ type: PacketType.unsubscribe, packetId: 1, filters: ['a', 'b'], properties: null });
      assert.equal(scene.broker.stats().subscriptions, left);
    }
  });
});
