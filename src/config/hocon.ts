import { parseHocon } from './hocon-parser.ts';
import { Resolver } from './hocon-resolver.ts';
import { emptyObject } from './hocon-values.ts';
import { realPathOf } from './read-file.ts';
import type { ObjectNode } from './tree.ts';

/** What the text of a config file says. */
export interface Document {
  readonly root: ObjectNode;
  /** Lines of the flat dialect, each as one member whose key is the whole dotted name. */
  readonly flat: ObjectNode;
  /** Keys of the root that only serve substitutions, or may: `${name}` referred to them. */
  readonly referenced: ReadonlySet<string>;
}

export interface HoconOptions {
  /** Where `${NAME}` is looked up when the config does not have it. Default: nothing. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Whether a key at the root begins a line of the flat dialect. Default: none does. */
  readonly isFlatKey?: (key: string) => boolean;
  /** Whether `key = value` pairs among the items of the list at a path belong beside the list. Default: no list's do. */
  readonly holdsStrays?: (path: readonly string[]) => boolean;
}

/**
 * Reads a text in HOCON (https://github.com/lightbend/config/blob/main/HOCON.md), with all its includes and
 * substitutions. Differs from the specification in three points: a file to include must be there, files are the only
 * thing that can be included, and an unquoted `a/#` is an error and not `a/` with a comment. `holdsStrays` adds a fourth.
 * `file` names the text in errors; includes are relative to its directory.
 * @throws {ConfigError} with one problem, the first one.
 */
export function readHocon(text: string, file: string, options: HoconOptions = {}): Document {
  const { environment = {}, isFlatKey = () => false, holdsStrays = () => false } = options;
  const start = { file, line: 1, column: 1 };
  const root = emptyObject(start);
  const flat = emptyObject(start);
  const files = { open: [realPathOf(file)], included: { count: 0 } };
  parseHocon(text, file, root, [], { isFlatKey, holdsStrays, flat, files, scopes: [], depth: 0 });
  const resolver = new Resolver(root, environment);
  const document = { root: resolver.resolve(root), flat: resolver.resolve(flat) };
  return { ...document, referenced: resolver.referenced };
}
