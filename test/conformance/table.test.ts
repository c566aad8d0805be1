import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { allCases } from './cases/index.ts';
import { conformanceDocument } from './kit/document.ts';
import { specifications } from './statements/index.ts';
import type { Statement } from './statements/statement.ts';

const statements = specifications.flatMap(({ all }) => all);
const covered = new Set(allCases.flatMap(({ ids }) => ids));

/** How many statements the specifications number. */
const TOTALS = { '5.0': 256, '3.1.1': 141 };

function idsOf(members: readonly Statement[]): string[] {
  return members.map(({ id }) => id);
}

suite('statements and cases', () => {
  for (const { name, all } of specifications)
    test(`all statements of ${name} are listed, each once and in order`, () => {
      const ids = idsOf(all);
      assert.deepEqual(ids, [...new Set(ids)].toSorted(byNumber));
      assert.ok(ids.length >= TOTALS[name], `${ids.length} of ${TOTALS[name]}`);
    });

  test('a statement has a case or a reason to have none', () => {
    assert.deepEqual(idsOf(statements.filter(({ id, outOfScope }) => !covered.has(id) && outOfScope === null)), []);
  });

  test('a statement with a case has no reason to have none', () => {
    assert.deepEqual(idsOf(statements.filter(({ id, outOfScope }) => covered.has(id) && outOfScope !== null)), []);
  });

  test('cases prove statements that exist', () => {
    const known = new Set<string>(idsOf(statements));
    assert.deepEqual(
      [...covered.values()].filter((id) => !known.has(id)),
      [],
    );
  });

  test('cases run for each version whose statements they prove', () => {
    const wrong = allCases.filter(({ ids, versions }) => {
      const wanted = [ids.some((id) => id.startsWith('5.0:')), ids.some((id) => id.startsWith('3.1.1:'))];
      return wanted[0] !== versions.includes(5) || wanted[1] !== versions.includes(4);
    });
    assert.deepEqual(
      wrong.map(({ ids, title }) => `${ids.join(' ')} ${title}`),
      [],
    );
  });

  test('no two cases of a statement have the same title', () => {
    const titles = allCases.flatMap(({ ids, title }) => ids.map((id) => `${id} ${title}`));
    assert.deepEqual(
      titles.filter((title, index) => titles.indexOf(title) !== index),
      [],
    );
  });
});

test('docs/conformance.md is up to date: `npm run conformance` writes it', () => {
  const file = fileURLToPath(new URL('../../docs/conformance.md', import.meta.url));
  const written = existsSync(file) ? readFileSync(file, 'utf8') : '';
  // A difference of two long texts would be of no help.
  assert.ok(written === conformanceDocument(), 'it is not what the tables and cases say');
});

/** By the numbers in the identifiers. */
function byNumber(a: string, b: string): number {
  const [left, right] = [a, b].map((id) => id.match(/\d+/g)?.map(Number) ?? []) as [number[], number[]];
  for (const [index, number] of left.entries()) if (number !== right[index]) return number - (right[index] ?? -1);
  return left.length - right.length;
}
