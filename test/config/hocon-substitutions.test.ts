import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHocon } from '../../src/config/hocon.ts';
import type { Plain } from '../../src/config/tree.ts';
import { hocon, problemLines } from './reading.ts';

const environment = { HOST: 'gateway', EMPTY: '', PORT: '1883' };

const table: readonly [what: string, text: string, value: Plain][] = [
  ['a value keeps its type', 'a = 5, b = ${a}, c = true, d = ${c}', { a: 5, b: 5, c: true, d: true }],
  ['a value may come later', 'b = ${a}, a = 1, a = 2', { b: 2, a: 2 }],
  ['a path', 'a { "b.c" { d = 1 } }, e = ${a."b.c".d}', { a: { 'b.c': { d: 1 } }, e: 1 }],
  ['joined to a text', 'a = 1.50, b = v ${a} "x"${a}', { a: 1.5, b: 'v 1.50 x1.50' }],
  ['not in quotes', 'a = "${b}"', { a: '${b}' }],
  ['the environment', 'a = ${HOST}":"${PORT}x', { a: 'gateway:1883x' }],
  ['the config before the environment', 'HOST = x, a = ${HOST}', { HOST: 'x', a: 'x' }],
  ['null is a value', 'HOST = null, a = ${HOST}', { HOST: null, a: null }],
  ['an empty variable is one', 'a = x${EMPTY}y', { a: 'xy' }],
  ['an optional one that is not there', 'a = ${?nope}, b = [1, ${?nope}], c = x${?nope}', { b: [1], c: 'x' }],
  ['an optional one keeps the earlier value', 'a = 1, a = ${?nope}', { a: 1 }],
  ['an optional one that is there replaces it', 'a = 1, a = ${?PORT}', { a: '1883' }],
  ['several optional ones that are not there', 'a = ${?x}${?y}, b = 1', { b: 1 }],
  [
    'an object is merged with another',
    'a { x = 1, y = 1 }, b = ${a} { y = 2 }',
    { a: { x: 1, y: 1 }, b: { x: 1, y: 2 } },
  ],
  ['an object is merged with later keys', 'a { x = 1 }, b = ${a}, b.y = 2', { a: { x: 1 }, b: { x: 1, y: 2 } }],
  ['what inherits is changed by later keys', 'b = ${a}, a.x = 1, a.x = 2', { b: { x: 2 }, a: { x: 2 } }],
  ['a list is extended', 'a = [1], b = ${a} [2]', { a: [1], b: [1, 2] }],
  ['a list extends itself', 'a = [1], a = ${a} [2]', { a: [1, 2] }],
  ['a text extends itself', 'p = /bin, p = ${p}":/usr"', { p: '/bin:/usr' }],
  ['a text extends the environment', 'HOST = ${HOST}.local', { HOST: 'gateway.local' }],
  ['+= takes a substitution as one item', 'x = [2], a = [1], a += ${x}', { x: [2], a: [1, [2]] }],
  ['an optional self-reference', 'a = ${?a}foo', { a: 'foo' }],
  ['a list in its own earlier value', 'a = 1, a = [${a}]', { a: [1] }],
  ['a part of oneself', 'bar { foo = 42, baz = ${bar.foo} }', { bar: { foo: 42, baz: 42 } }],
  [
    'an object replaced by a part of itself',
    'foo { a { c = 1 } }\nfoo = ${foo.a}\nfoo { a = 2 }',
    { foo: { a: 2, c: 1 } },
  ],
  [
    'two objects that refer to each other',
    'bar { a = ${foo.d}, b = 1 }\nbar.b = 3\nfoo { c = ${bar.b}, d = 2 }\nfoo.d = 4',
    { bar: { a: 4, b: 3 }, foo: { c: 3, d: 4 } },
  ],
];

for (const [what, text, value] of table) {
  test(`substitution: ${what}`, () => {
    assert.deepEqual(hocon(text, { environment }), value);
  });
}

const errors: readonly [what: string, text: string, line: string][] = [
  [
    'not set',
    'a = 1\nb = ${nope.x}',
    'test.conf:2:5: b: ${nope.x} is not set, neither in the config nor in the environment',
  ],
  ['itself', 'a = ${a}', 'test.conf:1:5: a: ${a} is not set, neither in the config nor in the environment'],
  ['a circle', 'a = ${b}, b = ${a}', 'test.conf:1:15: these substitutions lead back to themselves'],
  ['contains itself', 'a { b = ${a} }', 'test.conf:1:3: this contains itself through substitutions'],
  [
    'lists that contain each other',
    'b = [[${c}]], c = [[${b}]]',
    'test.conf:1:5: this contains itself through substitutions',
  ],
  [
    'mixed',
    'a = {}, b = x ${a}',
    'test.conf:1:5: a text, a list and an object cannot be joined to one value; a new line or a comma separates keys',
  ],
  ['+= to a text', 'a = x\na += 1', 'test.conf:2:1: "+=" adds to a list, but the key has another value before'],
  ['nested', 'a = ${b${c}}', 'test.conf:1:8: a: expected the "}" of this ${...}'],
  ['empty', 'a = ${}', 'test.conf:1:7: a: a key is missing here'],
];

for (const [what, text, line] of errors) {
  test(`substitution error: ${what}`, () => {
    assert.deepEqual(
      problemLines(() => hocon(text)),
      [line],
    );
  });
}

/** Forty keys, each of which has the one before in place of every `?`. */
function doubling(first: string, double: string): string {
  const keys = Array.from({ length: 40 }, (_, i) => `a${i + 1} = ${double.replaceAll('?', `\${a${i}}`)}`);
  return ['z = ${a40}', first, ...keys].join('\n');
}

test('substitutions cannot make the config explode', () => {
  assert.match(problemLines(() => hocon(doubling('a0 = xx', '??'))).join('\n'), /make this text too long$/);
  assert.match(problemLines(() => hocon(doubling('a0 = [x, x]', '? ?'))).join('\n'), /make this list too long$/);
  assert.match(
    problemLines(() => hocon(doubling('a0 = [x, x]', '[?, ?]'))).join('\n'),
    /the config has more than 200000 values/,
  );
});

test('a long chain of substitutions is refused, not followed to the end of the stack', () => {
  const text = Array.from({ length: 10_000 }, (_, i) => `a${i} = \${a${i + 1}}`).join('\n');
  assert.match(problemLines(() => hocon(text)).join('\n'), /more than 200 substitutions lead to each other$/);
});

test('the names that a file makes for itself are known', () => {
  const { referenced } = readHocon('mine.host = x, other = 1, a = ${mine.host}, b = ${?nope}', 'test.conf');
  assert.deepEqual([...referenced], ['mine']);
});
