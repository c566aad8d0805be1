// Writes the tables of docs/webhooks.md from those that the code uses: `npm run docs:webhooks`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventTables } from './events/event-tables.ts';
import { keyTables } from './key-table.ts';

const file = fileURLToPath(new URL('../../docs/webhooks.md', import.meta.url));

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. */
function replacePart(page: string, name: string, text: string): string {
  const [before, rest] = page.split(`<!-- ${name} -->`);
  const [, after] = rest?.split(`<!-- /${name} -->`) ?? [];
  if (after === undefined) throw new Error(`${file} has no <!-- ${name} --> ... <!-- /${name} -->`);
  return `${before}<!-- ${name} -->\n\n${text}\n\n<!-- /${name} -->${after}`;
}

const page = readFileSync(file, 'utf8');
writeFileSync(file, replacePart(replacePart(page, 'keys', keyTables()), 'events', eventTables()));
