import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readConfig } from '../src/app.ts';

// What the README shows is what people type first: it must be true.

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'hookmq-readme-'));
after(() => rmSync(folder, { recursive: true }));

process.env['WEBHOOK_TOKEN'] = 'abc'; // The example takes it from the environment.

/** The code blocks of one language; '' for those without. */
function blocks(language: string): string[] {
  return [...readme.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].flatMap(([, name, text]) =>
    name === language && text !== undefined ? [text] : [],
  );
}

function configOf(text: string | undefined) {
  const file = join(folder, 'hookmq.conf');
  writeFileSync(file, text ?? '');
  return readConfig(file);
}

test('the HOCON example is a configuration', () => {
  const { listeners, webhook } = configOf(blocks('hocon')[0]);
  assert.deepEqual(listeners.tcp['default']?.bind, { host: '127.0.0.1', port: 1883 });
  assert.equal(webhook['default']?.url, 'http://127.0.0.1:8080/events');
  assert.deepEqual(
    webhook['default'].events.map(({ event, topic }) => [event, topic]),
    [
      ['on_client_connack', undefined],
      ['on_client_disconnected', undefined],
      ['on_message_publish', 'sensors/#'],
    ],
  );
});

test('the HOCON example takes its token from the environment', () => {
  assert.equal(configOf(blocks('hocon')[0]).webhook['default']?.headers['authorization'], 'Bearer abc');
});

test('the flat example means the same as it does to NanoMQ', () => {
  const { webhook } = configOf(blocks('').find((text) => text.startsWith('web.hook.')));
  const endpoint = webhook['default'];
  assert.equal(endpoint?.url, 'http://127.0.0.1:8080/events');
  assert.deepEqual(endpoint.headers, { 'content-type': 'application/json' });
  const { event, topic } = endpoint.events[2] ?? {};
  assert.deepEqual({ event, topic }, { event: 'on_message_publish', topic: 'webhook/msg/#' });
});

test('the program is the tested example', () => {
  const example = readFileSync(join(root, 'examples', 'ten-lines.ts'), 'utf8');
  const expected = example.slice(example.indexOf('\n') + 1); // Without the comment that tells how to run it.
  const shown = blocks('ts')[0]?.replace("from 'hookmq';", "from '../src/index.ts'; // 'hookmq' in your program");
  assert.equal(shown, expected);
});

test('the listeners are a configuration', () => {
  const { listeners } = configOf(blocks('hocon')[1]);
  const names = Object.entries(listeners).flatMap(([kind, entries]) =>
    Object.keys(entries).map((entry) => `${kind}.${entry}`),
  );
  assert.deepEqual(names.toSorted(), [
    'ssl.default',
    'tcp.default',
    'tcp.proxied',
    'unix.default',
    'ws.default',
    'wss.default',
  ]);
});

test('the limits are those of the configuration, with their defaults', () => {
  const rows = [...readme.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| ([^|]+) \| [^|]+ \|$/gm)];
  const shown = rows.flatMap(([, names = '', defaults = '']) => {
    const values = defaults.trim().split(', ');
    return names
      .replaceAll('`', '')
      .split(', ')
      .map((name, index) => [name, values[index] ?? ''] as const);
  });
  const { mqtt } = readConfig(undefined);
  assert.deepEqual(shown.map(([name]) => name).toSorted(), Object.keys(mqtt).toSorted());
  // As they are shown, the defaults could be written.
  const written = shown.map(([name, value]) => `${name} = ${value.includes('$') ? JSON.stringify(value) : value}`);
  assert.deepEqual(configOf(`mqtt {\n${written.join('\n')}\n}`).mqtt, mqtt);
});
