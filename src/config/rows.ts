import type { Problem } from './config-error.ts';
import type { Kind } from './kind.ts';
import { Place } from './place.ts';
import { nodeOf } from './tree.ts';
import type { Plain, Position } from './tree.ts';

/** One key of the config: everything that anybody wants to know about it. Made by `row`. */
export interface Row<T> {
  readonly type: 'row';
  readonly kind: Kind<NonNullable<T>>;
  /** One sentence for the reader of the documentation. */
  readonly doc: string;
  /** The value of an absent key, written as in a file (`'10MB'`). */
  readonly default: Plain | undefined;
  readonly required: boolean;
  readonly secret: boolean;
  readonly legacy: readonly LegacyName[];
  /** Other names that the key may stand under, in a file of today's dialect too. */
  readonly aliases: readonly string[];
  /** See `RowOptions`. */
  readonly holdsStrays: boolean;
}

/** Keys below a common name: `body { encoding = plain }`. Made by `group`. */
export interface Group<R extends Rows> {
  readonly type: 'group';
  readonly rows: R;
  /** As those of a row. */
  readonly aliases: readonly string[];
}

/** A table of the config: names and what stands below them. */
export interface Rows {
  readonly [name: string]: Row<unknown> | Group<Rows>;
}

/**
 * An older name of a key, as it stands in a flat `name = value` line. `<name>` takes any one segment of the name; a
 * name with such segments adds one member to a map (called as the last of them says) or one item to a list.
 */
export interface LegacyName {
  readonly name: string;
  /**
   * Turns the old value into what the key expects today, or refuses it. The value of a flat line is a text unless it
   * is JSON; `captures` are the segments that the name's `<...>` took.
   */
  readonly convert?: (value: Plain, captures: Readonly<Record<string, string>>) => Plain | Refusal;
}

