import type { Kind } from './kind.ts';
import { isUnlimited, scalar } from './kinds.ts';
import { byteUnits, parseWithUnit, timeUnits } from './units.ts';

/**
 * So many per second: `1000`, or with the time they are for, as EMQX writes it: `1000/s`, `500/10s`, `60/m`. Also takes
 * `unlimited`, which is read as Infinity.
 */
export function rate(): Kind<number> {
  return perSecond('a rate above 0 such as 1000 or 1000/s', (amount) =>
    /^\d{1,16}(?:\.\d{1,9})?$/.test(amount) ? Number(amount) : undefined,
  );
}

/** Bytes per second: `1MB/s`, `100KB/10s`, without a time per second; or `unlimited`. */
export function byteRate(): Kind<number> {
  return perSecond('a rate of bytes above 0 such as 1MB/s', (amount) => parseWithUnit(amount, byteUnits, 'b'));
}

function perSecond(form: string, parseAmount: (amount: string) => number | undefined): Kind<number> {
  return scalar(`${form}, or unlimited`, ({ text }) => {
    if (isUnlimited(text)) return Infinity;
    const [, amount = '', count = '', unit = 's'] = /^([^/]+?)\s*(?:\/\s*(\d{0,6})\s*([a-z]+))?$/.exec(text) ?? [];
    const time = parseWithUnit(`${count === '' ? 1 : count}${unit}`, timeUnits, undefined);
    const value = parseAmount(amount);
    return time === undefined || time === 0 || value === undefined || value === 0 ? undefined : (value * 1000) / time;
  });
}
