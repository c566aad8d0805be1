import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

/** Text and RETAIN flag of what came, in the order of the texts: that of retained messages means nothing. */
const got = (client: RawClient): [string, boolean][] =>
  client
    .messages()
    .map(({ payload, retain }): [string, boolean] => [payload.toString(), retain])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));

for (const version of VERSIONS)
  describe(`version ${version}: a retained message`, () => {
    test('comes to a later subscription with the RETAIN flag [MQTT-3.3.1-8,9]', () => {
      const scene = new Scene();
      scene.connect({ version }).publish('t', 'kept', { retain: true });
      const subscriber = scene.connect({ version });
      subscriber.subscribe('t');
      assert.deepEqual(got(subscriber), [['kept', true]]);
    });

    test('comes to a subscription that is there without the flag [MQTT-3.3.1-12]', () => {
      const scene = new Scene();
      const subscriber = scene.connect({ version });
      subscriber.subscribe('t');
      scene.publish('t', 'live', { retain: true });
      assert.deepEqual(got(subscriber), [['live', false]]);
    });

    test('replaces the one before [MQTT-3.3.1-5]', () => {
      const scene = new Scene();
      for (const text of ['old', 'new']) scene.publish('t', text, { retain: true });
      const subscriber = scene.connect({ version });
      subscriber.subscribe('t');
      assert.deepEqual(got(subscriber), [['new', true]]);
      assert.equal(scene.broker.stats().retained, 1);
    });

    test('without payload removes the one before, and is itself a message [MQTT-3.3.1-6,7]', () => {
      const scene = new Scene();
      const witness = scene.connect({ version });
      witness.subscribe('t');
      for (const text of ['old', '']) scene.connect({ version }).publish('t', text, { retain: true });
      const subscriber = scene.connect({ version });
      subscriber.subscribe('t');
      subscriber.expectNothing();
      assert.deepEqual(witness.texts(), ['old', '']);
      assert.equal(scene.broker.stats().retained, 0);
    });

    test('is not changed by messages without the flag [MQTT-3.3.1-8]', () => {
      const scene = new Scene();
      scene.publish('t', 'kept', { retain: true });
      for (const text of ['live', '']) scene.publish('t', text);
      const subscriber = scene.connect({ version });
      subscriber.subscribe('t');
      assert.deepEqual(got(subscriber), [['kept', true]]);
    });

    test('has the lower of its QoS and the granted one', () => {
      const scene = new Scene();
      for (const qos of [0, 1, 2] as const) scene.publish(`t/${qos}`, `${qos}`, { qos, retain: true });
      const subscriber = scene.connect({ version });
      subscriber.subscribe('t/+', { qos: 1 });
      const qos = subscriber
        .messages()
        .map((message) => [message.payload.toString(), message.qos, message.retain, message.dup]);
      assert.deepEqual(
        qos.toSorted(([a], [b]) => Number(a) - Number(b)),
        [
          ['0', 0, true, false],
          ['1', 1, true, false],
          ['2', 1, true, false],
        ],
      );
    });
  });

describe('which retained messages come', () => {
  const topics = ['a', 'a/b', 'a/b/c', 'x/b', '/a', '$SYS/a', '$other/a'];
  const cases: readonly [filter: string, topics: readonly string[]][] = [
    ['#', ['a', 'a/b', 'a/b/c', 'x/b', '/a']],
    ['a/#', ['a', 'a/b', 'a/b/c']],
    ['+', ['a']],
    ['+/b', ['a/b', 'x/b']],
    ['+/+', ['a/b', 'x/b', '/a']],
    ['/+', ['/a']],
    ['$SYS/#', ['$SYS/a']],
    ['$SYS/+', ['$SYS/a']],
    ['+/a', ['/a']],
    ['nothing/#', []],
  ];
  for (const [filter, expected] of cases)
    test(`${filter}: ${expected.join(', ')}`, () => {
      const scene = new Scene();
      for (const topic of topics) scene.publish(topic, topic, { retain: true });
      const subscriber = scene.connect();
      subscriber.subscribe(filter);
      assert.deepEqual(subscriber.texts().toSorted(), expected.toSorted());
    });

  test('one copy for each of several overlapping filters, with its identifier', () => {
    const scene = new Scene();
    scene.publish('a/b', 'x', { retain: true });
    const subscriber = scene.connect5();
    subscriber.subscribe(['a/+', 'a/#', '$share/g/a/b'], { subscriptionId: 7 });
    assert.deepEqual(
      subscriber.messages().map(({ properties }) => properties?.subscriptionIdentifiers),
      [[7], [7]],
    );
  });

  test('none for a shared subscription', () => {
    const scene = new Scene();
    scene.publish('t', 'x', { retain: true });
    const subscriber = scene.connect();
    subscriber.subscribe('$share/g/t');
    subscriber.expectNothing();
  });

  test('not the own ones with no local [MQTT-3.8.3-3]', () => {
    const scene = new Scene();
    const client = scene.connect5();
    client.publish('t/1', 'own', { retain: true });
    scene.publish('t/2', 'other', { retain: true });
    client.subscribe('t/+', { noLocal: true });
    assert.deepEqual(client.texts(), ['other']);
  });
});

