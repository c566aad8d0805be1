import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { connackReturnCode, isReasonCode, ReasonCode, reasonName } from '../../src/codec/reason-codes.ts';

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

suite('reason codes', () => {
  test('are those of section 2.4, each with a name of its own', () => {
    const known = Array.from({ length: 256 }, (_, code) => code).filter(isReasonCode);
    assert.deepEqual(known, CODES);
    assert.equal(new Set(known.map(reasonName)).size, known.length);
    assert.deepEqual(
      Object.values(ReasonCode).toSorted((a, b) => a - b),
      CODES,
    );
    for (const [name, code] of Object.entries(ReasonCode)) assert.equal(reasonName(code), name);
  });

  test('that nobody knows have the name of the unspecified error', () => {
    for (const code of [3, 0x7f, 0xa3, 0xff, -1, 1000]) {
      assert.equal(isReasonCode(code), false);
      assert.equal(reasonName(code), 'unspecified_error');
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
