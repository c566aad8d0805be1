import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHocon } from '../../src/config/hocon.ts';
import type { Plain } from '../../src/config/tree.ts';
import { hocon } from './reading.ts';

const table: readonly [what: string, text: string, value: Plain][] = [
  ['an empty file', '', {}],
  ['only comments', '# a\n// b\n', {}],
  ['braces around the file', '{ a = 1 }\n# end\n', { a: 1 }],
  ['JSON', '{"a": {"b": [1, true, null, "x"]}}', { a: { b: [1, true, null, 'x'] } }],
  ['all separators', 'a = 1\nb : 2\nc { d = 3 }\ne = { f = 4 }\ng : { h = 5 }', hBlocks()],
  ['a brace on the next line', 'a\n{ b = 1 }', { a: { b: 1 } }],
  ['a value on the next line', 'a =\n  1', { a: 1 }],
  ['commas', 'a = 1, b = 2,\nc = 3,', { a: 1, b: 2, c: 3 }],
  ['CRLF and a byte order mark are no part of values', 'a = x y\r\nb = 2\r\n', { a: 'x y', b: 2 }],
  ['dotted keys', 'a.b.c = 1\na.b.d = 2', { a: { b: { c: 1, d: 2 } } }],
  ['quoted keys', '"a.b" = 1, a."c.d" = 2, "" = 3', { 'a.b': 1, a: { 'c.d': 2 }, '': 3 }],
  ['keys with whitespace', 'a b c = 1', { 'a b c': 1 }],
  ['keys that look like values', 'true = 1, 3.14 = 2, null = 3', { true: 1, '3': { '14': 2 }, null: 3 }],
  [
    'a key that is a header',
    'headers.content-type = application/json',
    { headers: { 'content-type': 'application/json' } },
  ],
  ['keys that begin with include', 'included = 1, include.x = 2, "include" = 3', { included: 1, include: 3 }],
  ['numbers', 'a = [0, -1, 1.5, 1e3, 1E-2, 1e+2]', { a: [0, -1, 1.5, 1000, 0.01, 100] }],
  [
    'numbers with units are texts',
    'a = 10KB, b = 60s, c = 10 KB, d = 007',
    { a: '10KB', b: '60s', c: '10 KB', d: '007' },
  ],
  ['words', 'a = true, b = false, c = null, d = truefoo', { a: true, b: false, c: null, d: 'truefoo' }],
  ['escapes', String.raw`a = "\" \\ \/ \b\f\n\r\t é 😀"`, { a: '" \\ / \b\f\n\r\t é 😀' }],
  ['unicode escapes', String.raw`a = "\u00e9\ud83d\ude00"`, { a: 'é😀' }],
  ['comment signs in quotes', 'a = "x # y // z" # c', { a: 'x # y // z' }],
  ['a comment behind a word', 'a = x# c\nb = y// c', { a: 'x', b: 'y' }],
  ['triple quotes', 'a = """x\n "y" \\n"""""', { a: 'x\n "y" \\n""' }],
  ['empty quotes', 'a = "", b = """"""', { a: '', b: '' }],
  ['words joined with their whitespace', 'a =  x  y "z"  w  ', { a: 'x  y z  w' }],
  ['a list by newlines, commas, both', 'a = [1\n2,\n3,]', { a: [1, 2, 3] }],
  ['lists in lists', 'a = [[], [1, [2]]]', { a: [[], [1, [2]]] }],
  ['objects in a list without commas', 'a = [\n{ b = 1 }\n{ b = 2 }\n]', { a: [{ b: 1 }, { b: 2 }] }],
  ['objects on one line are joined', 'a = [{ b = 1 } { c = 2 }]', { a: [{ b: 1, c: 2 }] }],
  ['lists on one line are joined', 'a = [1] [2, 3]', { a: [1, 2, 3] }],
  ['the later value wins', 'a = 1, a = 2', { a: 2 }],
  ['objects merge', 'a { b = 1, c { d = 2 } }\na { c.e = 3, b = 4 }', { a: { b: 4, c: { d: 2, e: 3 } } }],
  ['a value between objects stops merging', 'a { b = 1 }, a = null, a { c = 2 }', { a: { c: 2 } }],
  ['lists do not merge', 'a = [1], a = [2]', { a: [2] }],
  ['+= makes a list', 'a += 1', { a: [1] }],
  ['+= adds to a list', 'a = [1]\na += 2\na += [3]', { a: [1, 2, [3]] }],
  ['+= in an object', 'o { a = [1] }\no.a += { b = 2 }', { o: { a: [1, { b: 2 }] } }],
  ['= after += starts anew', 'a += 1\na = [2]', { a: [2] }],
  ['whitespace of all sorts', 'a\u00a0=\u2003x\u3000y', { a: 'x\u3000y' }],
];

function hBlocks(): Plain {
  return { a: 1, b: 2, c: { d: 3 }, e: { f: 4 }, g: { h: 5 } };
}

for (const [what, text, value] of table) {
  test(`HOCON: ${what}`, () => {
    assert.deepEqual(hocon(text), value);
  });
}

test('HOCON: a key is only a key, whatever JavaScript makes of it', () => {
  const { root } = readHocon(
    '__proto__ { polluted = 1 }, constructor.prototype.polluted = 2, toString = 3',
    'test.conf',
  );
  assert.deepEqual([...root.members.keys()], ['__proto__', 'constructor', 'toString']);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
  assert.deepEqual(hocon('a = ${?toString} x'), { a: ' x' });
});

test('HOCON: a thousand += are no recursion', () => {
  assert.deepEqual(hocon('a += 1\n'.repeat(1000)), { a: Array.from({ length: 1000 }, () => 1) });
});

test('HOCON: every value and every key knows where it stands', () => {
  const { root } = readHocon('# c\n  a.b = 1\nl = [\n  x,\n  { c = "y" }\n]\n', 'dir/test.conf');
  const a = root.members.get('a');
  const list = root.members.get('l')?.value;
  assert.deepEqual(a?.at, { file: 'dir/test.conf', line: 2, column: 3 });
  assert.ok(a.value.type === 'object' && list?.type === 'array');
  assert.deepEqual(a.value.members.get('b')?.at, { file: 'dir/test.conf', line: 2, column: 5 });
  assert.deepEqual(a.value.members.get('b')?.value.at, { file: 'dir/test.conf', line: 2, column: 9 });
  assert.deepEqual(list.at, { file: 'dir/test.conf', line: 3, column: 5 });
  assert.deepEqual(list.items[0]?.at, { file: 'dir/test.conf', line: 4, column: 3 });
  const item = list.items[1];
  assert.ok(item?.type === 'object');
  assert.deepEqual(item.members.get('c')?.at, { file: 'dir/test.conf', line: 5, column: 5 });
  assert.deepEqual(item.members.get('c')?.value.at, { file: 'dir/test.conf', line: 5, column: 9 });
});

test('HOCON: of a key that is set twice, the value that counts is the one that is pointed at', () => {
  const { root } = readHocon('a = 1\no { x = 1 }\na = 2\no { y = 2 }', 'test.conf');
  assert.equal(root.members.get('a')?.at.line, 3);
  assert.equal(root.members.get('o')?.at.line, 2);
});
