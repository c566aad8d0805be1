import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { boolean, integer, list, text } from '../../src/config/kinds.ts';
import { configure } from '../../src/config/load.ts';
import { group, namedSection, row } from '../../src/config/rows.ts';
import { load, problemLines } from './reading.ts';

const section = namedSection(
  'hook',
  {
    enable: row(boolean(), { doc: 'On or off.', default: true }),
    url: row(text(), { doc: 'Where.', required: true, legacy: ['old.hook.url'] }),
    rules: row(list(text()), { doc: 'What.', default: [], aliases: ['rule', 'what'], holdsStrays: true }),
    tls: group(
      { low: row(integer(), { doc: 'L.', default: 1 }), high: row(integer(), { doc: 'H.', default: 9 }) },
      {
        aliases: ['ssl'],
      },
    ),
  },
  {
    doc: 'A section with names.',
    switch: 'enable',
    check(endpoints, problem) {
      for (const [name, { tls }] of Object.entries(endpoints))
        if (tls.low > tls.high) problem([name, 'tls', 'low'], 'more than tls.high');
    },
  },
);

/** The section as a text has it, or the problems that it has. */
function read(t: TestContext, file: string): unknown {
  const loaded = load(t, file, [section]);
  return 'lines' in loaded ? loaded.lines.map((line) => line.slice('test.conf:'.length)) : loaded.config.hook;
}

const one = (fields: object): object => ({ enable: true, rules: [], tls: { low: 1, high: 9 }, ...fields });

test('named section: none, one, several', (t) => {
  assert.deepEqual(read(t, ''), {});
  assert.deepEqual(read(t, 'hook {}'), {});
  assert.deepEqual(read(t, 'hook.url = a'), { default: one({ url: 'a' }) });
  assert.deepEqual(read(t, 'hook.b.url = b\nhook.url = a'), { default: one({ url: 'a' }), b: one({ url: 'b' }) });
  assert.deepEqual(read(t, 'old.hook.url=a'), { default: one({ url: 'a' }) });
  assert.deepEqual(read(t, 'hook { url = a, off { enable = false } }'), { default: one({ url: 'a' }) });
  assert.deepEqual(read(t, 'hook { enable = false, b.url = b }'), { b: one({ url: 'b' }) });
  assert.deepEqual(configure(section, { b: { url: 'b' } }), { b: one({ url: 'b' }) });
});

test('named section: keys under their other names', (t) => {
  const expected = one({ url: 'a', rules: ['x'], tls: { low: 3, high: 9 } });
  assert.deepEqual(read(t, 'hook { url = a, what = [x], ssl.low = 3 }'), { default: expected });
  assert.deepEqual(read(t, 'hook.b { url = a, rule = [x], ssl { low = 3 } }'), { b: expected });
  assert.deepEqual(read(t, 'hook { url = a, rule = 5, ssl { low = x, mid = 1 } }'), [
    '1:24: hook.rule: 5 is not a list [ ... ]',
    '1:39: hook.ssl.low: "x" is not a whole number from 0',
    '1:42: hook.ssl.mid: unknown key',
  ]);
  assert.deepEqual(read(t, 'hook { url = a, rules = [], rule = [] }'), [
    '1:29: hook.rule: is another name of hook.rules, which is there too',
  ]);
  assert.deepEqual(read(t, 'hook { url = a, what = [], rule = [] }'), [
    '1:17: hook.what: is another name of hook.rule, which is there too',
  ]);
});

test('named section: problems between keys are told where they stand, by the names that they have there', (t) => {
  const problem = 'more than tls.high';
  assert.deepEqual(read(t, 'hook { url = a\n tls.low = 10 }'), [`2:6: hook.tls.low: ${problem}`]);
  assert.deepEqual(read(t, 'hook.b { url = a\n ssl { low = 10 } }'), [`2:8: hook.b.ssl.low: ${problem}`]);
  assert.deepEqual(read(t, 'hook.b { url = a\n ssl { high = 0 } }'), [`2:2: hook.b.ssl.low: ${problem}`]);
  assert.deepEqual(
    problemLines(() => configure(section, { url: 'a', tls: { low: 10 } })),
    [`hook.tls.low: ${problem}`],
  );
});

test('named section: what is misspelt', (t) => {
  assert.deepEqual(read(t, 'hook { url = a, tsl { low = 1 } }'), [
    '1:17: hook.tsl: unknown key; did you mean hook.tls?',
  ]);
  assert.deepEqual(read(t, 'hook { url = a, ulr = 1 }'), ['1:17: hook.ulr: unknown key; did you mean hook.url?']);
  assert.deepEqual(read(t, 'hook { url = a, other { low = 1 } }'), [
    '1:23: hook.other.url: missing; it must be a text with at least one character',
    '1:25: hook.other.low: unknown key; did you mean hook.tls.low?',
  ]);
});

test('named section: strays in the list of any of them', (t) => {
  assert.deepEqual(read(t, 'hook.rules = [ url = a, x ]'), { default: one({ url: 'a', rules: ['x'] }) });
  assert.deepEqual(read(t, 'hook { b { rules = [ x, url = a ] } }'), { b: one({ url: 'a', rules: ['x'] }) });
  assert.match(String(read(t, 'hook.b.c.rules = [ url = a ]')), /a list \[ \.\.\. \] holds values/);
});
