import type { Problem } from './config-error.ts';
import type { Place } from './place.ts';
import { Refusal } from './rows.ts';
import type { LegacyMatch, LegacyTable } from './table.ts';
import { emptyObjectNode, nodeOf, pathText, plainOf } from './tree.ts';
import type { ConfigNode, Member, ObjectNode } from './tree.ts';

/**
 * Whether a text is in the flat dialect of NanoMQ up to 0.13: nothing but `dotted.key = value` lines, at least one of
 * which only that dialect has. A JSON value must end on its line.
 */
export function isFlatDialect(text: string, legacy: LegacyTable): boolean {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const keys = lines.map((line) => /^([\w.-]+)\s*=(?!\s*[{[](?!.*[}\]]))/.exec(line)?.[1]);
  return keys.every((key) => key !== undefined) && keys.some((key) => legacy.has(key));
}

/**
 * Puts the values of flat lines where the sections expect them. A key may be set in one dialect only; of the same flat
 * line given twice the later one counted already.
 */
export class FlatLines {
  readonly #root: ObjectNode;
  readonly #legacy: LegacyTable;
  readonly #place: Place;
  readonly #problems: Problem[];
  /** The items of lists that flat lines made, to which more of them may add, by their paths. */
  readonly #lists = new Map<string, ConfigNode[]>();

  /** `root` is what the lines are put into; `place` is its place. */
  constructor(root: ObjectNode, legacy: LegacyTable, place: Place, problems: Problem[]) {
    this.#root = root;
    this.#legacy = legacy;
    this.#place = place;
    this.#problems = problems;
  }

  /** Puts in all lines; `sectionNames` begin the keys of today's dialect, which may stand in a flat file too. */
  putAll(lines: ObjectNode, sectionNames: readonly string[]): void {
    for (const [key, line] of lines.members) {
      const match = this.#legacy.find(key);
      const path = key.split('.');
      if (match !== undefined) {
        this.#putLegacy(key, line, match);
      } else if (sectionNames.includes(path[0] ?? '')) {
        this.#put(key, line, path, line.value);
      } else {
        this.#place.unknown(line.at, key, this.#legacy.names);
      }
    }
  }

  #putLegacy(key: string, line: Member, { entry, legacy, captures }: LegacyMatch): void {
    const converted = legacy.convert?.(plainOf(line.value), captures);
    if (converted instanceof Refusal) {
      this.#problems.push({ ...line.value.at, key, message: converted.message });
      return;
    }
    const value = converted === undefined ? line.value : nodeOf(converted, line.value.at);
    const lastCapture = Object.values(captures).at(-1);
    const holds = entry.row.kind.inside?.holds;
    if (lastCapture !== undefined && holds === 'items') {
      this.#putItem(key, line, entry.path, value);
    } else {
      const path = lastCapture !== undefined && holds === 'members' ? [...entry.path, lastCapture] : entry.path;
      this.#put(key, line, path, value);
    }
  }

  #putItem(key: string, line: Member, path: readonly string[], item: ConfigNode): void {
    const items = this.#lists.get(pathText(path));
    if (items !== undefined) {
      items.push(item);
      return;
    }
    const made = [item];
    this.#lists.set(pathText(path), made);
    this.#put(key, line, path, { type: 'array', at: line.at, items: made });
  }

  #put(key: string, line: Member, path: readonly string[], value: ConfigNode): void {
    const owner = this.#open(path, line);
    const name = path.at(-1) ?? '';
    const before = owner?.members.get(name);
    if (owner === undefined || before !== undefined) {
      const where = before === undefined ? '' : ` in line ${before.at.line}`;
      this.#problems.push({ ...line.at, key, message: `${pathText(path)} is set${where} too; keep one of them` });
      return;
    }
    owner.members.set(name, { at: line.at, value });
  }

  /** The object that the last segment of a path stands in; undefined when another value is in the way. */
  #open(path: readonly string[], line: Member): ObjectNode | undefined {
    let object = this.#root;
    for (const name of path.slice(0, -1)) {
      const member = object.members.get(name);
      if (member === undefined) {
        const inner = emptyObjectNode(line.at);
        object.members.set(name, { at: line.at, value: inner });
        object = inner;
      } else if (member.value.type === 'object') {
        object = member.value;
      } else {
        return undefined;
      }
    }
    return object;
  }
}
