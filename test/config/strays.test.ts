import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHocon } from '../../src/config/hocon.ts';
import { plainOf } from '../../src/config/tree.ts';
import type { Plain } from '../../src/config/tree.ts';
import { directoryWith, problemLines } from './reading.ts';

/** What a text says in which the lists called `list` may have keys. */
function read(text: string, file = 'test.conf'): Plain {
  const options = { environment: { NAME: 'n' }, holdsStrays: (path: readonly string[]) => path.at(-1) === 'list' };
  return plainOf(readHocon(text, file, options).root);
}

function refused(text: string): string[] {
  return problemLines(() => read(text)).map((told) => told.slice('test.conf:'.length));
}

test('strays: keys in a list stand beside it', () => {
  assert.deepEqual(read('a.list = [\n x = 1\n y.z : two\n { i = 1 } ]'), {
    a: { list: [{ i: 1 }], x: 1, y: { z: 'two' } },
  });
  assert.deepEqual(read('list = [ { i = 1 }, x = 1, { i = 2 }, y = "=", 3 ]'), {
    list: [{ i: 1 }, { i: 2 }, 3],
    x: 1,
    y: '=',
  });
  assert.deepEqual(read('a { b = 1, list = [ c = 2 ] }'), { a: { b: 1, list: [], c: 2 } });
});

test('strays: their values are as those of any key', () => {
  assert.deepEqual(read('n = 5\nlist = [ a = ${n}, b = ${NAME}x, c = [1, 2], d = { e = 1 }, f = """q""" ]'), {
    n: 5,
    list: [],
    a: 5,
    b: 'nx',
    c: [1, 2],
    d: { e: 1 },
    f: 'q',
  });
  assert.deepEqual(read('a = 1\nlist = [ a = 2 ]'), { a: 2, list: [] });
  assert.deepEqual(read('o { k = 1 }\nlist = [ o = { l = 2 } ]'), { o: { k: 1, l: 2 }, list: [] });
});

test('strays: only of the list itself, and only of such a list', () => {
  const line = 'a list [ ... ] holds values, not keys; put keys in braces { ... } or outside of the list';
  assert.deepEqual(refused('other = [ a = 1 ]'), [`1:13: other: ${line}`]);
  assert.deepEqual(refused('list = [ [ a = 1 ] ]'), [`1:14: list: ${line}`]);
  assert.deepEqual(refused('list = [ { k = [ a = 1 ] } ]'), [`1:20: list.k: ${line}`]);
  assert.deepEqual(refused('list = [ { list = [ a = 1 ] } ]'), [`1:23: list.list: ${line}`]);
  assert.deepEqual(refused('list = [ k = [ a = 1 ] ]'), [`1:18: k: ${line}`]);
  assert.deepEqual(refused('x { list = [ a = ${NOPE} ] }'), [
    '1:18: x.a: ${NOPE} is not set, neither in the config nor in the environment',
  ]);
  assert.deepEqual(refused('list = [ a = ]'), ['1:13: a: a value is missing here']);
  assert.deepEqual(refused('list = [ a..b = 1 ]'), ['1:12: a key cannot begin with a dot or have two dots in a row']);
  assert.deepEqual(refused('list = [ a = 1 b = 2 ]').length, 1);
});

test('strays: in an included file they stand beside the list too', (t) => {
  const directory = directoryWith(t, { 'main.conf': 'a { include "part.conf" }', 'part.conf': 'list = [ x = 1 ]' });
  const file = join(directory, 'main.conf');
  assert.deepEqual(read('a { include "part.conf" }', file), { a: { list: [], x: 1 } });
});
