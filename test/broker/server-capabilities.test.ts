import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Access } from '../../src/broker/hooks.ts';
import type { BrokerOptions } from '../../src/broker/options.ts';
import type { QoS } from '../../src/codec/packets.ts';
import { type ReasonName, ReasonCode } from '../../src/codec/reason-codes.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

const LEVELS = [0, 1, 2] as const;

describe('the highest QoS', () => {
  for (const version of VERSIONS)
    for (const maximumQoS of LEVELS)
      for (const qos of LEVELS)
        test(`${version}: a message of QoS ${qos} where ${maximumQoS} is the highest`, () => {
          const scene = new Scene({ maximumQoS });
          const witness = scene.connect();
          witness.subscribe('t');
          const client = scene.connect({ version });
          client.publish('t', 'x', { qos });
          if (qos > maximumQoS) client.expectEnd(version === 5 ? 'qos_not_supported' : null);
          else if (qos > 0) client.next(qos === 1 ? 'puback' : 'pubrec');
          assert.equal(client.ended, qos > maximumQoS);
          assert.deepEqual(witness.texts(), qos > maximumQoS ? [] : ['x']);
        });

  for (const version of VERSIONS)
    test(`${version}: is what a subscription is granted at most [MQTT-3.2.2-10]`, () => {
      for (const maximumQoS of LEVELS) {
        const scene = new Scene({ maximumQoS });
        const client = scene.connect({ version });
        const granted = LEVELS.map((qos) => client.subscribe(`t/${qos}`, { qos })[0]);
        assert.deepEqual(
          granted,
          LEVELS.map((qos) => Math.min(qos, maximumQoS)),
        );
        scene.publish('t/2', 'x', { qos: 2 });
        assert.equal(client.next('publish').qos, maximumQoS);
      }
    });

  test('is the one that the hooks hear of', () => {
    const scene = new Scene({ maximumQoS: 1 });
    const asked: Access[] = [];
    scene.broker.hook('client.authorize', (_, access) => {
      asked.push(access);
      return 'allow';
    });
    scene.connect().subscribe('t', { qos: 2 });
    assert.deepEqual(asked, [{ action: 'subscribe', topic: 't', qos: 1, retain: false }]);
  });

  test('holds for wills [MQTT-3.2.2-12]', () => {
    for (const version of VERSIONS) {
      const scene = new Scene({ maximumQoS: 1 });
      scene.connect({ version, will: { qos: 1 } });
      const client = scene.open().sendConnect({ version, will: { qos: 2 } });
      assert.equal(client.next('connack').reasonCode, version === 5 ? ReasonCode.qos_not_supported : 3);
      assert.ok(client.ended);
    }
  });
});

describe('without retained messages', () => {
  for (const version of VERSIONS) {
    test(`${version}: one that is to be retained ends the connection [MQTT-3.2.2-14]`, () => {
      const scene = new Scene({ retainAvailable: false });
      const witness = scene.connect();
      witness.subscribe('t');
      const client = scene.connect({ version });
      client.publish('t', 'kept', { retain: true }).expectEnd(version === 5 ? 'retain_not_supported' : null);
      witness.expectNothing();
      assert.equal(scene.broker.stats().retained, 0);
      scene.connect({ version }).publish('t', 'x');
      assert.deepEqual(witness.texts(), ['x']);
    });

    test(`${version}: a will that is to be retained is refused [MQTT-3.2.2-13]`, () => {
      const scene = new Scene({ retainAvailable: false });
      scene.connect({ version, will: {} });
      const client = scene.open().sendConnect({ version, will: { retain: true } });
      assert.equal(client.next('connack').reasonCode, version === 5 ? ReasonCode.retain_not_supported : 3);
      assert.ok(client.ended);
    });
  }
});

describe('a subscription that there is not', () => {
  const cases: readonly [keyof BrokerOptions, ReasonName, filter: string, subscriptionId?: number][] = [
    ['wildcardSubscriptions', 'wildcard_subscriptions_not_supported', 'a/+'],
    ['wildcardSubscriptions', 'wildcard_subscriptions_not_supported', '#'],
    ['wildcardSubscriptions', 'wildcard_subscriptions_not_supported', '$share/g/a/#'],
    ['sharedSubscriptions', 'shared_subscriptions_not_supported', '$share/g/a'],
    ['subscriptionIdentifiers', 'subscription_identifiers_not_supported', 'a', 1],
  ];
  for (const [option, reason, filter, subscriptionId] of cases)
    for (const version of VERSIONS) {
      if (version < 5 && subscriptionId !== undefined) continue;
      test(`${version}: ${filter} without ${option}`, () => {
        const scene = new Scene({ [option]: false });
        const client = scene.connect({ version });
        if (version === 5) client.sendSubscribe(filter, { subscriptionId }).expectEnd(reason);
        else assert.deepEqual(client.subscribe(filter), [0x80]);
        assert.equal(scene.broker.stats().subscriptions, 0);
        // All the rest is there.
        assert.deepEqual(scene.connect({ version }).subscribe('plain'), [0]);
        assert.deepEqual(new Scene().connect({ version }).subscribe(filter, { subscriptionId }), [0]);
      });
    }

  test('is nothing that a hook is asked about', () => {
    const scene = new Scene({ wildcardSubscriptions: false });
    scene.broker.hook('client.authorize', () => assert.fail('asked all the same'));
    scene.connect().subscribe('#');
    assert.deepEqual(scene.errors, []);
  });
});

test('filters of one SUBSCRIBE are refused one by one', () => {
  const scene = new Scene({ wildcardSubscriptions: false, sharedSubscriptions: false, maximumQoS: 1 });
  const filters = ['a', '+', '$share/g/b', 'c'];
  assert.deepEqual(scene.connect().subscribe(filters, { qos: 2 as QoS }), [1, 0x80, 0x80, 1]);
});
