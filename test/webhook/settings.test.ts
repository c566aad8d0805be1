import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { webhookConfig } from '../../src/webhook/config.ts';

test('a program gives what it wants to say, the rest has its defaults', () => {
  const config = webhookConfig({ url: 'http://127.0.0.1/', events: [{ event: 'on_client_connack' }], pool_size: 2 });
  assert.equal(config.pool_size, 2);
  assert.equal(config.body.encoding, 'plain');
  assert.equal(config.cancel_timeout, 5000);
  assert.equal(config.spool.max_bytes, 64 * 1024 * 1024);
});

test('wrong settings are refused by key, all at once', () => {
  const wrong = { url: 'ftp://x/', pool_sise: 3, events: [{ event: 'on_message_publis' }] };
  assert.throws(
    () => webhookConfig(wrong),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.problems.map(({ key }) => key).toSorted(), [
        'webhook.events[0].event',
        'webhook.pool_sise',
        'webhook.url',
      ]);
      assert.match(error.message, /did you mean webhook\.pool_size\?/);
      return true;
    },
  );
});
