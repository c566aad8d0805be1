import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { patternOf } from '../../../src/webhook/pattern.ts';

const table: readonly [pattern: string, fits: readonly string[], others: readonly string[]][] = [
  ['dev-1', ['dev-1'], ['dev-', 'dev-12', 'Dev-1', 'xdev-1', '']],
  ['dev-*', ['dev-', 'dev-1', 'dev-*', 'dev-1\n2'], ['dev', 'xdev-1', 'DEV-1']],
  ['*-up', ['-up', 'a-up', 'a-up-up'], ['a-upx', 'up']],
  ['a*b*c', ['abc', 'axbxc', 'abcbc', 'a*b*c'], ['abcb', 'acb', 'ac']],
  ['?', ['a', '?', '\u{1f600}', '\0'], ['', 'ab', '\u{1f600}\u{1f600}']],
  ['a??', ['abc', 'a\u{1f600}b'], ['ab', 'abcd', 'a\u{1f600}']],
  ['*?', ['a', 'ab', '\u{1f600}'], ['']],
  ['*??', ['ab', 'a\u{1f600}'], ['\u{1f600}', '']],
  ['*', ['', 'a', 'a/b'], []],
  ['***', ['', 'a'], []],
  ['a**b', ['ab', 'axb'], ['a', 'ba']],
  ['ab*ba', ['abba', 'ab-ba'], ['aba', 'ab', 'abb']],
  ['a?*?b', ['axyb', 'ax-yb'], ['axb', 'ab']],
  ['*b?d*', ['abcd', 'bbcd', 'bb\u{1f600}de'], ['abc', 'bd']],
  ['a.c', ['a.c'], ['abc']],
  ['(a+)+$', ['(a+)+$'], ['aaa']],
  ['[ab]', ['[ab]'], ['a']],
  ['"quo\\ted" \u{1f600}', ['"quo\\ted" \u{1f600}'], ['quoted']],
];

suite('a pattern', () => {
  for (const [pattern, fits, others] of table) {
    test(JSON.stringify(pattern), () => {
      const matches = patternOf(pattern);
      assert.deepEqual(
        [...fits, ...others].filter((text) => matches(text)),
        fits,
      );
    });
  }

  test('means what a regular expression means', () => {
    const source = fc.string({ unit: fc.constantFrom('*', '?', 'a', 'b', '\u{1f600}'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\u{1f600}'), maxLength: 8 });
    fc.assert(
      fc.property(source, text, (pattern, candidate) => {
        const expression = pattern.replaceAll('*', '[^]*').replaceAll('?', '[^]');
        assert.equal(patternOf(pattern)(candidate), new RegExp(`^(?:${expression})$`, 'u').test(candidate));
      }),
      { seed: 7, numRuns: 20_000 },
    );
  });

  test('takes no time that a client could make long', () => {
    // A backtracking matcher would need longer than there is time for each of these.
    const matches = patternOf(`${'*a'.repeat(64)}*b`);
    assert.equal(matches('a'.repeat(65_535)), false);
    assert.equal(matches(`${'a'.repeat(65_534)}b`), true);
    assert.equal(patternOf(`${'*a?'.repeat(64)}*b`)('a'.repeat(65_535)), false);
  });

  test('costs nothing worth a mention when the same long text comes again and again', () => {
    const text = 'a'.repeat(65_535);
    const rounds = 10_000;
    // To go through the text each time takes some seconds.
    for (const source of ['sensor-*', '*-prod', '*aaaaaaaaab', '*?????????b', '*b*', '*aaa?b*', 'a*b?*a']) {
      const matches = patternOf(source);
      const began = performance.now();
      for (let i = 0; i < rounds; i++) assert.equal(matches(text), false);
      const took = performance.now() - began;
      assert.ok(took < 1000, `${source}: ${took} ms`);
    }
  });

  test('tells long texts apart that it remembers', () => {
    const matches = patternOf('*x?*y');
    const texts = Array.from({ length: 200 }, (_, i) => `${'a'.repeat(200)}${i % 2 === 0 ? 'x' : ''}${i}y`);
    for (let round = 0; round < 2; round++)
      for (const [i, text] of texts.entries()) assert.equal(matches(text), i % 2 === 0, text);
  });
});
