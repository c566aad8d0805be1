import { syntaxError } from './hocon-scanner.ts';
import type { Scanner } from './hocon-scanner.ts';

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Reads the quoted text that begins here: `"..."` with JSON's escapes, or `"""..."""` as it stands. */
export function readQuoted(scanner: Scanner, key: string): string {
  return scanner.sees('"""') ? readTripleQuoted(scanner, key) : readSingleQuoted(scanner, key);
}

function readSingleQuoted(scanner: Scanner, key: string): string {
  const opening = scanner.here();
  scanner.take('"');
  let text = '';
  for (;;) {
    text += scanner.match(/[^"\\\n]*/y)?.[0] ?? '';
    if (scanner.take('"')) {
      return text;
    }
    if (!scanner.sees('\\')) {
      throw syntaxError(opening, 'this quoted text does not end on its line', key);
    }
    text += readEscape(scanner, key);
  }
}

function readEscape(scanner: Scanner, key: string): string {
  const unicode = scanner.match(/\\u([0-9a-fA-F]{4})/y);
  if (unicode !== null) {
    return String.fromCharCode(Number.parseInt(unicode[1] ?? '', 16));
  }
  const char = scanner.text.charAt(scanner.offset + 1);
  const meaning = Object.hasOwn(escapes, char) ? escapes[char] : undefined;
  if (meaning === undefined) {
    throw syntaxError(scanner.here(), 'no such escape; write \\\\ for a backslash', key);
  }
  scanner.offset += 2;
  return meaning;
}

function readTripleQuoted(scanner: Scanner, key: string): string {
  const start = scanner.offset + 3;
  let end = scanner.text.indexOf('"""', start);
  if (end === -1) {
    throw syntaxError(scanner.here(), 'this """ text is never ended', key);
  }
  // Of more than three quotes the last three end the text, the others belong to it.
  while (scanner.text.charAt(end + 3) === '"') {
    end++;
  }
  scanner.offset = end + 3;
  return scanner.text.slice(start, end);
}
