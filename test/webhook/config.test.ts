import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/load.ts';
import { webhookSection, type WebhookConfig } from '../../src/webhook/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookmq-webhook-'));
after(() => rmSync(folder, { recursive: true }));

function load(text: string): WebhookConfig | undefined {
  const file = join(folder, 'hookmq.conf');
  writeFileSync(file, text);
  return loadConfig({ file, sections: [webhookSection] }).webhook;
}

/** What is said about a config, without the file's name. */
function complaints(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ line, key, message }) => `${line}: ${key}: ${message}`);
  }
  return [];
}

const rule = (topic: string): string => `webhook { url = "http://x"
  events = [ { event = on_message_publish, topic = "${topic}" } ] }`;
const old = (text: string): string => `web.hook.url=http://x\nweb.hook.rule.message.publish.1=${text}`;
const headers = (line: string): string => `webhook { url = "http://x"\nheaders { ${line} } }`;

suite('webhook config', () => {
  test("NanoMQ's example", () => {
    const config = load(`
      webhook = {
        url = "http://127.0.0.1:80" # URL where webhooks will send HTTP requests to
        headers.content-type = "application/json"
        body.encoding = "plain"
        pool_size = 16
        cancel_timeout = 250
        events = [
          {
            event = "on_message_publish"
            topic = "a/b/c"
          }
          { event = "ON_client_connack" }
        ]
      }`);
    assert.deepEqual(config, {
      enable: true,
      url: 'http://127.0.0.1:80',
      headers: { 'content-type': 'application/json' },
      body: { encoding: 'plain' },
      pool_size: 16,
      cancel_timeout: 250,
      events: [
        { event: 'on_message_publish', topic: 'a/b/c' },
        { event: 'on_client_connack', topic: undefined },
      ],
      spool: { max_bytes: 64 * 1024 * 1024 },
    });
  });

  test('the flat lines of NanoMQ 0.8', () => {
    const config = load(`
web.hook.enable=true
web.hook.url=http://127.0.0.1:8888
web.hook.headers.content-type=application/json
web.hook.body.encoding_of_payload_field=base62
web.hook.pool_size=8
web.hook.rule.client.connack.1={"action": "on_client_connack"}
web.hook.rule.client.disconnected.1={"action": "on_client_disconnected"}
web.hook.rule.message.publish.1={"action": "on_message_publish", "topic": "webhook/msg/#"}
web.hook.rule.message.publish.2={"topic": "+/x"}
`);
    assert.deepEqual(config, {
      enable: true,
      url: 'http://127.0.0.1:8888',
      headers: { 'content-type': 'application/json' },
      body: { encoding: 'base62' },
      pool_size: 8,
      cancel_timeout: 5000,
      events: [
        { event: 'on_client_connack', topic: undefined },
        { event: 'on_client_disconnected', topic: undefined },
        { event: 'on_message_publish', topic: 'webhook/msg/#' },
        { event: 'on_message_publish', topic: '+/x' },
      ],
      spool: { max_bytes: 64 * 1024 * 1024 },
    });
  });

  test('defaults', () => {
    const config = load('webhook.url = "https://example.com/hook?x=1"');
    assert.deepEqual(config, {
      enable: true,
      url: 'https://example.com/hook?x=1',
      headers: {},
      body: { encoding: 'plain' },
      pool_size: 32,
      cancel_timeout: 5000,
      events: [],
      spool: { max_bytes: 64 * 1024 * 1024 },
    });
    assert.equal(load(''), undefined);
  });

  test('an unknown event is told which ones there are', () => {
    const names = 'on_client_connack, on_client_disconnected, on_message_publish';
    assert.deepEqual(complaints('webhook.url = "http://x"\nwebhook.events = [{ event = on_publish }]'), [
      `2: webhook.events[0].event: "on_publish" is not one of ${names}`,
    ]);
    assert.deepEqual(complaints('web.hook.url=http://x\nweb.hook.rule.message.delivered.1={}'), [
      `2: webhook.events[0].event: "on_message_delivered" is not one of ${names}`,
    ]);
  });

  test('a bad topic filter is an error', () => {
    assert.deepEqual(complaints(rule('a/#')), []);
    for (const topic of ['a#', 'a/#/b', 'a+', '$share/g/a']) {
      const [complaint = ''] = complaints(rule(topic));
      assert.match(complaint, /^2: webhook\.events\[0\]\.topic: /, topic);
    }
  });

  test('an old rule must fit its key', () => {
    assert.deepEqual(complaints(old('{"action": "on_client_connack"}')), [
      '2: web.hook.rule.message.publish.1: the action "on_client_connack" is not that of the key, on_message_publish',
    ]);
    assert.match(complaints(old('on'))[0] ?? '', /must be a JSON object/);
  });

  test('no error shows the url or a header', () => {
    const text = 'webhook { url = "hidden.example/hidden", headers = "x-key: hidden" }';
    const found = complaints(text).join();
    assert.match(found, /webhook\.url: .*webhook\.headers: /);
    assert.doesNotMatch(found, /hidden/);
  });

  test('switched off it needs no url, but its keys are still checked', () => {
    assert.equal(load('webhook { enable = false }'), undefined);
    assert.equal(load('web.hook.enable=false'), undefined);
    assert.deepEqual(complaints('webhook { enable = false, pool_size = x }').length, 1);
    assert.match(complaints('webhook { enable = true }')[0] ?? '', /webhook\.url: missing/);
  });

  test('what cannot be sent is refused', () => {
    assert.match(complaints(headers('Content-Length = 5'))[0] ?? '', /the header Content-Length cannot be set/);
    assert.match(complaints(headers('"a b" = x'))[0] ?? '', /"a b" is not a header's name/);
    assert.match(complaints(headers(String.raw`a = "x\r\nb: y"`))[0] ?? '', /the value of a has characters/);
    assert.match(complaints('webhook.url = "ftp://x"')[0] ?? '', /webhook\.url: the value \(not shown\) is not a URL/);
    assert.match(complaints(headers('x-a = 1, X-A = 2'))[0] ?? '', /the header X-A is there twice/);
    assert.match(complaints('webhook.url = "http://me:secret@x"')[0] ?? '', /headers\.authorization/);
    assert.match(complaints('webhook.pool_size = 32')[0] ?? '', /webhook\.url: missing/);
  });
});
