import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { complaint, complaints, DEFAULTS, endpoint, load, loadAll, rulesOf } from './config-kit.ts';

const MB = 2 ** 20;

const withSpools = (first: string, second: string): string => `webhook { url = "http://x", spool.path = "${first}" }
  webhook.audit { url = "http://y"
  spool { path = "${second}" } }`;
const withHeaders = (line: string): string => complaint(`headers { ${line} }`) ?? '';
const withUrl = (url: string, keys: string): string[] => complaints(`webhook {\n url = "${url}"\n ${keys} }`);
const said = (url: string): string => complaints(`webhook.url = "${url}"`)[0] ?? '';
const secret = (bytes: number): string => Buffer.alloc(bytes, 0xfb).toString('base64');

suite('webhook config', () => {
  test('defaults', () => {
    const url = 'https://example.com/hook?x=1';
    assert.deepEqual(load(`webhook.url = "${url}"`), { ...DEFAULTS, url });
    assert.deepEqual(loadAll(''), {});
  });

  test('every key', () => {
    const config = load(`webhook {
      url = "https://example.com/"
      method = put
      headers { authorization = "Bearer x" }
      body { encoding = base64, format = emqx4, source = "//example.com/gateway-7", gzip_above = 4KB }
      pool_size = 4, pipelining = 64, http2 = false
      connect_timeout = 2s, timeout = 1500, follow_redirects = 10
      tls { cacertfile = ca.pem, certfile = c.pem, keyfile = k.pem, key_password = p, verify = false, sni = other.example }
      rate = 100/m
      batch { max_events = 10000, max_bytes = 2MB, max_wait = 60s, layout = lines }
      secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
      retry { statuses = [404, 5XX], max_attempts = 3, max_age = unlimited, first_delay = 1s, max_delay = 1s }
      spool { path = "/var/lib/spool", max_bytes = 5GB, sync = full, overflow = drop_oldest }
      dead_letters.max_bytes = 0
      events = [ { event = on_message_publish, topic = "a/#", clientid = "dev-*", username = "?" } ]
    }`);
    assert.deepEqual(config, {
      enable: true,
      url: 'https://example.com/',
      method: 'PUT',
      headers: { authorization: 'Bearer x' },
      body: { encoding: 'base64', format: 'emqx4', source: '//example.com/gateway-7', gzip_above: 4096 },
      secret: ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
      events: [{ event: 'on_message_publish', topic: 'a/#', clientid: 'dev-*', username: '?' }],
      pool_size: 4,
      pipelining: 64,
      http2: false,
      connect_timeout: 2000,
      timeout: 1500,
      cancel_timeout: 5000,
      follow_redirects: 10,
      rate: 100 / 60,
      tls: {
        cacertfile: 'ca.pem',
        certfile: 'c.pem',
        keyfile: 'k.pem',
        key_password: 'p',
        verify: false,
        sni: 'other.example',
      },
      batch: { max_events: 10_000, max_bytes: 2 * MB, max_wait: 60_000, layout: 'lines' },
      retry: { statuses: ['404', '5xx'], max_attempts: 3, max_age: Infinity, first_delay: 1000, max_delay: 1000 },
      spool: { path: '/var/lib/spool', max_bytes: 5 * 1024 * MB, sync: 'full', overflow: 'drop_oldest' },
      dead_letters: { max_bytes: 0 },
    });
  });

  test('one endpoint without a name, more below a name each', () => {
    const endpoints = loadAll(`
      webhook { url = "http://one", pool_size = 1 }
      webhook.audit { url = "http://two", pool_size = 2, ssl.verify = verify_none }
      webhook { "third one" { url = "http://three", enable = true }, off { enable = false } }
    `);
    const told = Object.entries(endpoints).map(([name, { url, pool_size }]) => [name, url, pool_size]);
    assert.deepEqual(told, [
      ['default', 'http://one', 1],
      ['audit', 'http://two', 2],
      ['third one', 'http://three', 32],
    ]);
    assert.equal(endpoints['audit']?.tls.verify, false);
    assert.deepEqual(Object.keys(loadAll('webhook.audit.url = "http://two"')), ['audit']);
    assert.deepEqual(Object.keys(loadAll('webhook.default { url = "http://x" }')), ['default']);
  });

  test('a problem of one of several endpoints has its name', () => {
    assert.deepEqual(complaints('webhook.url = "http://x"\nwebhook.audit {\n pool_size = 0\n rats = 5 }'), [
      '2: webhook.audit.url: missing; it must be a URL such as http://host:port/path (http or https)',
      '3: webhook.audit.pool_size: 0 is not a whole number from 1 to 1024',
      '4: webhook.audit.rats: unknown key; did you mean webhook.audit.rate?',
    ]);
    assert.deepEqual(complaints('webhook.url = "http://x"\nwebhook.default.url = "http://y"'), [
      '2: webhook.default: stands for the keys without a name, which are there too',
    ]);
  });

  test('a misspelt key that holds others is not taken for an endpoint', () => {
    assert.equal(complaint('heders { x-a = b }'), '3: webhook.heders: unknown key; did you mean webhook.headers?');
    assert.equal(complaint('tsl.verify = false'), '3: webhook.tsl: unknown key; did you mean webhook.tls?');
    assert.equal(complaint('retri { a = 1, b = 2 }'), '3: webhook.retri: unknown key; did you mean webhook.retry?');
    // An endpoint may be called as it likes: one of its own keys shows what it is.
    assert.deepEqual(Object.keys(loadAll('webhook.heders { url = "http://x" }')), ['heders']);
    assert.match(complaint('heders {}') ?? '', /webhook\.heders\.url: missing/);
  });

  test('switched off it needs no url, but its keys are still checked', () => {
    assert.deepEqual(loadAll('webhook { enable = false }'), {});
    assert.deepEqual(loadAll('web.hook.enable=false'), {});
    assert.deepEqual(loadAll('webhook.audit { enable = false, tls.certfile = x }'), {});
    assert.deepEqual(complaints('webhook { enable = false, pool_size = x }').length, 1);
    assert.match(complaints('webhook { enable = true }')[0] ?? '', /webhook\.url: missing/);
    assert.match(complaints('webhook.pool_size = 32')[0] ?? '', /webhook\.url: missing/);
  });

  test('two endpoints cannot have one spool', () => {
    const owned = /^3: webhook\.audit\.spool\.path: is the file of webhook\.spool\.path already/;
    assert.match(complaints(withSpools('a/spool', `${process.cwd()}/a/b/../spool`))[0] ?? '', owned);
    assert.deepEqual(complaints(withSpools('a/spool', 'b/spool')), []);
  });

  test('nor by two names of its folder, or of itself', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'hookmq-webhook-'));
    t.after(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    const both = (first: string, second: string) => complaints(withSpools(join(folder, first), join(folder, second)));
    assert.match(
      both('a/spool', 'b/spool')[0] ?? '',
      /^3: webhook\.audit\.spool\.path: is the file of webhook\.spool\.path/,
    );
    assert.deepEqual(both('a/spool', 'b/other'), []);
    writeFileSync(join(folder, 'spool'), '');
    symlinkSync('spool', join(folder, 'link'));
    assert.match(both('link', 'spool')[0] ?? '', /is the file of webhook\.spool\.path/);
  });

  test('a certificate needs its key, and the key its certificate', () => {
    assert.match(complaint('ssl.certfile = x') ?? '', /^3: webhook\.ssl\.keyfile: missing/);
    assert.match(complaint('tls.keyfile = x') ?? '', /^3: webhook\.tls\.certfile: missing/);
    assert.match(complaint('tls.key_password = x') ?? '', /^3: webhook\.tls\.key_password: is the password of nothing/);
    assert.match(
      complaints('webhook.audit { url = "https://x", tls.keyfile = x }')[0] ?? '',
      /^1: webhook\.audit\.tls\.certfile/,
    );
  });

  test('ssl is another name of tls', () => {
    assert.equal(endpoint('ssl { verify = verify_none, sni = a.b }').tls.sni, 'a.b');
    assert.equal(endpoint('tls.verify = VERIFY_PEER').tls.verify, true);
    assert.match(complaint('ssl { verify = x }') ?? '', /^3: webhook\.ssl\.verify: "x" is not true or false/);
    assert.match(complaint('tls {}, ssl {}') ?? '', /^3: webhook\.ssl: is another name of webhook\.tls/);
  });

  test('delays and sizes that contradict each other', () => {
    assert.match(complaint('retry { first_delay = 31s }') ?? '', /^3: webhook\.retry\.first_delay: must not be more/);
    assert.match(complaint('spool.max_bytes = 2GB') ?? '', /^3: webhook\.spool\.max_bytes: more than 1GB needs a file/);
    assert.equal(complaint('spool { max_bytes = 2GB, path = x }'), null);
  });

  test('what would have no effect is refused, with what would have', () => {
    assert.equal(
      complaint('spool.sync = full'),
      '3: webhook.spool.sync: full needs a file that survives: set spool.path too',
    );
    assert.equal(complaint('spool { sync = full, path = x }'), null);
    assert.equal(
      complaint('batch.layout = lines'),
      '3: webhook.batch.layout: lines needs batches: set batch.max_events to more than 1',
    );
    assert.match(
      complaint('batch { layout = lines, max_events = 9 }\nbody.format = cloudevents') ?? '',
      /^3: webhook\.batch\.layout: CloudEvents have a batch format of their own/,
    );
    assert.equal(complaint('batch { layout = lines, max_events = 9 }'), null);
  });

  test('nobody takes an http url for a safe one because it has certificates', () => {
    assert.deepEqual(withUrl('http://x', 'ssl.cacertfile = ca.pem'), [
      '3: webhook.ssl.cacertfile: has no effect with an http url; did you mean https?',
    ]);
    assert.deepEqual(withUrl('HTTPS://x', 'ssl.cacertfile = ca.pem'), []);
    // It may lead to https.
    assert.deepEqual(withUrl('http://x', 'ssl.cacertfile = ca.pem, follow_redirects = 1'), []);
    assert.deepEqual(withUrl('http://x', 'ssl.verify = verify_none'), []);
  });

  test('an event may be called an action, as EMQX does, but not both', () => {
    const config = endpoint('events = [{ action = on_message_publish, topic = "a/#" }]');
    assert.deepEqual(rulesOf(config), [{ event: 'on_message_publish', topic: 'a/#' }]);
    assert.equal(
      complaint('events = [{ event = message.publish, action = on_client_connack }]'),
      '3: webhook.events[0].action: is another name of webhook.events[0].event, which is there too',
    );
  });
});

