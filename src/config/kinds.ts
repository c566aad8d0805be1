import type { Kind } from './kind.ts';
import { readKnownRows, readObject, reportUnknown } from './read-rows.ts';
import type { Rows, Values } from './rows.ts';
import type { ConfigNode, Member, ScalarNode } from './tree.ts';
import { byteUnits, parseWithUnit, showWithUnit, timeUnits } from './units.ts';
import type { Units } from './units.ts';

/** A text that is not empty. A number or truth value counts as its text. */
export function text(expected = 'a text with at least one character'): Kind<string> {
  return scalar(expected, ({ value, text: written }) => (value === null || written === '' ? undefined : written));
}

/** A whole number within bounds (both included). */
export function integer({ min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {}): Kind<number> {
  return scalar(`a whole number ${boundsText(min, max)}`, (node) => {
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
  /** Also takes `never`, which is read as Infinity. */
  readonly never?: true;
}

/** A time span in milliseconds: `500ms`, `60s`, `5m`, `1h`, `1d`. Bounds are in milliseconds. */
export function duration({ bare, never, ...bounds }: DurationOptions = {}): Kind<number> {
  const forms = ['a duration such as 500ms, 60s, 5m, 1h or 1d'];
  if (bare !== undefined) {
    forms.push(`or a number of ${bare === 's' ? 'seconds' : 'milliseconds'}`);
  }
  if (never) {
    forms.push('or never');
  }
  return withUnits(forms.join(' '), timeUnits, bounds, (written) =>
    never && written.toLowerCase() === 'never' ? Infinity : parseWithUnit(written, timeUnits, bare),
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

/** Where to listen. */
export interface BindAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[IPv6]:port`, or a port alone for all IPv4 interfaces. Port 0 takes any free one. */
export function bindAddress(): Kind<BindAddress> {
  const expected = 'an address such as 0.0.0.0:1883, [::1]:1883, localhost:1883 or 1883';
  return scalar(expected, ({ text: written }) => {
    const match = /^(?:(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]|([\w.-]+))?:)?(\d{1,5})$/.exec(written);
    const port = Number(match?.[3] ?? NaN);
    return match !== null && port <= 65_535 ? { host: match[1] ?? match[2] ?? '0.0.0.0', port } : undefined;
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

/**
 * Objects below free names, of which one may stand without a name: `tcp.bind` beside `tcp.lan.bind`. The one without
 * is called `default`.
 */
export function named<const R extends Rows>(rows: R): Kind<Readonly<Record<string, Values<R>>>> {
  const expected = 'an object { ... }';
  return {
    expected,
    inside: { holds: 'named', rows },
    read(node, place) {
      if (node.type !== 'object') {
        return place.wrong(node, expected);
      }
      const direct = new Map<string, Member>();
      const byName = new Map<string, Member>();
      for (const [key, member] of node.members) {
        if (Object.hasOwn(rows, key)) {
          direct.set(key, member);
        } else if (member.value.type === 'object') {
          byName.set(key, member);
        } else {
          reportUnknown(key, member, rows, place);
        }
      }
      const values = readEach(byName, (key, value) => readObject(rows, value, place.member(key)));
      if (direct.size === 0) {
        return values;
      }
      const both = byName.get('default');
      if (both !== undefined) {
        place.member('default').problem(both.at, 'stands for the keys without a name, which are there too');
      }
      return { default: readKnownRows(rows, { members: direct, at: node.at }, place), ...values };
    },
  };
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

function scalar<T>(expected: string, parse: (node: ScalarNode) => T | undefined): Kind<T> {
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
      // Infinity is somebody's `never`, which no bound forbids.
      return value > max && value !== Infinity ? place.wrong(node, `at most ${showWithUnit(max, units)}`) : value;
    },
  };
}

function readEach<T>(
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
