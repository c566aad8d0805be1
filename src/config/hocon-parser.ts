import { deepest, enter } from './hocon-context.ts';
import type { Context, Parsing, Stray } from './hocon-context.ts';
import { readInclude } from './hocon-include.ts';
import { readPath } from './hocon-path.ts';
import { Scanner, syntaxError } from './hocon-scanner.ts';
import { readQuoted } from './hocon-strings.ts';
import { define, emptyObject, typedScalar, valueOf } from './hocon-values.ts';
import type { ArrayValue, ObjectValue, Piece, Substitution, Value } from './hocon-values.ts';
import { pathText } from './tree.ts';
import type { Position, ScalarNode } from './tree.ts';

/** Parses the text of a file into `root`, which stands at `path` (undefined inside of a list). Throws a ConfigError. */
export function parseHocon(
  text: string,
  file: string,
  root: ObjectValue,
  path: readonly string[] | undefined,
  parsing: Parsing,
): void {
  new HoconParser(new Scanner(text, file), parsing).parseFile(root, path);
}

class HoconParser {
  readonly #scanner: Scanner;
  readonly #parsing: Parsing;

  constructor(scanner: Scanner, parsing: Parsing) {
    this.#scanner = scanner;
    this.#parsing = parsing;
  }

  parseFile(root: ObjectValue, path: readonly string[] | undefined): void {
    const context: Context = {
      path: path ?? [],
      depth: this.#parsing.depth,
      container: 'object',
      addressable: path !== undefined,
      strays: null,
    };
    this.#scanner.skipToContent();
    if (this.#scanner.sees('[')) {
      throw this.#error('a config file is an object of keys, not a list [ ... ]', context);
    }
    const opening = this.#scanner.here();
    const braces = this.#scanner.take('{');
    this.#parseFields(root, braces ? opening : undefined, context);
    this.#scanner.skipToContent();
    if (!this.#scanner.atEnd) {
      throw this.#error('nothing may follow the closing "}" of the file', context);
    }
  }

