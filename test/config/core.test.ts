import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerOptions } from '../../src/app.ts';
import { silentLog } from '../../src/base/log.ts';
import { defaultOptions } from '../../src/broker/options.ts';
import { coreSections } from '../../src/config/core.ts';
import type { CoreConfig } from '../../src/config/core.ts';
import { loadConfig } from '../../src/config/load.ts';
import { tableOf } from '../../src/config/table.ts';
import { load } from './reading.ts';

/** A listener that has nothing otherwise than the broker. */
const noPolicy = {
  proxy_protocol: false,
  allow_anonymous: undefined,
  max_connections: undefined,
  max_connections_per_ip: undefined,
  max_connect_rate: undefined,
  max_message_rate: undefined,
  max_byte_rate: undefined,
  rate_action: undefined,
  max_packet_size: undefined,
};

const defaults: CoreConfig = {
  listeners: {
    tcp: { default: { bind: { host: '127.0.0.1', port: 1883 }, enable: true, ...noPolicy } },
    ssl: {},
    ws: {},
    wss: {},
    unix: {},
  },
  mqtt: {
    max_packet_size: 10 * 1024 * 1024,
    max_inflight_window: 2048,
    max_mqueue_len: 10_000,
    max_mqueue_bytes: 16 * 1024 * 1024,
    max_topic_alias: 1024,
    receive_maximum: 1024,
    keepalive_multiplier: 1.5,
    max_session_expiry: 7 * 24 * 60 * 60 * 1000,
    connect_timeout: 15_000,
    max_outgoing_buffer: 1024 * 1024,
    max_retained: 1_000_000,
    max_retained_bytes: 256 * 1024 * 1024,
    max_subscriptions: 10_000,
    max_sessions: 100_000,
    max_connections: 100_000,
    max_connections_per_ip: 50_000,
    max_outgoing_topic_alias: 32,
    max_keepalive: Infinity,
    max_connect_rate: Infinity,
    max_message_rate: Infinity,
    max_byte_rate: Infinity,
    rate_action: 'disconnect',
    max_topic_levels: 128,
    max_topic_length: 65_535,
    max_qos_allowed: 2,
    retain_available: true,
    wildcard_subscription: true,
    shared_subscription: true,
    subscription_identifiers: true,
    response_information: 'response/${clientid}',
    check_payload_format: true,
  },
  auth: { allow_anonymous: true },
};

test('core: without a file, one listener on the loopback interface and all defaults', () => {
  assert.deepEqual(loadConfig({ sections: coreSections }), defaults);
});

test('core: an empty file is as good as none', (t) => {
  assert.deepEqual(load(t, '# nothing\n', coreSections), { config: defaults });
});

test('core: the defaults are those of the broker', () => {
  const { clock: _, ...rest } = defaultOptions;
  assert.deepEqual(brokerOptions(loadConfig({ sections: coreSections }), silentLog), { ...rest, log: silentLog });
});

/** Values of the section `mqtt`, and what they are read as, or the line that refuses them. */
const values: readonly [text: string, expected: unknown][] = [
  ['max_connections = unlimited', Infinity],
  ['max_connections = 0', '0 is not a whole number from 1, or unlimited'],
  ['max_connections_per_ip = 5', 5],
  ['max_connections_per_ip = none', '"none" is not a whole number from 1, or unlimited'],
  ['max_connect_rate = 1000/s', 1000],
  ['max_connect_rate = fast', '"fast" is not a rate above 0 such as 1000 or 1000/s, or unlimited'],
  ['max_message_rate = 600/m', 10],
  ['max_message_rate = 0', '0 is not a rate above 0 such as 1000 or 1000/s, or unlimited'],
  ['max_byte_rate = 1MB/s', 1024 * 1024],
  ['max_byte_rate = 5XB', '"5XB" is not a rate of bytes above 0 such as 1MB/s, or unlimited'],
  ['rate_action = throttle', 'throttle'],
  ['rate_action = drop', '"drop" is not one of disconnect, throttle'],
  ['max_topic_levels = 8', 8],
  ['max_topic_levels = 0', '0 is not a whole number from 1 to 65535'],
  ['max_topic_length = 256', 256],
  ['max_topic_length = 65536', '65536 is not a whole number from 1 to 65535'],
  ['max_qos_allowed = 1', 1],
  ['max_qos_allowed = 3', '3 is not 0, 1 or 2'],
  ['retain_available = false', false],
  ['retain_available = maybe', '"maybe" is not true or false'],
  ['wildcard_subscription = false', false],
  ['wildcard_subscription = 0', '0 is not true or false'],
  ['shared_subscription = false', false],
  ['shared_subscription = no', '"no" is not true or false'],
  ['subscription_identifiers = false', false],
  ['subscription_identifiers = off', '"off" is not true or false'],
  ['max_keepalive = 10m', 600_000],
  ['max_keepalive = unlimited', Infinity],
  ['max_keepalive = 1d', '"1d" is not at most 65535s'],
  ['max_keepalive = 60', '60 is not a duration such as 500ms, 60s, 5m, 1h or 1d or unlimited'],
  ['max_outgoing_topic_alias = 0', 0],
  ['max_outgoing_topic_alias = 65536', '65536 is not a whole number from 0 to 65535'],
  ['response_information = ""', ''],
  ['response_information = "r/${clientid}/"', 'r/${clientid}/'],
  ['response_information = "r/#"', 'must be the beginning of a topic: no + and #, and at most 1024 bytes'],
  ['check_payload_format = false', false],
  ['check_payload_format = []', 'a list [ ... ] is not true or false'],
  ['max_session_expiry = never', Infinity],
  ['max_retained = unlimited', Infinity],
  ['max_retained_bytes = unlimited', '"unlimited" is not a size such as 10MB or a number of bytes'],
  ['max_sessions = unlimited', Infinity],
  ['max_subscriptions = infinity', Infinity],
  ['max_mqueue_len = unlimited', '"unlimited" is not a whole number from 1'],
];

