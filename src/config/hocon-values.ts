import type { Position, ScalarNode } from './tree.ts';

/** A value as it was parsed: substitutions are not replaced, definitions of the same key not merged yet. */
export type Value = ScalarNode | ArrayValue | ObjectValue | Concatenation;

export interface ArrayValue {
  readonly type: 'array';
  readonly at: Position;
  readonly items: readonly Value[];
}

export interface ObjectValue {
  readonly type: 'object';
  readonly at: Position;
  /** A Map, so that no key means anything but itself. */
  readonly slots: Map<string, Slot>;
}

/** Several values on one line, or a substitution: what they make is known only when all files are read. */
export interface Concatenation {
  readonly type: 'concatenation';
  readonly at: Position;
  readonly pieces: readonly Piece[];
}

export type Piece = ScalarNode | ArrayValue | ObjectValue | Substitution | Blank;

/** `${path}` or `${?path}`. */
export interface Substitution {
  readonly type: 'substitution';
  readonly at: Position;
  readonly path: readonly string[];
  readonly optional: boolean;
  /** The key whose value it is part of, for errors. */
  readonly key: string;
  /** Where included files stand that the substitution was read in, innermost first: their paths are tried first. */
  readonly scopes: readonly (readonly string[])[];
}

/** Whitespace between two values. */
export interface Blank {
  readonly type: 'blank';
  readonly text: string;
}

/** A key with all its definitions, the earliest first. Later ones replace, extend (`+=`) or merge with earlier ones. */
export interface Slot {
  readonly definitions: Definition[];
}

export interface Definition {
  /** Where the key stands. */
  readonly at: Position;
  readonly value: Value;
  /** `+=`: the value is one more item of a list. */
  readonly append: boolean;
}

/** One segment of a key path. */
export interface PathSegment {
  readonly name: string;
  readonly at: Position;
}

/** An object without keys. */
export function emptyObject(at: Position): ObjectValue {
  return { type: 'object', at, slots: new Map() };
}

/** Adds `path = value` (or `path += value`) to an object; objects on the way come into being. */
export function define(object: ObjectValue, path: readonly PathSegment[], value: Value, append: boolean): void {
  let owner = object;
  for (const segment of path.slice(0, -1)) {
    owner = openObject(slotOf(owner, segment.name), segment.at);
  }
  for (const { name, at } of path.slice(-1)) {
    addDefinition(slotOf(owner, name), { at, value, append });
  }
}

function slotOf(object: ObjectValue, name: string): Slot {
  let slot = object.slots.get(name);
  if (slot === undefined) {
    slot = { definitions: [] };
    object.slots.set(name, slot);
  }
  return slot;
}

function openObject(slot: Slot, at: Position): ObjectValue {
  const last = slot.definitions.at(-1);
  if (last?.value.type === 'object' && !last.append) {
    return last.value;
  }
  const value = emptyObject(at);
  slot.definitions.push({ at, value, append: false });
  return value;
}

function addDefinition(slot: Slot, definition: Definition): void {
  const { value, append } = definition;
  const last = slot.definitions.at(-1);
  if (value.type === 'object' && last?.value.type === 'object' && !append && !last.append) {
    merge(last.value, value);
    return;
  }
  if (value.type === 'scalar' && !append) {
    // Nothing can refer to what it hides.
    slot.definitions.length = 0;
  }
  slot.definitions.push(definition);
}

function merge(into: ObjectValue, from: ObjectValue): void {
  for (const [name, { definitions }] of from.slots) {
    const slot = slotOf(into, name);
    for (const definition of definitions) {
      addDefinition(slot, definition);
    }
  }
}

/** The value that pieces on one line make. Several scalars make a text at once; what a substitution makes is known later. */
export function valueOf(pieces: readonly Piece[], at: Position): Value {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined && only.type !== 'substitution' && only.type !== 'blank') {
    return only;
  }
  const texts = pieces.map((piece) => (piece.type === 'scalar' || piece.type === 'blank' ? piece.text : undefined));
  if (texts.includes(undefined)) {
    return { type: 'concatenation', at, pieces };
  }
  const text = texts.join('');
  return { type: 'scalar', at, value: text, text };
}

const words: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** What an unquoted text is: a number as JSON writes it, `true`, `false`, `null`, or else a text. */
export function typedScalar(text: string): string | number | boolean | null {
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) {
    return Number(text);
  }
  return words.has(text) ? (words.get(text) ?? null) : text;
}
