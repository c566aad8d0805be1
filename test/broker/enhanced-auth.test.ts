import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuthenticationStart, AuthenticationStep } from '../../src/broker/hooks.ts';
import { type Packet, PacketType } from '../../src/codec/packets.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { AGAIN, askFor, auth, begin, connected, CONTINUE, enhanced, METHOD, said } from '../kit/auth.ts';
import { Scene } from '../kit/scene.ts';

function breakAtOnce(): never {
  throw new Error('broken');
}

function breakLater(): Promise<never> {
  return Promise.reject(new Error('broken'));
}

for (const slow of [false, true])
  describe(`an exchange of ${slow ? 'promises' : 'answers at once'}`, () => {
    test('asks, hears and accepts [MQTT-4.12.0-2,3,5]', async () => {
      const scene = enhanced(askFor(['a', 'b'], slow));
      const client = begin(scene);
      await scene.clock.settle();
      for (const word of ['a', 'b']) {
        assert.deepEqual(said(client), [CONTINUE, `${word}?`]);
        client.send(auth(CONTINUE, word));
        await scene.clock.settle(); // oxlint-disable-line no-await-in-loop -- one after the other
      }
      const { reasonCode, properties } = client.next('connack');
      assert.equal(reasonCode, 0);
      assert.equal(properties?.authenticationMethod, METHOD);
      assert.equal(properties?.authenticationData?.toString(), 'welcome');
      assert.equal(scene.broker.stats().clients, 1);
      client.ping().next('pingresp');
    });

    test('refuses at any point, and says why [MQTT-4.12.0-4]', async () => {
      const scene = enhanced(askFor(['a', 'b'], slow));
      const told: string[] = [];
      scene.broker.on('client.connack', (_, reason) => told.push(reason));
      const client = begin(scene);
      await scene.clock.settle();
      client.send(auth(CONTINUE, 'a'), auth(CONTINUE, 'x'));
      await scene.clock.settle();
      client.next('auth');
      client.next('auth');
      const { reasonCode, properties } = client.next('connack');
      assert.deepEqual([reasonCode, properties], [ReasonCode.banned, { reasonString: 'not b' }]);
      assert.ok(client.ended);
      assert.deepEqual(told, ['banned']);
      assert.equal(scene.broker.stats().sessions, 0);
    });

    for (const words of [0, 1])
      test(`a client that vanishes after ${words} words leaves nothing`, async () => {
        const scene = enhanced(askFor(['a', 'b'], slow));
        const client = begin(scene);
        if (words === 1) {
          await scene.clock.settle();
          client.send(auth(CONTINUE, 'a'));
        }
        client.cut();
        await scene.clock.settle();
        const { connections, sessions } = scene.broker.stats();
        assert.deepEqual([connections, sessions, scene.clock.timers, scene.errors], [0, 0, 0, []]);
      });

    test('a client may leave in the middle', async () => {
      const scene = enhanced(askFor(['a'], slow));
      scene.broker.on('client.disconnected', () => assert.fail('it never was connected'));
      const client = begin(scene, undefined, { will: {} });
      await scene.clock.settle();
      client.next('auth');
      client.disconnect(ReasonCode.disconnect_with_will_message);
      client.expectEnd(null);
      assert.deepEqual(scene.errors, []);
      assert.equal(scene.broker.stats().connections, 0);
    });

    test('a step that fails is a denial, and is logged', async () => {
      const scene = enhanced(() => ({ ask: null, next: slow ? breakLater : breakAtOnce }));
      const client = begin(scene);
      assert.deepEqual(said(client), [CONTINUE, undefined]);
      client.send(auth(CONTINUE));
      await scene.clock.settle();
      assert.equal(client.next('connack').reasonCode, ReasonCode.not_authorized);
      assert.match(scene.errors.join(), /client\.authenticate\.enhanced.*broken/);
    });
  });

test('a client that is gone when a hook allows it opens nothing', async () => {
  const scene = enhanced(() => Promise.resolve({ allow: null }));
  scene.broker.on('client.connected', () => assert.fail('it is gone'));
  begin(scene).cut();
  await scene.clock.settle();
  assert.deepEqual([scene.broker.stats().sessions, scene.clock.timers, scene.errors], [0, 0, []]);
});

