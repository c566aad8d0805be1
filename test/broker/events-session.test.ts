import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Client } from '../../src/broker/client.ts';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

const nameOf = ({ username, clientId }: Client): string => username ?? clientId;

/** What becomes of clients and sessions, as short lines; clients go by their user names where they have one. */
function listen({ broker }: Scene): string[] {
  const told: string[] = [];
  const note = (event: string, client: Client, detail: unknown = ''): void =>
    void told.push(`${event} ${nameOf(client)} ${String(detail)}`.trimEnd());
  broker.on('client.connect', (client) => note('connect', client));
  broker.on('client.connack', (client, reason) => note('connack', client, reason));
  broker.on('client.connected', (client, present) => note('connected', client, present));
  broker.on('client.disconnected', (client, reason) => note('disconnected', client, reason));
  broker.on('session.created', (client) => note('created', client));
  broker.on('session.resumed', (client) => note('resumed', client));
  broker.on('session.takenover', (client) => note('takenover', client));
  broker.on('session.discarded', (client) => note('discarded', client));
  broker.on('session.terminated', (client, reason) => note('terminated', client, reason));
  broker.on('message.delivered', (_, client) => note('delivered', client));
  broker.on('message.published', ({ topic }) => told.push(`published ${topic}`));
  broker.on('message.dropped', (_, client, reason) => client && note('dropped', client, reason));
  return told;
}

/** What a client that is accepted is told as, with what became of the session. */
const accepted = (name: string, session: string, present: boolean): string[] => [
  session,
  `connack ${name} success`,
  `connected ${name} ${present}`,
];

interface Meeting {
  readonly scene: Scene;
  readonly told: string[];
  readonly old: RawClient;
}

/** A client `old` with the identifier `c`, whose session is kept for `expiry` seconds. */
function meet(expiry: number): Meeting {
  const scene = new Scene({ maxSessionExpiry: 1000 });
  const told = listen(scene);
  const properties = { sessionExpiryInterval: expiry };
  const old = scene.connect({ version: 5, clientId: 'c', username: 'old', properties });
  told.splice(0);
  return { scene, told, old };
}

/** Another one, `new`, with the same identifier. */
const comes = (scene: Scene, cleanStart: boolean): RawClient =>
  scene.connect({ version: 5, clientId: 'c', username: 'new', cleanStart, properties: { sessionExpiryInterval: 10 } });

for (const version of VERSIONS)
  describe(`version ${version}: a session`, () => {
    const kept = { version, clientId: 'c', cleanStart: false, properties: { sessionExpiryInterval: 10 } } as const;

    test('is created, resumed and ends with a connection that does not keep it', () => {
      const scene = new Scene();
      const told = listen(scene);
      scene.connect(kept).cut();
      scene.connect(kept).cut();
      scene.connect({ version, clientId: 'd' }).disconnect();
      assert.deepEqual(told, [
        'connect c',
        ...accepted('c', 'created c', false),
        'disconnected c tcp_closed',
        'connect c',
        ...accepted('c', 'resumed c', true),
        'disconnected c tcp_closed',
        'connect d',
        ...accepted('d', 'created d', false),
        'disconnected d normal',
        'terminated d normal',
      ]);
    });

    test('is taken over, and discarded', () => {
      const scene = new Scene();
      const told = listen(scene);
      for (const username of ['first', 'second']) scene.connect({ ...kept, username });
      scene.connect({ version, clientId: 'c', username: 'third' });
      assert.deepEqual(told, [
        'connect first',
        ...accepted('first', 'created first', false),
        'connect second',
        'disconnected first session_taken_over',
        ...accepted('second', 'takenover first', true),
        'connect third',
        'disconnected second session_taken_over',
        'discarded second',
        ...accepted('third', 'created third', false),
      ]);
    });
  });

describe('a newer connection', () => {
  test('goes on with the session of one that is there: taken over, not resumed', () => {
    const { scene, told } = meet(10);
    comes(scene, false);
    const ends = ['connect new', 'disconnected old session_taken_over'];
    assert.deepEqual(told, [...ends, ...accepted('new', 'takenover old', true)]);
  });

  test('finds one whose session ends with it: terminated, then created', () => {
    const { scene, told } = meet(0);
    comes(scene, false);
    assert.deepEqual(told, [
      'connect new',
      'disconnected old session_taken_over',
      'terminated old session_taken_over',
      ...accepted('new', 'created new', false),
    ]);
  });

  for (const expiry of [0, 10])
    test(`starts clean where one is there, whose session would be kept for ${expiry} s: discarded, then created`, () => {
      const { scene, told } = meet(expiry);
      comes(scene, true);
      assert.deepEqual(told, [
        'connect new',
        'disconnected old session_taken_over',
        'discarded old',
        ...accepted('new', 'created new', false),
      ]);
    });

  test('starts clean where a session waits: discarded, then created', () => {
    const { scene, told, old } = meet(10);
    old.cut();
    comes(scene, true);
    const ends = ['disconnected old tcp_closed', 'connect new', 'discarded old'];
    assert.deepEqual(told, [...ends, ...accepted('new', 'created new', false)]);
  });

  test('that is refused ends nothing, and is told by CONNACK only', () => {
    const { scene, told } = meet(0);
    scene.broker.hook('client.authenticate', () => 'deny');
    scene.open().sendConnect({ clientId: 'c', username: 'new' });
    assert.deepEqual(told, ['connect new', 'connack new not_authorized']);
  });
});

