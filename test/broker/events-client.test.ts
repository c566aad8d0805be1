import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Client } from '../../src/broker/client.ts';
import type { SubscriptionOptions } from '../../src/broker/subscription.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

/** What clients ask for and get, as short lines. */
function listen({ broker }: Scene): string[] {
  const told: string[] = [];
  broker.on('client.connect', ({ clientId }) => told.push(`connect ${clientId}`));
  broker.on('client.connack', ({ clientId }, reason) => told.push(`connack ${clientId} ${reason}`));
  broker.on('client.subscribe', ({ clientId }, filter, { qos }) => told.push(`subscribe ${clientId} ${filter} ${qos}`));
  broker.on('client.unsubscribe', ({ clientId }, filter) => told.push(`unsubscribe ${clientId} ${filter}`));
  broker.on('session.subscribed', ({ clientId }, filter, { qos }) =>
    told.push(`subscribed ${clientId} ${filter} ${qos}`),
  );
  broker.on('session.unsubscribed', ({ clientId }, filter) => told.push(`unsubscribed ${clientId} ${filter}`));
  return told;
}

describe('client.connect', () => {
  for (const version of VERSIONS)
    test(`version ${version}: is told before anybody is asked, with what the client sent`, () => {
      const scene = new Scene();
      const told: unknown[] = [];
      scene.broker.on('client.connect', (client) => told.push(client));
      scene.broker.hook('client.authenticate', (client) => {
        assert.deepEqual(told, [client]);
        return 'deny';
      });
      const fields = { version, clientId: 'c', username: 'u', keepAlive: 7, cleanStart: false };
      scene.open({ address: '192.0.2.9', port: 5 }).sendConnect(fields);
      assert.deepEqual(told, [
        {
          clientId: 'c',
          clientIdAssigned: false,
          username: 'u',
          protocolVersion: version,
          keepAlive: 7,
          cleanStart: false,
          remoteAddress: '192.0.2.9',
          remotePort: 5,
          listener: 'memory',
          certificate: null,
        },
      ]);
    });

  test('says whether the identifier is the broker’s', () => {
    const scene = new Scene();
    const told: Client[] = [];
    scene.broker.on('client.connect', (client) => told.push(client));
    scene.connect({ clientId: '' });
    scene.connect({ clientId: 'mine' });
    assert.deepEqual(
      told.map(({ clientIdAssigned }) => clientIdAssigned),
      [true, false],
    );
    assert.match(told[0]?.clientId ?? '', /^hookmq-/);
  });

  test('is told of those that are refused for what CONNECT says', () => {
    const scene = new Scene();
    const told = listen(scene);
    scene.open().sendConnect({ clientId: '', cleanStart: false });
    assert.equal(told.length, 2);
    assert.match(told[0] ?? '', /^connect hookmq-/);
    assert.match(told[1] ?? '', / client_identifier_not_valid$/);
    scene.open().sendConnect({ clientId: 'c', will: { topic: '$SYS/x' } });
    assert.deepEqual(told.slice(2), ['connect c', 'connack c topic_name_invalid']);
  });

  test('is told of those that are beyond a limit', () => {
    const scene = new Scene({ maxConnections: 1 });
    const told = listen(scene);
    scene.connect({ clientId: 'a' });
    scene.open().sendConnect({ version: 5, clientId: 'b' });
    assert.deepEqual(told, ['connect a', 'connack a success', 'connect b', 'connack b quota_exceeded']);
  });

  test('is not told of what cannot be read, nor of a second one', () => {
    const scene = new Scene();
    const told = listen(scene);
    scene.open().send('c000');
    scene.open().send('1000');
    scene.open().send('100c 0004 4d515454 07 02 003c 0000'); // Version 7.
    scene.open().sendConnect({ clientId: 'c' }).sendConnect({ clientId: 'c' });
    assert.deepEqual(told, ['connect c', 'connack c success']);
  });
});

describe('client.subscribe', () => {
  test('is told for all filters before anybody is asked, and for those that are refused', () => {
    const scene = new Scene({ maxTopicLevels: 3 });
    const client = scene.connect5({ clientId: 'c' });
    const told = listen(scene);
    scene.broker.hook('client.authorize', (_, { topic }) => {
      told.push(`asked ${topic}`);
      return topic === 'no' ? 'deny' : 'allow';
    });
    client.subscribe(['yes', 'no', 'too/long/for/us', '$share/g/t'], { qos: 1 });
    assert.deepEqual(told, [
      'subscribe c yes 1',
      'subscribe c no 1',
      'subscribe c too/long/for/us 1',
      'subscribe c $share/g/t 1',
      'asked yes',
      'asked no',
      'asked t',
      'subscribed c yes 1',
      'subscribed c $share/g/t 1',
    ]);
  });

  test('is told at once, though a hook takes its time', async () => {
    const scene = new Scene();
    const client = scene.connect({ clientId: 'c' });
    const told = listen(scene);
    const { promise, resolve } = Promise.withResolvers<'allow'>();
    scene.broker.hook('client.authorize', () => promise);
    client.sendSubscribe('t');
    assert.deepEqual(told, ['subscribe c t 0']);
    resolve('allow');
    await scene.clock.settle();
    assert.deepEqual(told, ['subscribe c t 0', 'subscribed c t 0']);
  });

  test('has what the client asked for, session.subscribed what it gets', () => {
    const scene = new Scene({ maximumQoS: 1 });
    const client = scene.connect5({ clientId: 'c' });
    const told = listen(scene);
    client.subscribe('t', { qos: 2 });
    assert.deepEqual(told, ['subscribe c t 2', 'subscribed c t 1']);
  });

  test('has all the options', () => {
    const scene = new Scene();
    const client = scene.connect5();
    const options: SubscriptionOptions[] = [];
    scene.broker.on('client.subscribe', (_, __, asked) => options.push(asked));
    client.subscribe('t', { qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 1, subscriptionId: 7 });
    const asked = { qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 1, subscriptionId: 7 };
    assert.deepEqual(options, [asked]);
  });

  test('is not told for a packet that is wrong as a whole', () => {
    const scene = new Scene();
    const told = listen(scene);
    scene.connect({ clientId: 'c' }).sendSubscribe(['fine', 'not/#/fine']);
    scene.connect5({ clientId: 'd' }).sendSubscribe(['fine', '$share/g/t'], { noLocal: true });
    assert.deepEqual(
      told.filter((line) => line.includes('fine')),
      [],
    );
  });
});

describe('client.unsubscribe', () => {
  for (const version of VERSIONS)
    test(`version ${version}: is told for all filters before any is removed, and for those that are not there`, () => {
      const scene = new Scene();
      const client = scene.connect({ version, clientId: 'c' });
      client.subscribe(['a', '$share/g/b']);
      const told = listen(scene);
      client.unsubscribe(['nothing', '$share/g/b', 'a']);
      assert.deepEqual(told, [
        'unsubscribe c nothing',
        'unsubscribe c $share/g/b',
        'unsubscribe c a',
        'unsubscribed c $share/g/b',
        'unsubscribed c a',
      ]);
    });

  test('is not told for a packet that is wrong as a whole, nor when a session ends', () => {
    const scene = new Scene();
    const client = scene.connect({ clientId: 'c' });
    client.subscribe('a');
    const told = listen(scene);
    client.send('a209 0001 0001 61 0002 2361'); // `a` and `#a`
    assert.ok(client.ended);
    assert.deepEqual(told, []);
  });
});
