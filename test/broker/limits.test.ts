import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PublishRequest } from '../../src/broker/broker.ts';
import { Scene } from '../kit/scene.ts';

describe('a bound', () => {
  test('of subscriptions: more are refused, those that are there can be changed', () => {
    const scene = new Scene({ maxSubscriptions: 2 });
    const client = scene.connect5();
    assert.deepEqual(client.subscribe(['a', 'b', 'c']), [0, 0, 0x97]);
    assert.deepEqual(client.subscribe('a', { qos: 1 }), [1]);
    client.unsubscribe('b');
    assert.deepEqual(client.subscribe('c'), [0]);
    assert.deepEqual(scene.connect({ version: 4 }).subscribe(['a', 'b', 'c']), [0, 0, 0x80]);
  });

  test('of filters in one packet: 5.0 is told, and nothing is subscribed', () => {
    const scene = new Scene();
    const client = scene.connect5();
    client.sendSubscribe(Array.from({ length: 65_536 }, () => 'a')).expectEnd('quota_exceeded');
    assert.equal(scene.broker.stats().subscriptions, 0);
    const codes = scene.connect5().subscribe(Array.from({ length: 65_535 }, () => 'a'));
    assert.deepEqual([codes.length, ...new Set(codes)], [65_535, 0]);
  });

  test('of sessions: a stranger is refused, a client that has one comes back', () => {
    const scene = new Scene({ maxSessions: 1 });
    scene.connect({ clientId: 'c', cleanStart: false }).cut();
    const stranger = scene.open().sendConnect({ version: 5, clientId: 'd' });
    assert.equal(stranger.next('connack').reasonCode, 0x97);
    assert.ok(stranger.ended);
    scene.connect({ clientId: 'c', cleanStart: false }).ping();
    assert.equal(scene.broker.stats().sessions, 1);
  });

  test('of retained bytes: what does not fit is delivered but not retained', () => {
    const scene = new Scene({ maxRetainedBytes: 200 });
    scene.publish('a', 'x'.repeat(90), { retain: true });
    scene.publish('b', 'y'.repeat(90), { retain: true });
    assert.deepEqual(scene.dropped, [{ text: 'y'.repeat(90), receiver: null, reason: 'retained_full' }]);
    scene.publish('a', '', { retain: true });
    scene.publish('b', 'y'.repeat(90), { retain: true });
    assert.equal(scene.broker.stats().retained, 1);
    assert.equal(scene.dropped.length, 1);
  });

  test('of retained messages: those that have expired make room', () => {
    const scene = new Scene({ maxRetained: 1 });
    scene.publish('a', 'x', { retain: true, properties: { messageExpiryInterval: 1 } });
    scene.clock.advance(1000);
    scene.publish('b', 'y', { retain: true });
    assert.deepEqual(scene.dropped, []);
    assert.equal(scene.broker.stats().retained, 1);
  });

  test('of a queue: messages that have expired make room', () => {
    const scene = new Scene({ maxQueuedMessages: 1 });
    const identity = { clientId: 'c', cleanStart: false };
    const client = scene.connect(identity);
    client.subscribe('t', { qos: 1 });
    client.cut();
    scene.publish('t', 'old', { qos: 1, properties: { messageExpiryInterval: 1 } });
    scene.clock.advance(1000);
    scene.publish('t', 'new', { qos: 1 });
    assert.deepEqual(scene.dropped, [{ text: 'old', receiver: 'c', reason: 'expired' }]);
    assert.deepEqual(scene.connect(identity).texts(), ['new']);
  });

  test('of a queue: user properties count', () => {
    const scene = new Scene({ maxQueuedBytes: 10_000 });
    const client = scene.connect({ clientId: 'c', cleanStart: false });
    client.subscribe('t', { qos: 1 });
    client.cut();
    const userProperties: [string, string][] = Array.from({ length: 200 }, () => ['', '']);
    for (const text of ['1', '2', '3']) scene.publish('t', text, { qos: 1, properties: { userProperties } });
    assert.deepEqual(
      scene.dropped.map(({ text, reason }) => [text, reason]),
      [
        ['2', 'queue_full'],
        ['3', 'queue_full'],
      ],
    );
  });

  test('of what is on its way to one client, in bytes: the rest waits', () => {
    const scene = new Scene({ maxQueuedBytes: 1000 });
    const client = scene.connect();
    client.subscribe('t', { qos: 1 });
    for (const text of ['1', '2', '3']) scene.publish('t', text.repeat(600), { qos: 1 });
    assert.deepEqual(
      client.texts().map((text) => text[0]),
      ['1', '2'],
    );
    client.ack('puback', 1);
    assert.deepEqual(
      client.texts().map((text) => text[0]),
      ['3'],
    );
    assert.deepEqual(scene.dropped, []);
  });
});

test('messages that wait when their session ends are counted', () => {
  const scene = new Scene();
  const client = scene.connect({ clientId: 'c', cleanStart: false });
  client.subscribe('t', { qos: 1 });
  client.cut();
  scene.publish('t', 'x', { qos: 1 });
  scene.connect({ clientId: 'c', cleanStart: true });
  assert.deepEqual(scene.dropped, [{ text: 'x', receiver: 'c', reason: 'session_ended' }]);
  assert.equal(scene.broker.stats().dropped.session_ended, 1);
});

test('several subscriptions at once get what is retained, each for itself', () => {
  const scene = new Scene();
  scene.publish('a', 'x', { retain: true });
  const client = scene.connect();
  client.subscribe(['a', '+', '#']);
  assert.deepEqual(client.texts(), ['x', 'x', 'x']);
});