describe('the hooks of an exchange', () => {
  test('hear the method, the data and who it is', () => {
    const seen: [string | undefined, AuthenticationStart][] = [];
    const scene = enhanced(({ username }, start) => {
      seen.push([username, start]);
      return { allow: null };
    });
    begin(scene, 'x', { username: 'u' }).next('connack');
    begin(scene).next('connack');
    const start = { method: METHOD, data: Buffer.from('x'), again: false };
    assert.deepEqual(seen, [
      ['u', start],
      [undefined, { ...start, data: undefined }],
    ]);
  });

  test('are asked in turn, and are asked instead of client.authenticate', () => {
    const scene = enhanced(() => 'ignore', { allowAnonymous: false });
    scene.broker.hook('client.authenticate.enhanced', askFor(['a']));
    scene.broker.hook('client.authenticate.enhanced', () => assert.fail('asked all the same'));
    scene.broker.hook('client.authenticate', () => 'deny');
    const client = begin(scene);
    client.next('auth');
    client.send(auth(CONTINUE, 'a'));
    assert.equal(client.next('connack').reasonCode, 0);
    assert.deepEqual(scene.errors, []);
  });

  test('are not asked about a client without a method [MQTT-4.12.0-6]', () => {
    const scene = enhanced(() => assert.fail('asked all the same'));
    const { properties } = scene.open().connect({ version: 5 });
    assert.equal(properties?.authenticationMethod, undefined);
    assert.deepEqual(scene.errors, []);
  });

  const denials: readonly [string, AuthenticationStep | undefined, number][] = [
    ['nobody knows the method [MQTT-4.12.0-1]', 'ignore', ReasonCode.bad_authentication_method],
    ['no answer', undefined, ReasonCode.bad_authentication_method],
    ['deny', 'deny', ReasonCode.not_authorized],
    ['a reason code', { deny: 'bad_username_or_password' }, ReasonCode.bad_username_or_password],
    ['a reason code that CONNACK may not carry', { deny: 'no_matching_subscribers' }, ReasonCode.not_authorized],
    ['a reason code that says yes', { deny: 'success' }, ReasonCode.not_authorized],
  ];
  for (const [title, answer, code] of denials)
    test(`refuse at once: ${title}`, () => {
      const scene = enhanced(() => answer as AuthenticationStep);
      const client = begin(scene, 'x');
      assert.equal(client.next('connack').reasonCode, code);
      client.expectNothing();
      assert.ok(client.ended);
      assert.deepEqual(scene.errors, []);
    });

  test('have no method any more in the middle of an exchange: that is a denial', () => {
    const client = begin(enhanced(() => ({ ask: null, next: () => 'ignore' })));
    client.next('auth');
    client.send(auth(CONTINUE));
    assert.equal(client.next('connack').reasonCode, ReasonCode.not_authorized);
  });

  test('give data that no packet can carry: that is a denial, and is logged', () => {
    const long = Buffer.alloc(65_536);
    for (const step of [{ allow: long }, { ask: long, next: (): AuthenticationStep => 'deny' }]) {
      const scene = enhanced(() => step);
      assert.equal(begin(scene).next('connack').reasonCode, ReasonCode.not_authorized);
      assert.equal(scene.errors.length, 1);
    }
  });
});

describe('what a client may not do in an exchange', () => {
  const wrong: readonly [string, Packet][] = [
    ['another packet [MQTT-3.1.2-30]', { type: PacketType.pingreq }],
    ['another method [MQTT-4.12.0-5]', auth(CONTINUE, 'a', 'OTHER')],
    ['no method', auth(CONTINUE, 'a', null)],
    ['to begin again', auth(AGAIN, 'a')],
    ["the server's reason code [MQTT-3.15.2-1]", auth(ReasonCode.success, 'a')],
  ];
  for (const [title, packet] of wrong)
    test(title, () => {
      const scene = enhanced(askFor(['a']));
      const client = begin(scene);
      client.next('auth');
      client.send(packet);
      assert.equal(client.next('connack').reasonCode, ReasonCode.protocol_error);
      client.expectNothing();
      assert.ok(client.ended);
      assert.equal(scene.broker.stats().sessions, 0);
    });

  test('a second CONNECT [MQTT-3.1.0-2]', () => {
    const client = begin(enhanced(askFor(['a'])));
    client.next('auth');
    client.sendConnect({ version: 5 });
    assert.equal(client.next('connack').reasonCode, ReasonCode.protocol_error);
    assert.ok(client.ended);
  });

  test('to take longer than CONNECT may', () => {
    const scene = enhanced(askFor(['a', 'b']), { connectTimeout: 3000 });
    const client = begin(scene);
    client.next('auth');
    scene.clock.advance(2000);
    client.send(auth(CONTINUE, 'a')).next('auth');
    scene.clock.advance(999);
    assert.ok(!client.ended);
    scene.clock.advance(1);
    client.expectEnd(null);
    assert.equal(scene.broker.stats().connections, 0);
  });

  test('to take no AUTH that is as large as the one it has to get', () => {
    const scene = enhanced(askFor(['a']));
    const client = begin(scene, undefined, { properties: { maximumPacketSize: 10 } });
    assert.equal(client.next('connack').reasonCode, ReasonCode.packet_too_large);
    assert.ok(client.ended);
  });
});

describe('AUTH outside of an exchange', () => {
  test('of a client without a method: a protocol error [MQTT-4.12.0-7]', () => {
    for (const code of [CONTINUE, AGAIN, ReasonCode.success]) {
      const client = enhanced(() => ({ allow: null })).connect({ version: 5 });
      client.send(auth(code)).expectEnd('protocol_error');
    }
  });

  test('that continues nothing, or speaks for the server: a protocol error [MQTT-3.15.2-1]', () => {
    for (const code of [CONTINUE, ReasonCode.success]) {
      const { client } = connected(askFor([]));
      client.send(auth(code)).expectEnd('protocol_error');
    }
  });

  test('before 5.0: the connection ends', () => {
    for (const version of [3, 4] as const) new Scene().connect({ version }).send('f0021800').expectEnd(null);
  });
});
