import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ConfigError } from '../../src/config/config-error.ts';
import { coreSections } from '../../src/config/core.ts';
import { readHocon } from '../../src/config/hocon.ts';
import { loadConfig } from '../../src/config/load.ts';
import { exampleSection } from './example-section.ts';
import { directoryWith } from './reading.ts';
import { snippets } from './snippets.ts';

const flatLines = `
web.hook.enable=true
web.hook.url=http://127.0.0.1:8888
web.hook.headers.content-type=application/json
web.hook.rule.client.connack.1={"action": "on_client_connack"}
web.hook.rule.message.publish.1={"action": "on_message_publish", "topic": "webhook/msg/#"}
url=broker+tcp://0.0.0.0:1883
`;

const strays = 'webhook.events = [\n  url = "http://x"\n  body.encoding = plain\n  { event = on_client_connack }\n]';

const texts = [...Object.values(snippets), flatLines, strays, `mqtt { max_inflight_window = 5 }\n${flatLines}`];
const pieces = [
  ...Array.from('{}[]"=:,.#$+\\\n\r\t \0'),
  '"""',
  '${',
  '${?',
  '//',
  '+=',
  'include "',
  '__proto__',
  '\u{10ffff}',
  '\ud800',
  '1e999',
];

/** Replaces `length` characters of a text with a piece, at a place given in thousandths. */
interface Mutation {
  readonly at: number;
  readonly length: number;
  readonly piece: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(999),
  length: fc.oneof(fc.nat(2), fc.nat(80)),
  piece: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 }), fc.constantFrom(...texts)),
});

const mutated = fc
  .tuple(fc.constantFrom(...texts), fc.array(mutation, { minLength: 1, maxLength: 6 }))
  .map(([text, mutations]) => mutations.reduce(mutate, text));

function mutate(text: string, { at, length, piece }: Mutation): string {
  const start = Math.floor((text.length * at) / 1000);
  return text.slice(0, start) + piece + text.slice(start + length);
}

/** Anything but a value or a ConfigError with a place and a sentence fails. */
function readsOrRefuses(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ConfigError, error instanceof Error ? error.stack : String(error));
    for (const { message, line, column } of error.problems) {
      assert.ok(message.length > 5 && Number.isSafeInteger(line) && Number.isSafeInteger(column));
    }
    assert.equal(error.message.split('\n').length, error.problems.length, error.message);
  }
}

test('fuzz: a broken HOCON text is read or refused', () => {
  fc.assert(
    fc.property(mutated, fc.boolean(), (text, flat) => {
      readsOrRefuses(() =>
        readHocon(text, 'test.conf', { isFlatKey: () => flat, holdsStrays: () => !flat, environment: { A: '1' } }),
      );
    }),
    { seed: 3, numRuns: 4000 },
  );
});

test('fuzz: a broken config file is loaded or refused', (t) => {
  const file = join(directoryWith(t, {}), 'test.conf');
  fc.assert(
    fc.property(mutated, (text) => {
      writeFileSync(file, text);
      readsOrRefuses(() => structuredClone(loadConfig({ file, sections: [...coreSections, exampleSection] })));
    }),
    { seed: 4, numRuns: 1000 },
  );
});
