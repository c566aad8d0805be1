import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PacketType } from '../../src/codec/packets.ts';
import { type ReasonName, ReasonCode } from '../../src/codec/reason-codes.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

describe('a CONNECT that is accepted', () => {
  test('3.1 is answered without a session present flag', () => {
    const scene = new Scene();
    for (const cleanStart of [true, false, false]) {
      const client = scene.open().sendConnect({ version: 3, cleanStart, clientId: 'a' });
      assert.equal(client.bytes().toString('hex'), '20020000');
    }
  });

  test('3.1.1 is told whether a session is there [MQTT-3.2.2-1 to 3 of 3.1.1]', () => {
    const scene = new Scene();
    const answers = [true, false, false, true].map((cleanStart) => {
      const client = scene.open().sendConnect({ version: 4, cleanStart, clientId: 'a' });
      return client.bytes().toString('hex');
    });
    assert.deepEqual(answers, ['20020000', '20020000', '20020100', '20020000']);
  });

  test('5.0 is told whether a session is there [MQTT-3.2.2-2,3]', () => {
    const scene = new Scene();
    const answers = [true, false, true].map((cleanStart) => {
      const properties = { sessionExpiryInterval: 100 };
      return scene.open().connect({ version: 5, cleanStart, clientId: 'a', properties }).sessionPresent;
    });
    assert.deepEqual(answers, [false, true, false]);
  });

  test('5.0 is told the limits', () => {
    const scene = new Scene({ receiveMaximum: 7, maxPacketSize: 5000, topicAliasMaximum: 3 });
    const { properties } = scene.open().connect({ version: 5 });
    const { receiveMaximum, maximumPacketSize, topicAliasMaximum } = properties ?? {};
    assert.deepEqual([receiveMaximum, maximumPacketSize, topicAliasMaximum], [7, 5000, 3]);
  });

  test('5.0 is told a session expiry that is shorter than asked for', () => {
    const scene = new Scene({ maxSessionExpiry: 60 });
    const expiryOf = (sessionExpiryInterval: number): number | undefined =>
      scene.open().connect({ version: 5, properties: { sessionExpiryInterval } }).properties?.sessionExpiryInterval;
    assert.deepEqual([0, 60, 61, 0xffff_ffff].map(expiryOf), [undefined, undefined, 60, 60]);
  });

  test('user name and password may stand alone in 5.0', () => {
    const scene = new Scene();
    scene.connect({ version: 5, username: 'u' });
    scene.connect({ version: 5, password: Buffer.from('p') });
  });

  test('Mosquitto marks its bridges in the protocol level; their subscriptions are no local and keep the flag', () => {
    const scene = new Scene();
    const bridge = scene.connect({ bridge: true });
    const client = scene.connect();
    bridge.subscribe('#');
    bridge.publish('t', 'own');
    client.publish('t', 'other', { retain: true });
    assert.deepEqual(
      bridge.messages().map(({ payload, retain }) => [payload.toString(), retain]),
      [['other', true]],
    );
  });
});

describe('a client without an identifier', () => {
  test('is refused in 3.1', () => {
    for (const cleanStart of [true, false]) {
      const client = new Scene().open().sendConnect({ version: 3, clientId: '', cleanStart });
      assert.equal(client.bytes().toString('hex'), '20020002');
      assert.ok(client.ended);
    }
  });

  test('is refused in 3.1.1 when it wants its session kept [MQTT-3.1.3-8 of 3.1.1]', () => {
    const client = new Scene().open().sendConnect({ version: 4, clientId: '', cleanStart: false });
    assert.equal(client.bytes().toString('hex'), '20020002');
    assert.ok(client.ended);
  });

  test('gets one in 3.1.1 with a clean session [MQTT-3.1.3-6,7 of 3.1.1]', () => {
    const scene = new Scene();
    const ids = new Set<string>();
    scene.broker.on('client.connected', (client) => ids.add(client.clientId));
    for (let i = 0; i < 3; i++) assert.equal(scene.open().connect({ version: 4, clientId: '' }).sessionPresent, false);
    assert.equal(ids.size, 3);
    assert.equal(scene.broker.stats().sessions, 3);
  });

  test('gets one in 5.0 and is told which, and can come back with it [MQTT-3.1.3-6] [MQTT-3.2.2-16]', () => {
    const scene = new Scene();
    const properties = { sessionExpiryInterval: 100 };
    const connack = scene.open().connect({ version: 5, clientId: '', cleanStart: false, properties });
    const clientId = connack.properties?.assignedClientIdentifier ?? '';
    assert.notEqual(clientId, '');
    assert.equal(scene.open().connect({ version: 5, clientId, cleanStart: false }).sessionPresent, true);
  });
});

