import { syntaxError } from './hocon-scanner.ts';
import type { Files } from './hocon-include.ts';
import type { ObjectValue, PathSegment, Value } from './hocon-values.ts';
import type { Position } from './tree.ts';

/** Deeper than any config, shallower than the stack. */
export const deepest = 100;

/** What the parsing of a file shares with that of the files it includes. */
export interface Parsing {
  /** Whether a key at a file's root begins a line of the flat dialect, whose value is the rest of the line as it is. */
  readonly isFlatKey: (key: string) => boolean;
  /** Whether pairs among the items of the list at this path belong beside it. */
  readonly holdsStrays: (path: readonly string[]) => boolean;
  /** Lines of the flat dialect, by their whole key. */
  readonly flat: ObjectValue;
  readonly files: Files;
  /** Where the file's root and those of the files that include it stand, innermost first; see Substitution. */
  readonly scopes: readonly (readonly string[])[];
  /** How deep the file's root stands. */
  readonly depth: number;
}

/** Where a value is parsed. */
export interface Context {
  /** The key path from the config's root, for errors and includes. */
  readonly path: readonly string[];
  readonly depth: number;
  readonly container: 'object' | 'list';
  /** False inside of lists, which no path leads into. */
  readonly addressable: boolean;
  /** Takes the pairs among the items of a list that is the value here; null where no list may have any. */
  readonly strays: Stray[] | null;
}

/** A `key = value` among the items of a list. */
export interface Stray {
  readonly path: readonly PathSegment[];
  readonly value: Value;
}

/** Where the value of a key is parsed. Throws a ConfigError when that is too deep. */
export function enter(parsing: Parsing, context: Context, path: readonly PathSegment[], at: Position): Context {
  const names = path.map((segment) => segment.name);
  const depth = context.depth + names.length;
  if (depth > deepest) {
    throw syntaxError(at, `nested more than ${deepest} deep`);
  }
  const inner = [...context.path, ...names];
  const strays = context.addressable && parsing.holdsStrays(inner) ? [] : null;
  return { ...context, path: inner, depth, strays };
}
