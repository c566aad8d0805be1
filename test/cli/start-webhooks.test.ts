import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';

import { hookmq } from '../kit/cli.ts';
import { mqttClient } from '../kit/mqtt-client.ts';
import { startReceiver } from '../kit/receiver.ts';

// What the start says of webhooks: each endpoint that there is, and each key that is wrong.

suite('hookmq start', { concurrency: true }, () => {
  test('tells every endpoint with its name, without what may be secret', async (t) => {
    const file = config(
      t,
      'webhook { url = "http://127.0.0.1:9/secret", events = [{ event = on_client_connack }] }',
      'webhook.audit { url = "https://127.0.0.1:9/?secret", events = [{ event = message.publish, clientid = "dev-*" }] }',
      'webhook.later { enable = false, url = "http://127.0.0.1:10/" }',
    );
    const cli = hookmq(t, ['start', '--conf', file]);
    await cli.output(/^webhook https:.*$/m);
    assert.match(cli.stdout, /\nwebhook http:\/\/127\.0\.0\.1:9\nwebhook https:\/\/127\.0\.0\.1:9 \(audit\)\n$/);
    cli.signal('SIGTERM');
    assert.equal(await cli.end(), 0);
    assert.doesNotMatch(cli.stdout + cli.stderr, /secret|webhook.*events is empty/);
  });

  test('waits for its delivery thread even where nothing else keeps it alive', async (t) => {
    const webhook = 'webhook { url = "http://127.0.0.1:9/", events = [{ event = on_client_connack }] }';
    const file = config(t, 'sys.enable = false', webhook);
    const cli = hookmq(t, ['start', '--conf', file]);
    await mqttClient(t, await cli.port('mqtt'));
    cli.signal('SIGTERM');
    assert.equal(await cli.end(), 0);
  });

  test('counts at the end what endpoints did not want, all together', async (t) => {
    await using receiver = await startReceiver({ answer: () => ({ status: 410 }) });
    const rule = 'events = [{ event = on_client_connack }]';
    const file = config(
      t,
      `webhook { url = "${receiver.url}", ${rule} }`,
      `webhook.audit { url = "${receiver.url}", ${rule} }`,
    );
    const cli = hookmq(t, ['start', '--conf', file]);
    await mqttClient(t, await cli.port('mqtt'));
    await receiver.waitFor(({ requests }) => requests.length === 2);
    cli.signal('SIGTERM');
    assert.equal(await cli.end(), 0);
    assert.match(cli.stderr, /warn {2}webhook events lost: 2 given up\n$/);
  });

  test('does not count as lost what is kept in a spool', async (t) => {
    await using receiver = await startReceiver({ answer: () => ({ status: 410 }) });
    const folder = mkdtempSync(join(tmpdir(), 'hookmq-cli-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = config(
      t,
      `webhook { url = "${receiver.url}", spool.path = "${join(folder, 'spool.db')}"`,
      'events = [{ event = on_client_connack }] }',
    );
    const cli = hookmq(t, ['start', '--conf', file]);
    await mqttClient(t, await cli.port('mqtt'));
    await cli.output(/1 events became dead letters/);
    cli.signal('SIGTERM');
    assert.equal(await cli.end(), 0);
    assert.doesNotMatch(cli.stderr, /lost/);
  });

  test('says what stays in a spool, and does not wait for it', async (t) => {
    await using receiver = await startReceiver({ answer: () => ({ status: 503 }) });
    const folder = mkdtempSync(join(tmpdir(), 'hookmq-cli-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = config(
      t,
      `webhook { url = "${receiver.url}", spool.path = "${join(folder, 'spool.db')}"`,
      'events = [{ event = on_client_connack }] }',
    );
    const cli = hookmq(t, ['start', '--conf', file]);
    await mqttClient(t, await cli.port('mqtt'));
    await receiver.waitFor(({ requests }) => requests.length > 0);
    cli.signal('SIGTERM');
    assert.equal(await cli.end(), 0);
    assert.match(cli.stderr, /info {2}webhook events that stay in a spool until the next start: 1\n/);
    assert.doesNotMatch(cli.stderr, /still to be sent|lost/);
  });

  test('says how many events of the memory are still to be sent', async (t) => {
    await using receiver = await startReceiver({ answer: () => ({ fault: 'hang' }) });
    const file = config(t, `webhook { url = "${receiver.url}", events = [{ event = on_client_connack }] }`);
    const cli = hookmq(t, ['start', '--conf', file]);
    await mqttClient(t, await cli.port('mqtt'));
    await receiver.waitFor(({ requests }) => requests.length > 0);
    cli.signal('SIGTERM');
    await cli.output(/info {2}webhook events still to be sent: 1 \(a second signal ends at once\)\n/);
    cli.signal('SIGTERM');
    await cli.end();
    assert.doesNotMatch(cli.stderr, /spool/);
  });

  test('ends where the files of an endpoint cannot be used: a line with the key for each', async (t) => {
    const file = config(
      t,
      'webhook.audit {',
      '  url = "https://127.0.0.1:9/", events = [{ event = on_client_connack }]',
      '  tls { cacertfile = "/nowhere/ca.pem", certfile = "/nowhere/cert.pem", keyfile = "/" }',
      '}',
    );
    const cli = hookmq(t, ['start', '--conf', file]);
    assert.equal(await cli.end(), 1);
    assert.deepEqual(cli.stderr.split('\n'), [
      'webhook.audit.tls.cacertfile: /nowhere/ca.pem: there is no such file',
      'webhook.audit.tls.certfile: /nowhere/cert.pem: there is no such file',
      'webhook.audit.tls.keyfile: /: this is a directory, not a file',
      '',
    ]);
    assert.equal(cli.stdout, '', 'nothing listens');
  });

  test('ends where a variable is not set: one line with file, line and key', async (t) => {
    const file = config(t, 'webhook {', '  url = "http://127.0.0.1:9/"', '  secret = ${HOOKMQ_TEST_SECRET}', '}');
    const cli = hookmq(t, ['start', '--conf', file]);
    assert.equal(await cli.end(), 1);
    assert.match(cli.stderr, /hookmq\.conf:4:12: webhook\.secret: \$\{HOOKMQ_TEST_SECRET\} is not set, [^\n]+\n$/);
  });

  test('ends where what is in a variable is no secret, and does not show it', async (t) => {
    const file = config(t, 'webhook {', '  url = ${HOOKMQ_TEST_URL}', '  secret = ${HOOKMQ_TEST_SECRET}', '}');
    const env = { HOOKMQ_TEST_URL: 'mailto:hunter2', HOOKMQ_TEST_SECRET: 'whsec_hunter2' };
    const cli = hookmq(t, ['start', '--conf', file], { env });
    assert.equal(await cli.end(), 1);
    const [first = '', second = '', ...others] = cli.stderr.split('\n');
    assert.match(first, /hookmq\.conf:3:9: webhook\.url: the value \(not shown\) is not a URL/);
    assert.match(second, /hookmq\.conf:4:12: webhook\.secret: the value \(not shown\) is not 24 to 64 bytes in base64/);
    assert.deepEqual(others, ['']);
    assert.doesNotMatch(cli.stderr, /hunter2/);
  });
});

/** A config file of these lines, behind one with a listener; gone after the test. */
function config(t: TestContext, ...lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookmq-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'hookmq.conf');
  writeFileSync(file, ['listeners.tcp.bind = "127.0.0.1:0"', ...lines, ''].join('\n'));
  return file;
}
