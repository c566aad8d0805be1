import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { encodeBase62, payloadKeys } from '../../src/webhook/payload.ts';

const bytes = (constraints: fc.IntArrayConstraints = {}) =>
  fc.uint8Array(constraints).map((array) => Buffer.from(array));

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Base62 as one would do it on paper: divide the digits by 62 again and again. */
function naiveBase62(input: Buffer): string {
  let number = [...input];
  let zeros = 0;
  while (number[zeros] === 0) zeros++;
  number = number.slice(zeros);
  let text = '';
  while (number.length > 0) {
    let rest = 0;
    const quotient: number[] = [];
    for (const digit of number) {
      const value = rest * 256 + digit;
      rest = value % 62;
      const whole = Math.floor(value / 62);
      if (quotient.length > 0 || whole > 0) quotient.push(whole);
    }
    text = ALPHABET.charAt(rest) + text;
    number = quotient;
  }
  return '0'.repeat(zeros) + text;
}

/** Back again; the digits tell the number of bytes only together with the leading zeros. */
function decodeBase62(text: string): Buffer {
  const zeros = /^0*/.exec(text)?.[0].length ?? 0;
  let value = 0n;
  for (const digit of text) value = value * 62n + BigInt(ALPHABET.indexOf(digit));
  const hex = value === 0n ? '' : value.toString(16);
  return Buffer.concat([Buffer.alloc(zeros), Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')]);
}

test('base62 of more than 256 KB goes as base64 and says so', () => {
  const longest = Buffer.alloc(256 * 1024, 1);
  assert.deepEqual(payloadKeys(longest, 'base62'), { payload: encodeBase62(longest) });
  const longer = Buffer.alloc(256 * 1024 + 1, 1);
  assert.deepEqual(payloadKeys(longer, 'base62'), { payload: longer.toString('base64'), payload_encoding: 'base64' });
  assert.deepEqual(payloadKeys(longer, 'base64'), { payload: longer.toString('base64') });
});

suite('base62', () => {
  test('known values', () => {
    const known: [number[], string][] = [
      [[], ''],
      [[0], '0'],
      [[0, 0, 0], '000'],
      [[1], '1'],
      [[10], 'A'],
      [[61], 'z'],
      [[62], '10'],
      [[0, 62], '010'],
      [[255], '47'],
      [[...Buffer.from('hello')], '7tQLFHz'],
    ];
    for (const [input, expected] of known) assert.equal(encodeBase62(Buffer.from(input)), expected);
  });

  test('agrees with long division, and can be decoded', () => {
    fc.assert(
      fc.property(bytes({ maxLength: 300 }), fc.nat(3), (payload, zeros) => {
        const input = Buffer.concat([Buffer.alloc(zeros), payload]);
        const text = encodeBase62(input);
        assert.equal(text, naiveBase62(input));
        assert.deepEqual(decodeBase62(text), input);
      }),
    );
  });

  test('takes any number around the powers by which it divides', () => {
    for (let digits = 1; digits <= 130; digits++) {
      for (const offset of [-1n, 0n, 1n]) {
        const hex = (62n ** BigInt(digits) + offset).toString(16);
        const input = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
        assert.equal(encodeBase62(input), naiveBase62(input));
      }
    }
  });

  test('of a large payload can be decoded and takes no long time', () => {
    const input = Buffer.alloc(64 * 1024, 'HookMQ');
    const start = performance.now();
    const text = encodeBase62(input);
    const took = performance.now() - start;
    // Long division takes some seconds; this is about 30 ms.
    assert.ok(took < 1000, `${took} ms`);
    assert.equal(text.length, Math.ceil((input.length * 8 - 1) / Math.log2(62)));
    assert.match(text, /^[0-9A-Za-z]+$/);
  });
});

suite('payload keys', () => {
  test('plain keeps every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const keys = payloadKeys(Buffer.from(text), 'plain');
        assert.deepEqual(keys, { payload: Buffer.from(text).toString() });
        assert.deepEqual(JSON.parse(JSON.stringify(keys)), keys);
      }),
    );
    assert.deepEqual(payloadKeys(Buffer.alloc(0), 'plain'), { payload: '' });
    assert.deepEqual(payloadKeys(Buffer.from('a\0b'), 'plain'), { payload: 'a\0b' });
  });

  test('plain decodes to exactly the bytes, whatever they are', () => {
    fc.assert(
      fc.property(bytes({ maxLength: 20 }), (payload) => {
        const keys = payloadKeys(payload, 'plain');
        const encoding = keys.payload_encoding ?? 'utf8';
        assert.deepEqual(Buffer.from(keys.payload, encoding), payload);
      }),
    );
  });

  test('plain falls back to base64 for what is not UTF-8', () => {
    const wrong = [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x61, 0x80]];
    for (const payload of wrong.map((input) => Buffer.from(input))) {
      const keys = payloadKeys(payload, 'plain');
      assert.deepEqual(keys, { payload: payload.toString('base64'), payload_encoding: 'base64' });
    }
  });

  test('base64 is the standard alphabet with padding, and has no extra key', () => {
    assert.deepEqual(payloadKeys(Buffer.from([0xfb, 0xff, 0xfe, 0x01]), 'base64'), { payload: '+//+AQ==' });
    assert.deepEqual(payloadKeys(Buffer.alloc(0), 'base64'), { payload: '' });
  });
});
