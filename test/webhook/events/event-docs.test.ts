import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { WEBHOOK_EVENTS } from '../../../src/webhook/events.ts';
import { eventTables } from './event-tables.ts';

const page = readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8');

suite('the events in docs/webhooks.md', () => {
  test('are what the table says', () => {
    const [, shown] = /<!-- events -->\n+([^]*?)\n+<!-- \/events -->/.exec(page) ?? [];
    assert.equal(shown, eventTables(), 'npm run docs:webhooks writes them');
  });

  test('have a moment and a meaning for each key', () => {
    for (const { name, moment, keys } of WEBHOOK_EVENTS) {
      assert.match(moment, /^[A-Z].*[.)]$/, name);
      for (const { name: key, nanomq } of keys)
        if (nanomq !== null) assert.match(nanomq.doc, /^["`A-Z].+[^.]$|\.\.\.$/, key);
    }
  });
});
