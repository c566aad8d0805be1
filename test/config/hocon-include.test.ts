import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHocon } from '../../src/config/hocon.ts';
import { plainOf } from '../../src/config/tree.ts';
import type { Plain } from '../../src/config/tree.ts';
import { directoryWith, problemLines } from './reading.ts';

function read(file: string): Plain {
  return plainOf(readHocon(readFileSync(file, 'utf8'), file).root);
}

test('include: relative to the including file, in both forms, also in an object', (t) => {
  const directory = directoryWith(t, {
    'main.conf':
      'include "conf/a.conf"\npassword = {include file("conf/b.conf")}\nlist = [{ include required(file("conf/b.conf")) }]',
    'conf/a.conf': 'x = 1\ninclude "b.conf", y = 2',
    'conf/b.conf': '{ z = 3 }',
  });
  assert.deepEqual(read(join(directory, 'main.conf')), {
    x: 1,
    z: 3,
    y: 2,
    password: { z: 3 },
    list: [{ z: 3 }],
  });
});

test('include: an absolute name', (t) => {
  const directory = directoryWith(t, { 'a.conf': 'x = 1' });
  const text = `include "${join(directory, 'a.conf')}"`;
  assert.deepEqual(plainOf(readHocon(text, 'elsewhere/main.conf').root), { x: 1 });
});

test('include: keys override and are overridden as if they stood there', (t) => {
  const directory = directoryWith(t, {
    'main.conf': 'a { x = 1, y = 1 }\na { include "a.conf" }\na.z = 3',
    'a.conf': 'y = 2, z = 2',
  });
  assert.deepEqual(read(join(directory, 'main.conf')), { a: { x: 1, y: 2, z: 3 } });
});

test('include: a substitution looks where its file stands first, then in the whole config', (t) => {
  const directory = directoryWith(t, {
    'main.conf': 'name = outer, other = o\na { include "a.conf" }\na.b { include "a.conf" }',
    'a.conf': 'name = inner, own = ${name}, far = ${other}',
  });
  assert.deepEqual(read(join(directory, 'main.conf')), {
    name: 'outer',
    other: 'o',
    a: { name: 'inner', own: 'inner', far: 'o', b: { name: 'inner', own: 'inner', far: 'o' } },
  });
});

test('include: errors and values point at the included file', (t) => {
  const directory = directoryWith(t, {
    'main.conf': 'a { include "conf/bad.conf" }',
    'conf/bad.conf': '\n  x = y:z',
    'good.conf': 'include "conf/good.conf"',
    'conf/good.conf': '\n  x = y',
  });
  assert.deepEqual(
    problemLines(() => read(join(directory, 'main.conf'))),
    [
      `${join(directory, 'conf/bad.conf')}:2:8: a.x: an unquoted value cannot contain ":"; put the whole value in quotes`,
    ],
  );
  const { root } = readHocon('include "conf/good.conf"', join(directory, 'good.conf'));
  assert.deepEqual(root.members.get('x')?.at, { file: join(directory, 'conf/good.conf'), line: 2, column: 3 });
});

test('include: a missing file, a directory and a file of bytes are errors', (t) => {
  const directory = directoryWith(t, {
    'missing.conf': 'a = 1\ninclude "nope.conf"',
    'directory.conf': 'include "dir"',
    'dir/x': '',
    'bytes.conf': 'include "bytes"',
    bytes: Uint8Array.of(0x61, 0xff, 0xfe),
  });
  const linesOf = (name: string): string[] => problemLines(() => read(join(directory, name)));
  const at = (name: string): string => join(directory, name);
  assert.deepEqual(linesOf('missing.conf'), [
    `${at('missing.conf')}:2:8: cannot include ${at('nope.conf')}: there is no such file`,
  ]);
  assert.deepEqual(linesOf('directory.conf'), [
    `${at('directory.conf')}:1:8: cannot include ${at('dir')}: this is a directory, not a file`,
  ]);
  assert.deepEqual(linesOf('bytes.conf'), [
    `${at('bytes.conf')}:1:8: cannot include ${at('bytes')}: this is not UTF-8 text`,
  ]);
});

test('include: circles are refused, the same file twice is not', (t) => {
  const directory = directoryWith(t, {
    'self.conf': 'include "self.conf"',
    'one.conf': 'include "two.conf"',
    'two.conf': 'include "./one.conf"',
    'twice.conf': 'a { include "leaf.conf" }, b { include "leaf.conf" }',
    'leaf.conf': 'x = 1',
  });
  const circle = /includes itself, directly or through other files$/;
  assert.match(problemLines(() => read(join(directory, 'self.conf'))).join(), circle);
  assert.match(problemLines(() => read(join(directory, 'one.conf'))).join(), circle);
  assert.deepEqual(read(join(directory, 'twice.conf')), { a: { x: 1 }, b: { x: 1 } });
});

test('include: files that include each other twice do not multiply without end', (t) => {
  const files = Array.from({ length: 20 }, (_, i): [string, string] => [
    `${i}.conf`,
    `include "${i + 1}.conf"\ninclude "${i + 1}.conf"`,
  ]);
  const directory = directoryWith(t, { ...Object.fromEntries(files), '20.conf': '' });
  assert.match(problemLines(() => read(join(directory, '0.conf'))).join(), /more than 1000 files are included$/);
});

test('include: a chain of files counts as nesting', (t) => {
  const files = Array.from({ length: 120 }, (_, i): [string, string] => [`${i}.conf`, `a { include "${i + 1}.conf" }`]);
  const directory = directoryWith(t, { ...Object.fromEntries(files), '120.conf': '' });
  assert.match(problemLines(() => read(join(directory, '0.conf'))).join(), /nested more than 100 deep$/);
});