const bad: readonly [keys: string, expected: RegExp][] = [
  ['method = GET', /method: "GET" is not one of POST, PUT, PATCH$/],
  ['body.format = emqx5', /body\.format: "emqx5" is not one of nanomq, emqx4, cloudevents$/],
  ['body.source = "a b"', /body\.source: must be a name or URL/],
  ['pipelining = 65', /pipelining: 65 is not a whole number from 1 to 64$/],
  ['follow_redirects = 11', /follow_redirects: 11 is not/],
  ['timeout = 0', /timeout: 0 is not at least 1ms$/],
  ['rate = 0', /rate: 0 is not a rate above 0/],
  ['tls.sni = "127.0.0.1"', /tls\.sni: "127\.0\.0\.1" is not a host name/],
  ['batch.max_events = 0', /batch\.max_events: 0 is not/],
  ['batch.max_wait = 61s', /batch\.max_wait: "61s" is not at most 1m$/],
  ['retry.statuses = [200]', /retry\.statuses\[0\]: 200 is not a status from 300 to 599/],
  ['retry.statuses = [6xx]', /retry\.statuses\[0\]: "6xx" is not/],
  ['spool.max_bytes = 1KB', /spool\.max_bytes: "1KB" is not at least 64KB$/],
  ['spool.sync = always', /spool\.sync: "always" is not one of normal, full$/],
  ['spool.overflow = block', /spool\.overflow: "block" is not one of drop_newest, drop_oldest$/],
];

