import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { test, type TestContext } from 'node:test';

import { connectAsync, type MqttClient } from 'mqtt';

import { type Cli, hookmq } from '../kit/cli.ts';

const ANY_PORTS = ['dev', '--port', '0', '--inbox-port', '0'];

test('a newcomer sees a client connect, publish and leave', async (t) => {
  const cli = hookmq(t, ANY_PORTS);
  const client = await client311(t, cli, { clientId: 'thermometer', keepalive: 30 });
  await client.publishAsync('room/1', 'twenty degrees', { qos: 1, retain: true });
  await client.endAsync();
  await cli.output(
    /^\d\d:\d\d:\d\d\.\d{3} {2}client_connack {8}thermometer {2}success {2}MQTT 3\.1\.1 {2}keep alive 30 s$/m,
  );
  await cli.output(/^\S+ {2}message_publish {7}thermometer {2}room\/1 {2}qos 1 retain {2}"twenty degrees"$/m);
  await cli.output(/^\S+ {2}client_disconnected {3}thermometer {2}normal$/m);
});

test('a newcomer sees subscriptions come and go', async (t) => {
  const cli = hookmq(t, ANY_PORTS);
  const client = await client311(t, cli, { clientId: 'phone' });
  await client.subscribeAsync('room/+', { qos: 1 });
  await client.unsubscribeAsync('room/+');
  await cli.output(/^\S+ {2}session_subscribed {4}phone {2}room\/\+ {2}qos 1$/m);
  await cli.output(/^\S+ {2}session_unsubscribed {2}phone {2}room\/\+$/m);
});

test('the banner names the addresses and what to type', async (t) => {
  const cli = hookmq(t, ANY_PORTS);
  await cli.output(/Ctrl-C/);
  const port = await cli.port('mqtt');
  const [inbox] = await cli.output(/webhook inbox +http:\/\/127\.0\.0\.1:(\d+)/);
  assert.notEqual(Number(inbox), 0);
  await cli.output(new RegExp(`mosquitto_pub -h 127\\.0\\.0\\.1 -p ${port} -t `));
  await cli.output(new RegExp(`npx mqtt pub -h 127\\.0\\.0\\.1 -p ${port} -t `));
});

test('the user name is told', async (t) => {
  const cli = hookmq(t, ANY_PORTS);
  await client311(t, cli, { clientId: 'c', username: 'alice', password: 'secret' });
  await cli.output(/client_connack +c \(user alice\) {2}success/);
  assert.doesNotMatch(cli.stdout + cli.stderr, /secret/);
});

test('what would control the terminal is made visible', async (t) => {
  const cli = hookmq(t, ANY_PORTS);
  const client = await client311(t, cli, { clientId: 'evil\u001b]0;title\u0007' });
  await client.publishAsync('a/\u202eb', 'one\ntwo\u001b[31m\\ \u009b1A \u2028');
  await cli.output(/client_connack +evil\\x1b\]0;title\\x07 {2}/);
  await cli.output(/ {2}a\/\\u\{202e\}b {2}qos 0 {2}"one\\ntwo\\x1b\[31m\\\\ \\x9b1A \\u\{2028\}"$/m);
  assert.doesNotMatch(cli.stdout, /(?!\n)[\p{Cc}\p{Cf}\p{Zl}]/u);
});

test('a long payload is cut and its length told', async (t) => {
  const cli = hookmq(t, ANY_PORTS);
  const client = await client311(t, cli, {});
  await client.publishAsync('long', 'ü'.repeat(5000));
  await cli.output(/ {2}long {2}qos 0 {2}"ü{80}…" \(10,000 bytes\)$/m);
});

test('a payload that is not text is shown as bytes', async (t) => {
  const cli = hookmq(t, ANY_PORTS);
  const client = await client311(t, cli, {});
  await client.publishAsync('short', Buffer.from('deadbeef', 'hex'));
  await client.publishAsync('long', Buffer.alloc(1000, 0xff));
  await client.publishAsync('none', '');
  await cli.output(/ {2}short {2}qos 0 {2}<de ad be ef> \(4 bytes\)$/m);
  await cli.output(/ {2}long {2}qos 0 {2}<(?:ff ){24}…> \(1,000 bytes\)$/m);
  await cli.output(/ {2}none {2}qos 0 {2}\(empty\)$/m);
});

test('colours are for terminals, and may be forced', async (t) => {
  const plain = hookmq(t, ANY_PORTS);
  await plain.output(/Ctrl-C/);
  assert.ok(!plain.stdout.includes('\u001b'));
  const forced = hookmq(t, ANY_PORTS, { env: { FORCE_COLOR: '1' } });
  await forced.output(/Ctrl-C/);
  assert.ok(forced.stdout.includes('\u001b['));
});

test('the inbox takes any request and survives what is none of ours', async (t) => {
  const cli = hookmq(t, ANY_PORTS);
  const port = await cli.port('http');
  assert.equal(await send(port, 'POST', '{"action":"client_fly","height":3}'), 200);
  await cli.output(/ {2}client_fly +"\{"action":"client_fly","height":3\}"$/m);
  assert.equal(await send(port, 'POST', 'not JSON\u001b'), 200);
  await cli.output(/ {2}not an event {2}"not JSON\\x1b"$/m);
  assert.equal(await send(port, 'POST', '[1]'), 200);
  await cli.output(/ {2}not an event {2}"\[1\]"$/m);
  assert.equal(await send(port, 'POST', '{"action":"message_publish","payload":{"a":1}}'), 200);
  await cli.output(/ {2}message_publish +\(no client\) {2}null {2}qos null {2}"\{"a":1\}"$/m);
  assert.equal(await send(port, 'GET', ''), 405);
  assert.equal(await send(port, 'POST', 'x'.repeat(8 * 1024 * 1024 + 1)), 413);
  await cli.output(/larger than 8 MiB was refused$/m);
  assert.equal(await send(port, 'POST', '{"action":"still_there"}'), 200);
});

test('--no-inbox is the broker alone', async (t) => {
  const cli = hookmq(t, ['dev', '--port', '0', '--no-inbox']);
  const client = await client311(t, cli, {});
  await client.publishAsync('a', 'b', { qos: 1 });
  await client.endAsync();
  assert.doesNotMatch(cli.stdout, /inbox|http/);
  cli.signal('SIGTERM');
  assert.equal(await cli.end(), 0);
  assert.doesNotMatch(cli.stdout, /message_publish/);
  assert.equal(cli.stderr, '');
});

for (const [option, other] of [
  ['--port', '--inbox-port'],
  ['--inbox-port', '--port'],
] as const) {
  test(`a port in use names ${option}, which changes it`, async (t) => {
    const taken = await takePort(t);
    const cli = hookmq(t, ['dev', option, String(taken), other, '0']);
    assert.equal(await cli.end(), 1);
    assert.equal(
      cli.stderr,
      `hookmq: cannot listen on 127.0.0.1:${taken}: the port is in use by another program; choose another with ${option}\n`,
    );
    assert.equal(cli.stdout, '');
  });
}

/** Connects MQTT.js (3.1.1) to the broker of `cli`; ended with the test. */
async function client311(t: TestContext, cli: Cli, options: object): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${await cli.port('mqtt')}`, { ...options, reconnectPeriod: 0 });
  t.after(() => client.endAsync(true));
  return client;
}

async function takePort(t: TestContext): Promise<number> {
  const server: Server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

/** The status with which the inbox answers. */
function send(port: number, method: string, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
