import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { attachWebhook, type Webhook, webhookConfig } from '../../src/index.ts';
import { type LocalBroker, localBroker } from '../kit/local-broker.ts';
import { mqttClient } from '../kit/mqtt-client.ts';
import { until } from '../kit/until.ts';

// The endpoints of docs/webhook-recipes.md, each as a program of its own, with a real broker and its webhook.

const SECRET = `whsec_${Buffer.alloc(32, 'recipe').toString('base64')}`;
const OTHER_SECRET = `whsec_${Buffer.alloc(32, 'other').toString('base64')}`;

interface Program {
  readonly url: string;
  /** What it has printed since it began to listen. */
  readonly lines: readonly string[];
}

/** An example as a program that listens on a free port, until the end of the test. */
async function program(t: TestContext, file: string, ...args: readonly string[]): Promise<Program> {
  const [command = '', ...before] = COMMANDS[file.slice(file.lastIndexOf('.'))] ?? [];
  const path = fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));
  // A group of its own: `go run` starts another program.
  const child = spawn(command, [...before, path, '0', ...args], {
    env: { ...process.env, WEBHOOK_SECRET: SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  t.after(() => child.exitCode === null && process.kill(-(child.pid ?? 0), 'SIGKILL'));
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  await until(() => lines.length > 0, `${file} to listen`, 60_000);
  return { url: lines.shift() ?? '', lines };
}

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  '.ts': [process.execPath],
  '.py': ['python3'],
  '.go': ['go', 'run'],
};

/** Why an example cannot be run here; false when it can. */
function without(command: string, flag: string): string | false {
  return spawnSync(command, [flag], { stdio: 'ignore' }).status === 0 ? false : `${command} is not installed`;
}

/** A broker whose webhook has these settings; both end with the test. */
async function brokerWith(t: TestContext, settings: Parameters<typeof webhookConfig>[0]) {
  const local: LocalBroker = await localBroker();
  const webhook: Webhook = attachWebhook(local.broker, webhookConfig(settings));
  t.after(async () => {
    await local[Symbol.asyncDispose]();
    await webhook.close(0);
  });
  return { broker: local.broker, port: local.port, webhook, end: () => local.broker.close() };
}

const RECEIVERS = [
  ['receive.ts', false],
  ['receive-standard.ts', false],
  ['receive.py', without('python3', '--version')],
  ['receive.go', without('go', 'version')],
] as const;

for (const [file, skip] of RECEIVERS)
  suite(file, { skip }, () => {
    test('takes what is signed with its secret, also as one of two', async (t) => {
      const endpoint = await program(t, file);
      const events = [{ event: 'on_message_publish' }] as const;
      const { port, webhook } = await brokerWith(t, { url: endpoint.url, secret: [OTHER_SECRET, SECRET], events });
      const { client } = await mqttClient(t, port, { clientId: 'ann' });
      for (const payload of ['plain', 'ünï😀code', '']) client.publish('a/b', payload);
      await until(() => webhook.stats().delivered === 3, 'the events to be delivered');
      await until(() => endpoint.lines.length >= 3, 'the endpoint to print them');
      const printed = endpoint.lines.map((line) => /^(evt_\w+_\d+) (\{.*\})$/.exec(line) ?? []);
      assert.deepEqual(
        printed.map(([, , body = '']) => JSON.parse(body).payload),
        ['plain', 'ünï😀code', ''],
      );
      assert.equal(new Set(printed.map(([, id]) => id)).size, 3);
      assert.equal(webhook.stats().deadLettered, 0);
    });

    test('refuses what is signed with another one', async (t) => {
      const endpoint = await program(t, file);
      const events = [{ event: 'on_message_publish' }] as const;
      const { port, webhook } = await brokerWith(t, { url: endpoint.url, secret: OTHER_SECRET, events });
      const { client } = await mqttClient(t, port);
      client.publish('a/b', 'c');
      await until(() => webhook.stats().deadLettered === 1, 'the event to be refused');
      assert.deepEqual(webhook.stats().failures, { 401: 1 });
      assert.deepEqual(endpoint.lines, []);
    });
  });

/** The endpoint that keeps who is online. */
interface Stage {
  readonly settings: Parameters<typeof webhookConfig>[0];
  /** Each row as a text. */
  readonly rows: (sql: string) => string[];
  /** Sends a batch of these; resolves with the status of the answer. */
  readonly post: (...lines: readonly object[]) => Promise<number>;
}

async function stage(t: TestContext): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'hookmq-recipes-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'devices.db');
  const { url } = await program(t, 'devices-online.ts', file);
  const db = new DatabaseSync(file, { readOnly: true });
  t.after(() => db.close());
  return {
    settings: {
      url,
      events: [
        { event: 'on_client_connected' },
        { event: 'on_client_disconnected' },
        { event: 'on_message_publish', topic: '$SYS/broker/uptime' },
      ],
      batch: { max_events: 500, layout: 'lines' },
    },
    rows: (sql) =>
      db
        .prepare(sql)
        .all()
        .map((row) => Object.values(row).join(' ')),
    post: async (...lines) => {
      const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      const { status } = await fetch(url, { method: 'POST', body });
      return status;
    },
  };
}

