import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';

import { generate } from 'mqtt-packet';

import { attachWebhook, type Webhook, webhookConfig, type WebhookSettings } from '../../src/index.ts';
import { localBroker, type LocalBroker } from '../kit/local-broker.ts';
import { startReceiver } from '../kit/receiver.ts';
import { openClient } from '../kit/tcp-client.ts';
import { until } from '../kit/until.ts';

const WAVE = 500;
const BOUND = 512 * 1024;

/** The port of an endpoint that accepts connections and requests, and never answers. */
async function hangingPort(t: TestContext): Promise<number> {
  const receiver = await startReceiver({ answer: () => ({ fault: 'hang' }) });
  t.after(() => receiver.close());
  return receiver.port;
}

/** A port where nobody listens. */
async function refusingPort(): Promise<number> {
  await using receiver = await startReceiver();
  return receiver.port;
}

function webhookTo(t: TestContext, local: LocalBroker, port: number, settings: Partial<WebhookSettings> = {}): Webhook {
  const url = `http://127.0.0.1:${port}/`;
  const config = webhookConfig({ url, events: [{ event: 'on_message_publish' }], ...settings });
  const webhook = attachWebhook(local.broker, config);
  t.after(() => webhook.close(0));
  return webhook;
}

/** Publishes a wave of messages with QoS 0 again and again, each when a subscriber has got the one before. */
async function publishWaves(local: LocalBroker, id: string, waves: number): Promise<void> {
  using client = await openClient(local.port, id);
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: id, qos: 1 }] });
  await client.next('suback');
  for (let end = WAVE; end <= waves * WAVE; end += WAVE) {
    const numbers = Array.from({ length: WAVE }, (_, index) => end - WAVE + index);
    client.send(Buffer.concat(numbers.map((number) => message(id, number))));
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await until(() => client.packets.length === end, 'the messages');
  }
}

function message(topic: string, number: number): Buffer {
  return generate({ cmd: 'publish', topic, payload: String(number), qos: 0, dup: false, retain: false });
}

suite('a dead endpoint', () => {
  for (const [name, portOf] of [
    ['that never answers', hangingPort],
    ['that refuses connections', refusingPort],
  ] as const)
    test(`${name} holds up no message, and its events are bounded and counted`, async (t) => {
      await using local = await localBroker();
      const webhook = webhookTo(t, local, await portOf(t), {
        spool: { max_bytes: BOUND },
        cancel_timeout: '100ms',
      });
      let most = 0;
      local.broker.on('message.published', () => {
        const { queued, handedOver } = webhook.stats();
        most = Math.max(most, queued.bytes, handedOver.bytes);
      });
      await publishWaves(local, 'before', 1);
      await until(() => webhook.stats().retried > 0, 'an attempt to fail');
      await publishWaves(local, 'after', 40);

      await until(() => webhook.stats().handedOver.events === 0, 'all events to be handed over');
      const { matched, accepted, dropped, delivered, lost, queued, lastError } = webhook.stats();
      const refused = Object.values(dropped).reduce((sum, count) => sum + count, 0);
      t.diagnostic(`${accepted} events queued, ${refused} dropped; last error: ${lastError}`);
      assert.deepEqual([matched, accepted + refused], [41 * WAVE, 41 * WAVE]);
      // One client alone may take three quarters of the queue.
      assert.ok(most <= BOUND && most > BOUND * 0.7, `up to ${most} bytes were queued`);
      assert.deepEqual({ delivered, lost, queued: queued.events }, { delivered: 0, lost: 0, queued: accepted });
      const end = await webhook.close(0);
      assert.deepEqual([end.lost, end.queued.events], [accepted, 0]);
    });

  test('that comes back gets every event that waited, in order for each client', async (t) => {
    await using local = await localBroker();
    const port = await refusingPort();
    const webhook = webhookTo(t, local, port);
    await Promise.all(['ann', 'bob', 'cy'].map((id) => publishWaves(local, id, 2)));
    await until(() => webhook.stats().retried > 3, 'some attempts to fail');
    await using receiver = await startReceiver({ port });
    await receiver.waitFor(({ requests }) => requests.length >= 6 * WAVE);
    const expected = Array.from({ length: 2 * WAVE }, (_, number) => String(number));
    for (const id of ['ann', 'bob', 'cy']) {
      const own = receiver.requests.map(({ json }) => json).filter((body) => body['from_client_id'] === id);
      assert.deepEqual(
        own.map((body) => body['payload']),
        expected,
      );
    }
  });
});
