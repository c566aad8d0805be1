import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { encodeBase62, encodeEmqxBase62, PAYLOAD_CODERS } from '../../../src/webhook/events/payload.ts';
import { decodeBase62, decodeEmqxBase62 } from './decode.ts';

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

/** A payload as JSON; undefined where it cannot be had in that encoding. */
function coded(payload: Buffer, encoding: keyof typeof PAYLOAD_CODERS): string | undefined {
  const json = PAYLOAD_CODERS[encoding](payload.toString('latin1'));
  if (json === null) return undefined;
  const text: unknown = JSON.parse(json);
  assert.ok(typeof text === 'string');
  return text;
}

test('base62, either one, is not made of more than 256 KB', () => {
  const longest = Buffer.alloc(256 * 1024, 0xff);
  assert.equal(coded(longest, 'base62'), encodeBase62(longest));
  assert.equal(coded(longest, 'emqx62'), encodeEmqxBase62(longest));
  for (const encoding of ['base62', 'emqx62'] as const)
    assert.equal(coded(Buffer.alloc(256 * 1024 + 1, 0xff), encoding), undefined);
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

suite("EMQX's base62", () => {
  test('known values', () => {
    const known: [string | number[], string][] = [
      ['', ''],
      ['a', 'YB'],
      ['ab', 'YWC'],
      ['abc', 'YWJj'],
      ['hello', 'aGVsbGP'],
      ['Hello world!', 'SGVsbG8gd29AybGQh'],
      ['{"a":1}', 'eyJhIjoxfB'],
      [[0xff], '9CD'],
      [[0xff, 0xff], '9C9CP'],
      [[0xff, 0xff, 0xff], '9C9C9C9C'],
      [[0xfb, 0xef, 0xbe], '9B9B9B9B'],
    ];
    for (const [input, expected] of known) {
      const payload = typeof input === 'string' ? Buffer.from(input) : Buffer.from(input);
      assert.equal(coded(payload, 'emqx62'), expected);
    }
  });

  test('can be decoded', () => {
    fc.assert(
      fc.property(bytes({ maxLength: 300 }), (payload) => {
        const text = encodeEmqxBase62(payload);
        assert.match(text, /^[0-9A-Za-z]*$/);
        assert.deepEqual(decodeEmqxBase62(text), payload);
      }),
    );
  });
});

suite('payloads', () => {
  test('plain keeps every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const payload = Buffer.from(text);
        assert.equal(coded(payload, 'plain'), payload.toString());
      }),
    );
    assert.equal(coded(Buffer.alloc(0), 'plain'), '');
    assert.equal(coded(Buffer.from('a\0b'), 'plain'), 'a\0b');
    for (const length of [1023, 1024, 1025]) {
      const ascii = 'x'.repeat(length);
      assert.equal(coded(Buffer.from(ascii), 'plain'), ascii);
      assert.equal(coded(Buffer.from(`${ascii}ü`), 'plain'), `${ascii}ü`);
    }
  });

  test('plain decodes to exactly the bytes, or there is none', () => {
    fc.assert(
      fc.property(bytes({ maxLength: 20 }), (payload) => {
        const text = coded(payload, 'plain');
        if (text === undefined) assert.notDeepEqual(Buffer.from(payload.toString()), payload);
        else assert.deepEqual(Buffer.from(text), payload);
      }),
    );
  });

  test('plain is not made of what is not UTF-8', () => {
    const wrong = [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x61, 0x80]];
    for (const payload of wrong) assert.equal(coded(Buffer.from(payload), 'plain'), undefined);
  });

  test('base64 is the standard alphabet with padding', () => {
    assert.equal(coded(Buffer.from([0xfb, 0xff, 0xfe, 0x01]), 'base64'), '+//+AQ==');
    assert.equal(coded(Buffer.alloc(0), 'base64'), '');
  });
});
