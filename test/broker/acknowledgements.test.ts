import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PacketType } from '../../src/codec/packets.ts';
import type { ReasonName } from '../../src/codec/reason-codes.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import type { AckName } from '../kit/raw-client.ts';
import { Scene } from '../kit/scene.ts';

const BAD_UTF8 = Buffer.from([0xc3, 0x28]);

describe('the reason string of a refusal', () => {
  for (const { qos, name } of [
    { qos: 1, name: 'puback' },
    { qos: 2, name: 'pubrec' },
  ] as const) {
    test(`is what the hook says: ${name}`, () => {
      const scene = new Scene();
      scene.broker.hook('client.authorize', () => ({ deny: 'quota_exceeded', text: 'ten a day' }));
      const client = scene.connect5().publish('t', 'x', { qos, packetId: 7 });
      const { packetId, reasonCode, properties } = client.next(name);
      assert.deepEqual({ packetId, reasonCode }, { packetId: 7, reasonCode: ReasonCode.quota_exceeded });
      assert.deepEqual({ ...properties }, { reasonString: 'ten a day' });
    });

    test(`is the code's name where the hook says nothing: ${name}`, () => {
      const scene = new Scene();
      scene.broker.hook('message.publish', () => 'deny');
      const { reasonCode, properties } = scene.connect5().publish('t', 'x', { qos }).next(name);
      assert.equal(reasonCode, ReasonCode.not_authorized);
      assert.deepEqual({ ...properties }, { reasonString: 'not authorized' });
    });
  }

  test('says what is wrong with $SYS, and that an identifier is unknown', () => {
    const client = new Scene().connect5();
    assert.match(client.publish('$SYS/x', '', { qos: 1 }).next('puback').properties?.reasonString ?? '', /\$SYS/);
    const pubcomp = client.ack('pubrel', 9).next('pubcomp');
    assert.equal(pubcomp.reasonCode, ReasonCode.packet_identifier_not_found);
    assert.match(pubcomp.properties?.reasonString ?? '', /identifier/);
    assert.match(client.ack('pubrec', 9).next('pubrel').properties?.reasonString ?? '', /identifier/);
  });

  test('is not for clients that want no problem information [MQTT-3.1.2-29]', () => {
    const scene = new Scene();
    scene.broker.hook('client.authorize', () => ({ deny: 'not_authorized', text: 'no' }));
    const client = scene.connect5({ properties: { requestProblemInformation: false } });
    const { reasonCode, properties } = client.publish('t', 'x', { qos: 1 }).next('puback');
    assert.deepEqual({ reasonCode, properties }, { reasonCode: ReasonCode.not_authorized, properties: null });
  });

  test('is left out where it makes the packet larger than the client takes [MQTT-3.4.2-2]', () => {
    const scene = new Scene();
    scene.broker.hook('client.authorize', () => ({ deny: 'not_authorized', text: 'x'.repeat(100) }));
    const client = scene.connect5({ properties: { maximumPacketSize: 50 } });
    const { reasonCode, properties } = client.publish('t', 'x', { qos: 1 }).next('puback');
    assert.deepEqual({ reasonCode, properties }, { reasonCode: ReasonCode.not_authorized, properties: null });
  });

  test('is not for 3.1.1: the acknowledgement is the same as ever', () => {
    const scene = new Scene();
    scene.broker.hook('client.authorize', () => ({ deny: 'not_authorized', text: 'no' }));
    const client = scene.connect().publish('t', 'x', { qos: 1 });
    assert.deepEqual(client.bytes(), Buffer.from([0x40, 2, 0, 1]));
  });
});

test('a reason that PUBACK may not carry becomes "not authorized"', () => {
  const codes: ReasonName[] = ['banned', 'server_moved', 'no_matching_subscribers', 'success'];
  for (const deny of codes) {
    const scene = new Scene();
    scene.broker.hook('client.authorize', () => ({ deny }));
    const { reasonCode } = scene.connect5().publish('t', 'x', { qos: 1 }).next('puback');
    assert.equal(reasonCode, ReasonCode.not_authorized, deny);
  }
});

describe('a payload that is said to be UTF-8', () => {
  const said = { payloadFormatIndicator: true };

  test('and is not, is refused with 0x99', () => {
    const scene = new Scene();
    const subscriber = scene.connect();
    subscriber.subscribe('#');
    const client = scene.connect5();
    const puback = client.publish('t', BAD_UTF8, { qos: 1, properties: said }).next('puback');
    assert.equal(puback.reasonCode, ReasonCode.payload_format_invalid);
    assert.match(puback.properties?.reasonString ?? '', /UTF-8/);
    const pubrec = client.publish('t', BAD_UTF8, { qos: 2, properties: said }).next('pubrec');
    assert.equal(pubrec.reasonCode, ReasonCode.payload_format_invalid);
    client.publish('t', BAD_UTF8, { properties: said }).ping().next('pingresp');
    subscriber.expectNothing();
    assert.equal(scene.broker.stats().dropped.payload_format_invalid, 3);
  });

  test('and is, is forwarded with what was said [MQTT-3.3.2-4]', () => {
    const scene = new Scene();
    const subscriber = scene.connect5();
    subscriber.subscribe('#');
    scene.connect5().publish('t', 'grün', { properties: said });
    const { payload, properties } = subscriber.next('publish');
    assert.equal(payload.toString(), 'grün');
    assert.deepEqual({ ...properties }, said);
  });

  test('is not looked at where nobody wants that, and others never are', () => {
    const scene = new Scene({ checkPayloadFormat: false });
    const strict = new Scene();
    for (const [where, properties] of [
      [scene, said],
      [strict, { payloadFormatIndicator: false }],
      [strict, null],
    ] as const) {
      const subscriber = where.connect5();
      subscriber.subscribe('#');
      where.connect5().publish('t', BAD_UTF8, { properties });
      assert.deepEqual(subscriber.next('publish').payload, BAD_UTF8);
      subscriber.disconnect();
    }
  });
});

describe('an acknowledgement that does not fit its message ends the connection', () => {
  const wrong: { qos: 1 | 2; acks: AckName[] }[] = [
    { qos: 1, acks: ['pubrec'] },
    { qos: 1, acks: ['pubcomp'] },
    { qos: 2, acks: ['puback'] },
    { qos: 2, acks: ['pubcomp'] },
    { qos: 2, acks: ['pubrec', 'puback'] },
  ];
  for (const { qos, acks } of wrong) {
    test(`${acks.join(', ')} for QoS ${qos}`, () => {
      const scene = new Scene();
      const client = scene.connect5();
      client.subscribe('#', { qos });
      scene.publish('t', 'x', { qos });
      const { packetId } = client.next('publish');
      for (const ack of acks) {
        client.ack(ack, packetId);
        if (ack !== acks.at(-1)) client.next('pubrel');
      }
      client.expectEnd('protocol_error');
    });
  }

  test('while one of something that is over changes nothing', () => {
    const client = new Scene().connect5();
    client.ack('puback', 5).ack('pubcomp', 6).ack('pubrec', 7, ReasonCode.unspecified_error).ping();
    assert.deepEqual(
      client.packets().map(({ type }) => type),
      [PacketType.pingresp],
    );
  });

  test('and so does a reason code that the packet may not carry', () => {
    for (const [name, code] of [
      ['puback', ReasonCode.server_moved],
      ['pubrec', ReasonCode.packet_identifier_not_found],
      ['pubrel', ReasonCode.not_authorized],
      ['pubcomp', 0x01],
    ] as const)
      new Scene().connect5().ack(name, 1, code).expectEnd('protocol_error');
  });
});
