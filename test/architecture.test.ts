import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/**
 * Which rooms a room may import from, besides itself: down, never up, and never sideways between features. A file that
 * lies directly in `src` is a room of its own.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  codec: ['base'],
  topics: ['base'],
  broker: ['codec', 'topics', 'base'],
  config: ['base'],
  transports: ['broker', 'config', 'codec', 'topics', 'base'],
  webhook: ['broker', 'config', 'codec', 'topics', 'base'],
  sys: ['broker', 'config', 'codec', 'topics', 'base'],
  listeners: ['transports', 'broker', 'config', 'base'],
  'app.ts': ['listeners', 'transports', 'webhook', 'sys', 'broker', 'config', 'codec', 'topics', 'base'],
  cli: ['app.ts', 'webhook', 'config', 'base'],
  'index.ts': ['app.ts', 'transports', 'webhook', 'sys', 'broker', 'config', 'codec', 'topics', 'base'],
};

/** What the rooms that know no sockets, files, HTTP or timers may take from Node. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  base: [],
  codec: ['node:buffer'],
  topics: [],
  broker: ['node:crypto', 'node:buffer'],
};

/** The platform's time and process, as these rooms must not reach for them: a clock and a log are handed to them. */
const PLATFORM = /\b(?:setTimeout|setInterval|setImmediate|Date\.now|new Date|performance\.now|process\.|console\.)/;
const WITHOUT_PLATFORM = new Set(['codec', 'topics', 'broker']);

interface Source {
  readonly file: string;
  readonly room: string;
  readonly text: string;
  /** Files in `src`, and modules of Node or of packages, as they are written. */
  readonly imports: readonly string[];
}

const sources: readonly Source[] = globSync('**/*.ts', { cwd: SRC }).map((file) => {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'([^']+)'/g);
  return { file, room: roomOf(file), text, imports: [...found].map(([, name = '']) => name) };
});

function roomOf(file: string): string {
  return file.split('/')[0] ?? '';
}

/** The files of `src` that a source imports. */
function filesOf({ file, imports }: Source): string[] {
  const own = imports.filter((name) => name.startsWith('.'));
  return own.map((name) => relative(SRC, join(SRC, dirname(file), name)));
}

function lines(found: readonly string[]): string {
  return found.join('\n');
}

suite('the plan of the house', () => {
  test('has a line for every room', () => {
    const rooms = new Set(sources.map(({ room }) => room));
    assert.deepEqual(
      [...rooms].filter((room) => !(room in MAY_IMPORT)),
      [],
    );
  });

  test('who may import whom', () => {
    const wrong = sources.flatMap((source) => {
      const allowed = new Set([source.room, ...(MAY_IMPORT[source.room] ?? [])]);
      const forbidden = filesOf(source).filter((file) => !allowed.has(roomOf(file)));
      return forbidden.map((file) => `${source.file} imports ${file}`);
    });
    assert.equal(lines(wrong), '');
  });

  test('the pure rooms and the broker know no sockets, files or HTTP, and no packages', () => {
    const wrong = sources.flatMap(({ file, room, imports }) => {
      const allowed = MAY_USE[room];
      if (allowed === undefined) return [];
      const used = imports.filter((name) => !name.startsWith('.') && !allowed.includes(name));
      return used.map((name) => `${file} imports ${name}`);
    });
    assert.equal(lines(wrong), '');
  });

  test('the broker takes its time from a clock, and so do codec and topics', () => {
    const wrong = sources.flatMap(({ file, room, text }) => {
      if (!WITHOUT_PLATFORM.has(room)) return [];
      const found = text.split('\n').findIndex((line) => PLATFORM.test(line) && !/^\s*(?:\/\/|\/?\*)/.test(line));
      return found === -1 ? [] : [`${file}:${found + 1}`];
    });
    assert.equal(lines(wrong), '');
  });

  test('nobody keeps state outside of a class or a function: several brokers live in one process', () => {
    const wrong = sources.flatMap(({ file, room, text }) => {
      // The program of a thread, or of a process, has its module to itself.
      if (file === 'webhook/worker.ts' || room === 'cli') return [];
      return [...text.matchAll(/^(?:export )?(?:let|var) .*/gm)].map(([line]) => `${file}: ${line}`);
    });
    assert.equal(lines(wrong), '');
  });
});
