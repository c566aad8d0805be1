import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { patternOf } from '../../src/webhook/pattern.ts';

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
      { seed: 7, numRuns: 5000 },
    );
  });

  test('takes no time that a client could make long', () => {
    // A backtracking matcher would need longer than there is time for each of these.
    const matches = patternOf(`${'*a'.repeat(64)}*b`);
    assert.equal(matches('a'.repeat(65_535)), false);
    assert.equal(matches(`${'a'.repeat(65_534)}b`), true);
    assert.equal(patternOf(`${'*a?'.repeat(64)}*b`)('a'.repeat(65_535)), false);
  });
});
