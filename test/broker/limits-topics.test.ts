import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrokerOptions } from '../../src/broker/options.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

/** Options, the longest topic that they allow, and one that is too long. Umlauts have two bytes. */
const CASES: readonly (readonly [title: string, Partial<BrokerOptions>, fits: string, exceeds: string])[] = [
  ['length', { maxTopicLength: 6 }, 'a/b/cd', 'a/b/cde'],
  ['length in bytes of UTF-8', { maxTopicLength: 6 }, 'äöü', 'äöüa'],
  ['length of long topics', { maxTopicLength: 1000 }, 'x'.repeat(1000), 'x'.repeat(1001)],
  ['levels', { maxTopicLevels: 3 }, 'a/b/c', 'a/b/c/d'],
  ['levels, empty ones too', { maxTopicLevels: 3 }, '//', '///'],
];

const topicsRefused = (scene: Scene): number => scene.broker.stats().limited.topic;

for (const [title, options, fits, exceeds] of CASES)
  describe(`${title}: a topic beyond the limit`, () => {
    for (const version of VERSIONS) {
      test(`version ${version}: cannot be published to; the connection ends`, () => {
        const scene = new Scene(options);
        const client = scene.connect({ version });
        for (let again = 0; again < 2; again++) client.publish(fits, '', { qos: 1 }).next('puback');
        assert.equal(topicsRefused(scene), 0);
        client.publish(exceeds, '', { qos: 1 }).expectEnd(version === 5 ? 'topic_name_invalid' : null);
        assert.equal(topicsRefused(scene), 1);
        scene
          .connect({ version })
          .publish(exceeds)
          .expectEnd(version === 5 ? 'topic_name_invalid' : null);
        assert.equal(topicsRefused(scene), 2, 'it is checked each time');
      });

      test(`version ${version}: cannot be subscribed to; the connection and the other filters stay`, () => {
        const scene = new Scene(options);
        const refused = version === 5 ? ReasonCode.topic_filter_invalid : 0x80;
        assert.deepEqual(scene.connect({ version }).subscribe([fits, exceeds, 'a']), [0, refused, 0]);
        assert.equal(scene.broker.stats().subscriptions, 2);
        assert.equal(topicsRefused(scene), 1);
      });

      test(`version ${version}: cannot be that of a will: CONNECT is refused`, () => {
        const scene = new Scene(options);
        scene.connect({ version, will: { topic: fits } });
        const client = scene.open().sendConnect({ version, will: { topic: exceeds } });
        assert.equal(client.next('connack').reasonCode, version === 5 ? ReasonCode.topic_name_invalid : 3);
        assert.ok(client.ended);
        assert.equal(topicsRefused(scene), 1);
      });
    }

    test('cannot be where a response is asked for', () => {
      const scene = new Scene(options);
      const client = scene.connect5();
      client.publish('t', '', { qos: 1, properties: { responseTopic: fits } }).next('puback');
      client.publish('t', '', { qos: 1, properties: { responseTopic: exceeds } }).expectEnd('topic_name_invalid');
      const properties = { responseTopic: exceeds };
      const refused = scene.open().sendConnect({ version: 5, will: { topic: 't', properties } });
      assert.equal(refused.next('connack').reasonCode, ReasonCode.topic_name_invalid);
      assert.equal(topicsRefused(scene), 2);
    });

    test('cannot be published to by the embedder', async () => {
      const { broker } = new Scene(options);
      await broker.publish({ topic: fits, payload: '', properties: { responseTopic: fits } });
      await assert.rejects(broker.publish({ topic: exceeds, payload: '' }), TypeError);
      const properties = { responseTopic: exceeds };
      await assert.rejects(broker.publish({ topic: 't', payload: '', properties }), TypeError);
    });
  });

test('the levels of a shared subscription are those of its filter, its length is all of it', () => {
  const scene = new Scene({ maxTopicLevels: 2, maxTopicLength: 13 });
  const filters = ['$share/g/a/b', '$share/g/a/bc', '$share/g/a/b/c', '$share/gg/a/bc', '$share/g/+/#'];
  assert.deepEqual(scene.connect5().subscribe(filters), [0, 0, 0x8f, 0x8f, 0]);
});

test('a will to $SYS is refused with CONNACK 0x90, one that a hook forbids is not published', () => {
  const scene = new Scene();
  const internal = scene.open().sendConnect({ version: 5, will: { topic: '$SYS/brokers' } });
  assert.equal(internal.next('connack').reasonCode, ReasonCode.topic_name_invalid);
  assert.ok(internal.ended);
  scene.broker.hook('client.authorize', (_, { topic }) => (topic === 'forbidden' ? 'deny' : 'allow'));
  const witness = scene.connect();
  witness.subscribe(['allowed', 'forbidden']);
  for (const topic of ['forbidden', 'allowed']) scene.connect5({ will: { topic, payload: topic } }).cut();
  assert.deepEqual(witness.texts(), ['allowed']);
  assert.deepEqual(scene.dropped, [{ text: 'forbidden', receiver: null, reason: 'not_authorized' }]);
  assert.equal(scene.broker.stats().dropped.not_authorized, 1);
});

