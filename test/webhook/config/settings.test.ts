import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { suite, test } from 'node:test';
import { ConfigError } from '../../../src/config/config-error.ts';
import type { Rows } from '../../../src/config/rows.ts';
import {
  webhookConfig,
  type WebhookEventName,
  webhookSection,
  type WebhookSettings,
} from '../../../src/webhook/config.ts';
import { endpointSettings } from '../../../src/webhook/endpoint-settings.ts';
import { WEBHOOK_EVENTS } from '../../../src/webhook/events.ts';
import type { EndpointSettings } from '../../../src/webhook/settings.ts';
import { rulesOf } from './config-kit.ts';
import { certificateFile } from '../../kit/tls.ts';

const MB = 2 ** 20;
const url = 'https://127.0.0.1/';

function settingsOf(fields: Omit<WebhookSettings, 'url'>, name = 'default'): EndpointSettings {
  return endpointSettings(name, webhookConfig({ url, ...fields }));
}

/** What is said about TLS settings: `key: message`. */
function complaints(tls: Readonly<Record<string, string>>, name = 'default'): string[] {
  try {
    settingsOf({ tls }, name);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split('\n');
  }
  return [];
}

suite("a webhook's settings", () => {
  test('a program gives what it wants to say, the rest has its defaults', () => {
    const config = webhookConfig({ url, events: [{ event: 'client.connack' }], pool_size: 2, spool: { path: 's' } });
    assert.equal(config.pool_size, 2);
    assert.equal(config.events[0]?.event, 'on_client_connack');
    assert.equal(config.body.encoding, 'plain');
    assert.equal(config.cancel_timeout, 5000);
    assert.equal(config.spool.path, 's');
  });

  test('what is undefined has its default', () => {
    const config = webhookConfig({
      url,
      secret: undefined,
      headers: { authorization: process.env['HOOKMQ_TEST_UNSET'], 'x-a': 'b' },
      spool: { path: process.env['HOOKMQ_TEST_UNSET'] },
      retry: { statuses: [503], max_age: 60_000 },
      events: [{ event: 'on_message_publish', topic: undefined }],
    });
    const expected = webhookConfig({ url, headers: { 'x-a': 'b' }, retry: { statuses: [503], max_age: '1m' } });
    assert.deepEqual({ ...config, events: [] }, expected);
    assert.deepEqual(rulesOf(config), [{ event: 'on_message_publish' }]);
    // A list without what is not there.
    const secret = Buffer.alloc(32).toString('base64');
    assert.deepEqual(webhookConfig({ url, secret: [undefined, secret] }).secret, [secret]);
    assert.throws(
      () => webhookConfig({ url, body: { source: null } } as object as WebhookSettings),
      /body\.source: null is/,
    );
  });

  test('their type has every key that there is, and no other', () => {
    const written = (rows: Rows, above = ''): string[] =>
      Object.entries(rows).flatMap(([name, entry]) =>
        entry.type === 'group' ? written(entry.rows, `${above}${name}.`) : [`${above}${name}`],
      );
    const typed = (settings: object, above = ''): string[] =>
      Object.entries(settings).flatMap(([name, value]: [string, unknown]) =>
        typeof value === 'object' && value !== null && !Array.isArray(value) && name !== 'headers'
          ? typed(value, `${above}${name}.`)
          : [`${above}${name}`],
      );
    assert.deepEqual(typed(EVERYTHING).toSorted(), written(webhookSection.rows).toSorted());
    const { inside } = webhookSection.rows.events.kind;
    assert.deepEqual(Object.keys(EVERYTHING.events[0]), Object.keys(inside?.rows ?? {}));
    const spellings = WEBHOOK_EVENTS.flatMap(({ name }) => [name, name.slice(3).replace('_', '.')]);
    assert.deepEqual(Object.keys(NAMES).toSorted(), spellings.toSorted());
    // All of them are taken as they are written there.
    assert.equal(webhookConfig(EVERYTHING).batch.max_events, 2);
    for (const name of Object.keys(NAMES) as WebhookEventName[]) webhookConfig({ url, events: [{ event: name }] });
  });

  test('wrong ones are refused by key, all at once', () => {
    const wrong = { url: 'ftp://x/', pool_sise: 3, events: [{ event: 'on_message_publis' }], audit: { url } };
    assert.throws(
      // As a program in JavaScript may: TypeScript does not let it through.
      () => webhookConfig(wrong as object as WebhookSettings),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(error.problems.map(({ key }) => key).toSorted(), [
          'webhook.audit.url',
          'webhook.events[0].event',
          'webhook.pool_sise',
          'webhook.url',
        ]);
        assert.match(error.message, /did you mean webhook\.pool_size\?/);
        return true;
      },
    );
    assert.throws(() => webhookConfig({ url, tls: { certfile: 'x' } }), /^ConfigError: webhook\.tls\.keyfile: missing/);
  });
});

