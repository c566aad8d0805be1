import type { LegacyName, Row, Rows, Section } from './rows.ts';
import { segmentText } from './tree.ts';

/** One key of the config with its full path. */
export interface TableEntry {
  /** The segments of the path that a value of this key stands at. */
  readonly path: readonly string[];
  readonly row: Row<unknown>;
}

/** All keys that sections describe, in their order; a container's own keys follow it. Keys of list items are left out. */
export function tableOf(sections: readonly Section[]): TableEntry[] {
  return sections.flatMap(({ name, rows }) => entriesOf(rows, [name]));
}

/** The full path of a key as it is written in a file. */
export function keyOf({ path }: TableEntry): string {
  return path.map(segmentText).join('.');
}

function entriesOf(rows: Rows, above: readonly string[]): TableEntry[] {
  return Object.entries(rows).flatMap(([name, entry]) => {
    const path = [...above, name];
    return entry.type === 'group' ? entriesOf(entry.rows, path) : entriesOfRow(entry, path);
  });
}

function entriesOfRow(row: Row<unknown>, path: readonly string[]): TableEntry[] {
  const { inside } = row.kind;
  const own = { path, row };
  return inside?.holds === 'object' || inside?.holds === 'named' ? [own, ...entriesOf(inside.rows, path)] : [own];
}

/** An older name that fits a key of a flat line. */
export interface LegacyMatch {
  readonly entry: TableEntry;
  readonly legacy: LegacyName;
  /** What the `<...>` segments of the name took, in their order. */
  readonly captures: Readonly<Record<string, string>>;
}

/** The older names of all keys. */
export class LegacyTable {
  readonly #names: readonly { readonly entry: TableEntry; readonly legacy: LegacyName }[];
  /** `web.hook` of `web.hook.url`: whatever begins so is meant for the flat dialect, even if it is misspelt. */
  readonly #families: ReadonlySet<string>;

  constructor(entries: readonly TableEntry[]) {
    this.#names = entries.flatMap((entry) => entry.row.legacy.map((legacy) => ({ entry, legacy })));
    const long = this.names.map((name) => name.split('.')).filter((segments) => segments.length > 2);
    this.#families = new Set(long.map(familyOf));
  }

  /** All older names, as their rows have them. */
  get names(): readonly string[] {
    return this.#names.map(({ legacy }) => legacy.name);
  }

  find(key: string): LegacyMatch | undefined {
    for (const { entry, legacy } of this.#names) {
      const captures = capture(legacy.name, key);
      if (captures !== undefined) {
        return { entry, legacy, captures };
      }
    }
    return undefined;
  }

  /** Whether a key belongs to the flat dialect only. */
  has(key: string): boolean {
    return this.find(key) !== undefined || this.#families.has(familyOf(key.split('.')));
  }
}

function familyOf(segments: readonly string[]): string {
  return segments.slice(0, 2).join('.');
}

function capture(pattern: string, key: string): Readonly<Record<string, string>> | undefined {
  const names = pattern.split('.');
  const segments = key.split('.');
  if (names.length !== segments.length) {
    return undefined;
  }
  const captures: [string, string][] = [];
  for (const [index, name] of names.entries()) {
    const segment = segments[index] ?? '';
    if (/^<\w+>$/.test(name)) {
      captures.push([name.slice(1, -1), segment]);
    } else if (name !== segment) {
      return undefined;
    }
  }
  return Object.fromEntries(captures);
}
