import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuthenticationStep } from '../../src/broker/hooks.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { AGAIN, askFor, auth, begin, connected, CONTINUE, said } from '../kit/auth.ts';

for (const slow of [false, true])
  describe(`a client that authenticates itself anew, by ${slow ? 'promises' : 'answers at once'}`, () => {
    test('is told that it did [MQTT-4.12.1-1]', async () => {
      const { scene, client } = connected(askFor(['a'], slow));
      for (let times = 0; times < 2; times++) {
        client.send(auth(AGAIN, 'x'));
        await scene.clock.settle(); // oxlint-disable-line no-await-in-loop -- one after the other
        assert.deepEqual(said(client), [CONTINUE, 'a?']);
        client.send(auth(CONTINUE, 'a'));
        await scene.clock.settle(); // oxlint-disable-line no-await-in-loop -- one after the other
        assert.deepEqual(said(client), [ReasonCode.success, 'welcome']);
      }
      client.ping().next('pingresp');
      assert.equal(scene.clock.timers, 0);
    });

    test('is disconnected where it fails [MQTT-4.12.1-2]', async () => {
      const { scene, client } = connected(askFor(['a'], slow));
      const ends: string[] = [];
      scene.broker.on('client.disconnected', (_, reason) => ends.push(reason));
      client.send(auth(AGAIN));
      await scene.clock.settle();
      client.next('auth');
      client.send(auth(CONTINUE, 'x')).publish('t', 'too late');
      await scene.clock.settle();
      const { reasonCode, properties } = client.next('disconnect');
      // DISCONNECT may not carry 0x8a [MQTT-3.14.2-1].
      assert.deepEqual([reasonCode, properties], [ReasonCode.not_authorized, { reasonString: 'not a' }]);
      assert.ok(client.ended);
      assert.deepEqual(ends, ['not_authorized']);
      assert.equal(scene.clock.timers, 0);
    });
  });

describe('while a client authenticates itself anew', () => {
  test('messages flow both ways', async () => {
    const { promise, resolve } = Promise.withResolvers<AuthenticationStep>();
    const { scene, client } = connected(() => promise);
    client.send(auth(AGAIN));
    assert.deepEqual(client.subscribe('t'), [0]);
    client.publish('t', 'own');
    scene.publish('t', 'other');
    assert.deepEqual(client.texts(), ['own', 'other']);
    resolve({ allow: null });
    await scene.clock.settle();
    assert.deepEqual(said(client), [ReasonCode.success, undefined]);
  });

  test('it may not begin once more, nor answer what it was not asked', () => {
    for (const code of [AGAIN, CONTINUE]) {
      const { client } = connected(() => new Promise(() => {}));
      client.send(auth(AGAIN), auth(code)).expectEnd('protocol_error');
    }
    const { client } = connected(askFor(['a']));
    client.send(auth(AGAIN)).next('auth');
    client.send(auth(AGAIN)).expectEnd('protocol_error');
  });

  test('it may not answer twice what it was asked once', () => {
    const { client } = connected(() => ({ ask: null, next: () => new Promise(() => {}) }));
    client.send(auth(AGAIN)).next('auth');
    client.send(auth(CONTINUE), auth(CONTINUE)).expectEnd('protocol_error');
  });

  test('it may not use another method [MQTT-4.12.1-1]', () => {
    const { client } = connected(askFor(['a']));
    client.send(auth(AGAIN, 'x', 'OTHER')).expectEnd('protocol_error');
  });

  test('it has as much time as for CONNECT', () => {
    const { scene, client } = connected(askFor(['a']), { connectTimeout: 3000 });
    client.send(auth(AGAIN)).next('auth');
    scene.clock.advance(2999);
    client.ping().next('pingresp');
    scene.clock.advance(1);
    client.expectEnd('not_authorized');
  });

  test('its method may have gone: bad authentication method', () => {
    connected(() => 'ignore')
      .client.send(auth(AGAIN))
      .expectEnd('bad_authentication_method');
  });

  test('it may be cut, and leaves no timer; the answer that comes later harms nobody', async () => {
    const { promise, resolve } = Promise.withResolvers<AuthenticationStep>();
    const { scene, client } = connected(() => promise);
    client.send(auth(AGAIN)).cut();
    assert.equal(scene.clock.timers, 0);
    resolve({ allow: null });
    await scene.clock.settle();
    assert.deepEqual([scene.clock.timers, scene.errors], [0, []]);
  });

  test('another connection may take over its session; the answer is not for that one', async () => {
    const { promise, resolve } = Promise.withResolvers<AuthenticationStep>();
    const { scene, client } = connected(() => promise);
    client.send(auth(AGAIN));
    const other = begin(scene);
    assert.equal(other.next('connack').reasonCode, 0);
    client.expectEnd('session_taken_over');
    resolve('deny');
    await scene.clock.settle();
    other.ping().next('pingresp');
    other.expectNothing();
  });
});
