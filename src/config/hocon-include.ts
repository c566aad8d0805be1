import { dirname, isAbsolute, join } from 'node:path';
import { syntaxError } from './hocon-scanner.ts';
import type { Scanner } from './hocon-scanner.ts';
import { readQuoted } from './hocon-strings.ts';
import { readTextFile, realPathOf } from './read-file.ts';

/** Files that include each other twice, and so on, would multiply. */
const mostIncludes = 1000;

/** What the files of one config know of each other. */
export interface Files {
  /** Those that are being read, outermost first, by their real paths. */
  readonly open: readonly string[];
  /** How many were included so far; an object, because all files share it. */
  readonly included: { count: number };
}

/** A file to parse in place of an include. */
export interface IncludedFile {
  readonly text: string;
  readonly file: string;
  readonly files: Files;
}

/**
 * Reads the file that is named after the word `include`; a relative name is relative to the including file. Throws a
 * ConfigError, also for a file that is not there: a broker that starts without its password file would be a trap.
 */
export function readInclude(scanner: Scanner, files: Files): IncludedFile {
  const at = scanner.here();
  const name = readFileName(scanner);
  const file = isAbsolute(name) ? name : join(dirname(scanner.file), name);
  const content = readTextFile(file);
  if ('failure' in content) {
    throw syntaxError(at, `cannot include ${file}: ${content.failure}`);
  }
  const realPath = realPathOf(file);
  if (files.open.includes(realPath)) {
    throw syntaxError(at, `${file} includes itself, directly or through other files`);
  }
  files.included.count++;
  if (files.included.count > mostIncludes) {
    throw syntaxError(at, `more than ${mostIncludes} files are included`);
  }
  return { text: content.text, file, files: { ...files, open: [...files.open, realPath] } };
}

/** `"x"`, `file("x")`, `required("x")` or `required(file("x"))`; our files are always required. */
function readFileName(scanner: Scanner): string {
  scanner.skipToContent();
  const wrapper = scanner.match(/required\(\s*file\(\s*|required\(\s*|file\(\s*/y)?.[0] ?? '';
  if (!scanner.sees('"')) {
    throw syntaxError(scanner.here(), 'expected include "name" or include file("name")');
  }
  const name = readQuoted(scanner, '');
  for (let open = wrapper.split('(').length - 1; open > 0; open--) {
    if (scanner.match(/\s*\)/y) === null) {
      throw syntaxError(scanner.here(), 'expected the ")" of this include');
    }
  }
  return name;
}
