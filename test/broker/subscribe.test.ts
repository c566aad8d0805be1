import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PacketType } from '../../src/codec/packets.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

for (const version of VERSIONS)
  describe(`version ${version}: subscriptions`, () => {
    test('SUBACK has a code for each filter, in their order [MQTT-3.8.4-5,6]', () => {
      const client = new Scene({ maxTopicLevels: 2 }).connect({ version });
      const codes = client.subscribe(['a', 'b/+', 'a/b/c', 'c/#', '$share/g/x', '$share/g/a/b/c'], { qos: 1 });
      const no = version === 5 ? ReasonCode.topic_filter_invalid : 0x80;
      assert.deepEqual(codes, [1, 1, no, 1, 1, no]);
    });

    test('what is no filter ends the connection, be it among others that are [MQTT-4.7.1-1,2]', () => {
      for (const wrong of ['a#', '+a', '#/a', '']) {
        const scene = new Scene();
        const client = scene.connect({ version }).sendSubscribe(['a', wrong]);
        client.expectEnd(version === 5 ? 'malformed_packet' : null);
        assert.equal(scene.broker.stats().subscriptions, 0);
        const other = scene.connect({ version });
        other.send({ type: PacketType.unsubscribe, packetId: 1, filters: [wrong], properties: null });
        other.expectEnd(version === 5 ? 'malformed_packet' : null);
      }
    });

    test('what is no shared subscription is nothing special before 5.0: there it is only refused', () => {
      for (const wrong of ['$share/g', '$share//x', '$share/g+/x']) {
        const client = new Scene().connect({ version }).sendSubscribe(wrong);
        if (version === 5) client.expectEnd('malformed_packet');
        else assert.deepEqual(client.next('suback').reasonCodes, [0x80]);
      }
    });

    test('a filter that is subscribed again replaces the one before [MQTT-3.8.4-3]', () => {
      const scene = new Scene();
      const client = scene.connect({ version });
      client.subscribe('t', { qos: 2 });
      client.subscribe('t', { qos: 0 });
      scene.publish('t', 'x', { qos: 1 });
      assert.equal(client.next('publish').qos, 0);
      client.expectNothing();
      assert.equal(scene.broker.stats().subscriptions, 1);
    });

    test('UNSUBACK answers each filter, and nothing more comes [MQTT-3.10.4-1 to 6]', () => {
      const scene = new Scene();
      const client = scene.connect({ version });
      client.subscribe(['a', 'b', '$share/g/c']);
      const codes = client.unsubscribe(['a', '$share/g/c', 'nothing', 'a']);
      assert.deepEqual(codes, version === 5 ? [0, 0, 0x11, 0x11] : []);
      for (const topic of ['a', 'b', 'c']) scene.publish(topic, topic);
      assert.deepEqual(client.texts(), ['b']);
    });

    test('one copy for overlapping filters, with the highest QoS [MQTT-3.3.4-2]', () => {
      const scene = new Scene();
      const client = scene.connect({ version });
      client.subscribe('a/#', { qos: 0 });
      client.subscribe('a/+', { qos: 2 });
      client.subscribe('a/b', { qos: 1 });
      scene.publish('a/b', 'x', { qos: 2 });
      assert.equal(client.next('publish').qos, 2);
      client.expectNothing();
    });

    test('more levels than maxTopicLevels are refused', () => {
      const client = new Scene({ maxTopicLevels: 3 }).connect({ version });
      assert.deepEqual(
        client.subscribe(['a/b/c', 'a/b/c/d', '$share/g/a/b/c/#']),
        version === 5 ? [0, 0x8f, 0x8f] : [0, 0x80, 0x80],
      );
    });
  });

describe('which messages come', () => {
  const cases: readonly [filter: string, topics: readonly string[], others: readonly string[]][] = [
    ['#', ['a', 'a/b', '/', '/a'], ['$SYS', '$SYS/x', '$x/y']],
    ['+', ['a', 'ä€😀'], ['a/b', '/a', '$SYS']],
    ['+/+', ['a/b', '/a', '/', 'a/'], ['a', 'a/b/c', '$SYS/x']],
    ['+/#', ['a', 'a/b', '/a'], ['$SYS/x', '$x']],
    ['a/#', ['a', 'a/', 'a/b', 'a/b/c'], ['b', 'ab']],
    ['a/+/c', ['a/b/c', 'a//c'], ['a/c', 'a/b/d', 'a/b/c/d']],
    ['$SYS/#', ['$SYS', '$SYS/x'], ['a']],
    ['$SYS/+', ['$SYS/x'], ['$SYS', '$SYS/x/y']],
    ['A/b', ['A/b'], ['a/b', 'A/b/', '/A/b']],
    [' ', [' '], ['  ']],
  ];
  for (const [filter, topics, others] of cases)
    test(`'${filter}' [MQTT-4.7.1-1 to 3] [MQTT-4.7.2-1] [MQTT-4.7.3-4]`, () => {
      const scene = new Scene();
      const client = scene.connect();
      const member = scene.connect();
      client.subscribe(filter);
      member.subscribe(`$share/g/${filter}`);
      for (const topic of [...topics, ...others]) scene.publish(topic, topic);
      assert.deepEqual(client.texts(), topics);
      assert.deepEqual(member.texts(), topics);
    });

  test('a subscription is found at once though the topic was routed before it was made', () => {
    const scene = new Scene();
    const client = scene.connect();
    for (const filter of ['t', '+', '$share/g/t']) {
      scene.publish('t', 'nobody');
      client.subscribe(filter);
      scene.publish('t', 'somebody');
      assert.deepEqual(client.texts(), ['somebody'], filter);
      client.unsubscribe(filter);
    }
    scene.publish('t', 'nobody');
    client.expectNothing();
  });
});

