import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hocon, problemLines } from './reading.ts';

const table: readonly [what: string, text: string, line: string][] = [
  [
    'an address without quotes',
    'bridge {\n  server = mqtt-tcp://1.2.3.4:1883\n}',
    '2:20: bridge.server: an unquoted value cannot contain ":"; put the whole value in quotes',
  ],
  [
    'host and port without quotes',
    'bind = 0.0.0.0:1883',
    '1:15: bind: an unquoted value cannot contain ":"; put the whole value in quotes',
  ],
  [
    'a topic filter without quotes',
    'topic = a/b/#',
    '1:13: topic: "#" would start a comment here; put the whole value in quotes: "a/#"',
  ],
  [
    'a plus without quotes',
    'topic = +/b',
    '1:9: topic: an unquoted value cannot contain "+"; put the whole value in quotes',
  ],
  ['a missing value', 'a =\n}', '1:4: a: a value is missing here'],
  ['a missing value at the end', 'a {\n  b =\n', '2:6: a.b: a value is missing here'],
  [
    'a missing value before another key',
    'a =\nb = 1',
    '2:3: a: an unquoted value cannot contain "="; put the whole value in quotes (or is one missing before?)',
  ],
  ['a missing separator', 'o {\n  a 1\n}', '2:3: o: expected "=", ":" or "{" after this key'],
  ['a missing key', 'a = 1\n= 2', '2:1: a key is missing here'],
  ['a key with two dots', 'a..b = 1', '1:3: a key cannot begin with a dot or have two dots in a row'],
  ['a key that begins with a dot', '.a = 1', '1:1: a key cannot begin with a dot or have two dots in a row'],
  ['a key that ends with a dot', 'a. = 1', '1:4: a key is missing here'],
  ['a key with a reserved character', 'a* = 1', '1:1: expected "=", ":" or "{" after this key'],
  ['a key that is a substitution', '${a} = 1', '1:1: a key cannot contain a substitution'],
  ['two commas', 'a = 1,, b = 2', '1:7: nothing stands before this comma'],
  ['a comma at the start', '[\n', '1:1: a config file is an object of keys, not a list [ ... ]'],
  ['a brace that closes nothing', 'a = 1\n}', '2:1: this "}" closes nothing'],
  ['something behind the closing brace', '{ a = 1 }\nb = 2', '2:1: nothing may follow the closing "}" of the file'],
  ['an object that is not closed', 'a = 1\nb {\n  c = 2\n', '2:3: b: this "{" is never closed'],
  ['a list that is not closed', 'a = [1, 2\n', '1:5: a: this "[" is never closed'],
  ['a list closed by a brace', 'a = [1 }', '1:8: a: expected a value or "]" here'],
  ['two commas in a list', 'a = [1,,2]', '1:8: a: expected a value or "]" here'],
  ['a comma at the start of a list', 'a = [,1]', '1:6: a: expected a value or "]" here'],
  [
    'keys in a list',
    'webhook.events = [\n  url = "x"\n]',
    '2:7: webhook.events: a list [ ... ] holds values, not keys; put keys in braces { ... } or outside of the list',
  ],
  [
    'two fields on a line',
    'a { } b { }',
    '1:7: a text, a list and an object cannot be joined to one value; a new line or a comma separates keys',
  ],
  ['a quote that is not closed', 'a = 1\nb = "x\nc = 2', '2:5: b: this quoted text does not end on its line'],
  ['triple quotes that are not closed', 'a = """x"" y', '1:5: a: this """ text is never ended'],
  ['an unknown escape', String.raw`path = "C:\data"`, String.raw`1:11: path: no such escape; write \\ for a backslash`],
  ['a broken unicode escape', String.raw`a = "\u12g4"`, String.raw`1:6: a: no such escape; write \\ for a backslash`],
  ['a dollar', 'a = $b', '1:5: a: an unquoted value cannot contain "$"; put the whole value in quotes'],
  ['an include without a name', 'include = 1', '1:9: expected include "name" or include file("name")'],
  ['an include of a URL', 'include url("http://x/y")', '1:9: expected include "name" or include file("name")'],
  ['an include with a missing parenthesis', 'include file("x"', '1:17: expected the ")" of this include'],
];

for (const [what, text, line] of table) {
  test(`HOCON error: ${what}`, () => {
    assert.deepEqual(
      problemLines(() => hocon(text)),
      [`test.conf:${line}`],
    );
  });
}

test('HOCON error: no value is quoted, it may be a password', () => {
  for (const text of ['password = hunter2:x', 'password hunter2', 'password = "hunter2', 'password = hunter2/#']) {
    const lines = problemLines(() => hocon(text));
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines.join(), /hunter2/);
  }
});

test('HOCON error: what is nested too deeply is refused before the stack ends', () => {
  const deep = 100_000;
  for (const text of [
    'a = ' + '['.repeat(deep),
    'a '.concat('{ a '.repeat(deep)),
    '{'.repeat(deep),
    'a = '.repeat(deep),
    'a.'.repeat(deep) + 'a = 1',
    'a = ${' + 'a.'.repeat(deep) + 'a}',
    'a = ${?' + '{'.repeat(deep),
    `a = ${'[{a='.repeat(deep)}`,
  ]) {
    assert.equal(problemLines(() => hocon(text)).length, 1);
  }
  assert.match(problemLines(() => hocon('a = ' + '['.repeat(101))).join(), /1:104: nested more than 100 deep$/);
  assert.doesNotThrow(() => hocon(`a = ${'['.repeat(99)}${']'.repeat(99)}`));
});