  /** Parses fields up to the closing brace of the one at `opening`, or up to the end of the file. */
  #parseFields(object: ObjectValue, opening: Position | undefined, context: Context): void {
    let separated = true;
    let first = true;
    for (;;) {
      separated = this.#scanner.skipToContent() || separated;
      if (!first && this.#scanner.take(',')) {
        separated = true;
        this.#scanner.skipToContent();
      }
      if (this.#atClosing('}', opening, context)) {
        return;
      }
      if (!separated) {
        throw this.#error('expected a new line, a comma or "}" before this', context);
      }
      this.#parseField(object, opening === undefined, context);
      first = false;
      separated = false;
    }
  }

  #atClosing(brace: '}' | ']', opening: Position | undefined, context: Context): boolean {
    if (this.#scanner.atEnd) {
      if (opening === undefined) {
        return true;
      }
      throw syntaxError(opening, `this "${brace === '}' ? '{' : '['}" is never closed`, pathText(context.path));
    }
    if (opening !== undefined) {
      return this.#scanner.take(brace);
    }
    if (this.#scanner.sees('}')) {
      throw this.#error('this "}" closes nothing', context);
    }
    return false;
  }

  #parseField(object: ObjectValue, atRoot: boolean, context: Context): void {
    if (this.#scanner.match(/include(?![^\s"({=:+])/y) !== null) {
      this.#parseInclude(object, context);
      return;
    }
    if (atRoot && this.#parseFlatLine(context)) {
      return;
    }
    const keyAt = this.#scanner.here();
    const path = readPath(this.#scanner, pathText(context.path));
    const inner = enter(this.#parsing, context, path, keyAt);
    this.#scanner.skipToContent();
    const append = this.#scanner.take('+=');
    if (!append && !this.#scanner.take('=') && !this.#scanner.take(':') && !this.#scanner.sees('{')) {
      throw syntaxError(keyAt, 'expected "=", ":" or "{" after this key', pathText(context.path));
    }
    define(object, path, this.#parseFieldValue(inner), append);
    for (const stray of inner.strays ?? []) {
      define(object, [...path.slice(0, -1), ...stray.path], stray.value, false);
    }
  }

  #parseInclude(object: ObjectValue, context: Context): void {
    const { text, file, files } = readInclude(this.#scanner, this.#parsing.files);
    const { path, depth, addressable } = context;
    const { scopes } = this.#parsing;
    parseHocon(text, file, object, addressable ? path : undefined, {
      ...this.#parsing,
      files,
      scopes: addressable && path.length > 0 ? [path, ...scopes] : scopes,
      depth,
    });
  }

  #parseFieldValue(context: Context): Value {
    const afterSeparator = this.#scanner.here();
    this.#scanner.skipToContent();
    if (this.#scanner.atEnd || ',}]'.includes(this.#scanner.char)) {
      throw syntaxError(afterSeparator, 'a value is missing here', pathText(context.path));
    }
    return this.#parseValue(context);
  }

  /** `web.hook.url=http://host/#fragment`: such values are no HOCON, they are taken as they stand. */
  #parseFlatLine(context: Context): boolean {
    const start = this.#scanner.offset;
    const at = this.#scanner.here();
    const key = this.#scanner.match(/([\w.-]+)[ \t]*=[ \t]*/y)?.[1];
    if (key === undefined || context.path.length > 0 || !this.#parsing.isFlatKey(key)) {
      this.#scanner.offset = start;
      return false;
    }
    const inner: Context = { ...context, path: [key] };
    const structured = /["{[]/.test(this.#scanner.char) || this.#scanner.sees('${');
    const value = structured ? this.#parseValue(inner) : this.#restOfLine();
    define(this.#parsing.flat, [{ name: key, at }], value, false);
    return true;
  }

  #restOfLine(): ScalarNode {
    const at = this.#scanner.here();
    const line = this.#scanner.match(/[^\n]*/y)?.[0] ?? '';
    // A "#" within a word is part of a URL or a topic filter; after whitespace it starts a comment.
    const comment = line.search(/(?<!\S)#/);
    const text = (comment === -1 ? line : line.slice(0, comment)).trim();
    return { type: 'scalar', at, value: text, text };
  }

  #parseValue(context: Context): Value {
    const at = this.#scanner.here();
    const pieces: Piece[] = [];
    for (;;) {
      const blanks = this.#scanner.takeBlanks();
      if (this.#scanner.atEnd || this.#scanner.atComment || '\n,}]'.includes(this.#scanner.char)) {
        break;
      }
      if (pieces.length > 0 && blanks !== '') {
        pieces.push({ type: 'blank', text: blanks });
      }
      pieces.push(this.#parsePiece(context));
    }
    return valueOf(pieces, at);
  }

  #parsePiece(context: Context): Piece {
    const at = this.#scanner.here();
    if (this.#scanner.sees('"')) {
      const text = readQuoted(this.#scanner, pathText(context.path));
      return { type: 'scalar', at, value: text, text };
    }
    if (this.#scanner.take('{')) {
      const object = emptyObject(at);
      this.#parseFields(object, at, { ...context, container: 'object', strays: null });
      return object;
    }
    if (this.#scanner.take('[')) {
      return this.#parseList(at, context);
    }
    if (this.#scanner.take('${')) {
      return this.#parseSubstitution(at, context);
    }
    return this.#parseUnquoted(at, context);
  }

  #parseList(at: Position, context: Context): ArrayValue {
    const depth = context.depth + 1;
    if (depth > deepest) {
      throw syntaxError(at, `nested more than ${deepest} deep`);
    }
    const inner: Context = { ...context, depth, container: 'list', addressable: false, strays: null };
    const items: Value[] = [];
    let separated = true;
    let first = true;
    for (;;) {
      separated = this.#scanner.skipToContent() || separated;
      if (!first && this.#scanner.take(',')) {
        separated = true;
        this.#scanner.skipToContent();
      }
      if (this.#atClosing(']', at, context)) {
        return { type: 'array', at, items };
      }
      if (!separated || ',}'.includes(this.#scanner.char)) {
        throw this.#error('expected a value or "]" here', context);
      }
      if (context.strays === null || !this.#parseStray(context, context.strays)) {
        items.push(this.#parseValue(inner));
      }
      first = false;
      separated = false;
    }
  }

  /** A pair in a list that may have some; its key is one of those beside the list. */
  #parseStray(context: Context, strays: Stray[]): boolean {
    const start = this.#scanner.offset;
    const found = this.#scanner.match(/[\w.-]+[ \t]*[=:]/y) !== null;
    this.#scanner.offset = start;
    if (!found) {
      return false;
    }
    const beside = { ...context, path: context.path.slice(0, -1), strays: null };
    const at = this.#scanner.here();
    const path = readPath(this.#scanner, pathText(beside.path));
    const inner = enter(this.#parsing, beside, path, at);
    this.#scanner.match(/[ \t]*[=:]/y);
    strays.push({ path, value: this.#parseFieldValue(inner) });
    return true;
  }

  #parseSubstitution(at: Position, context: Context): Substitution {
    const optional = this.#scanner.take('?');
    this.#scanner.takeBlanks();
    const path = readPath(this.#scanner, pathText(context.path)).map((segment) => segment.name);
    if (!this.#scanner.take('}')) {
      throw this.#error('expected the "}" of this ${...}', context);
    }
    return { type: 'substitution', at, path, optional, key: pathText(context.path), scopes: this.#parsing.scopes };
  }

  #parseUnquoted(at: Position, context: Context): ScalarNode {
    const start = this.#scanner.offset;
    // A number may hold a "+", which is reserved elsewhere: 1e+5.
    this.#scanner.match(/-?\d+(?:\.\d+)?[eE]\+\d+/y);
    while (this.#scanner.atUnquoted) {
      this.#scanner.offset++;
    }
    const text = this.#scanner.text.slice(start, this.#scanner.offset);
    if (text === '') {
      throw this.#error(this.#reservedMessage(context), context);
    }
    if (this.#scanner.sees('#') && text.endsWith('/')) {
      throw this.#error('"#" would start a comment here; put the whole value in quotes: "a/#"', context);
    }
    return { type: 'scalar', at, value: typedScalar(text), text };
  }

  #reservedMessage({ container }: Context): string {
    const char = this.#scanner.char;
    if (container === 'list' && '=:'.includes(char)) {
      return 'a list [ ... ] holds values, not keys; put keys in braces { ... } or outside of the list';
    }
    const hint = char === '=' ? ' (or is one missing before?)' : '';
    return `an unquoted value cannot contain "${char}"; put the whole value in quotes${hint}`;
  }

  #error(message: string, context: Context): Error {
    return syntaxError(this.#scanner.here(), message, pathText(context.path));
  }
}
