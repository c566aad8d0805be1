import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { webhookConfig } from '../../src/webhook/config.ts';
import { attachWebhook } from '../../src/webhook/webhook.ts';
import { startReceiver } from '../kit/receiver.ts';
import { Stage } from './stage.ts';

/** The topics of the requests that a client's coming, its message and ten seconds make with these rules. */
async function topicsOf(filters: readonly (string | null)[], count: number): Promise<unknown[]> {
  await using receiver = await startReceiver();
  const stage = new Stage();
  const event = 'on_message_publish' as const;
  const events = filters.map((topic) => (topic === null ? { event } : { event, topic }));
  const webhook = attachWebhook(stage.broker, webhookConfig({ url: receiver.url, events }));
  const client = stage.connect({ clientId: 'c1' });
  client.publish('first', '');
  stage.clock.advance(10_000);
  client.publish('last', '');
  await receiver.waitFor(({ requests }) => requests.length === count);
  const { accepted } = await webhook.close(0);
  assert.equal(accepted, count);
  return receiver.requests.map(({ json }) => json['topic']);
}

suite('a webhook beside $SYS', () => {
  test('sends nothing of it where no rule names it', async () => {
    assert.deepEqual(await topicsOf([null], 2), ['first', 'last']);
    assert.deepEqual(await topicsOf(['#', '+/#'], 2), ['first', 'last']);
  });

  test('sends what a rule names', async () => {
    const topics = await topicsOf([null, '$SYS/brokers/client_status/+', '$SYS/broker/uptime'], 4);
    assert.deepEqual(
      new Set(topics),
      new Set(['$SYS/brokers/client_status/c1', '$SYS/broker/uptime', 'first', 'last']),
    );
  });
});