describe('counted are', () => {
  test('subscriptions beyond the limit', () => {
    const scene = new Scene({ maxSubscriptions: 2 });
    const client = scene.connect5();
    client.subscribe(['a', 'b', 'c', 'd']);
    client.subscribe('a');
    assert.equal(scene.broker.stats().limited.subscriptions, 2);
  });

  test('sessions beyond the limit', () => {
    const scene = new Scene({ maxSessions: 1 });
    scene.connect({ clientId: 'c', cleanStart: false }).cut();
    for (const clientId of ['d', 'e', 'c']) scene.open().sendConnect({ clientId });
    assert.equal(scene.broker.stats().limited.sessions, 2);
  });

  test('packets that are too large, before CONNECT and after', () => {
    const scene = new Scene({ maxPacketSize: 100 });
    scene.open().send('10 ff 7f').expectEnd(null);
    scene.connect5().publish('t', Buffer.alloc(100)).expectEnd('packet_too_large');
    assert.equal(scene.broker.stats().limited.packet_size, 2);
  });

  test('no packets that are too large for the client', () => {
    const scene = new Scene();
    const client = scene.connect5({ properties: { maximumPacketSize: 20 } });
    client.sendSubscribe(Array.from({ length: 30 }, (_, index) => `t/${index}`)).expectEnd('packet_too_large');
    assert.equal(scene.broker.stats().limited.packet_size, 0);
  });

  test('messages beyond the Receive Maximum', () => {
    const scene = new Scene({ receiveMaximum: 2 });
    const client = scene.connect5();
    for (const packetId of [1, 2]) client.publish('t', '', { qos: 2, packetId }).next('pubrec');
    client.publish('t', '', { qos: 2, packetId: 3 }).expectEnd('receive_maximum_exceeded');
    assert.equal(scene.broker.stats().limited.receive_maximum, 1);
  });

  test('topic aliases beyond the maximum', () => {
    const scene = new Scene({ topicAliasMaximum: 3 });
    const client = scene.connect5();
    client.publish('t', '', { properties: { topicAlias: 4 } }).expectEnd('topic_alias_invalid');
    assert.equal(scene.broker.stats().limited.topic_alias, 1);
  });

  test('no other protocol errors', () => {
    const scene = new Scene();
    scene.connect5().send('c100').expectEnd('malformed_packet');
    scene.connect5().publish('a/#').expectEnd('topic_name_invalid');
    scene
      .connect5()
      .publish('', '', { properties: { topicAlias: 4 } })
      .expectEnd('protocol_error');
    for (const [name, count] of Object.entries(scene.broker.stats().limited)) assert.equal(count, 0, name);
  });
});

describe('the topics of a client’s aliases', () => {
  const LONGEST = 65_535;
  const CHARACTERS = 512 * 1024;
  const topicOf = (alias: number, length = LONGEST): string => `${alias}`.padEnd(length, 'x');

  test('are together bounded; one too many ends the connection', () => {
    const scene = new Scene();
    const client = scene.connect5();
    const set = (topicAlias: number, topic = topicOf(topicAlias)): void =>
      void client.publish(topic, '', { properties: { topicAlias } });
    for (let alias = 1; alias <= 8; alias++) set(alias);
    for (let alias = 1; alias <= 8; alias++) set(alias); // The same again is nothing new.
    set(9, 'x'.repeat(CHARACTERS - 8 * LONGEST));
    client.expectNothing();
    set(9, 'another');
    set(9, 'y'.repeat(CHARACTERS - 8 * LONGEST)); // What is set anew makes room.
    client.publish('', '', { qos: 1, properties: { topicAlias: 9 } }).next('puback');
    assert.equal(scene.broker.stats().limited.topic_alias, 0);
    client.publish('z', '', { properties: { topicAlias: 10 } }).expectEnd('quota_exceeded');
    assert.equal(scene.broker.stats().limited.topic_alias, 1);
  });

  test('of usual length are as many as the maximum says', () => {
    const client = new Scene().connect5();
    for (let topicAlias = 1; topicAlias <= 1024; topicAlias++)
      client.publish(topicOf(topicAlias, 100), '', { properties: { topicAlias } });
    client.publish('', '', { qos: 1, properties: { topicAlias: 1024 } }).next('puback');
  });
});
