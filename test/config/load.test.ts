import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { ConfigError } from '../../src/config/config-error.ts';
import { coreSections } from '../../src/config/core.ts';
import { loadConfig } from '../../src/config/load.ts';
import { exampleSection } from './example-section.ts';
import type { ExampleConfig } from './example-section.ts';
import { directoryWith, load, problemLines } from './reading.ts';

const sections = [...coreSections, exampleSection] as const;

/** The page of NanoMQ's documentation, as it stands there. */
const documented = `webhook = {
url = "http://127.0.0.1:80" # URL where webhooks will send HTTP requests to
headers.content-type = "application/json" # HTTP header specifying request content type
body.encoding = "plain" # Encoding format of the payload field in HTTP body
pool_size = 32 # Connection process pool size
events = [
{
event = "on_message_publish" # Event type
topic = "a/b/c" # The specific topic that this event applies to
}
{
event = "on_client_connack"
}
]
}
`;

const expected: ExampleConfig = {
  enable: true,
  url: 'http://127.0.0.1:80',
  headers: { 'content-type': 'application/json' },
  body: { encoding: 'plain' },
  pool_size: 32,
  cancel_timeout: 5000,
  proxy_password: undefined,
  events: [
    { event: 'on_message_publish', topic: 'a/b/c' },
    { event: 'on_client_connack', topic: undefined },
  ],
};

test('load: the documented webhook section', (t) => {
  const loaded = load(t, documented, sections);
  assert.ok('config' in loaded, JSON.stringify(loaded));
  assert.deepEqual(loaded.config.webhook, expected);
});

test('load: events may be set beside the section', (t) => {
  const text = `
    webhook { url = "http://127.0.0.1:80" }
    webhook.events = [
      ## more rules may follow
      {
        event = "on_message_publish"
        topic = "a/b/c"
      }
      {
        event = "on_message_publish"
        topic = "foo/#"
      }
    ]`;
  const loaded = load(t, text, sections);
  assert.ok('config' in loaded, JSON.stringify(loaded));
  assert.deepEqual(
    loaded.config.webhook?.events.map(({ topic }) => topic),
    ['a/b/c', 'foo/#'],
  );
});

test('load: an absent optional section is undefined, a section with defaults is there', () => {
  const config = loadConfig({ sections });
  assert.equal(config.webhook, undefined);
  assert.equal(config.mqtt.receive_maximum, 1024);
});

test('load: the config is plain data that a worker thread gets as it is', async (t) => {
  const loaded = load(t, `${documented}\nmqtt.max_session_expiry = never`, sections);
  assert.ok('config' in loaded);
  const echo = 'const { parentPort, workerData } = require("worker_threads"); parentPort.postMessage(workerData)';
  const worker = new Worker(echo, { eval: true, workerData: loaded.config });
  t.after(() => worker.terminate());
  const [echoed]: unknown[] = await once(worker, 'message');
  assert.deepEqual(echoed, loaded.config);
});

