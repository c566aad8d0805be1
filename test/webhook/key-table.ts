import type { Row, Rows } from '../../src/config/rows.ts';
import { tableOf } from '../../src/config/table.ts';
import type { Plain } from '../../src/config/tree.ts';
import { webhookSection } from '../../src/webhook/config.ts';

/** The part of docs/webhooks.md between `<!-- keys -->` and `<!-- /keys -->`: every key of an endpoint, and those of a rule. */
export function keyTables(): string {
  const keys = tableOf([webhookSection]).map(({ path, row }) => line(path.slice(1).join('.'), row));
  const rules = webhookSection.rows.events.kind.inside?.rows ?? {};
  return [
    ...HEAD,
    ...keys,
    '',
    'Of each entry of `events`:',
    '',
    ...HEAD,
    ...rowsOf(rules).map(([name, row]) => line(name, row)),
  ].join('\n');
}

const HEAD = ['| key | value | default | |', '|---|---|---|---|'];

function rowsOf(rows: Rows): [name: string, row: Row<unknown>][] {
  return Object.entries(rows).flatMap(([name, entry]) => (entry.type === 'row' ? [[name, entry]] : []));
}

function line(name: string, { kind, required, default: value, doc }: Row<unknown>): string {
  const shown = required ? 'required' : value === undefined ? '' : `\`${written(value)}\``;
  return `| \`${name}\` | ${kind.expected} | ${shown} | ${doc} |`;
}

/** A default as a file may have it. */
function written(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  return typeof value === 'object' ? '{}' : String(value);
}
