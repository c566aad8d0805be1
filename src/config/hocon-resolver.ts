import { syntaxError } from './hocon-scanner.ts';
import type {
  Blank,
  Concatenation,
  Definition,
  ObjectValue,
  Piece,
  Slot,
  Substitution,
  Value,
} from './hocon-values.ts';
import { pathText } from './tree.ts';
import type { ConfigNode, Member, ObjectNode, Position, ScalarNode } from './tree.ts';

/** Substitutions that lead to substitutions. */
const longestChain = 200;
/** Substitutions can double what they refer to; no config comes near these. */
const mostNodes = 200_000;
const longestText = 1_000_000;

/** A value as far as it must be known: members and items are looked at only when somebody asks. */
type Head = ScalarNode | ListHead | ObjectHead;

interface ListHead {
  readonly type: 'array';
  readonly at: Position;
  readonly items: readonly OwnedValue[];
}

interface ObjectHead {
  readonly type: 'object';
  readonly at: Position;
  readonly slots: ReadonlyMap<string, Slot>;
}

/** The definition (number `index` of a slot) that a value is part of: a reference to that slot looks at earlier ones. */
interface Owner {
  readonly slot: Slot;
  readonly index: number;
}

interface OwnedValue {
  readonly value: Value;
  readonly owner: Owner | undefined;
}

/**
 * Replaces the substitutions of a parsed config and merges the definitions of its keys. Lazy by slot, so that an
 * object may refer to parts of itself; a definition that refers to its own key gets the key's earlier value.
 */
export class Resolver {
  readonly #root: ObjectHead;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  /** The value of a slot after its first n definitions, by n. */
  readonly #values = new Map<Slot, (Head | 'none' | 'busy' | undefined)[]>();
  readonly #referenced = new Set<string>();
  /** The lists and objects that are being finished: one that comes up again contains itself. */
  readonly #unfinished = new Set<Head>();
  #chain = 0;
  #nodes = 0;

  constructor(root: ObjectValue, environment: Readonly<Record<string, string | undefined>>) {
    this.#root = root;
    this.#environment = environment;
  }

  /** The keys of the root that substitutions referred to: names that a file made for itself. */
  get referenced(): ReadonlySet<string> {
    return this.#referenced;
  }

  /** An object with everything replaced and merged. Throws a ConfigError. */
  resolve(object: ObjectValue): ObjectNode {
    return this.#finishObject(object);
  }

