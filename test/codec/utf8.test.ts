import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PacketType } from '../../src/codec/packets.ts';
import { binary, bytes, packet, properties, u16 } from '../kit/packets.ts';
import { decoderOf, readAll } from './reading.ts';
import { outcomeOf } from './refuses.ts';

/** What is no UTF-8 [MQTT-1.5.4-1], or the one character that MQTT forbids [MQTT-1.5.4-2]. */
const ILL_FORMED: readonly (readonly [what: string, hex: string])[] = [
  ['a high surrogate', 'eda080'],
  ['a low surrogate', 'edbfbf'],
  ['a surrogate pair, each half by itself', 'eda0bdedb880'],
  ['U+0000', '00'],
  ['U+0000 between letters', '610062'],
  ['U+0000 in two bytes', 'c080'],
  ['two bytes for a letter', 'c1a1'],
  ['three bytes for a slash', 'e080af'],
  ['four bytes for a euro sign', 'f08282ac'],
  ['a character beyond U+10FFFF', 'f4908080'],
  ['a first byte that does not exist', 'f5808080'],
  ['the byte FF', 'ff'],
  ['the byte FE', 'fe'],
  ['a second byte without a first', '80'],
  ['a first byte at the end', '61c3'],
  ['a first byte before a letter', 'c361'],
  ['two bytes of three', 'e282'],
  ['three bytes of four', 'f09fa6'],
  ['a real replacement character next to the byte FF', 'efbfbdff'],
];

type Field = (text: Buffer) => Buffer;

/** A packet of 5.0 with any bytes in one string field. */
const FIELDS: Readonly<Record<string, Field>> = {
  'the topic of PUBLISH': (text) => packet(0x30, text, 0),
  'a topic longer than the cache keeps': (text) => packet(0x30, binary(lengthened(text)), 0),
  'the client identifier': (text) => packet(0x10, 'MQTT', 5, 2, u16(0), 0, text),
  'the will topic': (text) => packet(0x10, 'MQTT', 5, 6, u16(0), 0, 'c', 0, text, u16(0)),
  'the user name': (text) => packet(0x10, 'MQTT', 5, 0x82, u16(0), 0, 'c', text),
  'a filter of SUBSCRIBE': (text) => packet(0x82, u16(1), 0, text, 0),
  'a filter of UNSUBSCRIBE': (text) => packet(0xa2, u16(1), 0, 'a', text),
  'the name of a user property': (text) => packet(0x30, 'a', properties(0x26, text, 'value')),
  'the value of a user property': (text) => packet(0x30, 'a', properties(0x26, 'name', text)),
  'the response topic': (text) => packet(0x30, 'a', properties(0x08, text)),
  'the reason string of DISCONNECT': (text) => packet(0xe0, 0, properties(0x1f, text)),
};

function lengthened(text: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(200, 'x'), text.subarray(2)]);
}

suite('UTF-8', () => {
  for (const [field, packetWith] of Object.entries(FIELDS))
    test(`is required in ${field}, without U+0000 [MQTT-1.5.4-1] [MQTT-1.5.4-2]`, () => {
      for (const [what, hex] of ILL_FORMED) {
        const sent = packetWith(binary(Buffer.from(hex, 'hex')));
        assert.equal(outcomeOf([sent], 5), 'malformed_packet', what);
        assert.equal(outcomeOf([sent.subarray(0, 5), sent.subarray(5)], 5), 'malformed_packet', `${what}, split`);
      }
    });

  test('is not required in payload, will payload, password and correlation data', () => {
    const garbage = Buffer.from('ff00eda080', 'hex');
    const will = bytes(0, 'will', binary(garbage));
    const accepted = [
      packet(0x30, 'a', 0, garbage),
      packet(0x30, 'a', properties(0x09, binary(garbage))),
      packet(0x10, 'MQTT', 5, 0xc6, u16(0), 0, 'c', will, 'user', binary(garbage)),
    ];
    for (const sent of accepted) assert.equal(outcomeOf([sent], 5), 1, sent.toString('hex'));
  });

  for (const [what, topic] of [
    ['a byte order mark is kept [MQTT-1.5.4-3]', '\ufefftopic'],
    ['the replacement character is a character like any other', 'a\ufffdb'],
    ['control characters and characters without a meaning are read', 'a\u0001\u007f\u0085\uffff\u{1fffe}'],
    [
      'the first and last characters of each length are read',
      '\u0001\u007f\u0080\u07ff\u0800\ud7ff\ue000\u{10000}\u{10ffff}',
    ],
  ] as const)
    test(what, () => {
      for (const text of [topic, topic.repeat(50)]) {
        const [read] = readAll(decoderOf(5), [packet(0x30, text, 0)]);
        assert.ok(read?.type === PacketType.publish);
        assert.equal(read.topic, text);
      }
    });
});
