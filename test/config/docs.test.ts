import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { coreSections } from '../../src/config/core.ts';
import { tableOf } from '../../src/config/table.ts';
import { load } from './reading.ts';

// docs/listeners.md must be true.
const page = readFileSync(new URL('../../docs/listeners.md', import.meta.url), 'utf8');

/** The code blocks of one language; '' for those without. */
function blocks(language: string): string[] {
  return [...page.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].flatMap(([, name, text]) =>
    name === language && text !== undefined ? [text] : [],
  );
}

test('docs/listeners.md: every example is a configuration', (t) => {
  const examples = blocks('hocon');
  assert.equal(examples.length, 5);
  for (const text of examples) {
    const loaded = load(t, text, coreSections);
    assert.ok('config' in loaded, `${text}${JSON.stringify(loaded)}`);
    assert.ok(Object.values(loaded.config.listeners).some((entries) => Object.keys(entries).length > 0));
  }
});

test('docs/listeners.md: the older lines are a configuration', (t) => {
  const text = blocks('').find((block) => block.startsWith('url='));
  const loaded = load(t, text ?? '', coreSections);
  assert.ok('config' in loaded, JSON.stringify(loaded));
  const { tcp, ssl, ws, wss } = loaded.config.listeners;
  assert.equal(tcp['default']?.bind.port, 1883);
  assert.equal(ssl['default']?.keyfile, '/etc/certs/key.pem');
  assert.equal(ws['default']?.bind.path, '/mqtt');
  assert.deepEqual(wss, {});
});

test('docs/listeners.md: the older names are all that there are', () => {
  const [, paragraph = ''] = /^The flat lines of NanoMQ([^]*?):\n$/m.exec(page) ?? [];
  const told = [...paragraph.matchAll(/`([\w.]+)`/g)].map(([, name]) => name);
  const names = tableOf(coreSections)
    .filter(({ path }) => path[0] !== 'mqtt')
    .flatMap(({ row }) => row.legacy.map(({ name }) => name));
  // Names of other versions of NanoMQ, and one that needs no mention beside its url.
  const silent = new Set(['enable', 'tls.cert', 'tls.key', 'tls.keypass', 'tls.cacert']);
  assert.deepEqual(new Set(told), new Set(names.filter((name) => !silent.has(name))));
});

test('docs/listeners.md: every key of every kind has a row', () => {
  const told = new Set([...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name));
  const keys = tableOf(coreSections).filter(({ path }) => path[0] === 'listeners');
  const names = new Set(keys.map(({ path }) => path.at(-1)));
  assert.deepEqual(told, names);
});

test('docs/listeners.md: the defaults are true', (t) => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\S[^|]*?) \|/gm)].map(([, name = '', shown = '']) => [name, shown]);
  const values = rows.filter(([, shown = '']) => /^(?:true|false|\d+|\[.*\])$/.test(shown));
  const text = `listeners {
    wss { bind = 1, certfile = c, keyfile = k }
    ssl { bind = 1, certfile = c, keyfile = k }
    unix.path = s
  }`;
  const loaded = load(t, text, coreSections);
  assert.ok('config' in loaded);
  const { ssl, unix } = loaded.config.listeners;
  const all: Readonly<Record<string, unknown>> = { ...unix['default'], ...ssl['default'] };
  assert.ok(values.length > 5);
  assert.deepEqual(
    values,
    values.map(([name = '']) => [name, defaultText(name, all[name])]),
  );
});

/** A default as the page shows it. */
function defaultText(name: string, value: unknown): string {
  if (name === 'mode') return `0${Number(value).toString(8)}`;
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