  #finish(head: Head): ConfigNode {
    this.#nodes++;
    if (this.#nodes > mostNodes) {
      throw syntaxError(head.at, `the config has more than ${mostNodes} values, once substitutions are replaced`);
    }
    if (head.type === 'scalar') {
      return head;
    }
    if (this.#unfinished.has(head)) {
      throw syntaxError(head.at, 'this contains itself through substitutions');
    }
    this.#unfinished.add(head);
    const node = head.type === 'object' ? this.#finishObject(head) : this.#finishList(head);
    this.#unfinished.delete(head);
    return node;
  }

  #finishObject({ at, slots }: ObjectHead): ObjectNode {
    const members = new Map<string, Member>();
    for (const [name, slot] of slots) {
      const head = this.#valueOf(slot, slot.definitions.length, at);
      if (head !== undefined) {
        members.set(name, { at: keyPosition(slot, head), value: this.#finish(head) });
      }
    }
    return { type: 'object', at, members };
  }

  #finishList({ at, items }: ListHead): ConfigNode {
    const heads = items.map(({ value, owner }) => this.#headOf(value, owner));
    return { type: 'array', at, items: heads.filter((head) => head !== undefined).map((head) => this.#finish(head)) };
  }

  /** The value that the first `count` definitions of a slot make; undefined when they make none. */
  #valueOf(slot: Slot, count: number, at: Position): Head | undefined {
    let known = this.#values.get(slot);
    if (known === undefined) {
      known = [];
      this.#values.set(slot, known);
    }
    const value = known[count];
    if (value === 'busy') {
      throw syntaxError(at, 'these substitutions lead back to themselves');
    }
    if (value !== undefined) {
      return value === 'none' ? undefined : value;
    }
    if (this.#chain >= longestChain) {
      throw syntaxError(at, `more than ${longestChain} substitutions lead to each other`);
    }
    known[count] = 'busy';
    this.#chain++;
    const made = this.#makeValue(slot, count);
    this.#chain--;
    known[count] = made ?? 'none';
    return made;
  }

  #makeValue(slot: Slot, count: number): Head | undefined {
    const index = count - 1;
    const definition = slot.definitions[index];
    if (definition === undefined) {
      return undefined;
    }
    if (definition.append) {
      return this.#append(slot, count);
    }
    const head = this.#headOf(definition.value, { slot, index });
    if (head === undefined) {
      return this.#valueOf(slot, index, definition.at);
    }
    const earlier = head.type === 'object' ? this.#valueOf(slot, index, definition.at) : undefined;
    return head.type === 'object' && earlier?.type === 'object' ? mergeObjects([earlier, head], earlier.at) : head;
  }

  /** All `+=` that follow each other at once: a thousand of them must not be a thousand calls deep. */
  #append(slot: Slot, count: number): Head {
    let first = count;
    while (slot.definitions[first - 1]?.append === true) {
      first--;
    }
    const added = slot.definitions.slice(first, count).map(({ value }, index) => ({
      value,
      owner: { slot, index: first + index },
    }));
    const at = slot.definitions[first]?.at ?? this.#root.at;
    const earlier = this.#valueOf(slot, first, at);
    if (earlier !== undefined && earlier.type !== 'array') {
      throw syntaxError(at, '"+=" adds to a list, but the key has another value before');
    }
    return { type: 'array', at: earlier?.at ?? at, items: [...(earlier?.items ?? []), ...added] };
  }

  #headOf(value: Value, owner: Owner | undefined): Head | undefined {
    if (value.type === 'array') {
      return { type: 'array', at: value.at, items: value.items.map((item) => ({ value: item, owner })) };
    }
    return value.type === 'concatenation' ? this.#concatenate(value, owner) : value;
  }

  #concatenate({ at, pieces }: Concatenation, owner: Owner | undefined): Head | undefined {
    const parts = pieces.map((piece) => (piece.type === 'blank' ? piece : this.#headOfPiece(piece, owner)));
    const heads = parts.filter((part) => part !== undefined && part.type !== 'blank');
    const [first] = heads;
    if (first === undefined || pieces.length === 1) {
      return first;
    }
    if (heads.every((head) => head.type === 'scalar')) {
      return textOf(
        parts.map((part) => (part?.type === 'scalar' || part?.type === 'blank' ? part.text : '')),
        at,
      );
    }
    return join(heads, first);
  }

  #headOfPiece(piece: Exclude<Piece, Blank>, owner: Owner | undefined): Head | undefined {
    return piece.type === 'substitution' ? this.#substitute(piece, owner) : this.#headOf(piece, owner);
  }

  #substitute({ at, path, optional, key, scopes }: Substitution, owner: Owner | undefined): Head | undefined {
    for (const scope of scopes) {
      const found = this.#find([...scope, ...path], owner, at);
      if (found !== undefined) {
        return found;
      }
    }
    const found = this.#find(path, owner, at) ?? this.#fromEnvironment(path.join('.'), at);
    if (found === undefined && !optional) {
      const name = `\${${pathText(path)}}`;
      throw syntaxError(at, `${name} is not set, neither in the config nor in the environment`, key);
    }
    return found;
  }

  #find(path: readonly string[], owner: Owner | undefined, at: Position): Head | undefined {
    let head: Head | undefined = this.#root;
    for (const name of path) {
      const slot: Slot | undefined = head?.type === 'object' ? head.slots.get(name) : undefined;
      if (slot === undefined) {
        return undefined;
      }
      head = this.#valueOf(slot, slot === owner?.slot ? owner.index : slot.definitions.length, at);
    }
    const [key] = path;
    if (head !== undefined && key !== undefined) {
      this.#referenced.add(key);
    }
    return head;
  }

  #fromEnvironment(name: string, at: Position): ScalarNode | undefined {
    const text = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
    return text === undefined ? undefined : { type: 'scalar', at, value: text, text };
  }
}

function textOf(parts: readonly string[], at: Position): ScalarNode {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > longestText) {
    throw syntaxError(at, 'the substitutions make this text too long');
  }
  const text = parts.join('');
  return { type: 'scalar', at, value: text, text };
}

/** Joins lists to one list, objects to one object. All at once: one after the other takes quadratic time. */
function join(heads: readonly Head[], first: Head): Head {
  const lists = heads.filter((head) => head.type === 'array');
  if (lists.length === heads.length) {
    return joinLists(lists, first.at);
  }
  const objects = heads.filter((head) => head.type === 'object');
  if (objects.length === heads.length) {
    return mergeObjects(objects, first.at);
  }
  const other = heads.find((head) => head.type !== first.type) ?? first;
  throw syntaxError(
    other.at,
    'a text, a list and an object cannot be joined to one value; a new line or a comma separates keys',
  );
}

function joinLists(lists: readonly ListHead[], at: Position): ListHead {
  if (lists.reduce((sum, { items }) => sum + items.length, 0) > mostNodes) {
    throw syntaxError(at, 'the substitutions make this list too long');
  }
  return { type: 'array', at, items: lists.flatMap(({ items }) => items) };
}

function mergeObjects(objects: readonly ObjectHead[], at: Position): ObjectHead {
  const slots = new Map<string, Slot>();
  const merged = new Set<Slot>();
  for (const [name, slot] of objects.flatMap((object) => [...object.slots])) {
    const before = slots.get(name);
    // The same slot comes twice when an object refers to its own earlier value.
    if (before === undefined || before === slot) {
      slots.set(name, slot);
    } else if (merged.has(before)) {
      before.definitions.push(...slot.definitions);
    } else {
      const both = { definitions: [...before.definitions, ...slot.definitions] };
      merged.add(both);
      slots.set(name, both);
    }
  }
  return { type: 'object', at, slots };
}

/** An object's key is where it was opened first, another value's where it was set last. */
function keyPosition({ definitions }: Slot, head: Head): Position {
  const definition: Definition | undefined = head.type === 'object' ? definitions[0] : definitions.at(-1);
  return definition?.at ?? head.at;
}
