import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coreSections } from '../../src/config/core.ts';
import { openedTls, tlsOfWss } from '../../src/config/listeners.ts';
import { exampleSection } from './example-section.ts';
import type { ExampleConfig } from './example-section.ts';
import { load } from './reading.ts';

const sections = [...coreSections, exampleSection] as const;

/** The example of NanoMQ 0.8, as it was published. */
const published = `## example
web.hook.enable=true
web.hook.url=http://127.0.0.1:8888
web.hook.headers.content-type=application/json
web.hook.body.encoding_of_payload_field=plain
web.hook.pool_size=32
web.hook.rule.client.connack.1={"action": "on_client_connack"}
web.hook.rule.client.disconnected.1={"action": "on_client_disconnected"}
web.hook.rule.message.publish.1={"action": "on_message_publish", "topic": "webhook/msg/#"}
`;

const expected: ExampleConfig = {
  enable: true,
  url: 'http://127.0.0.1:8888',
  headers: { 'content-type': 'application/json' },
  body: { encoding: 'plain' },
  pool_size: 32,
  cancel_timeout: 5000,
  proxy_password: undefined,
  events: [
    { event: 'on_client_connack', topic: undefined },
    { event: 'on_client_disconnected', topic: undefined },
    { event: 'on_message_publish', topic: 'webhook/msg/#' },
  ],
};

test('flat: the published example', (t) => {
  for (const text of [published, published.replaceAll('\n', '\r\n'), published.replaceAll('=', ' = ')]) {
    const loaded = load(t, text, sections);
    assert.ok('config' in loaded, JSON.stringify(loaded));
    assert.deepEqual(loaded.config.webhook, expected);
  }
});

test('flat: the published example within a HOCON file', (t) => {
  for (const text of [`mqtt { receive_maximum = 5 }\n${published}`, `${published}\nmqtt {\n receive_maximum = 5\n}`]) {
    const loaded = load(t, text, sections);
    assert.ok('config' in loaded, JSON.stringify(loaded));
    assert.deepEqual(loaded.config.webhook, expected);
    assert.equal(loaded.config.mqtt.receive_maximum, 5);
  }
});

test('flat: HOCON values behind a flat key of a HOCON file', (t) => {
  const text = `mqtt {}
    web.hook.url = "http://127.0.0.1:8888" # quoted
    web.hook.pool_size = \${POOL}
    web.hook.rule.message.publish.1 = {
      action = on_message_publish
      topic = "a/#"
    }`;
  const loaded = load(t, text, sections, { POOL: '7' });
  assert.ok('config' in loaded, JSON.stringify(loaded));
  assert.equal(loaded.config.webhook?.url, 'http://127.0.0.1:8888');
  assert.equal(loaded.config.webhook.pool_size, 7);
  assert.deepEqual(loaded.config.webhook.events, [{ event: 'on_message_publish', topic: 'a/#' }]);
});

test('flat: values are taken as they stand', (t) => {
  const text = `
    web.hook.url = http://127.0.0.1:8888/a?b=c,d#e//f   # a comment
    web.hook.headers.x-filter = $share/{a}/b/#
    web.hook.headers.x-braces = a { b
    `;
  const loaded = load(t, text, sections);
  assert.ok('config' in loaded, JSON.stringify(loaded));
  assert.equal(loaded.config.webhook?.url, 'http://127.0.0.1:8888/a?b=c,d#e//f');
  assert.deepEqual(loaded.config.webhook.headers, { 'x-filter': '$share/{a}/b/#', 'x-braces': 'a { b' });
});

test("flat: the broker's own keys, and today's keys beside them", (t) => {
  const text = `
url=nmq-tcp://0.0.0.0:1884
enable=true
max_packet_size=1024
msq_len=64
keepalive_backoff=1250
mqtt.receive_maximum=9
`;
  const loaded = load(t, text, sections);
  assert.ok('config' in loaded, JSON.stringify(loaded));
  const { listeners, mqtt } = loaded.config;
  assert.deepEqual(Object.keys(listeners.tcp), ['default']);
  assert.deepEqual(listeners.tcp['default']?.bind, { host: '0.0.0.0', port: 1884 });
  assert.equal(mqtt.max_packet_size, 1024 * 1024);
  assert.equal(mqtt.max_mqueue_len, 64);
  assert.equal(mqtt.keepalive_multiplier, 1.25);
  assert.equal(mqtt.receive_maximum, 9);
});

test("flat: NanoMQ's listeners, all of them", (t) => {
  const text = `
url=broker+tcp://0.0.0.0:1883
tls.enable=true
tls.url=tls+nmq-tcp://0.0.0.0:8883
tls.keyfile=/etc/certs/key.pem
tls.certfile=/etc/certs/cert.pem
tls.key_password=yourpass
tls.cacertfile=/etc/certs/cacert.pem
tls.verify_peer=true
tls.fail_if_no_peer_cert=true
websocket.enable=true
websocket.url=nmq-ws://0.0.0.0:8083/mqtt
websocket.tls_enable=true
websocket.tls_url=nmq-wss://0.0.0.0:8084/mqtt
allow_anonymous=false
`;
  const loaded = load(t, text, sections);
  assert.ok('config' in loaded, JSON.stringify(loaded));
  const { listeners, auth } = loaded.config;
  assert.equal(auth.allow_anonymous, false);
  assert.deepEqual(listeners.tcp['default']?.bind, { host: '0.0.0.0', port: 1883 });
  const { ssl, ws, wss } = listeners;
  assert.deepEqual(ssl['default'], {
    ...ssl['default'],
    bind: { host: '0.0.0.0', port: 8883 },
    keyfile: '/etc/certs/key.pem',
    certfile: '/etc/certs/cert.pem',
    key_password: 'yourpass',
    cacertfile: '/etc/certs/cacert.pem',
    verify_peer: true,
    fail_if_no_peer_cert: true,
  });
  assert.deepEqual(ws['default']?.bind, { host: '0.0.0.0', port: 8083, path: '/mqtt' });
  assert.deepEqual(wss['default']?.bind, { host: '0.0.0.0', port: 8084, path: '/mqtt' });
  assert.equal(tlsOfWss(listeners, 'default').keyfile, '/etc/certs/key.pem');
});