async function refuses(properties: object): Promise<void> {
  const { broker } = new Scene();
  await assert.rejects(broker.publish({ topic: 't', payload: '', properties }), TypeError);
}

describe('the embedder', () => {
  test('cannot publish what no packet can carry', async () => {
    await assert.rejects(new Scene().broker.publish({ topic: 'x'.repeat(65_536), payload: '' }), TypeError);
    await refuses({ contentType: 'x'.repeat(65_536) });
    await refuses({ userProperties: [['x'.repeat(65_536), '']] });
    await refuses({ responseTopic: 'a/#' });
  });

  test('cannot publish what is larger than a packet can be', async () => {
    const scene = new Scene();
    // Beside the payload: topic with its length, no properties.
    const largest = Buffer.allocUnsafeSlow(268_435_455 - 3 - 1);
    assert.equal(await scene.broker.publish({ topic: 't', payload: largest }), 0x10);
    for (const fields of [{ topic: 'tt' }, { topic: 't', qos: 1 } as const, { topic: 'ü' }])
      await assert.rejects(scene.broker.publish({ payload: largest, ...fields }), TypeError); // oxlint-disable-line no-await-in-loop -- one after the other
    const one = { topic: 't', payload: Buffer.allocUnsafeSlow(268_435_455 - 3) };
    await assert.rejects(scene.broker.publish(one), /larger than a packet/);
  });

  test('sends nobody a packet that is none: what grows on its way is dropped', async () => {
    const scene = new Scene();
    const client = scene.connect5();
    client.subscribe('t', { subscriptionId: 1 });
    await scene.broker.publish({ topic: 't', payload: Buffer.allocUnsafeSlow(268_435_455 - 3 - 1) });
    client.ping().next('pingresp');
    assert.equal(scene.broker.stats().dropped.too_large, 1);
  });

  test('cannot publish a payload that is neither text nor Buffer', async () => {
    const scene = new Scene();
    for (const payload of [undefined, null, 5, {}, new Uint8Array(1)]) {
      const request = { topic: 't', payload } as unknown as PublishRequest;
      await assert.rejects(scene.broker.publish(request), TypeError); // oxlint-disable-line no-await-in-loop -- one after the other
    }
  });

  test('cannot set what belongs to one hop', () => {
    const scene = new Scene();
    const client = scene.connect5();
    client.subscribe('t');
    const properties: object = { topicAlias: 3, subscriptionIdentifiers: [4], contentType: 'text' };
    scene.publish('t', 'x', { properties });
    assert.deepEqual({ ...client.next('publish').properties }, { contentType: 'text' });
  });

  test('gets no wire served by a broker that is closed', async () => {
    const scene = new Scene();
    await scene.broker.close();
    assert.ok(scene.open().ended);
  });
});

test('a hook that changes the topic to one that is none has denied', () => {
  const scene = new Scene();
  scene.broker.hook('message.publish', () => ({ change: { topic: 'a/#', payload: Buffer.from('redacted') } }));
  const client = scene.connect5();
  client.subscribe('#');
  client.publish('secret', 'plain', { qos: 1 });
  assert.equal(client.next('puback').reasonCode, 0x87);
  client.expectNothing();
  assert.match(scene.errors.join(), /topic/);
});

for (const payload of ['text', new Uint8Array(1), null])
  test(`a hook that changes the payload to ${JSON.stringify(payload)} has denied, for a will too`, () => {
    const scene = new Scene();
    scene.broker.hook('message.publish', () => ({ change: { payload: payload as Buffer } }));
    const witness = scene.connect();
    witness.subscribe('#');
    const client = scene.connect5({ will: {} });
    assert.equal(client.publish('t', 'plain', { qos: 1 }).next('puback').reasonCode, 0x87);
    client.cut();
    witness.expectNothing();
    assert.equal(scene.errors.length, 2);
    assert.match(scene.errors.join(), /changed the payload to something that is no Buffer: denied/);
    assert.equal(scene.broker.stats().dropped.not_authorized, 2);
  });

test('a response topic with a wildcard is a protocol error [MQTT-3.3.2-14]', () => {
  const client = new Scene().connect5();
  client.publish('t', 'x', { properties: { responseTopic: 'a/+' } }).expectEnd('protocol_error');
});

test('a client that cannot take the answer is not left waiting for it', () => {
  const client = new Scene().connect({ version: 5, properties: { maximumPacketSize: 20 } });
  client.sendSubscribe(Array.from({ length: 30 }, (_, index) => `t/${index}`)).expectEnd('packet_too_large');
});

test('a client that is refused and takes no packet at all is just let go', () => {
  const scene = new Scene();
  scene.broker.hook('client.authenticate', () => 'deny');
  const client = scene.open().sendConnect({ version: 5, clientId: 'c', properties: { maximumPacketSize: 1 } });
  client.expectNothing();
  assert.ok(client.ended);
  assert.deepEqual(scene.errors, []);
});

test('a client that takes not even CONNACK leaves no connected session behind', () => {
  const scene = new Scene();
  const told: string[] = [];
  scene.broker.on('client.connected', () => told.push('connected'));
  const properties = { maximumPacketSize: 1, sessionExpiryInterval: 100 };
  const client = scene.open().sendConnect({ version: 5, clientId: 'c', cleanStart: false, properties });
  client.expectNothing();
  assert.ok(client.ended);
  assert.deepEqual(told, []);
  // Its session takes messages for the next connection, as one without a connection does.
  const next = scene.connect5({ clientId: 'c', cleanStart: false });
  assert.equal(scene.broker.stats().sessions, 1);
  next.ping();
});
