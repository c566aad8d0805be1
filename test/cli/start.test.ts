import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';

import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';

import { BIN, type Cli, hookmq } from '../kit/cli.ts';

const LOOPBACK = 'nmq-tcp://127.0.0.1:0';

test('it listens where the config says, and tells the endpoint without what may be secret', async (t) => {
  const file = config(
    t,
    'listeners.tcp.bind = "127.0.0.1:0"',
    'webhook { url = "http://127.0.0.1:9/secret?token=secret", events = [{ event = "on_message_publish" }] }',
  );
  const cli = hookmq(t, ['start', '--conf', file]);
  await cli.output(/^webhook http:\/\/127\.0\.0\.1:9$/m);
  await publish(t, await cli.port('mqtt'));
  assert.ok(cli.stdout.includes(`, process ${cli.pid}\n`));
  assert.match(
    cli.stdout,
    /^HookMQ \d+\.\d+\.\d+, process \d+\nlistening on mqtt:\/\/127\.0\.0\.1:\d+ \(\S+\)\nwebhook \S+\n$/,
  );
  assert.doesNotMatch(cli.stdout + cli.stderr, /secret/);
});

test('without a file it listens on loopback only', async (t) => {
  const cli = hookmq(t, ['start']);
  // Somebody else on this machine may have the port: the address is told in either case.
  await cli.output(/^listening on mqtt:\/\/127\.0\.0\.1:1883 \(\S+\)$|127\.0\.0\.1.*1883|1883.*127\.0\.0\.1/m);
  assert.equal((cli.stdout.match(/^listening/gm) ?? []).length <= 1, true);
});

test('--url replaces the listeners of the config and may be repeated', async (t) => {
  const file = config(t, 'listeners.tcp.bind = "203.0.113.1:1883"');
  const cli = hookmq(t, ['start', '--conf', file, '--url', LOOPBACK, '--url=mqtt://127.0.0.1:0']);
  const lines =
    /^listening on mqtt:\/\/127\.0\.0\.1:(\d+) \(\S+\)\nlistening on mqtt:\/\/127\.0\.0\.1:(\d+) \(\S+\)\n/m;
  const ports = (await cli.output(lines)).map(Number);
  await Promise.all(ports.map((port) => publish(t, port)));
});

for (const section of ['{}', '{ tcp.enable = false, ssl.enable = false }'])
  test(`without an open listener it does not start: one line, status 1: ${section}`, async (t) => {
    const cli = hookmq(t, ['start', '--conf', config(t, `listeners ${section}`)]);
    assert.equal(await cli.end(), 1);
    assert.match(cli.stderr, /^listeners: none is enabled[^\n]+\n$/);
  });

test('a webhook without events is told', async (t) => {
  const file = config(t, 'listeners.tcp.bind = "127.0.0.1:0"', 'webhook.url = "http://127.0.0.1:9/"');
  const cli = hookmq(t, ['start', '--conf', file]);
  await cli.output(/webhook\.events is empty: nothing is sent/);
});

test('dropped messages are counted at the end', async (t) => {
  const cli = hookmq(t, ['start', '--url', LOOPBACK]);
  const port = await cli.port('mqtt');
  const receiver = await connect(t, port, { properties: { maximumPacketSize: 100 } });
  await receiver.subscribeAsync('a/b', { qos: 1 });
  const publisher = await connect(t, port);
  await publisher.publishAsync('a/b', 'x'.repeat(200), { qos: 1 });
  cli.signal('SIGTERM');
  assert.equal(await cli.end(), 0);
  assert.match(cli.stderr, /warn {2}messages dropped: too_large 1\n$/);
});

test('a port in use: one line, status 1', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const cli = hookmq(t, ['start', '--url', LOOPBACK, '--url', `tcp://127.0.0.1:${address.port}`]);
  assert.equal(await cli.end(), 1);
  const place = `127.0.0.1:${address.port}`;
  const why = 'the port is in use by another program';
  assert.equal(cli.stderr, `hookmq: cannot listen on ${place}: ${why}; choose another with --url\n`);
  assert.equal(cli.stdout, '');
});

test('a file that is not there: one line that names it, status 1', async (t) => {
  const cli = hookmq(t, ['start', '--conf', '/nowhere/hookmq.conf']);
  assert.equal(await cli.end(), 1);
  assert.match(cli.stderr, /^\/nowhere\/hookmq\.conf: [^\n]+\n$/);
});

test('a file that cannot be read: one line that names it', async (t) => {
  const cli = hookmq(t, ['start', '--conf', tmpdir()]);
  assert.equal(await cli.end(), 1);
  assert.ok(cli.stderr.startsWith(`${tmpdir()}: `));
  assert.match(cli.stderr, /^[^\n]+\n$/);
});

