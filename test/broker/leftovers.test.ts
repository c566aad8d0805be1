import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Scene } from '../kit/scene.ts';

/** The figures that must be zero again. */
function left({ broker, clock }: Scene): Record<string, number> {
  const { connections, sessions, subscriptions, retained } = broker.stats();
  return { connections, sessions, subscriptions, retained, timers: clock.timers };
}

const NOTHING = { connections: 0, sessions: 0, subscriptions: 0, retained: 0, timers: 0 };

describe('after everybody has left there is nothing left', () => {
  test('of connections that never said who they are', () => {
    const scene = new Scene();
    scene.open().cut();
    scene.open().send('c000');
    scene.open().send('1005');
    scene.clock.advance(15_000);
    assert.deepEqual(left(scene), NOTHING);
  });

  test('of clients with all kinds of sessions, wills and messages on their way', () => {
    const scene = new Scene({ maxSessionExpiry: 1000 });
    for (const version of [3, 4, 5] as const)
      for (const cleanStart of [true, false]) {
        const properties = { sessionExpiryInterval: 100 };
        const will = { topic: 'will', properties: { willDelayInterval: 50 } };
        const client = scene.connect({ version, cleanStart, keepAlive: 60, properties, will });
        client.subscribe(['a/+', 'a/#', '$share/g/a/b', '$SYS/#'], { qos: 2 });
        client.publish('a/b', 'x', { qos: 2, retain: true });
        client.packets();
        if (version === 4) client.cut();
        else if (version === 5) client.disconnect(4);
      }
    scene.clock.advance(10_000_000);
    scene.publish('a/b', '', { retain: true });
    assert.deepEqual(left(scene), NOTHING);
  });

  test('of a client that subscribed and unsubscribed', () => {
    const scene = new Scene();
    const client = scene.connect();
    for (let i = 0; i < 100; i++) {
      client.subscribe([`a/${i}`, `+/${i}/#`, `$share/${i}/a`]);
      client.unsubscribe([`a/${i}`, `+/${i}/#`, `$share/${i}/a`]);
    }
    assert.equal(scene.broker.stats().subscriptions, 0);
  });
});