describe('the reason for which a session is terminated', () => {
  const cases: readonly [string, (meeting: Meeting) => void][] = [
    ['normal', ({ old }) => old.disconnect()],
    ['tcp_closed', ({ old }) => old.cut()],
    ['protocol_error', ({ old }) => old.send('d000')],
    ['disconnect_with_will_message', ({ old }) => old.disconnect(4)],
  ];
  for (const [reason, end] of cases)
    test(`${reason}, as that of the connection`, () => {
      const meeting = meet(0);
      end(meeting);
      assert.deepEqual(meeting.told, [`disconnected old ${reason}`, `terminated old ${reason}`]);
    });

  test('keepalive_timeout', () => {
    const scene = new Scene();
    scene.connect({ clientId: 'c', keepAlive: 10 });
    const told = listen(scene);
    scene.clock.advance(30_000);
    assert.deepEqual(told, ['disconnected c keepalive_timeout', 'terminated c keepalive_timeout']);
  });

  test('expired, and not a moment before', () => {
    const { scene, told, old } = meet(10);
    old.cut();
    scene.clock.advance(9_999);
    assert.deepEqual(told, ['disconnected old tcp_closed']);
    scene.clock.advance(1);
    assert.deepEqual(told, ['disconnected old tcp_closed', 'terminated old expired']);
  });

  test('normal where DISCONNECT takes the time to live from it', () => {
    const { told, old } = meet(10);
    old.disconnect(0, { sessionExpiryInterval: 0 });
    assert.deepEqual(told, ['disconnected old normal', 'terminated old normal']);
  });

  test('server_shutting_down, for sessions with and without connection, once each', async () => {
    const { scene, told, old } = meet(10);
    old.cut();
    scene.connect5({ clientId: 'kept' }, 10);
    scene.connect({ clientId: 'bare' });
    told.splice(0);
    await scene.broker.close();
    await scene.broker.close();
    const expected = ['disconnected kept', 'disconnected bare', 'terminated bare', 'terminated old', 'terminated kept'];
    assert.deepEqual(
      told,
      expected.map((line) => `${line} server_shutting_down`),
    );
  });
});

describe('beside what becomes of its messages', () => {
  test('a session that ends has dropped what waited, and its will comes after', () => {
    const scene = new Scene();
    const fields = { clientId: 'c', username: 'old', will: { topic: 'will', properties: { willDelayInterval: 60 } } };
    const client = scene.connect5(fields, 10);
    client.subscribe('t', { qos: 1 });
    client.cut();
    scene.publish('t', '', { qos: 1 });
    const told = listen(scene);
    scene.connect({ clientId: 'c', username: 'new' });
    const ends = ['connect new', 'dropped old session_ended', 'discarded old', 'published will'];
    assert.deepEqual(told, [...ends, ...accepted('new', 'created new', false)]);
  });

  test('one that is discarded under its connection ends before its will', () => {
    const scene = new Scene();
    const old = { clientId: 'c', username: 'old', cleanStart: false, will: { topic: 'will' } };
    scene.connect(old);
    const told = listen(scene);
    scene.connect({ clientId: 'c', username: 'new' });
    const ends = ['connect new', 'disconnected old session_taken_over', 'discarded old', 'published will'];
    assert.deepEqual(told, [...ends, ...accepted('new', 'created new', false)]);
  });

  test('what was on its way is delivered to a client that is told as connected', () => {
    const scene = new Scene();
    const kept = { clientId: 'c', cleanStart: false };
    const client = scene.connect(kept);
    client.subscribe('t', { qos: 1 });
    scene.publish('t', 'on its way', { qos: 1 });
    client.cut();
    scene.publish('t', 'waits', { qos: 1 });
    const told = listen(scene);
    scene.connect(kept);
    assert.deepEqual(told, ['connect c', ...accepted('c', 'resumed c', true), 'delivered c', 'delivered c']);
  });
});
