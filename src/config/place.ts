import type { Problem } from './config-error.ts';
import { nearestKey } from './nearest-key.ts';
import { segmentText } from './tree.ts';
import type { ConfigNode, Position } from './tree.ts';

/** A value longer than this is cut when a problem quotes it. */
const longestQuote = 60;

/** Whoever gives us another program's file wants no guess for each of its keys; guessing takes time. */
const mostSuggestions = 1000;

const secretName = /passw|passphrase|secret|token|authorization|credential|api[-_]?key|private|cookie/i;

/**
 * A key while its value is read: it knows the key's full path and collects what is wrong. A value under a key that
 * looks like a secret's is never quoted.
 */
export class Place {
  readonly path: string;
  readonly #secret: boolean;
  readonly #problems: Problem[];
  readonly #knownKeys: readonly string[];

  private constructor(path: string, secret: boolean, problems: Problem[], knownKeys: readonly string[]) {
    this.path = path;
    this.#secret = secret;
    this.#problems = problems;
    this.#knownKeys = knownKeys;
  }

  /** The root of a config. Problems are added to `problems`; `knownKeys` are the full paths to suggest from. */
  static root(problems: Problem[], knownKeys: readonly string[]): Place {
    return new Place('', false, problems, knownKeys);
  }

  /** The place of a member; `secret` when its row says so. */
  member(key: string, secret = false): Place {
    const path = this.pathOf(key);
    return new Place(path, this.#secret || secret || secretName.test(key), this.#problems, this.#knownKeys);
  }

  item(index: number): Place {
    return new Place(`${this.path}[${index}]`, this.#secret, this.#problems, this.#knownKeys);
  }

  problem(at: Position, message: string): void {
    this.#problems.push({ ...at, key: this.path, message });
  }

  /** Reports that a value is not what its kind expects. */
  wrong(node: ConfigNode, expected: string): undefined {
    this.problem(node.at, `${this.#quote(node)} is not ${expected}`);
  }

  /** Reports a key that nobody knows, with the nearest of its siblings (full paths) or else of all keys. */
  unknown(at: Position, key: string, siblings: readonly string[]): void {
    const wanted = this.#problems.length < mostSuggestions;
    const near = wanted ? nearestKey(key, siblings, this.#knownKeys) : undefined;
    const message = near === undefined ? 'unknown key' : `unknown key; did you mean ${near}?`;
    this.#problems.push({ ...at, key, message });
  }

  /** The full path of a member. */
  pathOf(key: string): string {
    return this.path === '' ? segmentText(key) : `${this.path}.${segmentText(key)}`;
  }

  #quote(node: ConfigNode): string {
    if (node.type !== 'scalar') {
      return node.type === 'array' ? 'a list [ ... ]' : 'an object { ... }';
    }
    if (this.#secret) {
      return 'the value (not shown)';
    }
    if (typeof node.value !== 'string') {
      return node.text;
    }
    const text = withoutPassword(node.value);
    return JSON.stringify(text.length > longestQuote ? `${text.slice(0, longestQuote)}...` : text);
  }
}

/** A URL may carry a password: `http://user:password@host`. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//***@');
}
