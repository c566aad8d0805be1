import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { complaints, DEFAULTS, load, loadAll, rulesOf } from './config-kit.ts';

const line = (text: string): string => `web.hook.url=https://x\n${text}`;

suite('webhook config: names of other brokers', () => {
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
    assert.deepEqual(rulesOf(config), [
      { event: 'on_message_publish', topic: 'a/b/c' },
      { event: 'on_client_connack' },
    ]);
    assert.deepEqual(
      { ...config, events: [] },
      {
        ...DEFAULTS,
        url: 'http://127.0.0.1:80',
        headers: { 'content-type': 'application/json' },
        pool_size: 16,
        cancel_timeout: 250,
      },
    );
  });

  test("NanoMQ's example that has the keys inside of the list", () => {
    const config = load(`webhook.events = [
\turl = "http://127.0.0.1:80"
\theaders.content-type = "application/json"
\tbody.encoding = plain
\tpool_size = 16

\t{ 
\t\tevent = "on_message_publish"
\t\ttopic = "a/b/c"
\t}
\t{
\t\tevent = "on_client_connack"
\t}
]
`);
    assert.equal(config.url, 'http://127.0.0.1:80');
    assert.deepEqual(config.headers, { 'content-type': 'application/json' });
    assert.equal(config.pool_size, 16);
    assert.deepEqual(rulesOf(config), [
      { event: 'on_message_publish', topic: 'a/b/c' },
      { event: 'on_client_connack' },
    ]);
  });

  test('keys inside of the list are checked as those beside it', () => {
    assert.deepEqual(
      complaints('webhook.events = [\n url = "http://x"\n pool_sise = 1\n { event = on_client_connack }]'),
      ['3: webhook.pool_sise: unknown key; did you mean webhook.pool_size?'],
    );
    const named = loadAll('webhook.audit { events = [ url = "http://x", { event = on_client_connack } ] }');
    assert.equal(named['audit']?.url, 'http://x');
    assert.match(
      complaints('webhook { url = "http://x", secret = [ a = b ] }')[0] ?? '',
      /a list \[ \.\.\. \] holds values/,
    );
    assert.match(
      complaints('webhook.events = [ { topic = [ url = "http://x" ] } ]')[0] ?? '',
      /a list \[ \.\.\. \] holds values/,
    );
  });

  test('the flat lines of NanoMQ 0.8', () => {
    const config = load(`
web.hook.enable=true
web.hook.url=http://127.0.0.1:8888
web.hook.headers.content-type=application/json
web.hook.body.encoding_of_payload_field=base62
web.hook.pool_size=8
web.hook.cancel_timeout=300
web.hook.rule.client.connack.1={"action": "on_client_connack"}
web.hook.rule.client.disconnected.1={"action": "on_client_disconnected", "username": "a*"}
web.hook.rule.message.publish.1={"action": "on_message_publish", "topic": "webhook/msg/#", "clientid": "dev-*"}
web.hook.rule.message.publish.2={"topic": "+/x"}
`);
    assert.deepEqual(rulesOf(config), [
      { event: 'on_client_connack' },
      { event: 'on_client_disconnected', username: 'a*' },
      { event: 'on_message_publish', topic: 'webhook/msg/#', clientid: 'dev-*' },
      { event: 'on_message_publish', topic: '+/x' },
    ]);
    assert.deepEqual(
      { ...config, events: [] },
      {
        ...DEFAULTS,
        url: 'http://127.0.0.1:8888',
        headers: { 'content-type': 'application/json' },
        body: { ...DEFAULTS.body, encoding: 'base62' },
        pool_size: 8,
        cancel_timeout: 300,
      },
    );
  });

  test('the flat lines of EMQX 4', () => {
    const config = load(
      `
web.hook.api.url = https://127.0.0.1:8888/hook
web.hook.encode_payload = base64
web.hook.enable_pipelining = true
web.hook.ssl.cafile = etc/certs/ca.pem
web.hook.ssl.certfile = etc/certs/client-cert.pem
web.hook.ssl.keyfile = etc/certs/client-key.pem
web.hook.ssl.verify = verify_none
web.hook.ssl.server_name_indication = hooks.example
`,
    );
    assert.equal(config.url, 'https://127.0.0.1:8888/hook');
    assert.equal(load('web.hook.api.url=127.0.0.1:8888/hook').url, 'http://127.0.0.1:8888/hook');
    assert.equal(config.body.encoding, 'base64');
    assert.equal(config.pipelining, 8);
    assert.deepEqual(config.tls, {
      cacertfile: 'etc/certs/ca.pem',
      certfile: 'etc/certs/client-cert.pem',
      keyfile: 'etc/certs/client-key.pem',
      key_password: undefined,
      verify: false,
      sni: 'hooks.example',
    });
    assert.equal(load(line('web.hook.enable_pipelining=false')).pipelining, 1);
    assert.equal(load(line('web.hook.enable_pipelining=100')).pipelining, 64);
    assert.equal(load(line('web.hook.ssl.cacertfile=ca.pem')).tls.cacertfile, 'ca.pem');
    assert.match(complaints(line('web.hook.enable_pipelining=maybe'))[0] ?? '', /webhook\.pipelining: "maybe" is not/);
    assert.match(
      complaints(line('web.hook.ssl.server_name_indication=disable'))[0] ?? '',
      /^2: web\.hook\.ssl\.server_name_indication: `disable` is not supported/,
    );
    assert.match(complaints(line('web.hook.api.url=http://y'))[0] ?? '', /webhook\.url is set in line 1 too/);
  });
});
