import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectSocket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { connect as connectMqtt, connectAsync, type IClientOptions, type IConnackPacket, MqttClient } from 'mqtt';

import { type Cli, hookmq } from '../kit/cli.ts';
import { certificateFile, openTls } from '../kit/tls.ts';

const ca = readFileSync(certificateFile('ca.pem'));
const CERT = certificateFile('server.pem');
const KEY = certificateFile('server.key');

/** The ways to a broker whose listeners are named as their kinds. */
const WAYS = ['tcp', 'ssl', 'ws', 'wss', 'unix'] as const;

test('a file with every kind of listener: each is told, and clients come through each', async (t) => {
  const folder = temporary(t);
  const socket = join(folder, 'mqtt.sock');
  const cli = start(
    t,
    folder,
    `listeners {
      tcp.bind = "127.0.0.1:0"
      ssl { bind = "127.0.0.1:0", certfile = "${CERT}", keyfile = "${KEY}" }
      ws.bind = "127.0.0.1:0/mqtt"
      wss.bind = "127.0.0.1:0/secure"
      unix { path = "${socket}", mode = 0600 }
    }`,
  );
  const urls = await told(cli, WAYS);
  assert.deepEqual(
    Object.values(urls).map((url) => url.replace(/:\d+/, '')),
    ['mqtt://127.0.0.1', 'mqtts://127.0.0.1', 'ws://127.0.0.1/mqtt', 'wss://127.0.0.1/secure', `unix:${socket}`],
  );
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  const receiver = await connect(t, urls.tcp);
  await receiver.subscribeAsync('way/#', { qos: 1 });
  const received: string[] = [];
  receiver.on('message', (topic) => received.push(topic));
  for (const way of WAYS) {
    const client = await connect(t, urls[way]); // oxlint-disable-line no-await-in-loop -- in order
    const came = new Promise((resolve) => receiver.once('message', resolve));
    await client.publishAsync(`way/${way}`, 'x', { qos: 1 }); // oxlint-disable-line no-await-in-loop -- in order
    await came; // oxlint-disable-line no-await-in-loop -- in order
  }
  assert.deepEqual(
    received,
    WAYS.map((way) => `way/${way}`),
  );
  cli.signal('SIGTERM');
  assert.equal(await cli.end(), 0);
  assert.equal(existsSync(socket), false);
});

test('each listener has limits and an anonymous setting of its own', async (t) => {
  const cli = start(
    t,
    temporary(t),
    `auth.allow_anonymous = false
    mqtt.max_packet_size = 1MB
    listeners {
      tcp.bind = "127.0.0.1:0"
      tcp.open { bind = "127.0.0.1:0", allow_anonymous = true, max_packet_size = 4KB, max_connections = 1 }
      ws { bind = "127.0.0.1:0", allow_anonymous = true }
    }`,
  );
  const urls = await told(cli, ['tcp', 'open', 'ws']);
  await assert.rejects(connect(t, urls.tcp), /Not authorized/);
  assert.equal(await maximumPacketSize(t, urls.open), 4096);
  assert.equal(await maximumPacketSize(t, urls.ws), 1024 * 1024);
  await assert.rejects(connect(t, urls.open), /Quota exceeded/);
});

