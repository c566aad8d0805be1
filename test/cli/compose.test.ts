import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compose, type Config, readConfig } from '../../src/app.ts';
import { silentLog } from '../../src/base/log.ts';
import { listenAt } from '../../src/cli/listener-options.ts';
import { webhookConfig } from '../../src/webhook/config.ts';

test('the webhook is closed even if the broker cannot be', async () => {
  const endpoint = webhookConfig({ url: 'http://127.0.0.1:9/', events: [{ event: 'on_message_publish' }] });
  const listeners = listenAt([{ kind: 'tcp', bind: '127.0.0.1:0' }]);
  const app = await compose(
    { ...readConfig(undefined), listeners, webhook: { default: endpoint } },
    silentLog,
    '0.0.0',
  );
  const { broker } = app;
  const close = broker.close.bind(broker);
  broker.close = async () => {
    await close();
    throw new Error('a listener did not close');
  };
  await assert.rejects(app.close(), /a listener did not close/);
  await broker.publish({ topic: 'a', payload: '' });
  assert.equal(app.webhooks?.endpoints.get('default')?.stats().matched, 0);
});

test('every endpoint that is enabled is attached under its name', async () => {
  const endpoint = webhookConfig({ url: 'http://127.0.0.1:9/', events: [{ event: 'on_message_publish' }] });
  const listeners = listenAt([{ kind: 'tcp', bind: '127.0.0.1:0' }]);
  const composed = async (webhook: Config['webhook']): Promise<readonly string[] | undefined> => {
    const app = await compose({ ...readConfig(undefined), listeners, webhook }, silentLog, '0.0.0');
    await app.close();
    return app.webhooks && [...app.webhooks.endpoints.keys()];
  };
  const off = { ...endpoint, enable: false };
  assert.deepEqual(await composed({ default: endpoint, off, audit: endpoint }), ['default', 'audit']);
  assert.equal(await composed({ default: off }), undefined);
  assert.equal(await composed({}), undefined);
});

test('files of an endpoint that cannot be used are told before anything listens', async () => {
  const endpoint = webhookConfig({ url: 'https://127.0.0.1:9/', tls: { cacertfile: '/nowhere/ca.pem' } });
  const listeners = listenAt([{ kind: 'tcp', bind: '127.0.0.1:0' }]);
  const composing = compose({ ...readConfig(undefined), listeners, webhook: { a: endpoint } }, silentLog, '0.0.0');
  await assert.rejects(composing, { name: 'ConfigError', message: /^webhook\.a\.tls\.cacertfile: [^\n]*$/ });
});
