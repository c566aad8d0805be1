import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Scene, VERSIONS } from '../kit/scene.ts';

const KEPT = { clientId: 'c', cleanStart: false } as const;

for (const version of VERSIONS)
  describe(`version ${version}: a session`, () => {
    const kept = { ...KEPT, version, properties: { sessionExpiryInterval: 1000 } };

    test('that is kept has its subscriptions when the client comes back [MQTT-3.1.2-5]', () => {
      const scene = new Scene();
      scene.connect(kept).subscribe(['a', '$share/g/b'], { qos: 1 });
      scene.connect(kept).disconnect();
      const after = scene.connect(kept);
      scene.publish('a', 'one');
      scene.publish('b', 'two');
      assert.deepEqual(after.texts(), ['one', 'two']);
    });

    test('that is kept gets what was published meanwhile, in order; QoS 0 is not kept', () => {
      const scene = new Scene();
      const before = scene.connect(kept);
      before.subscribe('t', { qos: 2 });
      before.disconnect();
      for (const [index, qos] of ([1, 2, 0, 1, 2] as const).entries()) scene.publish('t', `${index}`, { qos });
      const got = scene.connect(kept).messages();
      assert.deepEqual(
        got.map(({ payload, qos, dup }) => [payload.toString(), qos, dup]),
        [
          ['0', 1, false],
          ['1', 2, false],
          ['3', 1, false],
          ['4', 2, false],
        ],
      );
      assert.deepEqual(scene.dropped, [{ text: '2', receiver: 'c', reason: 'offline' }]);
    });

    test('is thrown away by a clean start [MQTT-3.1.2-4]', () => {
      const scene = new Scene();
      const before = scene.connect(kept);
      before.subscribe('t', { qos: 1 });
      before.disconnect();
      scene.publish('t', 'lost', { qos: 1 });
      const after = scene.connect({ ...kept, cleanStart: true });
      scene.publish('t', 'not for us', { qos: 1 });
      after.expectNothing();
      assert.equal(scene.broker.stats().subscriptions, 0);
    });

    test('that is clean ends with its connection', () => {
      const scene = new Scene();
      const client = scene.connect({ version });
      client.subscribe('t', { qos: 1 });
      client.cut();
      const { sessions, subscriptions, connections } = scene.broker.stats();
      assert.deepEqual([sessions, subscriptions, connections], [0, 0, 0]);
    });
  });

describe('the end of a session', () => {
  test('by a clean start leaves nothing to wait for', () => {
    const scene = new Scene();
    scene.connect5({ ...KEPT, will: { properties: { willDelayInterval: 10 } } }, 100).cut();
    assert.equal(scene.clock.timers, 1);
    scene.connect5({ ...KEPT, cleanStart: true });
    assert.equal(scene.clock.timers, 0);
  });

  test('comes when its expiry interval has passed without connection [MQTT-3.1.2-23] [MQTT-4.1.0-2]', () => {
    const scene = new Scene();
    scene.connect5(KEPT, 100).cut();
    scene.clock.advance(99_999);
    assert.equal(scene.broker.stats().sessions, 1);
    scene.clock.advance(1);
    assert.equal(scene.broker.stats().sessions, 0);
  });

  test('is put off by a connection', () => {
    const scene = new Scene();
    scene.connect5(KEPT, 100).cut();
    scene.clock.advance(60_000);
    const client = scene.connect5(KEPT, 100);
    scene.clock.advance(600_000);
    client.cut();
    scene.clock.advance(99_999);
    assert.equal(scene.broker.stats().sessions, 1);
  });

  test('is with the connection for an interval of 0, or none', () => {
    const scene = new Scene();
    scene.connect5(KEPT, 0).cut();
    scene.connect({ ...KEPT, version: 5 }).cut();
    assert.equal(scene.broker.stats().sessions, 0);
  });

  test('never comes for 0xFFFFFFFF where no limit is set', () => {
    const scene = new Scene({ maxSessionExpiry: Infinity });
    scene.connect5(KEPT, 0xffff_ffff).cut();
    scene.clock.advance(100 * 365 * 24 * 3600 * 1000);
    assert.equal(scene.broker.stats().sessions, 1);
    assert.equal(scene.clock.timers, 0);
  });

  test('comes after maxSessionExpiry at the latest, before 5.0 too', () => {
    const scene = new Scene({ maxSessionExpiry: 60 });
    scene.connect(KEPT).cut();
    scene.connect5({ ...KEPT, clientId: 'd' }, 1000).cut();
    scene.clock.advance(59_999);
    assert.equal(scene.broker.stats().sessions, 2);
    scene.clock.advance(1);
    assert.equal(scene.broker.stats().sessions, 0);
  });
});