/** The compiler has it complete: a type whose keys must all be there, and no others. */
const EVERYTHING = {
  enable: true,
  url,
  method: 'PUT',
  headers: {},
  body: { encoding: 'base62', format: 'emqx4', source: 'me', gzip_above: 1024 },
  secret: Buffer.alloc(32).toString('base64'),
  events: [{ event: 'message.publish', topic: 'a', clientid: 'b', username: 'c' }],
  pool_size: 1,
  pipelining: 1,
  http2: true,
  connect_timeout: '1s',
  timeout: 1000,
  cancel_timeout: 1000,
  follow_redirects: 0,
  rate: '10/s',
  tls: { cacertfile: 'a', certfile: 'b', keyfile: 'c', key_password: 'd', verify: true, sni: 'e.f' },
  batch: { max_events: 2, max_bytes: '1MB', max_wait: 1, layout: 'lines' },
  retry: { statuses: [429, '5xx'], max_attempts: Infinity, max_age: 1000, first_delay: 1, max_delay: '1s' },
  spool: { path: 'x', max_bytes: '1MB', sync: 'full', overflow: 'drop_oldest' },
  dead_letters: { max_bytes: 0 },
} as const satisfies Complete<WebhookSettings>;

type Complete<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]-?: Complete<NonNullable<T[K]>> }
    : T;

const NAMES = {
  on_client_connect: true,
  'client.connect': true,
  on_client_connack: true,
  'client.connack': true,
  on_client_connected: true,
  'client.connected': true,
  on_client_disconnected: true,
  'client.disconnected': true,
  on_client_subscribe: true,
  'client.subscribe': true,
  on_client_unsubscribe: true,
  'client.unsubscribe': true,
  on_session_created: true,
  'session.created': true,
  on_session_resumed: true,
  'session.resumed': true,
  on_session_takenover: true,
  'session.takenover': true,
  on_session_discarded: true,
  'session.discarded': true,
  on_session_subscribed: true,
  'session.subscribed': true,
  on_session_unsubscribed: true,
  'session.unsubscribed': true,
  on_session_terminated: true,
  'session.terminated': true,
  on_message_publish: true,
  'message.publish': true,
  on_message_delivered: true,
  'message.delivered': true,
  on_message_acked: true,
  'message.acked': true,
  on_message_dropped: true,
  'message.dropped': true,
} satisfies Record<WebhookEventName, true>;

/** How long connecting and an answer may take. */
function timesOf(fields: Omit<WebhookSettings, 'url'>): readonly number[] {
  const { connectTimeout, timeout } = settingsOf(fields).connection;
  return [connectTimeout, timeout];
}

suite('what the delivery thread is given', () => {
  test('has all defaults, and can be posted to it', () => {
    const expected: EndpointSettings = {
      name: 'default',
      url,
      method: 'POST',
      headers: [],
      body: { format: 'nanomq', encoding: 'plain', source: `hookmq@${hostname()}`, gzipAbove: Infinity },
      batch: { maxEvents: 1, maxBytes: MB, maxWait: 20, layout: 'array' },
      secrets: [],
      connection: {
        poolSize: 32,
        pipelining: 1,
        http2: true,
        connectTimeout: 5000,
        timeout: 5000,
        followRedirects: 0,
        tls: { verify: true },
      },
      rate: Infinity,
      retry: {
        statuses: ['408', '425', '429', '5xx'],
        maxAttempts: Infinity,
        maxAge: 24 * 3_600_000,
        firstDelay: 100,
        maxDelay: 30_000,
      },
      spool: { path: null, maxBytes: 64 * MB, sync: 'normal', overflow: 'drop_newest' },
      deadLetters: { maxBytes: 16 * MB },
    };
    const settings = settingsOf({});
    assert.deepEqual(settings, expected);
    assert.deepEqual(structuredClone(settings), expected);
  });

  test('has what the configuration says', () => {
    const settings = settingsOf(
      {
        method: 'PATCH',
        headers: { 'x-b': '1', 'Content-Type': 'application/x' },
        body: { encoding: 'base62', format: 'emqx4', source: 'me', gzip_above: '1KB' },
        batch: { max_events: 500, max_bytes: '2MB', max_wait: '1s', layout: 'lines' },
        pool_size: 3,
        pipelining: 4,
        http2: false,
        connect_timeout: '1s',
        timeout: '2s',
        follow_redirects: 5,
        rate: '10/s',
        retry: { statuses: [503], max_attempts: 7, max_age: '1h', first_delay: '1s', max_delay: '2s' },
        spool: { path: 'spool/a', sync: 'full', overflow: 'drop_oldest' },
        dead_letters: { max_bytes: '1MB' },
      },
      'audit',
    );
    assert.deepEqual(settings, {
      name: 'audit',
      url,
      method: 'PATCH',
      headers: ['x-b', '1', 'Content-Type', 'application/x'],
      body: { format: 'emqx4', encoding: 'base62', source: 'me', gzipAbove: 1024 },
      batch: { maxEvents: 500, maxBytes: 2 * MB, maxWait: 1000, layout: 'lines' },
      secrets: [],
      connection: {
        poolSize: 3,
        pipelining: 4,
        http2: false,
        connectTimeout: 1000,
        timeout: 2000,
        followRedirects: 5,
        tls: { verify: true },
      },
      rate: 10,
      retry: { statuses: ['503'], maxAttempts: 7, maxAge: 3_600_000, firstDelay: 1000, maxDelay: 2000 },
      spool: { path: resolve('spool/a'), maxBytes: 1024 * MB, sync: 'full', overflow: 'drop_oldest' },
      deadLetters: { maxBytes: MB },
    });
    assert.equal(settingsOf({ spool: { path: 'x', max_bytes: '1MB' } }).spool.maxBytes, MB);
  });

  test("takes NanoMQ's cancel_timeout for the times that are not there", () => {
    assert.deepEqual(timesOf({ cancel_timeout: 250 }), [250, 250]);
    assert.deepEqual(timesOf({ cancel_timeout: 250, timeout: '3s' }), [250, 3000]);
    assert.deepEqual(timesOf({ connect_timeout: 1, timeout: 2 }), [1, 2]);
  });

  test('has the bytes of the secrets, the newest first', () => {
    const newer = Buffer.alloc(24, 0xfe);
    const older = Buffer.alloc(32, 7);
    const secret = [`whsec_${newer.toString('base64')}`, older.toString('base64')];
    assert.deepEqual(settingsOf({ secret }).secrets, [new Uint8Array(newer), new Uint8Array(older)]);
  });
});