const problems: readonly [what: string, text: string, lines: readonly string[]][] = [
  [
    'a misspelt key',
    'webhook {\n  url = "http://x"\n  pool_sise = 5\n}',
    ['test.conf:3:3: webhook.pool_sise: unknown key; did you mean webhook.pool_size?'],
  ],
  [
    'a wrong value',
    'mqtt { max_packet_size = 10XB }',
    ['test.conf:1:26: mqtt.max_packet_size: "10XB" is not a size such as 10MB or a number of bytes'],
  ],
  [
    'a misspelt section',
    'webhok { url = "http://x", pool_size = 1 }',
    ['test.conf:1:1: webhok: unknown key; did you mean webhook?'],
  ],
  [
    'a misspelt section of a dotted key',
    'webhok.url = "http://x"',
    ['test.conf:1:1: webhok.url: unknown key; did you mean webhook.url?'],
  ],
  [
    'a key of another case',
    'mqtt.Max_Packet_Size = 1MB',
    ['test.conf:1:6: mqtt.Max_Packet_Size: unknown key; did you mean mqtt.max_packet_size?'],
  ],
  [
    'a key with swapped letters',
    'webhook.ulr = x',
    [
      'test.conf:1:1: webhook.url: missing; it must be a URL such as http://host:port/path (http or https)',
      'test.conf:1:9: webhook.ulr: unknown key; did you mean webhook.url?',
    ],
  ],
  [
    'a key on the wrong level',
    'webhook { url = "http://x", encoding = plain }',
    ['test.conf:1:29: webhook.encoding: unknown key; did you mean webhook.body.encoding?'],
  ],
  [
    'a key of the wrong section',
    'listeners.receive_maximum = 5',
    ['test.conf:1:11: listeners.receive_maximum: unknown key; did you mean mqtt.receive_maximum?'],
  ],
  ['a key that is like no other', 'mqtt.florence = 5', ['test.conf:1:6: mqtt.florence: unknown key']],
  ['a key in quotes', 'mqtt."a.b" = 5', ['test.conf:1:6: mqtt."a.b": unknown key']],
  [
    'a missing key',
    '\nwebhook {}',
    ['test.conf:2:9: webhook.url: missing; it must be a URL such as http://host:port/path (http or https)'],
  ],
  [
    'a key in a list',
    'webhook { url = "http://x", events = [{ evnt = on_client_connack }] }',
    [
      'test.conf:1:39: webhook.events[0].event: missing; it must be one of on_client_connack, on_client_disconnected, on_message_publish',
      'test.conf:1:41: webhook.events[0].evnt: unknown key; did you mean webhook.events[0].event?',
    ],
  ],
  ['a value where a section is expected', 'mqtt = 5', ['test.conf:1:8: mqtt: 5 is not an object { ... }']],
  [
    'a value where keys are expected',
    'webhook { url = "http://x", body = plain }',
    ['test.conf:1:36: webhook.body: "plain" is not an object { ... }'],
  ],
  [
    'keys where a value is expected',
    'mqtt.receive_maximum { x = 1 }',
    ['test.conf:1:22: mqtt.receive_maximum: an object { ... } is not a whole number from 1 to 65535'],
  ],
  [
    'a misspelt key of a listener',
    'listeners.tcp { bnid = 1 }',
    ['test.conf:1:17: listeners.tcp.bnid: unknown key; did you mean listeners.tcp.bind?'],
  ],
  [
    'a listener without address',
    'listeners.tcp.lan { enable = true }',
    [
      'test.conf:1:19: listeners.tcp.lan.bind: missing; it must be an address such as 0.0.0.0:1883, [::1]:1883, localhost:1883 or 1883',
    ],
  ],
  ['a syntax error is the only problem', 'mqtt.x = 1\nwebhook {', ['test.conf:2:9: webhook: this "{" is never closed']],
  [
    'a key that is no key',
    '__proto__ { x = 1, y = 2 }\nmqtt.constructor = 1',
    ['test.conf:1:1: __proto__: unknown key', 'test.conf:2:6: mqtt.constructor: unknown key'],
  ],
  [
    'everything at once, in the order of the file',
    'mqtt.receive_maximum = 0\nx = 1\nwebhook { url = 1, y = 2 }\nmqtt.max_retained = z',
    [
      'test.conf:1:24: mqtt.receive_maximum: 0 is not a whole number from 1 to 65535',
      'test.conf:2:1: x: unknown key',
      'test.conf:3:17: webhook.url: 1 is not a URL such as http://host:port/path (http or https)',
      'test.conf:3:20: webhook.y: unknown key',
      'test.conf:4:21: mqtt.max_retained: "z" is not a whole number from 0, or unlimited',
    ],
  ],
];