/** How many sessions are left some seconds after a DISCONNECT with a session expiry. */
const after = (expiry: number, disconnectExpiry: number, seconds: number): number => {
  const scene = new Scene({ maxSessionExpiry: 5000 });
  scene.connect5(KEPT, expiry).disconnect(0, { sessionExpiryInterval: disconnectExpiry });
  scene.clock.advance(seconds * 1000);
  return scene.broker.stats().sessions;
};

describe('DISCONNECT of 5.0', () => {
  test('may shorten or lengthen the session expiry', () => {
    assert.equal(after(100, 10, 10), 0);
    assert.equal(after(10, 100, 99), 1);
    assert.equal(after(10, 100, 100), 0);
    assert.equal(after(10, 0, 0), 0);
    assert.equal(after(0, 0, 0), 0);
  });

  test('may not lengthen it beyond the limit', () => {
    assert.equal(after(10, 0xffff_ffff, 4999), 1);
    assert.equal(after(10, 0xffff_ffff, 5000), 0);
  });

  test('may not give the session a life that CONNECT did not [MQTT-3.14.2-2]', () => {
    const scene = new Scene();
    const client = scene.connect5(KEPT, 0);
    client.disconnect(0, { sessionExpiryInterval: 10 });
    client.expectEnd('protocol_error');
    assert.equal(scene.broker.stats().sessions, 0);
  });

  test('ends the connection without an answer, and nothing after it counts [MQTT-3.14.4-1,2]', () => {
    const scene = new Scene();
    const witness = scene.connect();
    witness.subscribe('#');
    scene.connect().send('e000', '3003000174').expectEnd(null);
    witness.expectNothing();
  });
});

describe('take-over', () => {
  for (const version of VERSIONS)
    test(`version ${version}: the older connection ends, with 0x8E in 5.0 [MQTT-3.1.4-3]`, () => {
      const scene = new Scene();
      const reasons: string[] = [];
      scene.broker.on('client.disconnected', (_, reason) => reasons.push(reason));
      const older = scene.connect({ version, clientId: 'c' });
      const newer = scene.connect({ clientId: 'c' });
      older.expectEnd(version === 5 ? 'session_taken_over' : null);
      newer.ping().next('pingresp');
      assert.deepEqual(reasons, ['session_taken_over']);
      const { connections, sessions } = scene.broker.stats();
      assert.deepEqual([connections, sessions], [1, 1]);
    });

  test('continues a session that is kept, whatever the versions', () => {
    const scene = new Scene();
    const identity = { ...KEPT, properties: { sessionExpiryInterval: 100 } };
    scene.connect({ ...identity, version: 5 }).subscribe('t', { qos: 1 });
    for (const version of [4, 5, 3] as const) {
      const client = scene.connect({ ...identity, version });
      scene.publish('t', `${version}`, { qos: 1 });
      const message = client.next('publish');
      assert.equal(message.payload.toString(), `${version}`);
      client.ack('puback', message.packetId);
    }
  });

  test('does not end with the older wire, which closes later', () => {
    const scene = new Scene();
    const older = scene.connect({ clientId: 'c' });
    const newer = scene.connect({ clientId: 'c' });
    newer.subscribe('t');
    older.cut();
    scene.publish('t', 'here');
    assert.deepEqual(newer.texts(), ['here']);
  });

  test('of many at once leaves the last one', async () => {
    const scene = new Scene();
    scene.broker.hook('client.authenticate', () => Promise.resolve('allow'));
    const clients = Array.from({ length: 10 }, () => scene.open().sendConnect({ clientId: 'c' }));
    await scene.clock.settle();
    assert.deepEqual(
      clients.map(({ ended }) => ended),
      clients.map((_, index) => index < 9),
    );
    const { connections, sessions } = scene.broker.stats();
    assert.deepEqual([connections, sessions], [1, 1]);
  });
});
