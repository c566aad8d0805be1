import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import type { Problem } from '../../src/config/config-error.ts';
import { readHocon } from '../../src/config/hocon.ts';
import type { HoconOptions } from '../../src/config/hocon.ts';
import type { Kind } from '../../src/config/kind.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Place } from '../../src/config/place.ts';
import type { ConfigOf, Section } from '../../src/config/rows.ts';
import { plainOf } from '../../src/config/tree.ts';
import type { Plain } from '../../src/config/tree.ts';

/** What a HOCON text says, without positions. */
export function hocon(text: string, options?: HoconOptions): Plain {
  return plainOf(readHocon(text, 'test.conf', options).root);
}

/** The lines of the ConfigError that something throws. */
export function problemLines(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split('\n');
  }
  return [];
}

/** What a kind makes of a value, or why it refuses it. */
export function readAs<T>(kind: Kind<T>, value: string): T | string {
  const member = readHocon(`key = ${value}`, 'test.conf').root.members.get('key');
  assert.ok(member !== undefined);
  const problems: Problem[] = [];
  const result = kind.read(member.value, Place.root(problems, []).member('key'));
  return result === undefined ? problems.map(({ key, message }) => `${key}: ${message}`).join('; ') : result;
}

/** Loads a text as a config file. Problems name the file `test.conf`, wherever it really stands. */
export function load<const S extends readonly Section[]>(
  test: TestContext,
  text: string,
  sections: S,
  environment: Readonly<Record<string, string>> = {},
): { readonly config: ConfigOf<S> } | { readonly lines: readonly string[] } {
  const directory = directoryWith(test, { 'test.conf': text });
  try {
    return { config: loadConfig({ file: join(directory, 'test.conf'), sections, environment }) };
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return { lines: error.message.split('\n').map((line) => line.replace(`${directory}/`, '')) };
  }
}

/** A directory with files of these names and contents, which the test's end removes. */
export function directoryWith(test: TestContext, files: Readonly<Record<string, string | Uint8Array>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'hookmq-config-'));
  test.after(() => rmSync(directory, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  return directory;
}
