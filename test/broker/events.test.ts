import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Scene, VERSIONS } from '../kit/scene.ts';
import { EVENT_NAMES } from './event-names.ts';

/** What the broker tells, as short lines. */
function listen(scene: Scene): string[] {
  const told: string[] = [];
  const { broker } = scene;
  broker.on('client.connack', ({ clientId }, reason) => told.push(`connack ${clientId} ${reason}`));
  broker.on('client.connected', ({ clientId }, present) => told.push(`connected ${clientId} ${present}`));
  broker.on('client.disconnected', ({ clientId }, reason) => told.push(`disconnected ${clientId} ${reason}`));
  broker.on('session.subscribed', ({ clientId }, filter, { qos }) =>
    told.push(`subscribed ${clientId} ${filter} ${qos}`),
  );
  broker.on('session.unsubscribed', ({ clientId }, filter) => told.push(`unsubscribed ${clientId} ${filter}`));
  broker.on('message.published', ({ publisher, topic }) =>
    told.push(`published ${publisher?.clientId ?? '-'} ${topic}`),
  );
  return told;
}

for (const version of VERSIONS)
  test(`version ${version}: the life of a client, in its order`, () => {
    const scene = new Scene({ maxTopicLevels: 3 });
    const told = listen(scene);
    const identity = { version, clientId: 'c', cleanStart: false, properties: { sessionExpiryInterval: 10 } };
    const client = scene.connect(identity);
    client.subscribe(['a', 'too/long/for/us', '$share/g/b'], { qos: 1 });
    client.subscribe('a', { qos: 0 });
    client.unsubscribe(['a', 'nothing']);
    client.publish('t');
    const second = scene.connect({ ...identity, will: { topic: 'will' } });
    second.cut();
    scene.publish('mine', '');
    assert.deepEqual(told, [
      'connack c success',
      'connected c false',
      'subscribed c a 1',
      'subscribed c $share/g/b 1',
      'subscribed c a 0',
      'unsubscribed c a',
      'published c t',
      'disconnected c session_taken_over',
      'connack c success',
      'connected c true',
      'disconnected c tcp_closed',
      'published c will',
      'published - mine',
    ]);
  });

describe('the reason in client.disconnected', () => {
  const cases: readonly [string, (scene: Scene) => void][] = [
    ['normal', (scene) => scene.connect5().disconnect()],
    ['disconnect_with_will_message', (scene) => scene.connect5().disconnect(4)],
    ['administrative_action', (scene) => scene.connect5().disconnect(0x98)],
    ['tcp_closed', (scene) => scene.connect().cut()],
    ['malformed_packet', (scene) => scene.connect().send('0000')],
    ['protocol_error', (scene) => scene.connect().send('d000')],
    ['packet_too_large', (scene) => scene.connect().send('30ffffff7f')],
    ['server_shutting_down', (scene) => void scene.broker.close()],
  ];
  for (const [reason, end] of cases)
    test(reason, () => {
      const scene = new Scene();
      if (reason === 'server_shutting_down') scene.connect();
      const told = listen(scene);
      end(scene);
      assert.match(told.at(-1) ?? '', new RegExp(`^disconnected .* ${reason}$`));
    });
});

test('a refused client is told by client.connack only', () => {
  const scene = new Scene();
  const told = listen(scene);
  scene.broker.hook('client.authenticate', () => ({ deny: 'banned' }));
  const client = scene.open().sendConnect({ clientId: 'c' });
  assert.ok(client.ended);
  assert.deepEqual(told, ['connack c banned']);
});

test('a wire that says nothing that is a CONNECT is not told at all', () => {
  const scene = new Scene();
  const told = listen(scene);
  scene.open().cut();
  scene.open().send('c000');
  assert.deepEqual(told, []);
});

test('a repetition of a QoS 2 message and a refused message are not told as published', () => {
  const scene = new Scene();
  const told = listen(scene);
  scene.broker.hook('message.publish', ({ topic }) => (topic === 'no' ? 'deny' : 'allow'));
  const client = scene.connect({ clientId: 'c' });
  client.publish('yes', '', { qos: 2 }).publish('yes', '', { qos: 2, dup: true });
  client.publish('no').publish('$SYS/x');
  assert.deepEqual(told.slice(2), ['published c yes']);
});

