import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReasonName } from '../../src/codec/reason-codes.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

// What the decoder refuses has its own tests; here: what it costs, and whom.

/** Packets (5.0) that end the connection of a connected client, and the reason. */
const WRONG: readonly [title: string, hex: string, reason: ReasonName][] = [
  ['packet type 0', '0000', 'malformed_packet'],
  ['a remaining length of five bytes', '30ffffffff7f', 'malformed_packet'],
  ['PUBLISH with QoS 3', '36 06 0001 74 0001 00', 'malformed_packet'],
  ['PUBLISH with packet identifier 0', '32 06 0001 74 0000 00', 'protocol_error'],
  ['PUBLISH to a filter', '30 04 0001 2b 00', 'topic_name_invalid'],
  ['PUBLISH to a topic that is not UTF-8', '30 05 0002 c328 00', 'malformed_packet'],
  ['PUBLISH that is shorter than its topic', '30 03 0005 61', 'malformed_packet'],
  ['SUBSCRIBE with wrong flags', '80 07 0001 00 0001 61 00', 'malformed_packet'],
  ['SUBSCRIBE without filters', '82 03 0001 00', 'protocol_error'],
  ['SUBSCRIBE with QoS 3', '82 07 0001 00 0001 61 03', 'protocol_error'],
  ['SUBSCRIBE with retain handling 3', '82 07 0001 00 0001 61 30', 'protocol_error'],
  ['UNSUBSCRIBE without filters', 'a2 03 0001 00', 'protocol_error'],
  ['CONNACK, which is ours to send', '20 03 00 00 00', 'protocol_error'],
  ['SUBACK', '90 04 0001 00 00', 'protocol_error'],
  ['UNSUBACK', 'b0 04 0001 00 00', 'protocol_error'],
  ['PINGRESP', 'd0 00', 'protocol_error'],
  ['AUTH without a method in CONNECT', 'f0 00', 'protocol_error'],
  ['PUBACK with packet identifier 0', '40 02 0000', 'protocol_error'],
  ['PUBREL with wrong flags', '60 02 0001', 'malformed_packet'],
];

describe('a wrong packet ends the connection that it came on, with its reason, and no other', () => {
  for (const [title, hex, reason] of WRONG)
    test(`${title}: ${reason} [MQTT-4.13.1-1]`, () => {
      const scene = new Scene();
      const witness = scene.connect();
      witness.subscribe('#');
      const client = scene.connect5({ clientId: 'wrong', will: { payload: 'gone' } });
      client.subscribe('a/b');
      client.send(hex, '30 04 0001 61 00').expectEnd(reason);
      assert.deepEqual(witness.texts(), ['gone'], 'the will, and nothing that came after');
      const { connections, sessions, subscriptions } = scene.broker.stats();
      assert.deepEqual([connections, sessions, subscriptions], [1, 1, 1]);
      assert.deepEqual(scene.errors, []);
    });

  for (const version of [3, 4] as const)
    test(`version ${version}: the connection ends without a word`, () => {
      for (const hex of ['0000', '36 05 0001 74 0001', '30 03 0001 23', 'd0 00', 'f0 00', 'e0 01 00'])
        new Scene().connect({ version }).send(hex).expectEnd(null);
    });
});

test('what came before the wrong packet counts', () => {
  for (const version of VERSIONS) {
    const scene = new Scene();
    const witness = scene.connect();
    witness.subscribe('#');
    const client = scene.connect({ version });
    client.publish('t', 'before', { qos: 1 }).send('0000');
    client.next('puback');
    assert.deepEqual(witness.texts(), ['before']);
    assert.ok(client.ended);
  }
});

test('topics of more than maxTopicLevels levels are refused', () => {
  const scene = new Scene({ maxTopicLevels: 3 });
  const client = scene.connect5();
  client.publish('a/b/c', '', { qos: 1 }).next('puback');
  client.publish('a/b/c/d').expectEnd('topic_name_invalid');
});

test('packets may come in any pieces', () => {
  const scene = new Scene();
  const witness = scene.connect();
  witness.subscribe('#');
  const client = scene.open();
  const bytes = '100d 0004 4d515454 04 02 0000 0001 61 3207 0001 74 0001 6869 c000 e000'.replaceAll(' ', '');
  for (const byte of bytes.match(/../g) ?? []) client.send(byte);
  client.next('connack');
  client.next('puback');
  client.next('pingresp');
  assert.ok(client.ended);
  assert.deepEqual(witness.texts(), ['hi']);
});
