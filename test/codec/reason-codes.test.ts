import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PacketType } from '../../src/codec/packets.ts';
import { connackReturnCode, mayCarry, ReasonCode, reasonName } from '../../src/codec/reason-codes.ts';

/** All reason codes of MQTT 5.0 (section 2.4). */
const CODES = [
  0x00,
  0x01,
  0x02,
  0x04,
  0x10,
  0x11,
  0x18,
  0x19,
  ...Array.from({ length: 0xa2 - 0x80 + 1 }, (_, index) => 0x80 + index),
];

const codes = (hex: string): number[] => hex.split(' ').map((code) => parseInt(code, 16));

const ACK = codes('00 10 80 83 87 90 91 97 99');

/** The reason codes of each packet (5.0, tables 3-1, 3-4 to 3-8, 3-9, 3-10, section 3.14.2.1 and 3.15.2.1). */
const CARRIED: Readonly<Record<string, readonly number[]>> = {
  connack: codes('00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f'),
  puback: ACK,
  pubrec: ACK,
  pubrel: [0x00, 0x92],
  pubcomp: [0x00, 0x92],
  suback: codes('00 01 02 80 83 87 8f 91 97 9e a1 a2'),
  unsuback: codes('00 11 80 83 87 8f 91'),
  disconnect: codes('00 04 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2'),
  auth: [0x00, 0x18, 0x19],
};

suite('reason codes', () => {
  test('are those of section 2.4, each with a name of its own', () => {
    const known = Object.values(ReasonCode).toSorted((a, b) => a - b);
    assert.deepEqual(known, CODES);
    assert.equal(new Set(known.map(reasonName)).size, known.length);
    for (const [name, code] of Object.entries(ReasonCode)) assert.equal(reasonName(code), name);
  });

  test('that nobody knows have the name of the unspecified error', () => {
    for (const code of [3, 0x7f, 0xa3, 0xff, -1, 1000]) assert.equal(reasonName(code), 'unspecified_error');
  });

  test('stand in the packets that the tables of chapter 3 name, and in no other', () => {
    for (const [name, type] of Object.entries(PacketType)) {
      const carried = Array.from({ length: 256 }, (_, code) => code).filter((code) => mayCarry(type, code));
      assert.deepEqual(carried, CARRIED[name] ?? [], name);
    }
  });

  test('become a return code that 3.1.1 knows: 0 for success only (3.1.1, table 3.1)', () => {
    for (const code of CODES) {
      const returned = connackReturnCode(code);
      assert.ok(returned >= 0 && returned <= 5);
      if (code >= 0x80) assert.notEqual(returned, 0, reasonName(code));
    }
    assert.equal(connackReturnCode(ReasonCode.success), 0);
    assert.equal(connackReturnCode(ReasonCode.unsupported_protocol_version), 1);
    assert.equal(connackReturnCode(ReasonCode.client_identifier_not_valid), 2);
    assert.equal(connackReturnCode(ReasonCode.server_unavailable), 3);
    assert.equal(connackReturnCode(ReasonCode.bad_username_or_password), 4);
    assert.equal(connackReturnCode(ReasonCode.not_authorized), 5);
    assert.equal(connackReturnCode(0xff), 3);
  });
});