test('each problem of a config is a line with file, line and key', async (t) => {
  const file = config(
    t,
    'listeners.tcp.bind = "127.0.0.1:0"',
    'mqtt.max_packet_siez = 1MB',
    'webhook {',
    '  url = "gopher://127.0.0.1/"',
    '  pool_size = many',
    '}',
  );
  const cli = hookmq(t, ['start', '--conf', file]);
  assert.equal(await cli.end(), 1);
  const lines = cli.stderr.trimEnd().split('\n').toSorted();
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? '', /hookmq\.conf:2:\d+: mqtt\.max_packet_siez: unknown key.*mqtt\.max_packet_size/);
  assert.match(lines[1] ?? '', /hookmq\.conf:4:\d+: webhook\.url: /);
  assert.match(lines[2] ?? '', /hookmq\.conf:5:\d+: webhook\.pool_size: /);
  assert.equal(cli.stdout, '');
});

test('a file that is no HOCON: the line is named', async (t) => {
  const file = config(t, '# all is well', 'webhook { url = "http://127.0.0.1/');
  const cli = hookmq(t, ['start', '--conf', file]);
  assert.equal(await cli.end(), 1);
  assert.match(cli.stderr, /^[^\n]*hookmq\.conf:\d+:\d+: [^\n]+\n$/);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends it cleanly: 5.0 clients are told, the status is 0`, async (t) => {
    const cli = hookmq(t, ['start', '--url', LOOPBACK]);
    const client = await connect(t, await cli.port('mqtt'));
    const goodbye = new Promise<number | undefined>((resolve) =>
      client.once('disconnect', ({ reasonCode }) => resolve(reasonCode)),
    );
    cli.signal(signal);
    assert.equal(await goodbye, 0x8b);
    assert.equal(await cli.end(), 0);
    assert.equal(cli.stderr, '');
  });
}

test('a signal that npm passes on to its shell only ends it too', { skip: process.platform === 'win32' }, async (t) => {
  const script = `"${process.execPath}" "${BIN}" start --url ${LOOPBACK} & echo "pid $!"; wait`;
  const env = { ...process.env, npm_lifecycle_event: 'start' };
  const shell = spawn('/bin/sh', ['-c', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  // The broker holds the other end of the pipe: it closes when both are gone.
  const gone = once(shell, 'close', { signal: AbortSignal.timeout(10_000) });
  const lines = createInterface(shell.stdout)[Symbol.asyncIterator]();
  const pid = Number(String((await lines.next()).value).slice('pid '.length));
  t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'));
  assert.match(String((await lines.next()).value), /^HookMQ/);
  shell.kill('SIGTERM');
  await gone;
});

test('events that could not be sent are counted at the end', async (t) => {
  const cli = await withDeafEndpoint(t);
  cli.signal('SIGTERM');
  assert.equal(await cli.end(), 0);
  assert.match(cli.stderr, /warn {2}webhook events lost: 1 not sent in time\n$/);
});

test('a second signal ends it at once', async (t) => {
  const cli = await withDeafEndpoint(t);
  cli.signal('SIGTERM');
  await cli.output(/still to be sent/);
  const signals = setInterval(() => cli.signal('SIGTERM'), 100);
  t.after(() => clearInterval(signals));
  const started = performance.now();
  assert.equal(await cli.end(), 1);
  assert.ok(performance.now() - started < 4000);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A broker with a message for an endpoint that accepts connections and never answers. */
async function withDeafEndpoint(t: TestContext): Promise<Cli> {
  const server = createServer((socket) => t.after(() => socket.destroy())).listen(0, '127.0.0.1');
  const asked = once(server, 'connection');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const file = config(
    t,
    'listeners.tcp.bind = "127.0.0.1:0"',
    `webhook { url = "http://127.0.0.1:${address.port}/", events = [{ event = "on_message_publish" }] }`,
  );
  const cli = hookmq(t, ['start', '--conf', file]);
  await publish(t, await cli.port('mqtt'));
  await asked;
  return cli;
}

async function publish(t: TestContext, port: number): Promise<void> {
  const client = await connect(t, port);
  await client.publishAsync('a/b', 'c', { qos: 1 });
}

async function connect(t: TestContext, port: number, options: IClientOptions = {}): Promise<MqttClient> {
  const url = `mqtt://127.0.0.1:${port}`;
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, ...options });
  t.after(() => client.endAsync(true));
  return client;
}

/** A config file of these lines; gone after the test. */
function config(t: TestContext, ...lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookmq-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'hookmq.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