describe('the message that is told', () => {
  for (const version of VERSIONS)
    test(`version ${version}: has all that was published, and the bytes are right during the call`, () => {
      const scene = new Scene();
      const told: unknown[] = [];
      scene.broker.on('message.published', ({ topic, payload, qos, retain, publisher, timestamp }) =>
        told.push([topic, payload.toString(), qos, retain, publisher?.clientId, timestamp]),
      );
      scene.clock.advance(1234);
      const client = scene.connect({ version, clientId: 'c' });
      const large = 'y'.repeat(20_000);
      client.publish('a/b', 'x', { qos: 1, retain: true }).publish('c', large);
      const now = scene.clock.date();
      assert.deepEqual(told, [
        ['a/b', 'x', 1, true, 'c', now],
        ['c', large, 0, false, 'c', now],
      ]);
    });

  test('a dropped one has its bytes too, though it waited', () => {
    const scene = new Scene();
    const client = scene.connect({ clientId: 'c', cleanStart: false });
    client.subscribe('t', { qos: 1 });
    client.cut();
    scene.connect5().publish('t', 'mortal', { qos: 1, properties: { messageExpiryInterval: 1 } });
    scene.clock.advance(1000);
    scene.connect({ clientId: 'c', cleanStart: false });
    assert.deepEqual(scene.dropped, [{ text: 'mortal', receiver: 'c', reason: 'expired' }]);
  });
});

/** A client, and others with its identifier, through all the events while every listener fails. */
async function withListeners(fail: () => unknown): Promise<string[]> {
  const scene = new Scene();
  for (const name of EVENT_NAMES) scene.broker.on(name, fail);
  const witness = listen(scene);
  const client = scene.connect({ clientId: 'c' });
  client.acknowledges = true;
  client.subscribe('t', { qos: 1 });
  client.publish('t', 'x', { qos: 1 }).publish('$SYS/x');
  assert.equal(client.packets().length, 2);
  client.unsubscribe('t');
  client.disconnect();
  assert.equal(witness.length, 6);
  const kept = { clientId: 'c', cleanStart: false };
  scene.connect(kept).cut();
  scene.connect(kept);
  scene.connect(kept);
  scene.connect({ clientId: 'c' });
  await scene.clock.settle();
  return scene.errors;
}

describe('a listener', () => {
  test('that throws is logged and harms nobody', async () => {
    const errors = await withListeners(() => {
      throw new Error('broken');
    });
    const expected = EVENT_NAMES.map((name) => `a listener of ${name} failed: Error: broken`);
    assert.deepEqual([...new Set(errors)].toSorted(), expected.toSorted());
  });

  test('whose promise rejects is logged and harms nobody', async () => {
    const errors = await withListeners(() => Promise.reject(new Error('broken')));
    assert.equal(new Set(errors).size, EVENT_NAMES.length);
  });

  test('that is removed hears nothing more; the others do', () => {
    const scene = new Scene();
    let heard = 0;
    const listener = (): void => void heard++;
    const removers = [1, 2].map(() => scene.broker.on('message.published', listener));
    scene.publish('t', '');
    assert.equal(heard, 2);
    removers[0]?.();
    removers[0]?.();
    scene.publish('t', '');
    assert.equal(heard, 3);
    removers[1]?.();
    scene.publish('t', '');
    assert.equal(heard, 3);
  });

  test('is removed by what its own `on` returned', () => {
    const scene = new Scene();
    const heard: string[] = [];
    const [first] = ['first', 'second'].map((name) => scene.broker.on('message.published', () => heard.push(name)));
    first?.();
    scene.publish('t', '');
    assert.deepEqual(heard, ['second']);
  });

  test('may publish in the middle of it', () => {
    const scene = new Scene();
    const client = scene.connect();
    client.subscribe('#');
    scene.broker.on('message.published', ({ topic }) => {
      if (topic === 'question') scene.publish('answer', '42');
    });
    client.publish('question', 'x'.repeat(9000), { qos: 1 });
    const topics = client.packets().flatMap((packet) => ('topic' in packet ? [packet.topic] : []));
    assert.deepEqual(topics.toSorted(), ['answer', 'question']);
  });
});

test('a client that is told as disconnected is gone already: it counts no more, and gets nothing', () => {
  for (const sessionExpiryInterval of [0, 10]) {
    const scene = new Scene();
    const client = scene.connect5({ clientId: 'c' }, sessionExpiryInterval);
    client.subscribe('t');
    const clients: number[] = [];
    scene.broker.on('client.disconnected', () => {
      clients.push(scene.broker.stats().clients);
      scene.publish('t', 'to nobody');
    });
    client.disconnect();
    assert.deepEqual(clients, [0]);
    assert.deepEqual(scene.dropped, [{ text: 'to nobody', receiver: 'c', reason: 'offline' }]);
  }
});
