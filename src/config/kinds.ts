import type { Kind } from './kind.ts';
import { readObject } from './read-rows.ts';
import type { Rows, Values } from './rows.ts';
import type { ConfigNode, Member, ScalarNode } from './tree.ts';
import { byteUnits, parseWithUnit, showWithUnit, timeUnits } from './units.ts';
import type { Units } from './units.ts';

/** A text that is not empty. A number or truth value counts as its text. */
export function text(expected = 'a text with at least one character'): Kind<string> {
  return scalar(expected, ({ value, text: written }) => (value === null || written === '' ? undefined : written));
}

export interface IntegerOptions extends Bounds {
  /** Also takes `unlimited`, which is read as Infinity. */
  readonly unlimited?: true;
}

/** A text that may be empty. */
export function textOrNone(): Kind<string> {
  return scalar('a text', ({ value, text: written }) => (value === null ? undefined : written));
}

/** A whole number within bounds (both included). */
export function integer({ min = 0, max = Number.MAX_SAFE_INTEGER, unlimited }: IntegerOptions = {}): Kind<number> {
  return scalar(`a whole number ${boundsText(min, max)}${unlimited ? ', or unlimited' : ''}`, (node) => {
    if (unlimited && isUnlimited(node.text)) return Infinity;
    const value = numberOf(node);
    return Number.isSafeInteger(value) && within(value, min, max) ? value : undefined;
  });
}

/** A number within bounds (both included). */
export function number({ min = 0, max = Infinity }: Bounds = {}): Kind<number> {
  return scalar(`a number ${boundsText(min, max)}`, (node) => {
    const value = numberOf(node);
    return Number.isFinite(value) && within(value, min, max) ? value : undefined;
  });
}

/** `true` or `false`. */
export function boolean(): Kind<boolean> {
  return scalar('true or false', ({ text: written }) => {
    const lower = written.toLowerCase();
    return lower === 'true' ? true : lower === 'false' ? false : undefined;
  });
}

/** One of some words, in any case; the value is the word as listed. */
export function enumeration<const W extends string>(words: readonly W[]): Kind<W> {
  return scalar(`one of ${words.join(', ')}`, ({ text: written }) =>
    words.find((word) => word.toLowerCase() === written.toLowerCase()),
  );
}

export interface DurationOptions extends Bounds {
  /** What a number without unit means; without this it is an error. */
  readonly bare?: 'ms' | 's';
  /** A word that is read as Infinity. */
  readonly endless?: 'never' | 'unlimited';
}

/** A time span in milliseconds: `500ms`, `60s`, `5m`, `1h`, `1d`. Bounds are in milliseconds. */
export function duration({ bare, endless, ...bounds }: DurationOptions = {}): Kind<number> {
  const forms = ['a duration such as 500ms, 60s, 5m, 1h or 1d'];
  if (bare !== undefined) {
    forms.push(`or a number of ${bare === 's' ? 'seconds' : 'milliseconds'}`);
  }
  if (endless !== undefined) {
    forms.push(`or ${endless}`);
  }
  return withUnits(forms.join(' '), timeUnits, bounds, (written) =>
    written.toLowerCase() === endless ? Infinity : parseWithUnit(written, timeUnits, bare),
  );
}

/** A number of bytes: `10MB`, `512KB`, `4096`. Multiples are binary as NanoMQ's: 1KB is 1024. Bounds are in bytes. */
export function size(bounds: Bounds = {}): Kind<number> {
  return withUnits('a size such as 10MB or a number of bytes', byteUnits, bounds, (written) =>
    parseWithUnit(written, byteUnits, 'b'),
  );
}

/** A URL, kept as text; with `schemes` (`['http', 'https']`) one of those only. */
export function url({ schemes }: { readonly schemes?: readonly string[] } = {}): Kind<string> {
  const example = schemes === undefined ? 'a URL' : `a URL such as ${schemes[0]}://host:port/path`;
  const expected = schemes === undefined ? example : `${example} (${schemes.join(' or ')})`;
  return scalar(expected, ({ text: written }) => {
    const parsed = URL.parse(written);
    const scheme = parsed?.protocol.slice(0, -1);
    return scheme !== undefined && (schemes?.includes(scheme) ?? true) ? written : undefined;
  });
}