describe('retain handling', () => {
  const cases: readonly [0 | 1 | 2, first: number, second: number, statement: string][] = [
    [0, 1, 1, 'at every subscribe [MQTT-3.3.1-9]'],
    [1, 1, 0, 'only if the subscription is new [MQTT-3.3.1-10]'],
    [2, 0, 0, 'never [MQTT-3.3.1-11]'],
  ];
  for (const [retainHandling, first, second, statement] of cases)
    test(`${retainHandling}: ${statement}`, () => {
      const scene = new Scene();
      scene.publish('t', 'x', { retain: true });
      const subscriber = scene.connect5();
      subscriber.subscribe('t', { retainHandling });
      assert.equal(subscriber.messages().length, first);
      subscriber.subscribe('t', { retainHandling, qos: 1 });
      assert.equal(subscriber.messages().length, second);
      subscriber.unsubscribe('t');
      subscriber.subscribe('t', { retainHandling });
      assert.equal(subscriber.messages().length, first);
    });

  test('before 5.0 they come at every subscribe [MQTT-3.8.4-3 of 3.1.1]', () => {
    const scene = new Scene();
    scene.publish('t', 'x', { retain: true });
    const subscriber = scene.connect();
    for (let i = 0; i < 3; i++) {
      subscriber.subscribe('t');
      assert.deepEqual(subscriber.texts(), ['x']);
    }
  });
});

test('retain as published keeps the flag, of both values [MQTT-3.3.1-12,13]', () => {
  const scene = new Scene();
  const subscriber = scene.connect5();
  subscriber.subscribe('t', { retainAsPublished: true });
  scene.publish('t', 'a', { retain: true });
  scene.publish('t', 'b');
  assert.deepEqual(got(subscriber), [
    ['a', true],
    ['b', false],
  ]);
});

describe('the shelf', () => {
  test('holds maxRetained topics; one more is delivered and not kept, which is counted', () => {
    const scene = new Scene({ maxRetained: 2 });
    const witness = scene.connect();
    witness.subscribe('#');
    for (const text of ['a', 'b', 'c', 'a']) scene.publish(text, text, { retain: true });
    assert.deepEqual(witness.texts(), ['a', 'b', 'c', 'a']);
    assert.deepEqual(scene.dropped, [{ text: 'c', receiver: null, reason: 'retained_full' }]);
    scene.publish('b', '', { retain: true });
    scene.publish('c', 'c', { retain: true });
    assert.equal(scene.broker.stats().retained, 2);
  });

  test('forgets what has expired, and sends what is left of the time', () => {
    const scene = new Scene();
    const properties = { messageExpiryInterval: 10 };
    scene.publish('t', 'x', { retain: true, properties });
    scene.clock.advance(4500);
    const early = scene.connect5();
    early.subscribe('t');
    assert.equal(early.next('publish').properties?.messageExpiryInterval, 6);
    scene.clock.advance(5500);
    const late = scene.connect5();
    late.subscribe('t');
    late.expectNothing();
    assert.equal(scene.broker.stats().retained, 0);
  });

  test('keeps its own copy of the payload', () => {
    const scene = new Scene();
    const publisher = scene.connect();
    for (const payload of ['small', 'L'.repeat(20_000)]) {
      publisher.publish('t', payload, { retain: true });
      const subscriber = scene.connect();
      subscriber.subscribe('t');
      assert.deepEqual(subscriber.texts(), [payload]);
    }
  });
});