test('flat: listeners that are switched off need nothing and are not there', (t) => {
  const text = 'url=nmq-tcp://0.0.0.0:1883\ntls.enable=false\nwebsocket.enable=false\nwebsocket.tls_enable=false\n';
  const loaded = load(t, text, sections);
  assert.ok('config' in loaded, JSON.stringify(loaded));
  const { listeners } = loaded.config;
  const kinds = Object.entries({ ...listeners, ssl: openedTls(listeners) }).filter(
    ([, entries]) => Object.keys(entries).length > 0,
  );
  assert.deepEqual(
    kinds.map(([kind]) => kind),
    ['tcp'],
  );
});

test('flat: of the same line twice the later counts', (t) => {
  const loaded = load(t, 'msq_len=1\nmsq_len=2\n', sections);
  assert.ok('config' in loaded);
  assert.equal(loaded.config.mqtt.max_mqueue_len, 2);
});

const hook = 'web.hook.url=http://x\n';

const problems: readonly [what: string, text: string, lines: readonly string[]][] = [
  [
    'a misspelt key',
    `${hook}web.hook.pool_sise=5`,
    ['test.conf:2:1: web.hook.pool_sise: unknown key; did you mean web.hook.pool_size?'],
  ],
  [
    'a misspelt key in a HOCON file',
    `mqtt {}\n${hook}web.hook.ulr=http://x`,
    ['test.conf:3:1: web.hook.ulr: unknown key; did you mean web.hook.url?'],
  ],
  ['a key of the flat dialect that is not supported', `${hook}daemon=false`, ['test.conf:2:1: daemon: unknown key']],
  [
    "a misspelt key of today's",
    `${hook}mqtt.max_retaind=5`,
    ['test.conf:2:1: mqtt.max_retaind: unknown key; did you mean mqtt.max_retained?'],
  ],
  [
    'a wrong value',
    `${hook}web.hook.pool_size = many`,
    ['test.conf:2:22: webhook.pool_size: "many" is not a whole number from 1 to 1024'],
  ],
  [
    'an empty value',
    'web.hook.url=\n',
    ['test.conf:1:14: webhook.url: "" is not a URL such as http://host:port/path (http or https)'],
  ],
  [
    'a missing key',
    'web.hook.enable=true\n',
    ['test.conf:1:1: webhook.url: missing; it must be a URL such as http://host:port/path (http or https)'],
  ],
  [
    'an unknown event',
    `${hook}web.hook.rule.client.flew.1={"action": "on_client_flew"}`,
    [
      'test.conf:2:29: webhook.events[0].event: "on_client_flew" is not one of on_client_connack, on_client_disconnected, on_message_publish',
    ],
  ],
  [
    'an action that is not the event',
    `${hook}web.hook.rule.message.publish.1={"action": "on_client_connack"}`,
    ['test.conf:2:33: web.hook.rule.message.publish.1: the action does not fit the key, which says on_message_publish'],
  ],
  [
    'a rule that is no object',
    `${hook}web.hook.rule.message.publish.1=on_message_publish`,
    [
      'test.conf:2:33: web.hook.rule.message.publish.1: a rule must be a JSON object such as {"action": "on_message_publish", "topic": "a/#"}',
    ],
  ],
  [
    'an unknown key in a rule',
    `${hook}web.hook.rule.message.publish.1={"topik": "a"}`,
    ['test.conf:2:33: webhook.events[0].topik: unknown key; did you mean webhook.events[0].topic?'],
  ],
  [
    'a broken rule',
    `${hook}web.hook.rule.message.publish.1={"action": "on_message_publish}`,
    ['test.conf:2:44: "web.hook.rule.message.publish.1".action: this quoted text does not end on its line'],
  ],
  [
    'the same key in both dialects',
    `webhook {\n url = "http://y"\n events = [] }\n${hook}web.hook.rule.client.connack.1={}`,
    [
      'test.conf:4:1: web.hook.url: webhook.url is set in line 2 too; keep one of them',
      'test.conf:5:1: web.hook.rule.client.connack.1: webhook.events is set in line 3 too; keep one of them',
    ],
  ],
  [
    'a value where an object must be',
    `webhook = 5\n${hook}`,
    [
      'test.conf:1:11: webhook: "5" is not an object { ... }',
      'test.conf:2:1: web.hook.url: webhook.url is set too; keep one of them',
    ],
  ],
  [
    'a listener of another kind',
    'url=nmq-ws://0.0.0.0:8083/mqtt',
    ['test.conf:1:5: url: this is the URL of another kind of listener, ws'],
  ],
];

for (const [what, text, lines] of problems) {
  test(`flat: ${what}`, (t) => {
    const loaded = load(t, text, sections);
    assert.ok('lines' in loaded);
    assert.deepEqual(loaded.lines, lines);
  });
}