test('SIGHUP reads certificates anew: connections stay, new ones see the new certificate', async (t) => {
  const folder = temporary(t);
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const use = (name: string): void => {
    copyFileSync(certificateFile(`${name}.pem`), cert);
    copyFileSync(certificateFile(`${name}.key`), key);
  };
  use('server');
  const cli = start(
    t,
    folder,
    `listeners {
      tcp.bind = "127.0.0.1:0"
      ssl { bind = "127.0.0.1:0", certfile = "${cert}", keyfile = "${key}" }
      wss { bind = "127.0.0.1:0" }
    }`,
  );
  const urls = await told(cli, ['tcp', 'ssl', 'wss']);
  const old = await Promise.all([connect(t, urls.ssl), connect(t, urls.wss)]);
  assert.deepEqual(await Promise.all([subjectAt(t, urls.ssl), subjectAt(t, urls.wss)]), ['localhost', 'localhost']);

  use('server-2');
  cli.signal('SIGHUP');
  await cli.output(/listener ssl: certificates read anew[^]*listener wss: certificates read anew/);
  assert.deepEqual(await Promise.all([subjectAt(t, urls.ssl), subjectAt(t, urls.wss)]), ['second', 'second']);

  writeFileSync(cert, 'no certificate');
  cli.signal('SIGHUP');
  const why = `listeners\\.ssl\\.certfile: ${cert}: holds no certificate in PEM form`;
  await cli.output(new RegExp(`error listener ssl keeps its certificates: ${why}\n`));
  await cli.output(new RegExp(`error listener wss keeps its certificates: ${why}\n`));
  assert.equal(await subjectAt(t, urls.ssl), 'second');
  for (const client of old) {
    assert.equal(client.connected, true);
    await client.publishAsync('still/here', 'x', { qos: 1 }); // oxlint-disable-line no-await-in-loop -- one by one
  }
  cli.signal('SIGTERM');
  assert.equal(await cli.end(), 0);
});

test('SIGHUP without certificates does nothing and says so', async (t) => {
  const cli = hookmq(t, ['start', '--url', 'nmq-tcp://127.0.0.1:0']);
  const client = await connect(t, (await told(cli, ['tcp'])).tcp);
  cli.signal('SIGHUP');
  await cli.output(/info {2}SIGHUP: no listener has certificates to read anew\n/);
  await client.publishAsync('still/here', 'x', { qos: 1 });
});

/** Has the program send itself SIGHUP before the first of its modules is loaded. */
const SIGHUP_FIRST = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier.endsWith('cli/main.ts')) process.kill(process.pid, 'SIGHUP');
      return next(specifier, context);
    },
  });
`)}`;

test('SIGHUP does not end `hookmq start` while it is loading, and still ends other commands', async (t) => {
  const nodeOptions = ['--import', SIGHUP_FIRST];
  const cli = hookmq(t, ['start', '--url', 'nmq-tcp://127.0.0.1:0'], { nodeOptions });
  await told(cli, ['tcp']);
  assert.equal(await hookmq(t, ['dev', '--port', '0', '--no-inbox'], { nodeOptions }).end(), 'SIGHUP');
});

test('a listener behind a proxy takes connections with a header only', async (t) => {
  const cli = start(t, temporary(t), 'listeners.tcp { bind = "127.0.0.1:0", proxy_protocol = true }');
  const { tcp } = await told(cli, ['tcp']);
  const { port } = new URL(tcp);
  const plain = connectSocket(Number(port), '127.0.0.1');
  plain.on('error', () => {});
  plain.write(Buffer.from('100c00044d5154540402003c0000', 'hex'));
  await once(plain, 'close');
  const client = new MqttClient(
    () => {
      const stream = connectSocket(Number(port), '127.0.0.1');
      stream.write('PROXY TCP4 192.0.2.7 192.0.2.1 5000 1883\r\n');
      return stream;
    },
    { reconnectPeriod: 0 },
  );
  t.after(() => client.endAsync(true));
  await connected(client);
  await client.publishAsync('a', 'b', { qos: 1 });
});

test('what the configuration says of TLS holds: versions, client certificates', async (t) => {
  const cli = start(
    t,
    temporary(t),
    `listeners {
      ssl { bind = "127.0.0.1:0", certfile = "${CERT}", keyfile = "${KEY}", tls_versions = [tlsv1.3] }
      ssl.known {
        bind = "127.0.0.1:0", certfile = "${CERT}", keyfile = "${certificateFile('server-encrypted.key')}"
        key_password = "open sesame", cacertfile = "${certificateFile('ca.pem')}"
        verify_peer = true, fail_if_no_peer_cert = true
      }
    }`,
  );
  const urls = await told(cli, ['ssl', 'known']);
  await connect(t, urls.ssl);
  const { port } = new URL(urls.ssl);
  await assert.rejects(openTls({ port: Number(port) }, { maxVersion: 'TLSv1.2' }), /protocol version/);
  await assert.rejects(connect(t, urls.known), /certificate required/);
  const cert = readFileSync(certificateFile('client.pem'));
  const key = readFileSync(certificateFile('client.key'));
  const client = await connect(t, urls.known, { cert, key });
  await client.publishAsync('a', 'b', { qos: 1 });
});

