import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrokerOptions } from '../../src/broker/options.ts';
import type { ConnackPacket } from '../../src/codec/packets.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import type { ConnectFields } from '../kit/raw-client.ts';
import { Scene } from '../kit/scene.ts';

/** The properties of the CONNACK with which a 5.0 client is accepted. */
function told(options: Partial<BrokerOptions>, fields: ConnectFields = {}): NonNullable<ConnackPacket['properties']> {
  return new Scene(options).open().connect({ version: 5, ...fields }).properties ?? {};
}

describe('CONNACK of 5.0 tells', () => {
  test('the limits and what there is, by default', () => {
    assert.deepEqual(told({}), {
      receiveMaximum: 1024,
      retainAvailable: true,
      maximumPacketSize: 10 * 1024 * 1024,
      topicAliasMaximum: 1024,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: true,
      sharedSubscriptionAvailable: true,
    });
  });

  test('the limits as they are set', () => {
    const properties = told({ receiveMaximum: 7, maxPacketSize: 5000, topicAliasMaximum: 0 });
    const { receiveMaximum, maximumPacketSize, topicAliasMaximum } = properties;
    assert.deepEqual([receiveMaximum, maximumPacketSize, topicAliasMaximum], [7, 5000, 0]);
  });

  test('no largest packet where it is larger than that can say, or has no bound', () => {
    const answers = [0xffff_ffff, 0x1_0000_0000, Infinity].map(
      (maxPacketSize) => told({ maxPacketSize }).maximumPacketSize,
    );
    assert.deepEqual(answers, [0xffff_ffff, undefined, undefined]);
  });

  const missing: readonly [keyof BrokerOptions, keyof NonNullable<ConnackPacket['properties']>][] = [
    ['retainAvailable', 'retainAvailable'],
    ['wildcardSubscriptions', 'wildcardSubscriptionAvailable'],
    ['sharedSubscriptions', 'sharedSubscriptionAvailable'],
    ['subscriptionIdentifiers', 'subscriptionIdentifiersAvailable'],
  ];
  for (const [option, name] of missing)
    test(`that ${name} is not so`, () => {
      const absent = Object.entries(told({ [option]: false })).filter(([, value]) => value === false);
      assert.deepEqual(absent, [[name, false]]);
    });

  test('the highest QoS where it is not 2 [MQTT-3.2.2-9]', () => {
    const answers = ([0, 1, 2] as const).map((maximumQoS) => told({ maximumQoS }).maximumQoS);
    assert.deepEqual(answers, [false, true, undefined]);
  });

  test('the session expiry where it is not as asked for', () => {
    const expiryOf = (maxSessionExpiry: number, sessionExpiryInterval: number): number | undefined =>
      told({ maxSessionExpiry }, { properties: { sessionExpiryInterval } }).sessionExpiryInterval;
    assert.deepEqual(
      [0, 60, 61, 0xffff_ffff].map((asked) => expiryOf(60, asked)),
      [undefined, undefined, 60, 60],
    );
    assert.equal(expiryOf(0, 1), 0);
    assert.equal(expiryOf(Infinity, 0xffff_ffff), undefined);
    assert.equal(expiryOf(0xffff_ffff + 1, 0xffff_ffff), 0xffff_ffff);
    assert.equal(told({ maxSessionExpiry: 0 }).sessionExpiryInterval, undefined);
  });

  test('the identifier that it assigned, and only that [MQTT-3.2.2-16]', () => {
    assert.match(told({}, { clientId: '' }).assignedClientIdentifier ?? '', /^hookmq-/);
    assert.equal(told({}, { clientId: 'c' }).assignedClientIdentifier, undefined);
  });

  test('nothing to a client of an older version', () => {
    const options = { maximumQoS: 0, retainAvailable: false, maxKeepAlive: 1 } as const;
    for (const version of [3, 4] as const) {
      const client = new Scene(options).open().sendConnect({ version });
      assert.equal(client.bytes().toString('hex'), '20020000');
    }
  });
});