describe('$SYS', () => {
  for (const version of VERSIONS)
    test(`version ${version}: a client's message to it is refused and dropped`, () => {
      const scene = new Scene();
      const witness = scene.connect();
      witness.subscribe(['$SYS/#', '$SYS']);
      const client = scene.connect({ version });
      const code = version === 5 ? ReasonCode.not_authorized : 0;
      client.publish('$SYS/x', 'a').publish('$SYS', 'b', { qos: 1 });
      assert.equal(client.next('puback').reasonCode, code);
      client.publish('$SYS/x', 'c', { qos: 2, retain: true });
      assert.equal(client.next('pubrec').reasonCode, code);
      witness.expectNothing();
      assert.deepEqual(
        scene.dropped.map(({ text, receiver, reason }) => [text, receiver, reason]),
        [
          ['a', null, 'not_authorized'],
          ['b', null, 'not_authorized'],
          ['c', null, 'not_authorized'],
        ],
      );
      assert.equal(scene.broker.stats().retained, 0);
    });

  test('topics that only look like it are free', () => {
    const scene = new Scene();
    const witness = scene.connect();
    witness.subscribe(['$SYSx/#', '$share/x', 'a/$SYS/b']);
    const client = scene.connect();
    client.publish('$SYSx/a', 'a').publish('a/$SYS/b', 'b');
    assert.deepEqual(witness.texts(), ['a', 'b']);
  });
});

describe('no local', () => {
  test("keeps the client's own messages from it [MQTT-3.8.3-3]", () => {
    const scene = new Scene();
    const client = scene.connect5();
    client.subscribe('t', { noLocal: true });
    client.publish('t', 'own', { qos: 1 });
    assert.equal(client.next('puback').reasonCode, ReasonCode.no_matching_subscribers);
    scene.connect().publish('t', 'other');
    scene.publish('t', 'embedder');
    assert.deepEqual(client.texts(), ['other', 'embedder']);
  });

  test('leaves the other subscriptions of the same client alone', () => {
    const scene = new Scene();
    const client = scene.connect5();
    client.subscribe('t', { noLocal: true, qos: 2, subscriptionId: 1 });
    client.subscribe('+', { qos: 1, subscriptionId: 2 });
    client.publish('t', 'own', { qos: 2 });
    const own = client.next('publish');
    client.next('pubrec');
    assert.deepEqual([own.qos, own.properties?.subscriptionIdentifiers], [1, [2]]);
    scene.publish('t', 'other', { qos: 2 });
    const other = client.next('publish');
    assert.deepEqual([other.qos, other.properties?.subscriptionIdentifiers?.toSorted()], [2, [1, 2]]);
  });

  test('knows the client by its identifier, also after it has come back', () => {
    const scene = new Scene();
    const identity = { clientId: 'c', cleanStart: false } as const;
    scene.connect5(identity, 100).subscribe('t', { noLocal: true });
    const client = scene.connect5(identity, 100);
    client.publish('t', 'own').expectNothing();
  });

  test('on a shared subscription is a protocol error [MQTT-3.8.3-4]', () => {
    const scene = new Scene();
    const client = scene.connect5();
    client.sendSubscribe(['t', '$share/g/t'], { noLocal: true }).expectEnd('protocol_error');
    assert.equal(scene.broker.stats().subscriptions, 0);
  });
});

describe('subscription identifiers', () => {
  test('come with the message [MQTT-3.3.4-3]', () => {
    const scene = new Scene();
    const client = scene.connect5();
    client.subscribe('t', { subscriptionId: 268_435_455 });
    scene.publish('t', 'x');
    assert.deepEqual(client.next('publish').properties, { subscriptionIdentifiers: [268_435_455] });
  });

  test('all of overlapping subscriptions come with one copy [MQTT-3.3.4-4]', () => {
    const scene = new Scene();
    const client = scene.connect5();
    client.subscribe('a/#', { subscriptionId: 1, qos: 1 });
    client.subscribe('a/b', { subscriptionId: 2 });
    client.subscribe('+/b', {});
    client.subscribe('+/+', { subscriptionId: 2 });
    scene.publish('a/b', 'x', { qos: 1 });
    const message = client.next('publish');
    assert.deepEqual(message.properties?.subscriptionIdentifiers?.toSorted(), [1, 2, 2]);
    client.expectNothing();
  });

  test('are replaced with the subscription, and gone with it', () => {
    const scene = new Scene();
    const client = scene.connect5();
    const idsNow = (): readonly number[] | undefined => {
      scene.publish('t', 'x');
      return client.next('publish').properties?.subscriptionIdentifiers;
    };
    client.subscribe('t', { subscriptionId: 1 });
    assert.deepEqual(idsNow(), [1]);
    client.subscribe('t', { subscriptionId: 2 });
    assert.deepEqual(idsNow(), [2]);
    client.subscribe('t');
    assert.equal(idsNow(), undefined);
  });

  test('stay with what waits for the client and with what is sent again', () => {
    const scene = new Scene();
    const identity = { clientId: 'c', cleanStart: false } as const;
    const before = scene.connect5(identity, 100);
    before.subscribe('t', { subscriptionId: 9, qos: 1 });
    scene.publish('t', 'on its way', { qos: 1 });
    before.cut();
    scene.publish('t', 'queued', { qos: 1 });
    const ids = scene
      .connect5(identity, 100)
      .messages()
      .map(({ properties }) => properties?.subscriptionIdentifiers);
    assert.deepEqual(ids, [[9], [9]]);
  });
});
