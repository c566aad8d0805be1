import { allCases } from '../cases/index.ts';
import { specifications } from '../statements/index.ts';
import type { Statement } from '../statements/statement.ts';
import type { Case, StatementId } from './case.ts';

const HEAD = `# Conformance

Every normative statement of MQTT 5.0 and MQTT 3.1.1 (the numbers are those of the standards' lists of conformance
statements; what they say is told in our words), and the tests that prove that the broker obeys it, or why there is none.
The tests are the cases in \`test/conformance/\`; each runs over TCP and over WebSocket. MQTT 3.1 has no numbered
statements: its clients take part in the cases whose rule is the same, and \`cases/only-31.ts\` has what only it knows.

\`npm run conformance\` writes this page from the tables and the cases; a test fails when it is out of date.
`;

/** The text of docs/conformance.md. */
export function conformanceDocument(): string {
  const covered = Map.groupBy(
    allCases.flatMap((member) => member.ids.map((id) => ({ id, member }))),
    ({ id }) => id,
  );
  const casesOf = (id: StatementId): readonly Case[] => (covered.get(id) ?? []).map(({ member }) => member);
  const counts = specifications.map(({ name, all }) => {
    const proved = all.filter(({ id }) => covered.has(id)).length;
    return `| ${name} | ${all.length} | ${proved} | ${all.length - proved} |`;
  });
  return [
    HEAD,
    '| specification | statements | covered by tests | out of scope |\n|---|---|---|---|\n' + counts.join('\n'),
    ...specifications.map(({ name, all }) => `\n## MQTT ${name}\n\n${sections(all, casesOf)}`),
    '',
  ].join('\n');
}

function sections(all: readonly Statement[], casesOf: (id: StatementId) => readonly Case[]): string {
  return [...Map.groupBy(all, ({ id }) => chapter(id))]
    .map(([section, members]) => {
      const rows = members.map((member) => row(member, casesOf(member.id)));
      return `### Section ${section}\n\n| statement | binds | says | tests |\n|---|---|---|---|\n${rows.join('\n')}\n`;
    })
    .join('\n');
}

function row({ id, binds, says, outOfScope }: Statement, cases: readonly Case[]): string {
  const titles = cases.map(({ title, over }) => (over === undefined ? title : `${title} (${over} only)`));
  const tests = titles.length > 0 ? titles.map((title) => `• ${title}`).join('<br>') : `*none:* ${outOfScope}`;
  return `| ${numberOf(id)} | ${binds} | ${cell(says)} | ${cell(tests)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function numberOf(id: StatementId): string {
  return id.slice(id.indexOf('MQTT-'));
}

/** `3.1` for `5.0:MQTT-3.1.2-4`. */
export function chapter(id: StatementId): string {
  return id.replace(/^.*MQTT-(\d+\.\d+).*$/, '$1');
}