suite('devices-online.ts', () => {
  test('knows who is online, and who came and went', async (t) => {
    const { settings, rows } = await stage(t);
    const { port, webhook } = await brokerWith(t, settings);
    const { client: ann } = await mqttClient(t, port, { clientId: 'ann' });
    await mqttClient(t, port, { clientId: 'bob' });
    await until(() => webhook.stats().delivered === 2, 'two events');
    assert.deepEqual(rows('SELECT * FROM online ORDER BY clientid'), ['ann 127.0.0.1', 'bob 127.0.0.1']);

    await ann.endAsync();
    await until(() => webhook.stats().delivered === 3, 'three events');
    assert.deepEqual(rows('SELECT clientid FROM online'), ['bob']);
    assert.deepEqual(rows("SELECT action, reason FROM history WHERE clientid = 'ann' ORDER BY event_id"), [
      'client_connected ',
      'client_disconnected normal',
    ]);
  });

  test('a broker that begins anew knows nothing of those who were there before', async (t) => {
    const { settings, rows } = await stage(t);
    const first = await brokerWith(t, settings);
    await mqttClient(t, first.port, { clientId: 'ann' });
    await until(() => first.webhook.stats().delivered === 1, 'an event');
    // As if it had been killed: nobody tells that the client is gone.
    await first.webhook.close(0);

    const second = await brokerWith(t, settings);
    await mqttClient(t, second.port, { clientId: 'bob' });
    await until(() => second.webhook.stats().delivered === 1, 'an event');
    assert.deepEqual(rows('SELECT clientid FROM online'), ['bob']);
    assert.deepEqual(rows('SELECT clientid FROM devices WHERE online ORDER BY clientid'), ['ann', 'bob']);
  });

  test('nobody of those is online once a broker is there again, even if nobody comes', async (t) => {
    const { settings, rows } = await stage(t);
    const first = await brokerWith(t, settings);
    await mqttClient(t, first.port, { clientId: 'ann' });
    await until(() => first.webhook.stats().delivered === 1, 'an event');
    await first.webhook.close(0);
    assert.deepEqual(rows('SELECT clientid FROM online'), ['ann']);

    const second = await brokerWith(t, settings);
    await second.broker.publish({ topic: '$SYS/broker/uptime', payload: '10 seconds' });
    await until(() => second.webhook.stats().delivered === 1, 'an event');
    assert.deepEqual(rows('SELECT clientid FROM online'), []);
    assert.deepEqual(rows('SELECT clientid FROM history'), ['ann']);
  });

  test('repetitions and late events change nothing; what fails is not taken in part', async (t) => {
    const { rows, post } = await stage(t);
    const event = { clientid: 'ann', ipaddress: '127.0.0.1' };
    const came = { ...event, action: 'client_connected', event_id: 'evt_a_1', client_seq: 1 };
    const went = { ...event, action: 'client_disconnected', event_id: 'evt_a_2', client_seq: 2, reason: 'normal' };
    assert.equal(await post(came, went), 204);
    assert.equal(await post(came), 204);
    assert.deepEqual(rows('SELECT online, client_seq FROM devices'), ['0 2']);
    assert.deepEqual(rows('SELECT count(*) FROM history'), ['2']);

    const back = { ...event, action: 'client_connected', event_id: 'evt_b_1', client_seq: 1 };
    assert.equal(await post(back, { event_id: 'evt_b_2' }), 503);
    assert.deepEqual(rows('SELECT count(*) FROM history'), ['2']);
    assert.equal(await post(back), 204);
    assert.deepEqual(rows('SELECT run, online FROM devices'), ['b 1']);
  });
});