/** The certificates of the tests; the password of the encrypted key is that of `test/kit/certificates`. */
const file = {
  ca: certificateFile('ca.pem'),
  cert: certificateFile('server.pem'),
  key: certificateFile('server.key'),
  encrypted: certificateFile('server-encrypted.key'),
};
const PASSWORD = 'open sesame';

/** Files that are wrong: what is said. */
const WRONG: Readonly<Record<string, readonly [tls: Readonly<Record<string, string>>, said: readonly string[]]>> = {
  'authorities that are not there': [
    { cacertfile: '/nowhere/ca.pem' },
    ['webhook.tls.cacertfile: /nowhere/ca.pem: there is no such file'],
  ],
  'a directory': [{ cacertfile: '/' }, ['webhook.tls.cacertfile: /: this is a directory, not a file']],
  'a key instead of authorities': [
    { cacertfile: file.key },
    [`webhook.tls.cacertfile: ${file.key}: holds no certificate in PEM form`],
  ],
  'a key instead of a certificate': [
    { certfile: file.key, keyfile: file.key },
    [`webhook.tls.certfile: ${file.key}: holds no certificate in PEM form`],
  ],
  'a certificate instead of a key': [
    { certfile: file.cert, keyfile: file.cert },
    [`webhook.tls.keyfile: ${file.cert}: holds no private key in PEM form`],
  ],
  "another certificate's key": [
    { certfile: file.ca, keyfile: file.key },
    [`webhook.tls.keyfile: ${file.key}: is not the key of the certificate in ${file.ca}`],
  ],
  'a key without its password': [
    { certfile: file.cert, keyfile: file.encrypted },
    [`webhook.tls.key_password: ${file.encrypted}: needs a password`],
  ],
  'a wrong password': [
    { certfile: file.cert, keyfile: file.encrypted, key_password: 'hunter2' },
    [`webhook.tls.key_password: ${file.encrypted}: the password is wrong`],
  ],
  'several at once': [
    { cacertfile: file.key, certfile: '/nowhere/c', keyfile: '/nowhere/k' },
    [
      'webhook.tls.certfile: /nowhere/c: there is no such file',
      'webhook.tls.keyfile: /nowhere/k: there is no such file',
      `webhook.tls.cacertfile: ${file.key}: holds no certificate in PEM form`,
    ],
  ],
};

suite('files of TLS', () => {
  test('are read', () => {
    const tls = {
      cacertfile: file.ca,
      certfile: file.cert,
      keyfile: file.encrypted,
      key_password: PASSWORD,
      sni: 'a.b',
    };
    assert.deepEqual(settingsOf({ tls: { ...tls, verify: false } }).connection.tls, {
      verify: false,
      ca: readFileSync(file.ca, 'utf8'),
      cert: readFileSync(file.cert, 'utf8'),
      key: readFileSync(file.encrypted, 'utf8'),
      passphrase: PASSWORD,
      sni: 'a.b',
    });
  });

  for (const [what, [tls, said]] of Object.entries(WRONG)) {
    test(`that are ${what} are refused by their key`, () => assert.deepEqual(complaints(tls), said));
  }

  test('are refused with the name of their endpoint', () => {
    assert.deepEqual(complaints({ cacertfile: '/nowhere/ca.pem' }, 'third one'), [
      'webhook."third one".tls.cacertfile: /nowhere/ca.pem: there is no such file',
    ]);
  });
});
