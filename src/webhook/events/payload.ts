import { isUtf8 } from 'node:buffer';

/** How a payload is put into the JSON body: NanoMQ's `body.encoding`. */
export const PAYLOAD_ENCODINGS = ['plain', 'base64', 'base62'] as const;

export type PayloadEncoding = (typeof PAYLOAD_ENCODINGS)[number];

/** A payload (bytes, one in each character) as JSON; null when it cannot be had in that encoding. */
export type PayloadCoder = (bytes: string) => string | null;

/**
 * Bytes: beyond it base62 takes so long (NanoMQ's seconds for a few megabytes, EMQX's ten times what base64 takes) that other
 * events wait for it.
 */
const LONGEST_BASE62 = 256 * 1024;

/**
 * How payloads get into JSON. `plain` never cuts or corrupts: it is null for bytes that are not UTF-8 (NanoMQ ends at
 * the first NUL and writes invalid JSON, EMQX replaces them). So is base62, either one, for a long payload. An empty payload
 * is an empty string in every encoding.
 */
export const PAYLOAD_CODERS: Readonly<Record<PayloadEncoding | 'emqx62', PayloadCoder>> = {
  plain: encodePlain,
  base64: encodeBase64,
  base62: (bytes) => (bytes.length > LONGEST_BASE62 ? null : `"${encodeBase62(Buffer.from(bytes, 'latin1'))}"`),
  emqx62: (bytes) => (bytes.length > LONGEST_BASE62 ? null : `"${encodeEmqxBase62(Buffer.from(bytes, 'latin1'))}"`),
};

/** A payload in base64 as JSON. */
export function encodeBase64(bytes: string): string {
  return `"${Buffer.from(bytes, 'latin1').toString('base64')}"`;
}

/** Bytes: up to here a look at each character is quicker than to make bytes of them. */
const SHORT = 1024;
const BEYOND_ASCII = /[\x80-\xff]/;

function encodePlain(bytes: string): string | null {
  if (bytes.length <= SHORT && !BEYOND_ASCII.test(bytes)) return JSON.stringify(bytes);
  const payload = Buffer.from(bytes, 'latin1');
  return isUtf8(payload) ? JSON.stringify(payload.toString('utf8')) : null;
}

const DIGITS = Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 'latin1');
const ZERO = 0x30;

/** Digits that one JavaScript number holds exactly: 62 ** 8 < 2 ** 53. */
const LEAF_DIGITS = 8;

/**
 * NanoMQ's base62: the bytes as one big-endian integer, written with the digits 0-9A-Za-z, most significant first; each
 * leading zero byte gives one leading `0`. The integer is halved again and again instead of divided digit by digit: a
 * few large divisions. Even so the time grows faster than the length, hence `LONGEST_BASE62`.
 */
export function encodeBase62(bytes: Buffer): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  if (zeros === bytes.length) return '0'.repeat(zeros);

  // powers[k] is 62 ** (LEAF_DIGITS * 2 ** k), up to the first one that is larger than the value.
  const value = BigInt(`0x${bytes.toString('hex', zeros)}`);
  const powers: bigint[] = [];
  let width = LEAF_DIGITS;
  for (let power = 62n ** BigInt(LEAF_DIGITS); power <= value; power *= power) {
    powers.push(power);
    width *= 2;
  }
  const digits = Buffer.allocUnsafe(width);
  writeDigits(value, powers, powers.length, digits, 0);

  let first = 0;
  while (digits[first] === ZERO) first++;
  return '0'.repeat(zeros) + digits.toString('latin1', first);
}

/** Writes `value` with LEAF_DIGITS * 2 ** level digits at `offset`, padded with zeros. */
function writeDigits(value: bigint, powers: readonly bigint[], level: number, digits: Buffer, offset: number): void {
  const power = level === 0 ? undefined : powers[level - 1];
  if (power === undefined) {
    let rest = Number(value);
    for (let at = offset + LEAF_DIGITS - 1; at >= offset; at--) {
      digits[at] = DIGITS[rest % 62] ?? ZERO;
      rest = Math.floor(rest / 62);
    }
    return;
  }
  const half = LEAF_DIGITS * 2 ** (level - 1);
  const high = value / power;
  writeDigits(high, powers, level - 1, digits, offset);
  writeDigits(value - high * power, powers, level - 1, digits, offset + half);
}

const EMQX_DIGITS = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'latin1');
/** Begins the digits of 61, 62 and 63, which are two characters each. */
const NINE = 0x39;

/**
 * What EMQX 4 calls base62: groups of six bits, most significant first, as in base64 but without padding; 61, 62 and 63
 * are `9A`, `9B` and `9C`. A last group of two or four bits is the number that they are.
 */
export function encodeEmqxBase62(bytes: Buffer): string {
  // Not a text that grows: each character of it would be an object until the last one is there.
  const text = Buffer.allocUnsafe(Math.ceil((bytes.length * 8) / 6) * 2);
  let length = 0;
  let bits = 0;
  let rest = 0;
  for (const byte of bytes) {
    rest = ((rest << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 6; bits -= 6) length = writeEmqxDigit(text, length, (rest >> (bits - 6)) & 0x3f);
  }
  if (bits > 0) length = writeEmqxDigit(text, length, rest & ((1 << bits) - 1));
  return text.toString('latin1', 0, length);
}

/** Returns where the next one goes. */
function writeEmqxDigit(text: Buffer, at: number, value: number): number {
  const isOne = value < 61;
  if (!isOne) text[at++] = NINE;
  text[at] = EMQX_DIGITS[isOne ? value : value - 61] ?? NINE;
  return at + 1;
}