describe('a CONNECT that is refused', () => {
  const CODES: readonly [ReasonName, number][] = [
    ['not_authorized', 5],
    ['bad_username_or_password', 4],
    ['client_identifier_not_valid', 2],
    ['server_unavailable', 3],
    ['server_busy', 3],
    ['banned', 5],
    ['quota_exceeded', 3],
  ];

  for (const [reason, returnCode] of CODES) {
    test(`${reason} is return code ${returnCode} before 5.0`, () => {
      for (const version of VERSIONS) {
        const scene = new Scene();
        scene.broker.hook('client.authenticate', () => ({ deny: reason }));
        const client = scene.open().sendConnect({ version });
        const connack = client.next('connack');
        assert.equal(connack.reasonCode, version === 5 ? ReasonCode[reason] : returnCode);
        assert.equal(connack.sessionPresent, false); // [MQTT-3.2.2-6]
        client.expectNothing();
        assert.ok(client.ended);
        assert.equal(scene.broker.stats().connections, 0);
      }
    });
  }

  test('a protocol level that nobody knows: return code 1 [MQTT-3.1.2-2]', () => {
    for (const [name, level] of [
      ['MQTT', 6],
      ['MQTT', 3],
      ['MQTT', 0],
      ['MQIsdp', 4],
      ['MQIsdp', 5],
    ] as const) {
      const body = Buffer.from([0, name.length, ...Buffer.from(name), level, 2, 0, 0, 0, 1, 0x61]);
      const client = new Scene().open().send(Buffer.from([0x10, body.length]), body);
      assert.equal(client.bytes().toString('hex'), '20020001', `${name} ${level}`);
      assert.ok(client.ended);
    }
  });

  test('a protocol name that nobody knows: the connection just ends [MQTT-3.1.2-1]', () => {
    new Scene().open().send('100d 0004 4d515455 05 02 0000 00 0000').expectEnd(null);
  });

  test('the reserved flag: the connection just ends [MQTT-3.1.2-3]', () => {
    new Scene().open().send('100d 0004 4d515454 04 03 0000 0001 61').expectEnd(null);
  });

  test('an authentication method, which we do not have [MQTT-4.12.0-1]', () => {
    const client = new Scene().open().sendConnect({ version: 5, properties: { authenticationMethod: 'SCRAM' } });
    assert.equal(client.next('connack').reasonCode, ReasonCode.bad_authentication_method);
    assert.ok(client.ended);
  });
});

describe('the order of packets', () => {
  test('the first packet must be CONNECT [MQTT-3.1.0-1]', () => {
    for (const packet of ['c000', '3003000161', '82060001000161', 'e000', '40020001', 'f000', '00', '474554202f']) {
      new Scene().open().send(packet).expectEnd(null);
    }
  });

  for (const version of VERSIONS) {
    test(`${version}: a second CONNECT ends the connection [MQTT-3.1.0-2]`, () => {
      const scene = new Scene();
      const reasons: string[] = [];
      scene.broker.on('client.disconnected', (_, reason) => reasons.push(reason));
      const client = scene.connect({ version });
      client.sendConnect({ version }).expectEnd(version === 5 ? 'protocol_error' : null);
      assert.deepEqual(reasons, ['protocol_error']);
    });
  }

  test('packets may follow CONNECT before its answer [MQTT-3.1.4-5 of 3.1.1]', async () => {
    const scene = new Scene();
    scene.broker.hook('client.authenticate', async () => 'allow' as const);
    const client = scene.open().sendConnect();
    client.sendSubscribe('t').publish('t', 'early');
    client.expectNothing();
    await scene.clock.settle();
    const types = client.packets().map((packet) => packet.type);
    assert.deepEqual(types, [PacketType.connack, PacketType.suback, PacketType.publish]);
  });

  test('what follows a refused CONNECT is not looked at [MQTT-3.1.4-6]', async () => {
    const scene = new Scene();
    scene.broker.hook('client.authenticate', async () => 'deny' as const);
    const client = scene.open().sendConnect().publish('t', 'early');
    await scene.clock.settle();
    assert.equal(client.next('connack').reasonCode, 5);
    assert.ok(client.ended);
    const { packetsReceived, messagesReceived } = scene.broker.stats();
    assert.deepEqual([packetsReceived, messagesReceived], [1, 0]);
  });
});

describe('the time for CONNECT', () => {
  test('is connectTimeout from the beginning of the connection', () => {
    const scene = new Scene({ connectTimeout: 3000 });
    const client = scene.open();
    scene.clock.advance(2999);
    assert.ok(!client.ended);
    scene.clock.advance(1);
    client.expectEnd(null);
    assert.equal(scene.broker.stats().connections, 0);
  });

  test('is not longer for a CONNECT that comes byte by byte', () => {
    const scene = new Scene({ connectTimeout: 3000 });
    const client = scene.open();
    for (const byte of ['10', '0d', '00', '04', '4d', '51']) {
      client.send(byte);
      scene.clock.advance(550);
    }
    client.expectEnd(null);
  });

  test('counts while a hook decides, too', async () => {
    const scene = new Scene({ connectTimeout: 3000 });
    scene.broker.hook('client.authenticate', () => new Promise(() => {}));
    const client = scene.open().sendConnect();
    scene.clock.advance(3000);
    client.expectEnd(null);
    assert.equal(scene.broker.stats().sessions, 0);
  });

  test('a hook that decides after it opens nothing', async () => {
    const scene = new Scene({ connectTimeout: 3000 });
    const { promise, resolve } = Promise.withResolvers<'allow'>();
    scene.broker.hook('client.authenticate', () => promise);
    const client = scene.open().sendConnect();
    scene.clock.advance(3000);
    resolve('allow');
    await scene.clock.settle();
    client.expectEnd(null);
    assert.equal(scene.broker.stats().sessions, 0);
  });
});
