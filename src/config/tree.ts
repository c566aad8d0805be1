/** Where something stands in a config file. Line and column count from 1; a column is a UTF-16 code unit. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A text, a number, a truth value or null, with its text as it stands in the file (`1.50` stays `1.50`). */
export interface ScalarNode {
  readonly type: 'scalar';
  readonly at: Position;
  readonly value: string | number | boolean | null;
  readonly text: string;
}

interface ArrayNode {
  readonly type: 'array';
  readonly at: Position;
  readonly items: readonly ConfigNode[];
}

/** One key of an object: where the key stands, and its value. */
export interface Member {
  readonly at: Position;
  readonly value: ConfigNode;
}

/** An object. A Map, so that no key (`__proto__`, `constructor`) means anything but itself. */
export interface ObjectNode {
  readonly type: 'object';
  readonly at: Position;
  readonly members: Map<string, Member>;
}

/** What a config file says, whatever its dialect: values that know where they stand. */
export type ConfigNode = ScalarNode | ArrayNode | ObjectNode;

/** A value without positions: what JSON can say. */
export type Plain = string | number | boolean | null | readonly Plain[] | PlainObject;

export interface PlainObject {
  readonly [key: string]: Plain;
}

/** What a program gives: as `Plain`, but a key or an item may be undefined, which is as if it were not there. */
export type Given = string | number | boolean | null | undefined | readonly Given[] | GivenObject;

export interface GivenObject {
  readonly [key: string]: Given;
}

/** Whether a plain value is an object, not a list or a scalar. */
export function isPlainObject(plain: Plain): plain is PlainObject {
  return plain !== null && typeof plain === 'object' && !Array.isArray(plain);
}

/** An object without members, to be filled. */
export function emptyObjectNode(at: Position): ObjectNode {
  return { type: 'object', at, members: new Map() };
}

/** Turns plain data into nodes that all claim to stand at one place; without what is undefined. */
export function nodeOf(plain: Exclude<Given, undefined>, at: Position): ConfigNode {
  if (plain === null || typeof plain !== 'object') return { type: 'scalar', at, value: plain, text: String(plain) };
  if (isList(plain)) return { type: 'array', at, items: plain.flatMap((item) => nodesOf(item, at)) };
  const members = new Map<string, Member>();
  for (const [key, given] of Object.entries(plain))
    for (const value of nodesOf(given, at)) members.set(key, { at, value });
  return { type: 'object', at, members };
}

/** One node; none for what is undefined. */
function nodesOf(given: Given, at: Position): readonly ConfigNode[] {
  return given === undefined ? [] : [nodeOf(given, at)];
}

/** `Array.isArray` does not know lists that are read only. */
function isList(given: readonly Given[] | GivenObject): given is readonly Given[] {
  return Array.isArray(given);
}

/** Forgets the positions of a node. */
export function plainOf(node: ConfigNode): Plain {
  if (node.type === 'scalar') {
    return node.value;
  }
  if (node.type === 'array') {
    return node.items.map(plainOf);
  }
  return Object.fromEntries(Array.from(node.members, ([key, member]) => [key, plainOf(member.value)]));
}

/** A key path as it is written in a file: `webhook.headers."x.y"`. */
export function pathText(path: readonly string[]): string {
  return path.map(segmentText).join('.');
}

/** One segment of a key path, in quotes where the file needs them. */
export function segmentText(segment: string): string {
  return /^[\w-]+$/.test(segment) ? segment : JSON.stringify(segment);
}