for (const [what, text, lines] of problems) {
  test(`load: ${what}`, (t) => {
    const loaded = load(t, text, sections);
    assert.ok('lines' in loaded);
    assert.deepEqual(loaded.lines, lines);
  });
}

test('load: a problem has parts that a program can use', (t) => {
  const file = join(directoryWith(t, { 'hookmq.conf': '\n mqtt.max_retained = z' }), 'hookmq.conf');
  assert.throws(
    () => loadConfig({ file, sections }),
    (error) => {
      assert.ok(error instanceof ConfigError && error.name === 'ConfigError');
      assert.deepEqual(error.problems, [
        {
          file,
          line: 2,
          column: 22,
          key: 'mqtt.max_retained',
          message: '"z" is not a whole number from 0, or unlimited',
        },
      ]);
      return true;
    },
  );
});

function linesOf(file: string): string[] {
  return problemLines(() => loadConfig({ file, sections }));
}

test('load: a file that cannot be read is one line', (t) => {
  const directory = directoryWith(t, { latin1: Uint8Array.of(0x61, 0x3d, 0xe9), huge: ' '.repeat(5 * 1024 * 1024) });
  const file = (name: string): string => join(directory, name);
  assert.deepEqual(linesOf(file('nope.conf')), [`${file('nope.conf')}: there is no such file`]);
  assert.deepEqual(linesOf(file('latin1/x.conf')), [`${file('latin1/x.conf')}: there is no such file`]);
  assert.deepEqual(linesOf(directory), [`${directory}: this is a directory, not a file`]);
  assert.deepEqual(linesOf(file('latin1')), [`${file('latin1')}: this is not UTF-8 text`]);
  assert.deepEqual(linesOf(file('huge')), [`${file('huge')}: larger than 4 MB: this is no config file`]);
  assert.deepEqual(linesOf('/dev/zero'), ['/dev/zero: larger than 4 MB: this is no config file']);
});

test('load: problems in an included file name that file', (t) => {
  const directory = directoryWith(t, {
    'main.conf': 'mqtt { include "mqtt.conf" }',
    'mqtt.conf': '\nmax_retained = z',
  });
  assert.deepEqual(
    problemLines(() => loadConfig({ file: join(directory, 'main.conf'), sections })),
    [`${join(directory, 'mqtt.conf')}:2:16: mqtt.max_retained: "z" is not a whole number from 0, or unlimited`],
  );
});

test('load: a secret is not shown', (t) => {
  for (const text of [
    'webhook { url = "http://x", proxy_password = "" }',
    'webhook { url = "http://x", headers.Authorization = [hunter2] }',
    'webhook { url = "ftp://me:hunter2@x" }',
    'webhook { url = "http://x", proxy_password = { hunter2 = 1 } }',
  ]) {
    const loaded = load(t, text, sections);
    assert.ok('lines' in loaded);
    assert.doesNotMatch(loaded.lines.join('\n'), /hunter2/);
  }
  const loaded = load(t, 'webhook { url = "http://x", proxy_password = null }', sections);
  assert.ok('lines' in loaded);
  assert.deepEqual(loaded.lines, [
    'test.conf:1:46: webhook.proxy_password: the value (not shown) is not a text with at least one character',
  ]);
});

test('load: environment variables, and names that the file makes for itself', (t) => {
  const text = 'limit = 7\nmqtt { receive_maximum = ${RECEIVE}, max_retained = ${limit} }';
  const loaded = load(t, text, coreSections, { RECEIVE: '12' });
  assert.ok('config' in loaded, JSON.stringify(loaded));
  assert.equal(loaded.config.mqtt.receive_maximum, 12);
  assert.equal(loaded.config.mqtt.max_retained, 7);
  const wrong = load(t, text, coreSections, { RECEIVE: 'x' });
  assert.ok('lines' in wrong);
  assert.deepEqual(wrong.lines, ['test.conf:2:26: mqtt.receive_maximum: "x" is not a whole number from 1 to 65535']);
});