describe('the keep-alive of the server', () => {
  const cases: readonly [longest: number, asked: number, told: number | undefined][] = [
    [Infinity, 0, undefined],
    [Infinity, 65_535, undefined],
    [60, 0, 60],
    [60, 59, undefined],
    [60, 60, undefined],
    [60, 61, 60],
    [100_000, 0, 65_535],
    [100_000, 65_535, undefined],
  ];
  for (const [maxKeepAlive, keepAlive, expected] of cases)
    test(`${keepAlive} where ${maxKeepAlive} is the longest: ${expected ?? 'it stays'} [MQTT-3.1.2-21]`, () => {
      assert.equal(told({ maxKeepAlive }, { keepAlive }).serverKeepAlive, expected);
    });

  for (const asked of [0, 100])
    test(`counts in place of ${asked} [MQTT-3.1.2-22]`, () => {
      const scene = new Scene({ maxKeepAlive: 10 });
      const client = scene.connect5({ keepAlive: asked });
      assert.equal(client.wire.probed, false);
      scene.clock.advance(14_999);
      assert.ok(!client.ended);
      scene.clock.advance(1);
      client.expectEnd('keepalive_timeout');
    });

  test('does not count for older clients, who cannot be told', () => {
    for (const version of [3, 4] as const) {
      const scene = new Scene({ maxKeepAlive: 10 });
      const [longer, none] = [20, 0].map((keepAlive) => scene.connect({ version, keepAlive }));
      scene.clock.advance(29_999);
      assert.equal(longer?.ended, false);
      scene.clock.advance(1);
      longer?.expectEnd(null);
      assert.equal(none?.ended, false);
    }
  });

  test('a shorter one of the client counts [MQTT-3.2.2-22]', () => {
    const scene = new Scene({ maxKeepAlive: 10 });
    const client = scene.connect5({ keepAlive: 4 });
    scene.clock.advance(6000);
    client.expectEnd('keepalive_timeout');
  });
});

/** What a client hears whose packets have this size at most; null where it is not accepted. */
function heard(maximumPacketSize: number, options: Partial<BrokerOptions> = {}, fields: ConnectFields = {}) {
  const properties = { maximumPacketSize, ...fields.properties };
  const client = new Scene(options).open().sendConnect({ version: 5, ...fields, properties });
  const bytes = client.bytes();
  assert.ok(bytes.length <= maximumPacketSize, '[MQTT-3.1.2-24]');
  return bytes.length === 0 ? null : { bytes: bytes.length, code: bytes[3], ended: client.ended };
}

describe('a CONNACK that is too large for its client', () => {
  test('is sent as it is where it fits to the byte', () => {
    assert.deepEqual(heard(24), { bytes: 24, code: 0, ended: false });
  });

  test('leaves out what is so without a word', () => {
    assert.deepEqual(heard(23), { bytes: 13, code: 0, ended: false });
    // What is not so stays.
    assert.deepEqual(heard(23, { retainAvailable: false }), { bytes: 15, code: 0, ended: false });
  });

  test('leaves out the response information first', () => {
    const asked = { properties: { requestResponseInformation: true } };
    assert.deepEqual(heard(60, {}, asked), { bytes: 24 + 3 + 'response/client'.length, code: 0, ended: false });
    assert.deepEqual(heard(41, {}, asked), { bytes: 24, code: 0, ended: false });
  });

  test('leaves out the limits last', () => {
    assert.deepEqual(heard(12), { bytes: 5, code: 0, ended: false });
    assert.deepEqual(heard(5), { bytes: 5, code: 0, ended: false });
  });

  test('is not sent without what the client has to know: the connection ends', () => {
    for (const [size, options, fields] of [
      [4, {}, {}],
      [30, {}, { clientId: '' }],
      [7, { maxKeepAlive: 10 }, {}],
      [6, { maximumQoS: 1 }, {}],
      [6, { wildcardSubscriptions: false }, {}],
    ] as const)
      assert.equal(heard(size, options, fields), null, `${size}`);
    assert.deepEqual(heard(8, { maxKeepAlive: 10 }), { bytes: 8, code: 0, ended: false });
    assert.deepEqual(heard(7, { maximumQoS: 1 }), { bytes: 7, code: 0, ended: false });
  });

  test('and its client takes over from nobody, and is nobody', () => {
    const scene = new Scene();
    const events: string[] = [];
    scene.broker.on('client.connected', ({ clientId }) => events.push(clientId));
    scene.broker.on('client.disconnected', ({ clientId }) => events.push(`not ${clientId}`));
    const first = scene.connect({ clientId: 'c' });
    const second = scene.open().sendConnect({ version: 5, clientId: 'c', properties: { maximumPacketSize: 4 } });
    second.expectEnd(null);
    first.ping().next('pingresp');
    assert.deepEqual([events, scene.broker.stats().sessions], [['c'], 1]);
  });

  test('leaves out the reason string [MQTT-3.2.2-19]', () => {
    const scene = new Scene();
    scene.broker.hook('client.authenticate', () => ({ deny: 'banned', text: 'go away' }));
    for (const [maximumPacketSize, reasonString] of [
      [15, 'go away'],
      [14, undefined],
    ] as const) {
      const client = scene.open().sendConnect({ version: 5, properties: { maximumPacketSize } });
      const { reasonCode, properties } = client.next('connack');
      assert.deepEqual([reasonCode, properties?.reasonString], [ReasonCode.banned, reasonString]);
    }
  });
});
