import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { readHocon } from '../../src/config/hocon.ts';
import type { HoconOptions } from '../../src/config/hocon.ts';
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
  assert.fail('no ConfigError');
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
