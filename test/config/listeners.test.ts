import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coreSections } from '../../src/config/core.ts';
import { listenerName, openedTls, tlsOfWss } from '../../src/config/listeners.ts';
import type { ListenersConfig } from '../../src/config/listeners.ts';
import { load } from './reading.ts';

const tls = 'certfile = c.pem, keyfile = k.pem';

/** What a section makes; kinds without listeners are left out. */
function kindsOf(listeners: ListenersConfig): Record<string, Record<string, unknown>> {
  const kinds = Object.entries({ ...listeners, ssl: openedTls(listeners) }).filter(
    ([, entries]) => Object.keys(entries).length > 0,
  );
  return Object.fromEntries(
    kinds.map(([kind, entries]) => [
      kind,
      Object.fromEntries(Object.entries(entries).map(([name, values]) => [name, placeOf(values)])),
    ]),
  );
}

function placeOf(values: { bind: { host: string; port: number; path?: string } } | { path: string }): string {
  return 'bind' in values ? `${values.bind.host}:${values.bind.port}${values.bind.path ?? ''}` : values.path;
}

const sections: readonly [what: string, text: string, expected: Record<string, Record<string, string>>][] = [
  ['other sections open and close none', 'mqtt { max_retained = 5 }', { tcp: { default: '127.0.0.1:1883' } }],
  ['one without a name', 'listeners.tcp { bind = "0.0.0.0:1883" }', { tcp: { default: '0.0.0.0:1883' } }],
  ['only named ones', 'listeners.tcp { a { bind = 1 }, b { bind = 2 } }', { tcp: { a: '0.0.0.0:1', b: '0.0.0.0:2' } }],
  [
    'with and without a name',
    'listeners.tcp.bind = "localhost:1883"\nlisteners.tcp.six.bind = "[::1]:1883"',
    { tcp: { default: 'localhost:1883', six: '::1:1883' } },
  ],
  ['none, if the section names none', 'listeners {}', {}],
  ['TLS opens no secure WebSocket', `listeners.ssl { bind = 8883, ${tls} }`, { ssl: { default: '0.0.0.0:8883' } }],
  [
    'one of every kind, and a second',
    `listeners {
      tcp.bind = 1883
      ssl { bind = 8883, ${tls} }
      ssl.lan { bind = 8884, ${tls} }
      ws { bind = "8083/ws" }
      wss { bind = 8084 }
      unix { path = "/run/hookmq.sock" }
      unix.admin { path = "/run/admin.sock", mode = 0600 }
    }`,
    {
      tcp: { default: '0.0.0.0:1883' },
      ssl: { default: '0.0.0.0:8883', lan: '0.0.0.0:8884' },
      ws: { default: '0.0.0.0:8083/ws' },
      wss: { default: '0.0.0.0:8084/mqtt' },
      unix: { default: '/run/hookmq.sock', admin: '/run/admin.sock' },
    },
  ],
  [
    'those that are switched off are not there, whatever is missing',
    'listeners { tcp.bind = 1, tcp.a { enable = false }, ssl { enable = false }, wss.enable = false, unix.enable = false }',
    { tcp: { default: '0.0.0.0:1' } },
  ],
  [
    'EMQX names all of its own default',
    `listeners { tcp.default.bind = 1, ssl.default { bind = 2, ${tls} } }`,
    { tcp: { default: '0.0.0.0:1' }, ssl: { default: '0.0.0.0:2' } },
  ],
];

for (const [what, text, expected] of sections) {
  test(`listeners: ${what}`, (t) => {
    const loaded = load(t, text, coreSections);
    assert.ok('config' in loaded, JSON.stringify(loaded));
    assert.deepEqual(kindsOf(loaded.config.listeners), expected);
  });
}

test('listeners: the one without a name is called as its kind', () => {
  assert.equal(listenerName('wss', 'default'), 'wss');
  assert.equal(listenerName('wss', 'lan'), 'lan');
});