test('--url takes every kind of listener, with certificates from the command line', async (t) => {
  const urls = ['nmq-tcp', 'nmq-tls', 'nmq-ws', 'nmq-wss'].map((scheme) => ['--url', `${scheme}://127.0.0.1:0`]);
  const cli = hookmq(t, ['start', ...urls.flat(), '--cert', CERT, '--key', KEY]);
  const ways = await told(cli, ['tcp', 'ssl', 'ws', 'wss']);
  for (const url of Object.values(ways)) {
    const client = await connect(t, url); // oxlint-disable-line no-await-in-loop -- one by one
    await client.publishAsync('a', 'b', { qos: 1 }); // oxlint-disable-line no-await-in-loop -- one by one
  }
});

/** Options that cannot be used, and what is said about them. */
const refused: readonly [args: readonly string[], line: string][] = [
  [['--cert', '/nowhere/c.pem', '--key', KEY], '--cert: /nowhere/c.pem: cannot be read: no such file'],
  [
    ['--cert', CERT, '--key', certificateFile('server-2.key')],
    `--key: ${certificateFile('server-2.key')}: is not the key of the certificate in ${CERT}`,
  ],
  [
    ['--cert', CERT, '--key', certificateFile('server-encrypted.key')],
    `--keypass: ${certificateFile('server-encrypted.key')}: needs a password`,
  ],
];

for (const [args, line] of refused) {
  test(`${line.split(':')[0]} that cannot be used: one line, status 1`, async (t) => {
    const cli = hookmq(t, ['start', '--url', 'nmq-tls://127.0.0.1:0', ...args]);
    assert.equal(await cli.end(), 1);
    assert.equal(cli.stderr, `hookmq: ${line}\n`);
  });
}

test('a listener that cannot open names its key: a port of our own', async (t) => {
  const port = await freePort();
  const cli = start(t, temporary(t), `listeners { tcp.bind = "127.0.0.1:${port}", ws.web.bind = "127.0.0.1:${port}" }`);
  assert.equal(await cli.end(), 1);
  const line = `listeners.ws.web.bind: cannot listen on 127.0.0.1:${port}: listeners.tcp is there already`;
  assert.equal(cli.stderr, `hookmq: ${line}\n`);
  assert.equal(cli.stdout, '');
});

test('a listener that cannot open names its key: a port of somebody else', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const address = other.address();
  assert.ok(typeof address === 'object' && address !== null);
  const cli = start(
    t,
    temporary(t),
    `listeners.ssl.lan { bind = "127.0.0.1:${address.port}", certfile = "${CERT}", keyfile = "${KEY}" }`,
  );
  assert.equal(await cli.end(), 1);
  assert.equal(
    cli.stderr,
    `hookmq: listeners.ssl.lan.bind: cannot listen on 127.0.0.1:${address.port}: the port is in use by another program\n`,
  );
});

