import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Plain } from '../../src/config/tree.ts';
import { isPlainObject } from '../../src/config/tree.ts';
import { hocon } from './reading.ts';
import { snippets } from './snippets.ts';

// The package brings no types.
const require = createRequire(import.meta.url);
const parse: (options: { text: string; strict: true }) => Promise<unknown> = require('@pushcorn/hocon-parser');

for (const [name, text] of Object.entries(snippets)) {
  test(`HOCON: another reader understands "${name}" in the same way`, async () => {
    assert.deepEqual(hocon(text), JSON.parse(JSON.stringify(await parse({ text, strict: true }))));
  });
}

test('HOCON: JSON means what JSON.parse says', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(2), (value, indent) => {
      const json = JSON.stringify(value, null, indent);
      assert.deepEqual(hocon(json), JSON.parse(json));
    }),
    { seed: 1, numRuns: 500 },
  );
});

const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/).filter((name) => !['true', 'false', 'null'].includes(name));
const { value: anyValue } = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(word, fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(word, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

test('HOCON: whatever the spelling, the same value', () => {
  const object = fc.dictionary(word, anyValue, { maxKeys: 5, noNullPrototype: true });
  fc.assert(
    fc.property(object, fc.infiniteStream(fc.nat(99)), (value, choices) => {
      const text = spell(value, () => choices.next().value ?? 0).slice(1, -1);
      assert.deepEqual(hocon(text), JSON.parse(JSON.stringify(value)), text);
    }),
    { seed: 2, numRuns: 500 },
  );
});

/** Writes a value as HOCON, in one of the many ways. */
function spell(value: Plain, choose: () => number): string {
  const pick = (options: readonly string[]): string => options[choose() % options.length] ?? '';
  if (isPlainObject(value)) {
    const fields = Object.entries(value).map(([key, member]) => {
      const separators = isPlainObject(member) ? [' = ', ':', ' ', '\n', '='] : [' = ', ':', '=\n  '];
      return `${pick([key, `"${key}"`])}${pick(separators)}${spell(member, choose)}`;
    });
    return `{${pick(['', ' ', '\n', '# {\n'])}${joined(fields, pick)}}`;
  }
  if (typeof value === 'string') {
    return pick([JSON.stringify(value), /^[a-z][a-z0-9_-]*$/.test(value) ? value : JSON.stringify(value)]);
  }
  return value !== null && typeof value === 'object'
    ? `[${joined(
        value.map((item) => spell(item, choose)),
        pick,
      )}]`
    : JSON.stringify(value);
}

function joined(parts: readonly string[], pick: (options: readonly string[]) => string): string {
  const end = parts.length === 0 ? '' : pick(['', '\n', ',', ' // "}\n', '\n,\n']);
  return (
    parts.map((part, index) => (index === 0 ? part : pick([', ', '\n', ',\n', ' # ]\n', '\t,']) + part)).join('') + end
  );
}
