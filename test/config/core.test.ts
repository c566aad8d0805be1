import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coreSections } from '../../src/config/core.ts';
import type { CoreConfig } from '../../src/config/core.ts';
import { loadConfig } from '../../src/config/load.ts';
import { tableOf } from '../../src/config/table.ts';
import { load } from './reading.ts';

const defaults: CoreConfig = {
  listeners: { tcp: { default: { bind: { host: '127.0.0.1', port: 1883 }, enable: true } } },
  mqtt: {
    max_packet_size: 10 * 1024 * 1024,
    max_inflight_window: 2048,
    max_mqueue_len: 10_000,
    max_mqueue_bytes: 16 * 1024 * 1024,
    max_topic_alias: 1024,
    receive_maximum: 1024,
    keepalive_multiplier: 1.5,
    max_session_expiry: 7 * 24 * 60 * 60 * 1000,
    connect_timeout: 15_000,
    max_outgoing_buffer: 1024 * 1024,
    max_retained: 1_000_000,
    max_retained_bytes: 256 * 1024 * 1024,
    max_subscriptions: 10_000,
    max_sessions: 100_000,
    max_connections: 100_000,
  },
};

test('core: without a file, one listener on the loopback interface and all defaults', () => {
  assert.deepEqual(loadConfig({ sections: coreSections }), defaults);
});

test('core: an empty file is as good as none', (t) => {
  assert.deepEqual(load(t, '# nothing\n', coreSections), { config: defaults });
});

const listeners: readonly [what: string, text: string, bound: Readonly<Record<string, string>>][] = [
  ['other sections do not open or close any', 'mqtt { max_retained = 5 }', { default: '127.0.0.1:1883' }],
  ['one without a name', 'listeners.tcp { bind = "0.0.0.0:1883" }', { default: '0.0.0.0:1883' }],
  ['only named ones', 'listeners.tcp { a { bind = 1 }, b { bind = 2 } }', { a: '0.0.0.0:1', b: '0.0.0.0:2' }],
  [
    'with and without a name',
    'listeners.tcp.bind = "localhost:1883"\nlisteners.tcp.six.bind = "[::1]:1883"',
    { default: 'localhost:1883', six: '::1:1883' },
  ],
  ['none, if the section names none', 'listeners {}', {}],
];

for (const [what, text, bound] of listeners) {
  test(`core: listeners: ${what}`, (t) => {
    const loaded = load(t, text, coreSections);
    assert.ok('config' in loaded, JSON.stringify(loaded));
    const found = Object.entries(loaded.config.listeners.tcp);
    assert.deepEqual(Object.fromEntries(found.map(([name, { bind }]) => [name, `${bind.host}:${bind.port}`])), bound);
  });
}

test('core: a listener may be switched off', (t) => {
  const loaded = load(t, 'listeners.tcp.lan { bind = 1883, enable = false }', coreSections);
  assert.ok('config' in loaded);
  assert.equal(loaded.config.listeners.tcp['lan']?.enable, false);
});

test('core: a listener called default beside one without a name is refused', (t) => {
  assert.deepEqual(load(t, 'listeners.tcp { bind = 1, default { bind = 2 } }', coreSections), {
    lines: ['test.conf:1:27: listeners.tcp.default: stands for the keys without a name, which are there too'],
  });
});

test('core: every key and every section is documented in a sentence', () => {
  const entries = tableOf(coreSections);
  assert.ok(entries.length > 10);
  for (const doc of [...entries.map(({ row }) => row.doc), ...coreSections.map((section) => section.doc)]) {
    assert.match(doc, /^[A-Z].*\.$/);
  }
});
