import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { attachWebhooks, WebhookError } from '../../src/webhook/webhook.ts';
import { startReceiver } from '../kit/receiver.ts';
import { client, config, FakeBroker, Lines, scene, until } from './scene.ts';

const CONNACK = [{ event: 'on_client_connack' }];

function temporaryDirectory(t: { after(fn: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'hookmq-endpoints-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

suite('endpoints', () => {
  test('have no event id in common, even at one receiver', async (t) => {
    await using receiver = await startReceiver();
    const { url } = receiver;
    const broker = new FakeBroker();
    const webhooks = attachWebhooks(broker, {
      default: config({ url, events: CONNACK }),
      audit: config({ url, events: [{ event: 'on_client_disconnected' }] }),
    });
    t.after(() => webhooks.close(0));
    assert.deepEqual([...webhooks.endpoints.keys()], ['default', 'audit']);
    for (let i = 0; i < 5; i++) {
      broker.tell('client.connack', client(`c${i}`), 'success');
      broker.tell('client.disconnected', client(`c${i}`), 'normal');
    }
    await until(() => receiver.requests.length === 10, 'ten requests');
    const ids = receiver.requests.map(({ headers }) => headers['webhook-id']);
    assert.equal(new Set(ids).size, 10, ids.join(' '));
  });

  test('say whether their events outlive the program', async (t) => {
    const path = join(temporaryDirectory(t), 'spool.db');
    const url = 'http://127.0.0.1:9/';
    const webhooks = attachWebhooks(new FakeBroker(), {
      memory: config({ url, events: CONNACK }),
      file: config({ url, events: CONNACK, spool: { path } }),
    });
    t.after(() => webhooks.close(0));
    await webhooks.ready;
    const durable = [...webhooks.endpoints.values()].map(({ name, isDurable }) => [name, isDurable]);
    assert.deepEqual(durable, [
      ['memory', false],
      ['file', true],
    ]);
  });

  test('whose spool cannot be opened say so and keep what comes', async (t) => {
    await using receiver = await startReceiver();
    const directory = join(temporaryDirectory(t), 'not', 'there');
    await using stage = scene({ url: receiver.url, events: CONNACK, spool: { path: join(directory, 'spool.db') } });
    const problem = /^webhook\.spool\.path: .*there is no directory/;
    await assert.rejects(stage.webhook.ready, (error) => error instanceof WebhookError && problem.test(error.message));
    assert.match(stage.webhook.stats().spoolProblem ?? '', problem);
    assert.ok(stage.log.all.some((line) => line.includes('there is no directory')));
    stage.broker.tell('client.connack', client(), 'success');
    const { matched, handedOver } = stage.webhook.stats();
    assert.deepEqual([matched, handedOver.events], [1, 1]);
  });

  test('take a look at dead letters with whole numbers only', async () => {
    await using stage = scene({ url: 'http://127.0.0.1:9/' });
    const { deadLetters } = stage.webhook;
    await assert.rejects(deadLetters.list({ limit: -1 }), RangeError);
    await assert.rejects(deadLetters.list({ after: 0.5 }), RangeError);
    await assert.rejects(deadLetters.resend([Number.NaN]), RangeError);
    await assert.rejects(deadLetters.discard([1, -1]), RangeError);
    assert.deepEqual(await deadLetters.list(), []);
    assert.equal(await deadLetters.resend(), 0);
  });

  test('that are closed answer no questions, and are closed once', async () => {
    const log = new Lines();
    const broker = new FakeBroker();
    const webhooks = attachWebhooks(broker, { default: config({ url: 'http://127.0.0.1:9/' }) }, { log });
    const [endpoint = assert.fail()] = webhooks.endpoints.values();
    await Promise.all([webhooks.close(), webhooks.close()]);
    assert.deepEqual(broker.heard, []);
    await assert.rejects(endpoint.deadLetters.list(), /closed/);
  });
});
