import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compose, readConfig } from '../../src/app.ts';
import { silentLog } from '../../src/base/log.ts';
import { listenAt } from '../../src/cli/listener-options.ts';
import { webhookConfig } from '../../src/webhook/config.ts';

test('the webhook is closed even if the broker cannot be', async () => {
  const webhook = webhookConfig({ url: 'http://127.0.0.1:9/', events: [{ event: 'on_message_publish' }] });
  const listeners = listenAt([{ kind: 'tcp', bind: '127.0.0.1:0' }]);
  const app = await compose({ ...readConfig(undefined), listeners, webhook }, silentLog, '0.0.0');
  const { broker } = app;
  const close = broker.close.bind(broker);
  broker.close = async () => {
    await close();
    throw new Error('a listener did not close');
  };
  await assert.rejects(app.close(), /a listener did not close/);
  await broker.publish({ topic: 'a', payload: '' });
  assert.equal(app.webhook?.stats().accepted, 0);
});
