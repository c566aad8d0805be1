import { ConfigError } from './config-error.ts';
import type { Position } from './tree.ts';

/** Characters that an unquoted text may not contain (HOCON specification, "Unquoted strings"). */
const reserved = '$"{}[]:=,+#`^?!@*&\\';

/** A place in a text that moves on, and knows its line and column. */
export class Scanner {
  readonly text: string;
  readonly file: string;
  offset = 0;
  #lineStarts: number[] | undefined;

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
  }

  /** The character here; empty at the end. */
  get char(): string {
    return this.text.charAt(this.offset);
  }

  get atEnd(): boolean {
    return this.offset >= this.text.length;
  }

  sees(what: string): boolean {
    return this.text.startsWith(what, this.offset);
  }

  /** Steps over `what` if it stands here. */
  take(what: string): boolean {
    const found = this.sees(what);
    if (found) {
      this.offset += what.length;
    }
    return found;
  }

  /** Matches a sticky expression here and steps over it. */
  match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.offset;
    const found = sticky.exec(this.text);
    if (found !== null) {
      this.offset += found[0].length;
    }
    return found;
  }

  get atComment(): boolean {
    return this.char === '#' || this.sees('//');
  }

  /** Whether an unquoted text or key may go on here. */
  get atUnquoted(): boolean {
    return !this.atEnd && !reserved.includes(this.char) && !isBlank(this.char) && !this.sees('//');
  }

  /** Steps over whitespace on this line; returns it. */
  takeBlanks(): string {
    const start = this.offset;
    while (this.char !== '\n' && isBlank(this.char)) {
      this.offset++;
    }
    return this.text.slice(start, this.offset);
  }

  /** Steps over whitespace, newlines and comments; tells whether there was a newline. */
  skipToContent(): boolean {
    const start = this.offset;
    for (;;) {
      if (isBlank(this.char)) {
        this.offset++;
      } else if (this.atComment) {
        this.#skipLine();
      } else {
        return this.text.slice(start, this.offset).includes('\n');
      }
    }
  }

  here(): Position {
    return this.positionOf(this.offset);
  }

  positionOf(offset: number): Position {
    this.#lineStarts ??= lineStarts(this.text);
    let low = 0;
    let high = this.#lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return { file: this.file, line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }

  #skipLine(): void {
    const end = this.text.indexOf('\n', this.offset);
    this.offset = end === -1 ? this.text.length : end;
  }
}

/** The error of a text that is not HOCON. Never quotes values: one of them may be a password. */
export function syntaxError(at: Position, message: string, key = ''): ConfigError {
  return new ConfigError([{ ...at, key, message }]);
}

// The specification counts four separators (0x1C to 0x1F) as whitespace that JavaScript does not.
function isBlank(char: string): boolean {
  return char !== '' && (/\s/.test(char) || (char >= '\u001C' && char <= '\u001F'));
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    starts.push(at + 1);
  }
  return starts;
}