for (const [text, expected] of values) {
  test(`core: mqtt.${text}`, (t) => {
    const [key = ''] = text.split(' ');
    const loaded = load(t, `mqtt {\n  ${text}\n}`, coreSections);
    const found: unknown =
      'config' in loaded
        ? Object.entries(loaded.config.mqtt).find(([name]) => name === key)?.[1]
        : loaded.lines.join().replace(`test.conf:2:${key.length + 6}: mqtt.${key}: `, '');
    assert.deepEqual(found, expected);
  });
}

/** Which option of the broker a key sets, and nothing else. */
const effects: readonly [text: string, option: string, value: unknown][] = [
  ['mqtt.max_outgoing_topic_alias = 3', 'outgoingAliases', 3],
  ['mqtt.max_keepalive = 10m', 'maxKeepAlive', 600],
  ['mqtt.max_connections = 3', 'maxConnections', 3],
  ['mqtt.max_connections_per_ip = 3', 'maxConnectionsPerAddress', 3],
  ['mqtt.max_connect_rate = 3', 'maxConnectRate', 3],
  ['mqtt.max_message_rate = 3', 'maxMessageRate', 3],
  ['mqtt.max_byte_rate = 3', 'maxByteRate', 3],
  ['mqtt.rate_action = throttle', 'rateAction', 'throttle'],
  ['mqtt.max_topic_levels = 3', 'maxTopicLevels', 3],
  ['mqtt.max_topic_length = 3', 'maxTopicLength', 3],
  ['mqtt.max_qos_allowed = 1', 'maximumQoS', 1],
  ['mqtt.retain_available = false', 'retainAvailable', false],
  ['mqtt.wildcard_subscription = false', 'wildcardSubscriptions', false],
  ['mqtt.shared_subscription = false', 'sharedSubscriptions', false],
  ['mqtt.subscription_identifiers = false', 'subscriptionIdentifiers', false],
  ['mqtt.response_information = ""', 'responseInformation', ''],
  ['mqtt.check_payload_format = false', 'checkPayloadFormat', false],
  ['auth.allow_anonymous = false', 'allowAnonymous', false],
];

for (const [text, option, value] of effects) {
  test(`core: ${text} is what the broker calls ${option}`, (t) => {
    const loaded = load(t, text, coreSections);
    assert.ok('config' in loaded, JSON.stringify(loaded));
    const usual = brokerOptions(loadConfig({ sections: coreSections }), silentLog);
    assert.deepEqual(brokerOptions(loaded.config, silentLog), { ...usual, [option]: value });
  });
}

test('core: who may connect', (t) => {
  const loaded = load(t, 'auth.allow_anonymous = false', coreSections);
  assert.ok('config' in loaded);
  assert.equal(loaded.config.auth.allow_anonymous, false);
  assert.deepEqual(load(t, 'auth.allow_anonymous = maybe', coreSections), {
    lines: ['test.conf:1:24: auth.allow_anonymous: "maybe" is not true or false'],
  });
});

test('core: every key and every section is documented in a sentence', () => {
  const entries = tableOf(coreSections);
  assert.ok(entries.length > 10);
  for (const doc of [...entries.map(({ row }) => row.doc), ...coreSections.map((section) => section.doc)]) {
    assert.match(doc, /^[A-Z].*\.$/);
  }
});
