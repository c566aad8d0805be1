import { isUtf8 } from 'node:buffer';

/** How a payload is put into the JSON body: NanoMQ's `body.encoding`. */
export const PAYLOAD_ENCODINGS = ['plain', 'base64', 'base62'] as const;

export type PayloadEncoding = (typeof PAYLOAD_ENCODINGS)[number];

/** The keys that stand for the payload in a body, in their order. */
export interface PayloadKeys {
  readonly payload: string;
  /** Says that `plain` could not be kept as the bytes are not UTF-8, or `base62` as they are too many. */
  readonly payload_encoding?: 'base64';
}

/** Bytes: beyond it base62 takes so long (seconds for a few megabytes) that other events wait for it. */
const LONGEST_BASE62 = 256 * 1024;

/**
 * The payload's keys. `plain` never cuts or corrupts: bytes that are not UTF-8 go as base64 with a key that says so
 * (NanoMQ ends at the first NUL and writes invalid JSON). `base62` of a long payload goes as base64 too. An empty payload is an empty string in every encoding.
 */
export function payloadKeys(payload: Buffer, encoding: PayloadEncoding): PayloadKeys {
  if (encoding === 'base62' && payload.length <= LONGEST_BASE62) return { payload: encodeBase62(payload) };
  if (encoding === 'base64') return { payload: payload.toString('base64') };
  if (encoding === 'plain' && isUtf8(payload)) return { payload: payload.toString('utf8') };
  return { payload: payload.toString('base64'), payload_encoding: 'base64' };
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