suite('webhook config: what is refused', () => {
  for (const [keys, expected] of bad) test(keys, () => assert.match(complaint(keys) ?? '', expected));

  test('headers that cannot be sent', () => {
    assert.match(withHeaders('Content-Length = 5'), /the header Content-Length cannot be set/);
    assert.match(withHeaders('content-encoding = br'), /the header content-encoding cannot be set/);
    for (const name of ['Proxy-Connection', 'proxy-authorization', 'http2-settings'])
      assert.match(withHeaders(`${name} = x`), new RegExp(`the header ${name} cannot be set`));
    for (const name of ['Webhook-Id', 'webhook-timestamp', 'webhook-signature', 'hookmq-event', 'HookMQ-Own'])
      assert.match(
        withHeaders(`${name} = x`),
        new RegExp(`the header ${name} cannot be set: requests have it already`),
      );
    assert.equal(complaint('headers { host = "other.example", webhook-kind = x, x-hookmq-id = y }'), null);
    assert.match(withHeaders('"a b" = x'), /"a b" is not a header's name/);
    assert.match(withHeaders(String.raw`a = "x\r\nb: y"`), /the value of a has characters/);
    assert.match(withHeaders('x-a = 1, X-A = 2'), /the header X-A is there twice/);
  });

  test('a url that cannot be meant', () => {
    for (const url of [
      String.raw`http://x/secret\nnext`,
      String.raw`http://x/secret\n`,
      String.raw`http://x/\u007fsecret`,
    ])
      assert.equal(said(url), '1: webhook.url: must not have line breaks or other control characters');
    assert.match(said('http://x/secret#part'), /^1: webhook\.url: must not have a #; write %23/);
    assert.match(said('https://x:0/secret'), /^1: webhook\.url: must not have the port 0$/);
    assert.equal(load('webhook.url = "http://x/a%23b?c=%0A"').url, 'http://x/a%23b?c=%0A');
  });

  test('a url that is none, or that has a password', () => {
    assert.match(complaints('webhook.url = "ftp://x"')[0] ?? '', /webhook\.url: the value \(not shown\) is not a URL/);
    assert.match(complaints('webhook.url = "http://me:secret@x"')[0] ?? '', /headers\.authorization/);
  });
});

suite('webhook config: secrets', () => {
  test('are base64 of 24 to 64 bytes, with or without whsec_', () => {
    assert.deepEqual(endpoint(`secret = "${secret(24)}"`).secret, [secret(24)]);
    assert.deepEqual(endpoint(`secret = "whsec_${secret(64)}"`).secret, [secret(64)]);
    const both = endpoint(`secret = ["whsec_${secret(32)}", "${secret(25)}"]`);
    assert.deepEqual(both.secret, [secret(32), secret(25)]);
    const { secret: optional } = load(`webhook { url = "http://x", secret = [\${?OLD}, \${NEW}] }`, {
      NEW: secret(24),
    });
    assert.deepEqual(optional, [secret(24)]);
  });

  test('that are none are refused, and not shown', () => {
    for (const wrong of [secret(23), secret(65), 'hunter2', secret(25).slice(0, -1), '-'.repeat(40), 'whsec_', '']) {
      const told = complaint(`secret = "${wrong}"`) ?? '';
      assert.equal(
        told,
        '3: webhook.secret: the value (not shown) is not 24 to 64 bytes in base64, with or without whsec_ in front',
      );
      assert.match(
        complaint(`secret = ["${secret(24)}", "${wrong}"]`) ?? '',
        /^3: webhook\.secret\[1\]: the value \(not/,
      );
    }
    assert.match(complaint('secret = []') ?? '', /^3: webhook\.secret: an empty list signs nothing/);
  });

  test('no error shows the url, a header, a secret or a password', () => {
    const text = `webhook { url = "hidden.example/hidden", headers = "x-key: hidden", secret = hidden
      tls.key_password = { hidden = 1 } }
      webhook.b { url = { hidden = 1 }, headers.x = [hidden], secret = [[hidden]], tls.key_password = [hidden] }`;
    const found = complaints(text).join('\n');
    for (const key of ['url', 'headers', 'secret', 'tls.key_password', 'b.url', 'b.headers.x', 'b.secret[0]'])
      assert.ok(found.includes(`webhook.${key}: `), key);
    assert.doesNotMatch(found, /hidden/);
  });

  test('come from the environment; what is not set there is said with the key', () => {
    const text = 'webhook {\n  url = ${HOOK_URL}\n  headers.authorization = "Bearer "${TOKEN}\n  secret = ${SECRET} }';
    const environment = { HOOK_URL: 'http://x/?key=1', TOKEN: 'abc', SECRET: `whsec_${secret(24)}` };
    const config = load(text, environment);
    assert.equal(config.url, environment.HOOK_URL);
    assert.equal(config.headers['authorization'], 'Bearer abc');
    const unset = 'is not set, neither in the config nor in the environment';
    assert.deepEqual(complaints(text, { HOOK_URL: 'http://x', SECRET: '' }), [
      `3: webhook.headers.authorization: \${TOKEN} ${unset}`,
    ]);
    assert.deepEqual(complaints(text), [`2: webhook.url: \${HOOK_URL} ${unset}`]);
    assert.deepEqual(complaints('webhook.b { url = "http://x", secret = [${S}] }'), [
      `1: webhook.b.secret: \${S} ${unset}`,
    ]);
    assert.match(
      complaints(text, { ...environment, SECRET: 'hunter2' })[0] ?? '',
      /^4: webhook\.secret: the value \(not/,
    );
  });
});
