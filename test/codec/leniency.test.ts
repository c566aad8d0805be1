import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Packet, PacketType, type ProtocolVersion } from '../../src/codec/packets.ts';
import { bytes, packet, u16 } from '../kit/packets.ts';
import { decoderOf, readAll } from './reading.ts';

function read(version: ProtocolVersion, ...sent: readonly Buffer[]): Packet {
  const [first] = readAll(decoderOf(version), sent);
  assert.ok(first !== undefined);
  return first;
}

function connectOf(...sent: readonly Buffer[]): Packet & { type: 1 } {
  const found = read(4, ...sent);
  assert.ok(found.type === PacketType.connect);
  return found;
}

suite('what looks wrong and is allowed', () => {
  test('a password without a user name in 5.0 (3.1.2.9)', () => {
    const { username, password } = connectOf(packet(0x10, 'MQTT', 5, 0x42, u16(0), 0, 'c', 'secret'));
    assert.deepEqual({ username, password }, { username: undefined, password: Buffer.from('secret') });
  });

  test('an empty user name, password, will payload and client identifier', () => {
    const sent = packet(0x10, 'MQTT', 4, 0xc6, u16(0), '', 'will', '', '', '');
    const { clientId, username, password, will } = connectOf(sent);
    assert.deepEqual({ clientId, username, password }, { clientId: '', username: '', password: Buffer.alloc(0) });
    assert.deepEqual(will?.payload, Buffer.alloc(0));
  });

  test('user name and password that are missing in 3.1 although their flags are set (3.1, section 3.1)', () => {
    const header = [u16(0), 'c'] as const;
    assert.equal(connectOf(packet(0x10, 'MQIsdp', 3, 0x82, ...header)).username, undefined);
    const withUser = connectOf(packet(0x10, 'MQIsdp', 3, 0xc2, ...header, 'user'));
    assert.deepEqual([withUser.username, withUser.password], ['user', undefined]);
  });

  test("the mark of Mosquitto's bridges in the protocol level of 3.1 and 3.1.1", () => {
    for (const [name, level] of [
      ['MQIsdp', 3],
      ['MQTT', 4],
    ] as const)
      for (const mark of [0, 0x80]) {
        const { version, bridge } = connectOf(packet(0x10, name, level | mark, 2, u16(0), 'c'));
        assert.deepEqual({ version, bridge }, { version: level, bridge: mark !== 0 });
      }
  });

  test('DISCONNECT and AUTH of 5.0 without reason code and properties (3.14.2.1, 3.15.2.1)', () => {
    assert.deepEqual(read(5, packet(0xe0)), { type: PacketType.disconnect, reasonCode: 0, properties: null });
    assert.deepEqual(read(5, packet(0xf0)), { type: PacketType.auth, reasonCode: 0, properties: null });
  });

  test('DISCONNECT of 5.0 with a reason code and no property length (3.14.2.2)', () => {
    assert.deepEqual(read(5, packet(0xe0, 0x04)), { type: PacketType.disconnect, reasonCode: 4, properties: null });
  });

  test('an acknowledgement of 5.0 without reason code, or without property length (3.4.2.2.1)', () => {
    const expected = { type: PacketType.puback, packetId: 7, properties: null };
    assert.deepEqual(read(5, packet(0x40, u16(7))), { ...expected, reasonCode: 0 });
    assert.deepEqual(read(5, packet(0x40, u16(7), 0x10)), { ...expected, reasonCode: 0x10 });
  });

  test('an empty topic in PUBLISH of 5.0: an alias stands for it', () => {
    const found = read(5, packet(0x30, '', bytes(3, 0x23, u16(1))));
    assert.ok(found.type === PacketType.publish);
    assert.deepEqual([found.topic, found.properties], ['', { topicAlias: 1 }]);
  });

  test('a PUBLISH without payload', () => {
    for (const version of [3, 4, 5] as const) {
      const found = read(version, packet(0x30, 'a', ...(version === 5 ? [0] : [])));
      assert.ok(found.type === PacketType.publish && found.payload.length === 0);
    }
  });
});

function frameOf(version: ProtocolVersion, sent: Buffer): Buffer | null {
  const found = read(version, sent);
  assert.ok(found.type === PacketType.publish);
  return found.frame;
}

suite('protocol version', () => {
  test('comes with CONNECT and holds for what follows in the same chunk', () => {
    for (const [version, name, publish] of [
      [3, 'MQIsdp', packet(0x30, 'a', Buffer.from('p'))],
      [4, 'MQTT', packet(0x30, 'a', Buffer.from('p'))],
      [5, 'MQTT', packet(0x30, 'a', 0, Buffer.from('p'))],
    ] as const) {
      const connect = packet(0x10, name, version, 2, u16(0), ...(version === 5 ? [0] : []), 'c');
      const [, found] = readAll(decoderOf(4), [bytes(connect, publish)]);
      assert.ok(found?.type === PacketType.publish);
      assert.equal(found.payload.toString(), 'p', `version ${version}`);
    }
  });

  test('decides whether a PUBLISH can be sent on as it came: QoS 0 before 5.0', () => {
    const sent = packet(0x31, 'a', Buffer.from('payload'));
    assert.deepEqual(frameOf(3, sent), sent);
    assert.deepEqual(frameOf(4, sent), sent);
    assert.equal(frameOf(5, packet(0x31, 'a', 0)), null);
    assert.equal(frameOf(4, packet(0x32, 'a', u16(1))), null);
  });
});