/** Values of a listener of some kind, and what they are read as, or the line that refuses them. */
const rows: readonly [kind: string, text: string, expected: unknown][] = [
  ['tcp', 'proxy_protocol = true', true],
  ['tcp', 'proxy_protocol = v2', '"v2" is not true or false'],
  ['tcp', 'allow_anonymous = false', false],
  ['tcp', 'allow_anonymous = 1', '1 is not true or false'],
  ['tcp', 'max_connections = 5', 5],
  ['tcp', 'max_connections = unlimited', Infinity],
  ['tcp', 'max_connections = 0', '0 is not a whole number from 1, or unlimited'],
  ['ws', 'max_connections_per_ip = 5', 5],
  ['ws', 'max_connections_per_ip = x', '"x" is not a whole number from 1, or unlimited'],
  ['ssl', 'max_connect_rate = 100/s', 100],
  ['ssl', 'max_connect_rate = x', '"x" is not a rate above 0 such as 1000 or 1000/s, or unlimited'],
  ['unix', 'max_message_rate = 100', 100],
  ['unix', 'max_message_rate = 0', '0 is not a rate above 0 such as 1000 or 1000/s, or unlimited'],
  ['wss', 'max_byte_rate = 1KB/s', 1024],
  ['wss', 'max_byte_rate = x', '"x" is not a rate of bytes above 0 such as 1MB/s, or unlimited'],
  ['tcp', 'rate_action = THROTTLE', 'throttle'],
  ['tcp', 'rate_action = wait', '"wait" is not one of disconnect, throttle'],
  ['tcp', 'max_packet_size = 1KB', 1024],
  ['tcp', 'max_packet_size = 1', '1 is not at least 128B'],
  ['ssl', 'tls_versions = [tlsv1.3]', ['tlsv1.3']],
  ['ssl', 'tls_versions = []', 'an empty list is not a list of tlsv1.2, tlsv1.3'],
  ['ssl', 'key_password = "p w"', 'p w'],
  ['ssl', 'key_password = ""', 'the value (not shown) is not a text with at least one character'],
  ['ssl', 'cacertfile = ca.pem', 'ca.pem'],
  ['ssl', 'cacertfile = ""', '"" is not the path of a PEM file'],
  ['ssl', 'verify_peer = 1', '1 is not true or false'],
  ['ssl', 'fail_if_no_peer_cert = 1', '1 is not true or false'],
  ['ssl', 'fail_if_no_peer_cert = true', 'asks nobody for a certificate without verify_peer = true'],
  ['wss', 'fail_if_no_peer_cert = true', 'asks nobody for a certificate without verify_peer = true'],
  ['ws', 'origins = ["https://example.org"]', ['https://example.org']],
  ['ws', 'origins = "https://example.org"', '"https://example.org" is not a list [ ... ]'],
  ['unix', 'mode = 0600', 0o600],
  ['unix', 'mode = 9', '9 is not a file mode in octal digits such as 0660'],
];

const needed: Readonly<Record<string, string>> = {
  tcp: 'bind = 1',
  ssl: `bind = 1, ${tls}`,
  ws: 'bind = 1',
  wss: `bind = 1, ${tls}`,
  unix: 'path = s',
};

for (const [kind, text, expected] of rows) {
  for (const entry of ['default', 'lan']) {
    test(`listeners: ${entry} of ${kind} with ${text}`, (t) => {
      const path = entry === 'default' ? kind : `${kind}.${entry}`;
      const [key = ''] = text.split(' ');
      const loaded = load(t, `listeners.${path} {\n${needed[kind]}\n${text}\n}`, coreSections);
      const found: unknown =
        'config' in loaded
          ? Object.entries(loaded.config.listeners)
              .flatMap(([name, entries]) => (name === kind ? Object.entries(entries) : []))
              .flatMap(([, values]) => Object.entries(values).filter(([name]) => name === key))[0]?.[1]
          : loaded.lines.join().replace(/^test\.conf:3:\d+: /, '');
      assert.deepEqual(found, 'config' in loaded ? expected : `listeners.${path}.${key}: ${String(expected)}`);
    });
  }
}

