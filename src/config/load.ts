import { ConfigError } from './config-error.ts';
import type { Problem } from './config-error.ts';
import { FlatLines, isFlatDialect } from './flat.ts';
import { readHocon } from './hocon.ts';
import type { Document, HoconOptions } from './hocon.ts';
import { named } from './named.ts';
import { Place } from './place.ts';
import { readTextFile } from './read-file.ts';
import { isOff, readObject, readRows, reportUnknown, withoutRequired } from './read-rows.ts';
import { group, nowhere } from './rows.ts';
import type { ConfigOf, Infer, Rows, Section } from './rows.ts';
import { keyOf, LegacyTable, tableOf } from './table.ts';
import type { TableEntry } from './table.ts';
import { emptyObjectNode, nodeOf, pathText } from './tree.ts';
import type { ConfigNode, GivenObject, Member, ObjectNode, Position } from './tree.ts';

export interface LoadOptions<S extends readonly Section[]> {
  /** The file to read, in HOCON or in the flat dialect. Without it, all defaults apply. */
  readonly file?: string | undefined;
  /** What the file may contain. */
  readonly sections: S;
  /** Where `${NAME}` is looked up when the file does not have it. Default: the environment of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads a config. The result is plain data, so that it can be posted to a worker thread.
 * @throws {ConfigError} with all problems, if there is any; when the file itself is not readable, with that one.
 */
export function loadConfig<const S extends readonly Section[]>(options: LoadOptions<S>): ConfigOf<S> {
  const { file, sections, environment = process.env } = options;
  const entries = tableOf(sections);
  const legacy = new LegacyTable(entries);
  const problems: Problem[] = [];
  const place = Place.root(problems, entries.map(keyOf));
  const holdsStrays = (path: readonly string[]): boolean => isStrayList(path, sections, entries);
  const { root, flat, referenced } =
    file === undefined ? emptyDocument() : readDocument(file, legacy, { environment, holdsStrays });

  const names = sections.map((section) => section.name);
  new FlatLines(root, legacy, place, problems).putAll(flat, names);
  const rows = Object.fromEntries(sections.map((section) => [section.name, group(section.rows)]));
  for (const [key, member] of root.members) {
    if (!names.includes(key) && !referenced.has(key)) {
      reportUnknown(key, member, rows, place);
    }
  }
  const config = sections.map((section): [string, unknown] => [
    section.name,
    readSection(section, root, place, problems),
  ]);
  if (problems.length > 0) {
    throw new ConfigError(problems.toSorted(byPosition));
  }
  // The mapped type is what the sections make; TypeScript cannot follow it.
  return Object.fromEntries(config) as ConfigOf<S>;
}

/**
 * The values of one section from plain data, for programs that have no file: the same rows, defaults and checks. What is
 * undefined is as absent.
 * @throws {ConfigError} with all problems.
 */
export function configure<S extends Section>(section: S, values: GivenObject): Infer<S> {
  const problems: Problem[] = [];
  const keys = tableOf([section]).map(keyOf);
  const place = Place.root(problems, keys).member(section.name);
  const config = readChecked(section, nodeOf(values, nowhere), place, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  // The mapped type is what the section makes; TypeScript cannot follow it.
  return config as Infer<S>;
}

function emptyDocument(): Document {
  return { root: emptyObjectNode(nowhere), flat: emptyObjectNode(nowhere), referenced: new Set() };
}

function readDocument(file: string, legacy: LegacyTable, options: HoconOptions): Document {
  const content = readTextFile(file);
  if ('failure' in content) {
    throw new ConfigError([{ file, line: 0, column: 0, key: '', message: content.failure }]);
  }
  const allFlat = isFlatDialect(content.text, legacy);
  return readHocon(content.text, file, { ...options, isFlatKey: (key) => allFlat || legacy.has(key) });
}

/** Whether a key with this path is a list that may have strays; below a name of its own too, in a named section. */
function isStrayList(
  [first = '', ...rest]: readonly string[],
  sections: readonly Section[],
  entries: readonly TableEntry[],
): boolean {
  const isNamed = sections.some(({ name, shape }) => name === first && shape === 'named');
  const paths = isNamed ? [rest, rest.slice(1)] : [rest];
  const wanted = new Set(paths.map((path) => pathText([first, ...path])));
  return entries.some((entry) => entry.row.holdsStrays && wanted.has(keyOf(entry)));
}

function readSection(section: Section, root: ObjectNode, parent: Place, problems: readonly Problem[]): unknown {
  const place = parent.member(section.name);
  const node = root.members.get(section.name)?.value;
  if (node !== undefined) {
    const off = section.shape !== 'named' && node.type === 'object' && isOff(section.switch, node);
    if (!off) return readChecked(section, node, place, problems);
    readObject(withoutRequired(section.rows), node, place);
    return undefined;
  }
  if (section.shape !== 'table') {
    return section.shape === 'named' ? {} : undefined;
  }
  const at: Position = { ...root.at, line: 0, column: 0 };
  return section.whenAbsent === undefined
    ? readRows(section.rows, { members: new Map(), at }, place)
    : readObject(section.rows, nodeOf(section.whenAbsent, at), place);
}

/** What is wrong between keys is looked for where each of them is right. */
function readChecked(section: Section, node: ConfigNode, place: Place, problems: readonly Problem[]): unknown {
  const before = problems.length;
  const values =
    section.shape === 'named'
      ? named(section.rows, { switch: section.switch, keepsOff: section.keepsOff }).read(node, place)
      : readObject(section.rows, node, place);
  if (values !== undefined && problems.length === before) {
    section.check(values, (path, message) => {
      problemBelow({ node, rows: section.rows, place }, path, message);
    });
  }
  return values;
}

/** Tells a problem of the key with this path below a node, by the names that the file has; see ProblemTold. */
function problemBelow(
  { node, rows, place }: { readonly node: ConfigNode; readonly rows: Rows; readonly place: Place },
  path: readonly string[],
  message: string,
): void {
  let found: Member = { at: node.at, value: node };
  let table = rows;
  let key = place;
  for (const name of path) {
    const { members } = found.value.type === 'object' ? found.value : emptyObjectNode(found.at);
    const entry = Object.hasOwn(table, name) ? table[name] : undefined;
    const given = entry?.aliases.find((alias) => members.has(alias)) ?? name;
    const member = members.get(given);
    if (member === undefined && name === 'default') continue;
    found = member ?? found;
    // A free name is in no table: what stands below it is what stands beside it.
    if (entry !== undefined) table = (entry.type === 'group' ? entry.rows : entry.kind.inside?.rows) ?? {};
    key = key.member(given);
  }
  key.problem(found.at, message);
}

function byPosition(a: Problem, b: Problem): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
}