/** Sections whose listeners cannot be opened, and the line that says why. */
const closed: readonly [section: string, line: string][] = [
  [
    `ssl { bind = "127.0.0.1:0", certfile = "/nowhere/c.pem", keyfile = "${KEY}" }`,
    'listeners.ssl.certfile: /nowhere/c.pem: cannot be read: no such file',
  ],
  [
    `wss.web { bind = "127.0.0.1:0", certfile = "${CERT}", keyfile = "${CERT}" }`,
    `listeners.wss.web.keyfile: ${CERT}: holds no private key in PEM form`,
  ],
  [
    `ssl { bind = "127.0.0.1:0", certfile = "${CERT}", keyfile = "${KEY}" }, wss { bind = "127.0.0.1:0", cacertfile = "/nowhere/ca.pem" }`,
    'listeners.wss.cacertfile: /nowhere/ca.pem: cannot be read: no such file',
  ],
  [
    `ssl { bind = "127.0.0.1:0", certfile = "${CERT}", keyfile = "${KEY}" }, wss { bind = "127.0.0.1:0", certfile = "${CERT}", keyfile = "${certificateFile('server-encrypted.key')}" }`,
    `listeners.wss.key_password: ${certificateFile('server-encrypted.key')}: needs a password`,
  ],
  [
    `ssl { certfile = "/nowhere/c.pem", keyfile = "${KEY}" }, wss { bind = "127.0.0.1:0" }`,
    'listeners.ssl.certfile: /nowhere/c.pem: cannot be read: no such file',
  ],
  [
    `ssl { bind = "127.0.0.1:0", certfile = "${CERT}", keyfile = "${certificateFile('server-encrypted.key')}", key_password = "hunter2" }`,
    `listeners.ssl.key_password: ${certificateFile('server-encrypted.key')}: the password is wrong`,
  ],
  [
    'unix { path = "/nowhere/mqtt.sock" }',
    'listeners.unix.path: cannot listen on /nowhere/mqtt.sock: not permitted, or its directory does not exist',
  ],
  [
    'tcp { bind = "203.0.113.1:1883" }',
    'listeners.tcp.bind: cannot listen on 203.0.113.1:1883: this machine does not have that address',
  ],
];

for (const [section, line] of closed) {
  test(`a listener that cannot open: ${line}`, async (t) => {
    const cli = start(t, temporary(t), `listeners { ${section} }`);
    assert.equal(await cli.end(), 1);
    assert.equal(cli.stderr, `hookmq: ${line}\n`);
  });
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookmq-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function start(t: TestContext, folder: string, config: string): Cli {
  const file = join(folder, 'hookmq.conf');
  writeFileSync(file, config);
  return hookmq(t, ['start', '--conf', file]);
}

/** The URLs of listeners by their names, as the broker tells them. */
async function told<const N extends string>(cli: Cli, names: readonly N[]): Promise<Record<N, string>> {
  const urls: [N, string][] = [];
  for (const name of names) {
    const [url = ''] = await cli.output(new RegExp(`^listening on (\\S+) \\(${name}\\)$`, 'm')); // oxlint-disable-line no-await-in-loop -- one can wait at a time
    urls.push([name, url]);
  }
  return Object.fromEntries(urls) as Record<N, string>;
}

/** Connects MQTT.js, which ends with the test. */
async function connect(t: TestContext, url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const all: IClientOptions = { protocolVersion: 5, reconnectPeriod: 0, ca, ...options };
  if (!url.startsWith('unix:')) {
    const client = await connectAsync(url, all);
    t.after(() => client.endAsync(true));
    return client;
  }
  const client = new MqttClient(() => connectSocket(url.slice('unix:'.length)), all);
  t.after(() => client.endAsync(true));
  await connected(client);
  return client;
}

function connected(client: MqttClient): Promise<IConnackPacket> {
  return new Promise((resolve, reject) => {
    client.once('connect', resolve).once('error', reject);
  });
}

/** What CONNACK says of the largest packet. */
async function maximumPacketSize(t: TestContext, url: string): Promise<number | undefined> {
  const client = connectMqtt(url, { protocolVersion: 5, reconnectPeriod: 0 });
  t.after(() => client.endAsync(true));
  const { properties } = await connected(client);
  return properties?.maximumPacketSize;
}

/** The common name of the certificate that a new connection sees. */
async function subjectAt(t: TestContext, url: string): Promise<string | string[] | undefined> {
  const socket = await openTls({ port: Number(new URL(url).port) }, { checkServerIdentity: () => undefined });
  t.after(() => socket.destroy());
  return socket.getPeerCertificate().subject.CN;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  server.close();
  await once(server, 'close');
  return address.port;
}