const problems: readonly [what: string, text: string, lines: readonly string[]][] = [
  [
    'two of one name, in different kinds',
    'listeners {\n  tcp.lan.bind = 1\n  ws.lan.bind = 2\n}',
    [
      'test.conf:3:6: listeners.ws.lan: a listener of this name is there already: listeners.tcp.lan; every listener needs its own',
    ],
  ],
  [
    "one with the name of another kind's nameless one",
    'listeners.tcp.ws.bind = 1\nlisteners.ws.bind = 2',
    [
      'test.conf:2:11: listeners.ws: a listener of this name is there already: listeners.tcp.ws; every listener needs its own',
    ],
  ],
  [
    'TLS without certificate and key',
    'listeners.ssl.bind = 8883',
    [
      'test.conf:1:11: listeners.ssl.certfile: missing; it must be the path of a PEM file',
      'test.conf:1:11: listeners.ssl.keyfile: missing; it must be the path of a PEM file',
    ],
  ],
  [
    'secure WebSocket without certificate and key anywhere',
    'listeners {\n  wss.bind = 8084\n}',
    [
      'test.conf:2:3: listeners.wss.certfile: missing; it must be the path of a PEM file, here or in listeners.ssl',
      'test.conf:2:3: listeners.wss.keyfile: missing; it must be the path of a PEM file, here or in listeners.ssl',
    ],
  ],
  [
    'a TLS listener that is switched off has lent the certificate that it has, and no more',
    `listeners { ssl { bind = 1, certfile = c.pem, enable = false } }\nlisteners.wss.lan.bind = 8084`,
    ['test.conf:2:15: listeners.wss.lan.keyfile: missing; it must be the path of a PEM file, here or in listeners.ssl'],
  ],
  [
    'TLS without an address, and no secure WebSocket that it could be there for',
    `listeners { ssl { ${tls} }, wss { bind = 1, ${tls}, enable = false } }`,
    [
      'test.conf:1:13: listeners.ssl.bind: missing; it must be an address such as 0.0.0.0:1883, [::1]:1883, localhost:1883 or 1883',
    ],
  ],
  [
    'the same under a name, which lends nothing',
    `listeners { ssl.lan { ${tls} }, wss { bind = 1, ${tls} } }`,
    [
      'test.conf:1:17: listeners.ssl.lan.bind: missing; it must be an address such as 0.0.0.0:1883, [::1]:1883, localhost:1883 or 1883',
    ],
  ],
  [
    'client certificates that nobody vouches for',
    `listeners.ssl { bind = 1, ${tls}\n verify_peer = true }`,
    [
      'test.conf:1:11: listeners.ssl.cacertfile: missing; verify_peer needs the certificates that clients are signed with',
    ],
  ],
  [
    'the same, under a name',
    `listeners.ssl.default { bind = 1, ${tls}\n verify_peer = true }`,
    [
      'test.conf:1:15: listeners.ssl.default.cacertfile: missing; verify_peer needs the certificates that clients are signed with',
    ],
  ],
  [
    'an unknown version of TLS',
    `listeners.ssl { bind = 1, ${tls}, tls_versions = [tlsv1.1] }`,
    ['test.conf:1:78: listeners.ssl.tls_versions[0]: "tlsv1.1" is not one of tlsv1.2, tlsv1.3'],
  ],
  [
    'a bound for addresses where clients have none',
    'listeners.unix { path = s, max_connections_per_ip = 5 }',
    [
      'test.conf:1:28: listeners.unix.max_connections_per_ip: clients have no address here without proxy_protocol = true',
    ],
  ],
  [
    'a name that is none',
    'listeners.tcp."".bind = 1',
    ['test.conf:1:15: listeners.tcp."": a name needs a character at least'],
  ],
  ['an unknown kind', 'listeners.quic.bind = 1', ['test.conf:1:11: listeners.quic.bind: unknown key']],
  [
    'a listener called default beside one without a name',
    'listeners.tcp { bind = 1, default { bind = 2 } }',
    ['test.conf:1:27: listeners.tcp.default: stands for the keys without a name, which are there too'],
  ],
  [
    'what is wrong in one that is switched off',
    'listeners.tcp.a { enable = false, bnid = 1 }',
    ['test.conf:1:35: listeners.tcp.a.bnid: unknown key; did you mean listeners.tcp.a.bind?'],
  ],
];

for (const [what, text, lines] of problems) {
  test(`listeners: ${what}`, (t) => {
    assert.deepEqual(load(t, text, coreSections), { lines });
  });
}

test('listeners: a secure WebSocket has its own settings, and those of listeners.ssl', (t) => {
  const text = `listeners {
    ssl { bind = 1, certfile = c.pem, keyfile = k.pem, cacertfile = ca.pem, key_password = p
          verify_peer = true, tls_versions = [tlsv1.3] }
    wss { bind = 2 }
    wss.own { bind = 3, certfile = c2.pem, keyfile = k2.pem, verify_peer = false, fail_if_no_peer_cert = false }
  }`;
  const loaded = load(t, text, coreSections);
  assert.ok('config' in loaded, JSON.stringify(loaded));
  const shared = {
    certfile: 'c.pem',
    keyfile: 'k.pem',
    cacertfile: 'ca.pem',
    key_password: 'p',
    verify_peer: true,
    fail_if_no_peer_cert: false,
    tls_versions: ['tlsv1.3'],
  };
  assert.deepEqual(tlsOfWss(loaded.config.listeners, 'default'), shared);
  const own = { ...shared, certfile: 'c2.pem', keyfile: 'k2.pem', verify_peer: false };
  assert.deepEqual(tlsOfWss(loaded.config.listeners, 'own'), own);
});

/** Ways to have a certificate for secure WebSockets in `listeners.ssl`, and not to open that. */
const lenders: readonly [what: string, text: string][] = [
  ['switched off', `listeners { ssl { bind = 1, ${tls}, enable = false }, wss.bind = 2 }`],
  ['without an address', `listeners { ssl { ${tls} }, wss.bind = 2 }`],
  [
    'in the older lines',
    'tls.enable=false\ntls.url=tls+nmq-tcp://0.0.0.0:1\ntls.certfile=c.pem\ntls.keyfile=k.pem\nwebsocket.tls_enable=true\nwebsocket.tls_url=nmq-wss://0.0.0.0:2/mqtt',
  ],
];

for (const [what, text] of lenders) {
  test(`listeners: a secure WebSocket has the certificate of a listeners.ssl ${what}, which is not opened`, (t) => {
    const loaded = load(t, text, coreSections);
    assert.ok('config' in loaded, JSON.stringify(loaded));
    const { listeners } = loaded.config;
    assert.deepEqual(kindsOf(listeners), { wss: { default: '0.0.0.0:2/mqtt' } });
    const { certfile, keyfile } = tlsOfWss(listeners, 'default');
    assert.deepEqual({ certfile, keyfile }, { certfile: 'c.pem', keyfile: 'k.pem' });
  });
}
