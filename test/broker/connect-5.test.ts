import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PacketType } from '../../src/codec/packets.ts';
import { type ReasonName, ReasonCode } from '../../src/codec/reason-codes.ts';
import type { WillProperties } from '../../src/codec/properties.ts';
import type { ConnectFields, RawClient } from '../kit/raw-client.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

describe('a will is checked as a message is', () => {
  const wills: readonly [string, NonNullable<ConnectFields['will']>, ReasonName | null][] = [
    ['a topic', { topic: 'a/b' }, null],
    ['a filter', { topic: 'a/+' }, 'malformed_packet'],
    ['an empty topic', { topic: '' }, 'malformed_packet'],
    ["the broker's own topic", { topic: '$SYS/x' }, 'topic_name_invalid'],
    ['too many levels', { topic: 'a/b/c/d' }, 'topic_name_invalid'],
    ['too long a topic', { topic: 'x'.repeat(21) }, 'topic_name_invalid'],
  ];
  for (const [title, will, reason] of wills)
    for (const version of VERSIONS)
      test(`${version}: ${title}`, () => {
        const scene = new Scene({ maxTopicLevels: 3, maxTopicLength: 20 });
        const client = scene.open().sendConnect({ version, will });
        const code = reason === null ? 0 : version === 5 ? ReasonCode[reason] : 3;
        // Before 5.0 a CONNECT that is wrong in itself gets no answer.
        if (version < 5 && reason === 'malformed_packet') return client.expectEnd(null);
        assert.equal(client.next('connack').reasonCode, code);
        assert.equal(client.ended, reason !== null);
      });

  const bad = Buffer.from([0xc3, 0x28]);
  const properties: readonly [string, WillProperties, Buffer | string, ReasonName | null][] = [
    ['a response topic', { responseTopic: 'r' }, '', null],
    ['a response topic with a wildcard [MQTT-3.3.2-14]', { responseTopic: 'r/#' }, '', 'protocol_error'],
    ['an empty response topic', { responseTopic: '' }, '', 'protocol_error'],
    ['a response topic of too many levels', { responseTopic: 'a/b/c/d' }, '', 'topic_name_invalid'],
    ['a text that is one', { payloadFormatIndicator: true }, 'grüß dich', null],
    ['a text that is none', { payloadFormatIndicator: true }, bad, 'payload_format_invalid'],
    ['bytes that do not claim to be text', { payloadFormatIndicator: false }, bad, null],
  ];
  for (const [title, willProperties, payload, reason] of properties)
    test(`5: ${title}`, () => {
      const scene = new Scene({ maxTopicLevels: 3 });
      const client = scene.open().sendConnect({ version: 5, will: { payload, properties: willProperties } });
      const { reasonCode, properties: told } = client.next('connack');
      assert.equal(reasonCode, reason === null ? 0 : ReasonCode[reason]);
      assert.equal(client.ended, reason !== null);
      if (reason !== null) assert.match(told?.reasonString ?? '', /^the will: /);
    });

  test('5: a text that is none, where nobody looks', () => {
    const scene = new Scene({ checkPayloadFormat: false });
    scene.connect5({ will: { payload: bad, properties: { payloadFormatIndicator: true } } });
  });

  test('before anybody is asked who it is', () => {
    const scene = new Scene();
    scene.broker.hook('client.authenticate', () => assert.fail('asked all the same'));
    scene
      .open()
      .sendConnect({ version: 5, will: { topic: '#' } })
      .next('connack');
    assert.deepEqual(scene.errors, []);
  });
});

/** CONNACK's code for a client without identifier. */
const answerToNobody = (version: 3 | 4 | 5, cleanStart: boolean): number =>
  new Scene().open().sendConnect({ version, clientId: '', cleanStart }).next('connack').reasonCode;

describe('the client identifier', () => {
  test('3.1: one of more than 23 characters is accepted, as brokers do', () => {
    for (const length of [1, 23, 24, 200]) new Scene().open().connect({ version: 3, clientId: 'x'.repeat(length) });
  });

  test('empty: by version and clean start', () => {
    assert.deepEqual([answerToNobody(3, true), answerToNobody(3, false)], [2, 2]);
    assert.deepEqual([answerToNobody(4, true), answerToNobody(4, false)], [0, 2]);
    assert.deepEqual([answerToNobody(5, true), answerToNobody(5, false)], [0, 0]);
  });
});

/** A client that wants to be told, or not, and who takes packets of this size. */
function informed(properties: ConnectFields['properties'] = null): RawClient {
  const scene = new Scene({ maxSubscriptions: 2, maxTopicLength: 20 });
  scene.broker.hook('client.authorize', (_, { topic }) =>
    topic === 'secret' ? { deny: 'not_authorized', text: 'for members' } : topic === 'closed' ? 'deny' : 'ignore',
  );
  return scene.connect({ version: 5, properties });
}

