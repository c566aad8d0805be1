import { syntaxError } from './hocon-scanner.ts';
import type { Scanner } from './hocon-scanner.ts';
import { readQuoted } from './hocon-strings.ts';
import type { PathSegment } from './hocon-values.ts';

/** Reads a key path, of a field or of a substitution: `a.b."c d"`. `within` is the key around it, for errors. */
export function readPath(scanner: Scanner, within: string): PathSegment[] {
  const segments: PathSegment[] = [];
  do {
    scanner.takeBlanks();
    segments.push(readSegment(scanner, within));
  } while (scanner.take('.'));
  return segments;
}

/** Words and quoted texts up to a dot or the end of the path; whitespace between them belongs to the name. */
function readSegment(scanner: Scanner, within: string): PathSegment {
  const at = scanner.here();
  const parts: string[] = [];
  for (;;) {
    const blanks = scanner.takeBlanks();
    const part = scanner.sees('"') ? readQuoted(scanner, within) : readWord(scanner);
    if (part === undefined) {
      break;
    }
    parts.push(parts.length === 0 ? part : blanks + part);
  }
  if (parts.length === 0) {
    throw syntaxError(scanner.here(), nothingHere(scanner.char), within);
  }
  return { name: parts.join(''), at };
}

function readWord(scanner: Scanner): string | undefined {
  const start = scanner.offset;
  while (scanner.atUnquoted && !scanner.sees('.')) {
    scanner.offset++;
  }
  return start === scanner.offset ? undefined : scanner.text.slice(start, scanner.offset);
}

function nothingHere(char: string): string {
  switch (char) {
    case '.':
      return 'a key cannot begin with a dot or have two dots in a row';
    case ',':
      return 'nothing stands before this comma';
    case '$':
      return 'a key cannot contain a substitution';
    case '':
    case '\n':
    case '#':
    case '=':
    case ':':
    case '{':
    case '}':
      return 'a key is missing here';
    default:
      return `a key cannot contain "${char}"; put it in quotes`;
  }
}
