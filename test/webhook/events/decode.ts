import type { BodyFormat } from '../../../src/webhook/settings.ts';
import type { PayloadEncoding } from '../../../src/webhook/events/payload.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Back from NanoMQ's base62; leading zeros are bytes of their own. */
export function decodeBase62(text: string): Buffer {
  const zeros = /^0*/.exec(text)?.[0].length ?? 0;
  const hex = zeros === text.length ? '' : valueOf(text.slice(zeros)).toString(16);
  return Buffer.concat([Buffer.alloc(zeros), Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')]);
}

/** By halves: digit by digit takes too long for large numbers. */
function valueOf(text: string): bigint {
  if (text.length <= 8) return BigInt(text.split('').reduce((value, digit) => value * 62 + DIGITS.indexOf(digit), 0));
  const middle = text.length >> 1;
  return valueOf(text.slice(0, middle)) * 62n ** BigInt(text.length - middle) + valueOf(text.slice(middle));
}

const EMQX_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345678';

/** Back from EMQX's base62. */
export function decodeEmqxBase62(text: string): Buffer {
  const groups = [...text.matchAll(/9[ABC]|[A-Za-z0-8]/g)].map(([digit]) =>
    digit.length === 2 ? 61 + 'ABC'.indexOf(digit.charAt(1)) : EMQX_DIGITS.indexOf(digit),
  );
  const bytes = Math.floor((groups.length * 6) / 8);
  const bits = groups.map((group) => group.toString(2).padStart(6, '0'));
  const last = bits.pop() ?? '';
  const lastBits = bytes * 8 - bits.length * 6;
  const all = bits.join('') + last.slice(6 - lastBits);
  return Buffer.from(Array.from({ length: bytes }, (_, i) => Number.parseInt(all.slice(i * 8, i * 8 + 8), 2)));
}

/** The payload that a body (in a CloudEvent: its data) was made of, as its receiver finds it out. */
export function decodePayload(body: object, encoding: PayloadEncoding, format: BodyFormat): Buffer {
  const { payload, payload_encoding: said } = body as { payload: string; payload_encoding?: string };
  if (said === 'base64' || encoding === 'base64') return Buffer.from(payload, 'base64');
  if (encoding === 'plain') return Buffer.from(payload);
  return format === 'emqx4' ? decodeEmqxBase62(payload) : decodeBase62(payload);
}
