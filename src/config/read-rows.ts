import type { Place } from './place.ts';
import { nowhere } from './rows.ts';
import type { Group, Row, Rows, Values } from './rows.ts';
import { nodeOf, segmentText } from './tree.ts';
import type { ConfigNode, Member, Position } from './tree.ts';

/** What a table is read from: an object of the file, or nothing (then all defaults apply). */
export interface Source {
  readonly members: ReadonlyMap<string, Member>;
  /** Where a missing key is missing. */
  readonly at: Position;
}

/** Reads the keys of a table and tells the place of every problem: wrong, missing and unknown keys. */
export function readRows<R extends Rows>(rows: R, source: Source, place: Place): Values<R> {
  for (const [key, member] of source.members) {
    if (!isKeyOf(rows, key)) {
      reportUnknown(key, member, rows, place);
    }
  }
  const values = Object.entries(rows).map(([name, entry]): [string, unknown] => {
    const key = keyGiven(name, entry, source, place);
    const member = source.members.get(key);
    return [
      name,
      entry.type === 'row' ? readRow(key, entry, member, source, place) : readGroup(key, entry, member, source, place),
    ];
  });
  // The mapped type is what the loop above builds; TypeScript cannot follow it.
  return Object.fromEntries(values) as Values<R>;
}

/** Whether a table has a key, by its name or by one of its other names. */
export function isKeyOf(rows: Rows, key: string): boolean {
  return Object.hasOwn(rows, key) || Object.values(rows).some(({ aliases }) => aliases.includes(key));
}

/** The name that a key is given by; it must not be given by two of them. */
function keyGiven(name: string, { aliases }: Rows[string], { members }: Source, place: Place): string {
  const [first = name, second] = [name, ...aliases].filter((key) => members.has(key));
  const twice = second === undefined ? undefined : members.get(second);
  if (second !== undefined && twice !== undefined) {
    place.member(second).problem(twice.at, `is another name of ${place.pathOf(first)}, which is there too`);
  }
  return first;
}

/** Reads a value that must be an object of the table's keys. */
export function readObject<R extends Rows>(rows: R, node: ConfigNode, place: Place): Values<R> | undefined {
  return node.type === 'object' ? readRows(rows, node, place) : place.wrong(node, 'an object { ... }');
}

/** Whether the row called `switch` says false, so that what it stands in is as absent. */
export function isOff(name: string | undefined, { members }: Source): boolean {
  const value = name === undefined ? undefined : members.get(name)?.value;
  return value?.type === 'scalar' && value.text.toLowerCase() === 'false';
}

/** The rows of something that is switched off: what is there must be right, but nothing must be there. */
export function withoutRequired(rows: Rows): Rows {
  const entries = Object.entries(rows);
  return Object.fromEntries(entries.map(([key, row]) => [key, row.type === 'row' ? { ...row, required: false } : row]));
}

/** Reports a key that no table has, down to where it branches: `webhok.body.encoding`, not `webhok`. */
export function reportUnknown(key: string, member: Member, rows: Rows, place: Place): void {
  let path = place.pathOf(key);
  let node = member.value;
  while (node.type === 'object' && node.members.size === 1) {
    for (const [only, inner] of node.members) {
      path += `.${segmentText(only)}`;
      node = inner.value;
    }
  }
  const siblings = Object.keys(rows).map((sibling) => place.pathOf(sibling));
  place.unknown(member.at, path, siblings);
}

function readRow(key: string, entry: Row<unknown>, member: Member | undefined, source: Source, parent: Place): unknown {
  const place = parent.member(key, entry.secret);
  if (member !== undefined) {
    return entry.kind.read(member.value, place);
  }
  if (entry.required) {
    place.problem(source.at, `missing; it must be ${entry.kind.expected}`);
  }
  return entry.default === undefined ? undefined : entry.kind.read(nodeOf(entry.default, nowhere), place);
}

function readGroup(
  key: string,
  entry: Group<Rows>,
  member: Member | undefined,
  source: Source,
  parent: Place,
): unknown {
  const place = parent.member(key);
  return member === undefined
    ? readRows(entry.rows, { members: new Map(), at: source.at }, place)
    : readObject(entry.rows, member.value, place);
}