const reasonOf = (from: RawClient): string | undefined => from.next('suback').properties?.reasonString;

describe('a reason string', () => {
  test('of SUBACK says what is wrong with the first filter that is refused', () => {
    const cases: readonly [string[], string | undefined][] = [
      [['a'], undefined],
      [['a', 'secret', 'x'.repeat(21)], 'for members'],
      [['a', 'x'.repeat(21), 'secret'], 'too long, or too many levels'],
      [['closed'], undefined],
      [['a', 'b', 'c'], 'more than 2 subscriptions'],
    ];
    for (const [filters, expected] of cases)
      assert.equal(reasonOf(informed().sendSubscribe(filters)), expected, filters.join(' '));
  });

  test('of UNSUBACK says that there was no subscription', () => {
    const from = informed();
    from.subscribe('a');
    const answer = (filters: string[]) => {
      from.send({ type: PacketType.unsubscribe, packetId: 9, filters, properties: null });
      const { reasonCodes, properties } = from.next('unsuback');
      return [reasonCodes, properties?.reasonString];
    };
    assert.deepEqual(answer(['b', 'a']), [[0x11, 0], 'there was no such subscription']);
    from.subscribe('a');
    assert.deepEqual(answer(['a']), [[0], undefined]);
  });

  test('is not sent to those who do not want to know [MQTT-3.1.2-29]', () => {
    assert.equal(reasonOf(informed({ requestProblemInformation: false }).sendSubscribe('secret')), undefined);
    assert.equal(reasonOf(informed({ requestProblemInformation: true }).sendSubscribe('secret')), 'for members');
  });

  test('is left out where the packet would be too large [MQTT-3.9.2-1]', () => {
    const whole = 6 + 'for members'.length + 3;
    for (const [maximumPacketSize, expected] of [
      [whole, 'for members'],
      [whole - 1, undefined],
    ] as const) {
      // CONNACK is smaller without what is so without a word.
      const from = informed({ maximumPacketSize }).sendSubscribe('secret');
      assert.equal(reasonOf(from), expected);
    }
  });

  test('is nothing for older clients', () => {
    for (const version of [3, 4] as const) {
      const from = new Scene({ maxTopicLevels: 1 }).connect({ version }).sendSubscribe('a/b');
      assert.equal(from.bytes().toString('hex'), '9003000180');
    }
  });
});

describe('a denial of SUBSCRIBE', () => {
  test('that SUBACK may not carry is not_authorized [MQTT-3.9.3-2]', () => {
    for (const [deny, code] of [
      ['quota_exceeded', 0x97],
      ['topic_filter_invalid', 0x8f],
      ['banned', 0x87],
      ['success', 0x87],
      ['granted_qos1', 0x87],
      ['no_matching_subscribers', 0x87],
    ] as const) {
      const scene = new Scene();
      scene.broker.hook('client.authorize', () => ({ deny }));
      assert.deepEqual(scene.connect5().subscribe('t'), [code], deny);
      assert.deepEqual(scene.connect().subscribe('t'), [0x80], deny);
      assert.equal(scene.broker.stats().subscriptions, 0);
    }
  });
});

/** Seconds for which the session is kept. */
function kept(asked: number, atEnd: number | undefined, maxSessionExpiry = 1000): number | null {
  const scene = new Scene({ maxSessionExpiry });
  const client = scene.connect5({}, asked);
  client.disconnect(0, atEnd === undefined ? null : { sessionExpiryInterval: atEnd });
  const refused = client.packets().length > 0;
  assert.ok(client.ended);
  if (refused) return null;
  let seconds = 0;
  for (; scene.broker.stats().sessions > 0 && seconds < 5000; seconds += 10) scene.clock.advance(10_000);
  return seconds;
}

describe('the session expiry interval in DISCONNECT', () => {
  test('counts in place of the one in CONNECT', () => {
    assert.equal(kept(100, undefined), 100);
    assert.equal(kept(100, 200), 200);
    assert.equal(kept(100, 50), 50);
    assert.equal(kept(100, 0), 0);
    assert.equal(kept(0, 0), 0);
  });

  test('has the same bound', () => {
    assert.equal(kept(100, 5000), 1000);
    assert.equal(kept(100, 0xffff_ffff), 1000);
  });

  test('may not be there where CONNECT had none: a protocol error, with the will [MQTT-3.14.2-2]', () => {
    assert.equal(kept(0, 1), null);
    const scene = new Scene();
    const witness = scene.connect();
    witness.subscribe('will');
    const client = scene.connect5({ will: {} });
    client.disconnect(0, { sessionExpiryInterval: 10 });
    client.expectEnd('protocol_error');
    assert.deepEqual(witness.texts(), ['gone']);
    assert.equal(scene.broker.stats().sessions, 1);
  });

  test('may be there where CONNECT asked for one that it did not get', () => {
    assert.equal(kept(100, 50, 0), 0);
  });
});
