import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { Webhook } from 'standardwebhooks';

import { WEBHOOK_EVENTS } from '../../src/webhook/events.ts';
import { type Cli, hookmq } from '../kit/cli.ts';
import { type Answer, type Received, type Receiver, startReceiver } from '../kit/receiver.ts';
import { SERVER_FILES } from '../kit/tls.ts';

const NAMES = WEBHOOK_EVENTS.map(({ name }) => name);

/** A config file of these lines; gone after the test. */
function config(t: TestContext, ...lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookmq-webhook-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'hookmq.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

async function receiver(t: TestContext, answer: (request: Received) => Answer = () => ({})): Promise<Receiver> {
  const started = await startReceiver({ answer });
  t.after(() => started.close());
  return started;
}

/** Runs `hookmq webhook test` with a config of these lines to its end. */
async function run(t: TestContext, lines: readonly string[], args: readonly string[] = []): Promise<Cli> {
  const cli = hookmq(t, ['webhook', 'test', '--conf', config(t, ...lines), ...args]);
  await cli.end();
  return cli;
}

/** A port that nobody listens on. */
async function deafPort(): Promise<number> {
  const gone = await startReceiver();
  const { port } = gone;
  await gone.close();
  return port;
}

suite('hookmq webhook test', () => {
  test('sends a sample of each event that the rules name, once, and shows request and answer', async (t) => {
    const endpoint = await receiver(t);
    const cli = await run(t, [
      `webhook { url = "${endpoint.url}", events = [`,
      '{ event = on_message_publish, topic = "a/#" }, { event = on_client_connack, clientid = "nobody" }, { event = message.publish }',
      '] }',
    ]);
    assert.deepEqual(
      endpoint.requests.map(({ json }) => json['action']),
      ['client_connack', 'message_publish'],
    );
    assert.ok(endpoint.requests.every(({ method, headers }) => method === 'POST' && headers['hookmq-test'] === 'true'));
    assert.equal(new Set(endpoint.requests.map(({ headers }) => headers['webhook-id'])).size, 2);
    assert.match(cli.stdout, /^on_client_connack\n {2}POST http:\/\/127\.0\.0\.1:\d+\/\n/);
    assert.match(cli.stdout, /^ {2}hookmq-event: on_message_publish$/m);
    assert.match(cli.stdout, /^ {4}"action": "message_publish",?$/m);
    assert.equal(cli.stdout.match(/^ {2}200 after \d+\.\d ms$/gm)?.length, 2);
    assert.match(cli.stdout, /^2 of 2 samples taken\n$/m);
    assert.equal(cli.stderr, '');
    assert.equal(await cli.end(), 0);
  });

  test('an endpoint that does not take a sample: its answer is shown, nothing is repeated, the status is 1', async (t) => {
    const endpoint = await receiver(t, ({ json }) =>
      json['action'] === 'client_connack'
        ? { status: 503, headers: { 'retry-after': '7' }, body: 'not \x1b[31mnow\n' }
        : {},
    );
    const events = '[{ event = on_client_connack }, { event = on_client_disconnected }]';
    const cli = await run(t, [`webhook { url = "${endpoint.url}", events = ${events} }`]);
    assert.equal(await cli.end(), 1);
    assert.match(cli.stdout, /^ {2}503 after \d+\.\d ms, retry-after 7\n {2}not \\x1b\[31mnow\\n$/m);
    assert.match(cli.stdout, /^1 of 2 samples taken\n$/m);
    assert.equal(endpoint.requests.length, 2);
  });

  test('an answer that does not come is said', async (t) => {
    const endpoint = await receiver(t, () => ({ fault: 'hang' }));
    const lines = [`webhook { url = "${endpoint.url}", timeout = 50ms, events = [{ event = on_client_connack }] }`];
    const cli = await run(t, lines);
    assert.equal(await cli.end(), 1);
    assert.match(cli.stdout, /^ {2}no answer within 50 ms/m);
    assert.equal(endpoint.requests.length, 1);
  });

  test('--event sends an event that no rule names, written as a rule may write it', async (t) => {
    const endpoint = await receiver(t);
    const cli = await run(t, [`webhook.url = "${endpoint.url}"`], ['--event', 'session.subscribed']);
    assert.deepEqual(
      endpoint.requests.map(({ headers }) => headers['hookmq-event']),
      ['on_session_subscribed'],
    );
    assert.equal(await cli.end(), 0);
  });

  test('--event all sends every event that there is', async (t) => {
    const endpoint = await receiver(t);
    const cli = await run(t, [`webhook.url = "${endpoint.url}"`], ['--event', 'all']);
    assert.deepEqual(
      endpoint.requests.map(({ headers }) => headers['hookmq-event']),
      NAMES,
    );
    assert.match(cli.stdout, new RegExp(`^${NAMES.length} of ${NAMES.length} samples taken$`, 'm'));
    assert.equal(await cli.end(), 0);
  });

  test('several endpoints get what their own rules name; --endpoint chooses one', async (t) => {
    const endpoint = await receiver(t);
    const lines = [
      'webhook {',
      `  url = "${endpoint.origin}/one", events = [{ event = on_client_connack }]`,
      `  audit { url = "${endpoint.origin}/two", events = [{ event = on_client_connected }] }`,
      `  off { enable = false, url = "${endpoint.origin}/three", events = [{ event = on_client_connected }] }`,
      '}',
    ];
    const both = await run(t, lines);
    assert.equal(await both.end(), 0);
    const sent = (): string[] =>
      endpoint.requests.splice(0).map(({ path, json }) => `${path} ${String(json['action'])}`);
    assert.deepEqual(sent(), ['/one client_connack', '/two client_connected']);
    assert.match(both.stdout, /^on_client_connected to audit$/m);

    const one = await run(t, lines, ['--endpoint', 'audit']);
    assert.deepEqual(sent(), ['/two client_connected']);
    assert.match(one.stdout, /^1 of 1 samples taken$/m);

    const none = await run(t, lines, ['--endpoint', 'off']);
    assert.equal(await none.end(), 1);
    assert.match(none.stderr, /^hookmq: [^\n]*no endpoint off is enabled, enabled are default, audit\n$/);
    assert.deepEqual(sent(), []);
  });

  test('the request is as it will be: method, headers, batch, gzip, signature; what is secret is masked', async (t) => {
    const endpoint = await receiver(t);
    const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    const cli = await run(t, [
      `webhook { url = "${endpoint.origin}/in/secret-path?token=secret-token", method = PUT`,
      'headers { authorization = "Bearer secret-header", content-type = "application/x-mine" }',
      `secret = "${secret}", body.gzip_above = 10, batch { max_events = 10, layout = lines }`,
      'events = [{ event = on_message_publish }] }',
    ]);
    const [request] = endpoint.requests;
    assert.ok(request);
    assert.equal(request.method, 'PUT');
    assert.equal(request.path, '/in/secret-path?token=secret-token');
    assert.equal(request.headers['authorization'], 'Bearer secret-header');
    const body = gunzipSync(request.bytes).toString();
    assert.doesNotThrow(() => new Webhook(secret).verify(body, request.headers));
    const { action, event_id: id } = JSON.parse(body);
    assert.equal(action, 'message_publish');

    assert.match(cli.stdout, /^ {2}PUT http:\/\/127\.0\.0\.1:\d+\/…$/m);
    assert.match(cli.stdout, /^ {2}authorization: \*+$/im);
    assert.match(cli.stdout, /^ {2}content-type: application\/x-mine$/im);
    assert.match(cli.stdout, /^ {2}webhook-signature: v1,\S+$/m);
    assert.ok(cli.stdout.includes(`"event_id": "${id}"`));
    assert.doesNotMatch(cli.stdout + cli.stderr, /secret-/);
    assert.ok(!cli.stdout.includes(secret.slice(6)));
    assert.equal(await cli.end(), 0);
  });

  for (const options of [[], ['--json']])
    test(`what is secret is masked in an answer that repeats it ${options.join(' ')}`, async (t) => {
      const endpoint = await receiver(t, ({ path, headers }) => ({
        status: 400,
        body: JSON.stringify({ path, key: headers['x-key'], authorization: headers['authorization'] }),
      }));
      const url = `${endpoint.origin}/in/secret-path?token=secret-token`;
      const headers = 'headers { authorization = "Bearer secret-header", x-key = "secret-\\"key" }';
      const cli = await run(t, [`webhook { url = "${url}", ${headers} }`], ['--event', 'client.connect', ...options]);
      assert.equal(await cli.end(), 1);
      assert.equal(endpoint.requests[0]?.headers['x-key'], 'secret-"key');
      assert.match(cli.stdout, /path[\\":]+\*{6}/);
      assert.doesNotMatch(cli.stdout + cli.stderr, /secret-/);
    });

  test('--json: each request with its answer as a line', async (t) => {
    const endpoint = await receiver(t, ({ json }) =>
      json['action'] === 'client_connack' ? {} : { status: 400, body: 'no' },
    );
    const events = '[{ event = on_client_connack }, { event = on_client_disconnected }]';
    const cli = await run(t, [`webhook { url = "${endpoint.url}", events = ${events} }`], ['--json']);
    assert.equal(await cli.end(), 1);
    const trials = cli.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      trials.map(({ event, answer }) => [event, answer.status, answer.text]),
      [
        ['on_client_connack', 200, ''],
        ['on_client_disconnected', 400, 'no'],
      ],
    );
    assert.deepEqual(
      trials.map(({ request }) => request.body),
      endpoint.requests.map(({ text }) => text),
    );
  });

  test('an endpoint that is not there: one line with the key, nothing sent, the others are tried', async (t) => {
    const endpoint = await receiver(t);
    const port = await deafPort();
    const rules = 'events = [{ event = on_client_connack }, { event = on_client_connected }]';
    const cli = await run(t, [
      `webhook { url = "http://127.0.0.1:${port}/secret-path", ${rules}`,
      `audit { url = "${endpoint.url}", ${rules} } }`,
    ]);
    assert.equal(await cli.end(), 1);
    assert.match(cli.stdout, new RegExp(`^webhook\\.url: [^\\n]*http://127\\.0\\.0\\.1:${port}[^\\n]*\\n`));
    assert.equal(endpoint.requests.length, 2);
    assert.match(cli.stdout, /^2 of 2 samples taken, 1 endpoint cannot be reached$/m);
    assert.doesNotMatch(cli.stdout, /secret-path/);
  });

  test('a certificate that does not verify: the key to change, nothing sent', async (t) => {
    let requests = 0;
    const { certfile, keyfile } = SERVER_FILES;
    const server = createServer({ cert: readFileSync(certfile), key: readFileSync(keyfile) }, (_request, response) => {
      requests++;
      response.end();
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const audit = `url = "https://localhost:${port}/", events = [{ event = on_client_connack }]`;
    const cli = await run(t, [`webhook.audit { ${audit} }`]);
    assert.equal(await cli.end(), 1);
    assert.match(cli.stdout, /^webhook\.audit\.tls\.cacertfile: [^\n]+\n/);
    assert.equal(requests, 0);
  });

  test('without rules nothing is sent, which is a failure', async (t) => {
    const endpoint = await receiver(t);
    const cli = await run(t, [`webhook.url = "${endpoint.url}"`]);
    assert.equal(await cli.end(), 1);
    assert.match(cli.stderr, /^hookmq: no rule names an event[^\n]*\n$/);
    assert.equal(endpoint.requests.length, 0);
  });

  test('a config without webhook', async (t) => {
    const cli = await run(t, ['listeners.tcp.bind = 1883']);
    assert.equal(await cli.end(), 1);
    assert.match(cli.stderr, /^hookmq: [^\n]*hookmq\.conf: there is no webhook that is enabled\n$/);
  });

  test('an event that does not exist: what was meant', async (t) => {
    const cli = await run(t, ['webhook.url = "http://127.0.0.1:9/"'], ['--event', 'mesage_publish']);
    assert.equal(await cli.end(), 2);
    assert.match(cli.stderr, /^hookmq: webhook test: --event mesage_publish: [^\n]*did you mean on_message_publish\?/);
  });
});

/** Command lines of the commands that begin with `webhook` which cannot be understood, and the line that says so. */
const WRONG = [
  ['webhook', 'hookmq: webhook: a command is missing (hookmq webhook --help lists the commands)'],
  [
    'webhook tset',
    'hookmq: webhook: unknown command tset, did you mean test? (hookmq webhook --help lists the commands)',
  ],
  ['webhok test', 'hookmq: unknown command webhok, did you mean webhook? (hookmq --help lists the commands)'],
  ['webhook test', 'hookmq: webhook test: --conf FILE is missing (hookmq webhook test --help lists the options)'],
  [
    'webhook test --cofn a',
    'hookmq: webhook test: unknown option --cofn, did you mean --conf? (hookmq webhook test --help lists the options)',
  ],
] as const;

for (const [line, stderr] of WRONG)
  test(`"hookmq ${line}" is answered with one line and status 2`, async (t) => {
    const cli = hookmq(t, line.split(' '));
    assert.equal(await cli.end(), 2);
    assert.equal(cli.stderr, `${stderr}\n`);
    assert.equal(cli.stdout, '');
  });

test('hookmq webhook --help lists the commands', async (t) => {
  const cli = hookmq(t, ['webhook', '--help']);
  assert.equal(await cli.end(), 0);
  assert.match(cli.stdout, /^Usage: hookmq webhook COMMAND \[OPTIONS\]$/m);
  for (const command of ['test', 'dead-letters'])
    assert.match(cli.stdout, new RegExp(`^ {2}webhook ${command} {2,}\\S`, 'm'));
});