/** Free keys, all of one kind: `headers { content-type = "application/json" }`. */
export function map<T>(kind: Kind<T>): Kind<Readonly<Record<string, T>>> {
  const expected = 'an object { name = value ... }';
  return {
    expected,
    inside: { holds: 'members' },
    read: (node, place) =>
      node.type === 'object'
        ? readEach(node.members, (key, value) => kind.read(value, place.member(key)))
        : place.wrong(node, expected),
  };
}

/** A list `[ ... ]` of one kind. */
export function list<T>(kind: Kind<T>): Kind<readonly T[]> {
  const expected = 'a list [ ... ]';
  const rows = kind.inside?.rows;
  return {
    expected,
    inside: rows === undefined ? { holds: 'items' } : { holds: 'items', rows },
    read: (node, place) =>
      node.type === 'array'
        ? node.items.map((item, index) => kind.read(item, place.item(index))).filter((value) => value !== undefined)
        : place.wrong(node, expected),
  };
}

/** An object with a table of its own, mostly as a list's item: `list(object({ event: row(...) }))`. */
export function object<const R extends Rows>(rows: R): Kind<Values<R>> {
  return {
    expected: 'an object { ... }',
    inside: { holds: 'object', rows },
    read: (node, place) => readObject(rows, node, place),
  };
}

/** A kind whose value `wrong` must find nothing wrong with; what it says completes `file:line:column: key: ...`. */
export function checked<T>(kind: Kind<T>, wrong: (value: T) => string | null): Kind<T> {
  return {
    ...kind,
    read(node, place) {
      const value = kind.read(node, place);
      const message = value === undefined ? null : wrong(value);
      if (message === null) return value;
      place.problem(node.at, message);
      return undefined;
    },
  };
}

/** Whether a value is the word for no bound, ours or EMQX's. */
export function isUnlimited(written: string): boolean {
  return /^(?:unlimited|infinity)$/i.test(written);
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** A kind of single values: `parse` makes one of a scalar, or undefined of what is not `expected`. */
export function scalar<T>(expected: string, parse: (node: ScalarNode) => T | undefined): Kind<T> {
  return {
    expected,
    read(node: ConfigNode, place) {
      const value = node.type === 'scalar' ? parse(node) : undefined;
      return value === undefined ? place.wrong(node, expected) : value;
    },
  };
}

function withUnits(
  expected: string,
  units: Units,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds,
  parse: (written: string) => number | undefined,
): Kind<number> {
  return {
    expected,
    read(node, place) {
      const value = node.type === 'scalar' ? parse(node.text) : undefined;
      if (value === undefined) {
        return place.wrong(node, expected);
      }
      if (value < min) {
        return place.wrong(node, `at least ${showWithUnit(min, units)}`);
      }
      // Infinity is somebody's `never` or `unlimited`, which no bound forbids.
      return value > max && value !== Infinity ? place.wrong(node, `at most ${showWithUnit(max, units)}`) : value;
    },
  };
}

/** Reads the members of an object; those that are wrong are left out. */
export function readEach<T>(
  members: ReadonlyMap<string, Member>,
  read: (key: string, value: ConfigNode) => T | undefined,
): Readonly<Record<string, T>> {
  const values = Array.from(members, ([key, member]): [string, T | undefined] => [key, read(key, member.value)]);
  // fromEntries defines `__proto__` as the ordinary key that it is here.
  return Object.fromEntries(values.filter((entry): entry is [string, T] => entry[1] !== undefined));
}

// An environment variable or a flat line brings a number as a text.
function numberOf({ value, text: written }: ScalarNode): number {
  return typeof value === 'number' || /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(written) ? Number(written) : NaN;
}

function within(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

function boundsText(min: number, max: number): string {
  return max >= Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
}