/** Why an old value cannot be used. Made by `refuse`. */
export class Refusal {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Refuses an old value: the message completes `file:line:column: key: ...`. */
export function refuse(message: string): Refusal {
  return new Refusal(message);
}

export interface RowOptions {
  readonly doc: string;
  /** Never quote the value in an error; names that look like a secret's need not say so. */
  readonly secret?: true;
  readonly legacy?: readonly (string | LegacyName)[];
  readonly aliases?: readonly string[];
  /** In a list: `key = value` pairs among its items are taken as if they stood beside the list. */
  readonly holdsStrays?: true;
}

/**
 * Describes one key. With a `default` or `required` its value is always there, else it may be undefined.
 * @throws {TypeError} when the default is not what the kind expects.
 */
export function row<T>(kind: Kind<T>, options: RowOptions & { readonly default: Plain }): Row<T>;
export function row<T>(kind: Kind<T>, options: RowOptions & { readonly required: true }): Row<T>;
export function row<T>(kind: Kind<T>, options: RowOptions): Row<T | undefined>;
export function row<T>(
  kind: Kind<NonNullable<T>>,
  options: RowOptions & { readonly default?: Plain; readonly required?: true },
): Row<T | undefined> {
  if (options.default !== undefined) {
    checkDefault(kind, options.default);
  }
  return {
    type: 'row',
    kind,
    doc: options.doc,
    default: options.default,
    required: options.required ?? false,
    secret: options.secret ?? false,
    legacy: (options.legacy ?? []).map((name) => (typeof name === 'string' ? { name } : name)),
    aliases: options.aliases ?? [],
    holdsStrays: options.holdsStrays ?? false,
  };
}

/** Describes keys below a common name. */
export function group<const R extends Rows>(rows: R, options: { readonly aliases?: readonly string[] } = {}): Group<R> {
  return { type: 'group', rows, aliases: options.aliases ?? [] };
}

/**
 * What a section makes: a table; a table or undefined where the file does not have it; or tables by their names, as
 * `named` reads them, none where the file does not have it.
 */
type Shape = 'table' | 'optional' | 'named';

/** A part of the config with a name of its own at the file's root. Made by `section` and `namedSection`. */
export interface Section<N extends string = string, R extends Rows = Rows, S extends Shape = Shape> {
  readonly name: N;
  readonly rows: R;
  readonly doc: string;
  readonly shape: S;
  /** What an absent section stands for; without it, the defaults of its rows. */
  readonly whenAbsent: Plain | undefined;
  /** The row that switches it off: with `false` there, it is as absent, and nothing in it is required. */
  readonly switch: string | undefined;
  /** Of a named section: whether those that are switched off are there nevertheless; see `named`. */
  readonly keepsOff: boolean;
  /** Finds what is wrong between the keys, once each of them is right. */
  check(values: Shaped<R, S>, problem: ProblemTold): void;
}

/** What a section makes of its rows where the file has it. */
type Shaped<R extends Rows, S extends Shape> = S extends 'named' ? Readonly<Record<string, Values<R>>> : Values<R>;

/**
 * Tells a problem of the key with this path within the section (`['ssl', 'default', 'keyfile']`). The name `default` is
 * left out where the file does so too, and a key that is missing is missing where its object stands.
 */
export type ProblemTold = (path: readonly string[], message: string) => void;

export interface SectionOptions<R extends Rows> {
  readonly doc: string;
  readonly whenAbsent?: Plain;
  check?(values: Values<R>, problem: ProblemTold): void;
}

/** Describes a section. An optional one is undefined when the file does not have it; else its rows' defaults apply. */
export function section<const N extends string, const R extends Rows>(
  name: N,
  rows: R,
  options: { readonly doc: string; readonly optional: true; readonly switch?: keyof R & string },
): Section<N, R, 'optional'>;
export function section<const N extends string, const R extends Rows>(
  name: N,
  rows: R,
  options: SectionOptions<R>,
): Section<N, R, 'table'>;
export function section(
  name: string,
  rows: Rows,
  options: SectionOptions<Rows> & { readonly optional?: true; readonly switch?: string },
): Section<string, Rows, 'table' | 'optional'> {
  const { doc, optional = false, whenAbsent } = options;
  return {
    name,
    rows,
    doc,
    shape: optional ? 'optional' : 'table',
    whenAbsent,
    switch: options.switch,
    keepsOff: false,
    check: (values, problem) => options.check?.(values, problem),
  };
}

/**
 * Describes a section of which there may be several, side by side: `webhook { ... }` and `webhook.audit { ... }`. The
 * one without a name is called `default`; those that `switch` switches off are left out, but for `keepsOff`: see `named`.
 */
export function namedSection<const N extends string, const R extends Rows>(
  name: N,
  rows: R,
  options: {
    readonly doc: string;
    readonly switch: keyof R & string;
    readonly keepsOff?: true;
    check?(values: Shaped<R, 'named'>, problem: ProblemTold): void;
  },
): Section<N, R, 'named'> {
  return {
    name,
    rows,
    doc: options.doc,
    shape: 'named',
    whenAbsent: undefined,
    switch: options.switch,
    keepsOff: options.keepsOff ?? false,
    check: (values, problem) => options.check?.(values, problem),
  };
}

/** The values of a table. */
export type Values<R extends Rows> = {
  readonly [K in keyof R]: R[K] extends Row<infer T> ? T : R[K] extends Group<infer G> ? Values<G> : never;
};

/** The config that a section describes: `type SysConfig = Infer<typeof sysSection>`. */
export type Infer<S extends Section> = Shaped<S['rows'], S['shape']>;

/** The config that several sections describe together. */
export type ConfigOf<S extends readonly Section[]> = {
  readonly [K in S[number] as K['name']]: K['shape'] extends 'optional' ? Infer<K> | undefined : Infer<K>;
};

/** Where a default stands: in no file. */
export const nowhere: Position = { file: '', line: 0, column: 0 };

function checkDefault(kind: Kind<unknown>, value: Plain): void {
  const problems: Problem[] = [];
  kind.read(nodeOf(value, nowhere), Place.root(problems, []));
  if (problems.length > 0) {
    throw new TypeError(`wrong default: ${problems.map((problem) => problem.message).join('; ')}`);
  }
}
