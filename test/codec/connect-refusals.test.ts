import { suite } from 'node:test';
import type { ProtocolVersion } from '../../src/codec/packets.ts';
import type { ReasonName } from '../../src/codec/reason-codes.ts';
import { binary, bytes, packet, type Part, properties, u16 } from '../kit/packets.ts';
import { type Refusal, testRefusals } from './refuses.ts';
import { protocolOf } from './samples.ts';

/** CONNECT with any name and level, no flag but Clean Start. */
function named(name: string, level: number): Buffer {
  return packet(0x10, name, level, 0x02, u16(60), ...(level === 5 ? [0] : []), 'client');
}

/** CONNECT with any flags; `fields` follow the client identifier. */
function flagged(version: ProtocolVersion, flags: number, ...fields: readonly Part[]): Buffer {
  return packet(0x10, protocolOf(version), flags, u16(60), ...(version === 5 ? [0] : []), 'client', ...fields);
}

/** The version that the decoder expects does not matter before CONNECT: each row stands once. */
function row(what: string, sent: Buffer, reason: ReasonName = 'malformed_packet'): Refusal {
  return { what, sent, reason, versions: [4] };
}

function inAll(what: string, sent: (version: ProtocolVersion) => Buffer): Refusal[] {
  return ([3, 4, 5] as const).map((version) => row(`${what}, version ${version}`, sent(version)));
}

const willFields = bytes(0, 'will', binary(Buffer.from('gone')));

suite('protocol name and level of CONNECT', () => {
  testRefusals([
    row('a protocol name that is not ours [MQTT-3.1.2-1]', named('HTTP', 4), 'protocol_error'),
    row('a protocol name in small letters [MQTT-3.1.2-1]', named('mqtt', 4), 'protocol_error'),
    row('an empty protocol name', named('', 4), 'protocol_error'),
    row('a protocol name with U+0000', named('MQTT\0', 4)),
    row('the name MQTT at level 3', named('MQTT', 3), 'unsupported_protocol_version'),
    row('the name MQIsdp at level 4', named('MQIsdp', 4), 'unsupported_protocol_version'),
    row('the name MQIsdp at level 5', named('MQIsdp', 5), 'unsupported_protocol_version'),
    row('level 0 [MQTT-3.1.2-2]', named('MQTT', 0), 'unsupported_protocol_version'),
    row('level 6 [MQTT-3.1.2-2]', named('MQTT', 6), 'unsupported_protocol_version'),
    row('level 255 [MQTT-3.1.2-2]', named('MQTT', 255), 'unsupported_protocol_version'),
    row('the mark of a bridge in 5.0', named('MQTT', 0x85), 'unsupported_protocol_version'),
  ]);
});

suite('flags of CONNECT', () => {
  testRefusals([
    ...inAll('the reserved flag [MQTT-3.1.2-3]', (version) => flagged(version, 0x03)),
    ...inAll('will QoS 1 without a will [MQTT-3.1.2-11]', (version) => flagged(version, 0x0a)),
    ...inAll('will QoS 2 without a will [MQTT-3.1.2-11]', (version) => flagged(version, 0x12)),
    ...inAll('will retain without a will [MQTT-3.1.2-13]', (version) => flagged(version, 0x22)),
    ...inAll('will QoS 3 [MQTT-3.1.2-12]', (version) =>
      flagged(version, 0x1e, version === 5 ? willFields : willFields.subarray(1)),
    ),
    row('a password without a user name in 3.1', flagged(3, 0x42, 'password')),
    row('a password without a user name in 3.1.1 [MQTT-3.1.2-22]', flagged(4, 0x42, 'password')),
    row('a user name flag without user name in 3.1.1', flagged(4, 0x82)),
    row('a user name flag without user name in 5.0', flagged(5, 0x82)),
    row('a password flag without password in 3.1.1', flagged(4, 0xc2, 'user')),
    row('a password flag without password in 5.0', flagged(5, 0x42)),
    row('a will flag without will in 3.1.1', flagged(4, 0x06)),
    row('a will without payload in 5.0', flagged(5, 0x06, 0, 'will')),
    row('a user name without its flag [MQTT-3.1.2-16]', flagged(4, 0x02, 'user')),
    row('a password without its flag [MQTT-3.1.2-18]', flagged(5, 0x82, 'user', 'password')),
    row('a will without its flag', flagged(5, 0x02, willFields)),
  ]);
});

function withProperties(...list: readonly Part[]): Buffer {
  return packet(0x10, 'MQTT', 5, 0x02, u16(60), properties(...list), 'client');
}

suite('properties of CONNECT', () => {
  testRefusals([
    row('authentication data without a method (3.1.2.11.10)', withProperties(0x16, 'data'), 'protocol_error'),
    row('properties in 3.1.1', packet(0x10, 'MQTT', 4, 0x02, u16(60), properties(0x21, u16(9)), 'client')),
    row('no properties in 5.0', packet(0x10, 'MQTT', 5, 0x02, u16(60))),
    row('a client identifier that is missing [MQTT-3.1.3-3]', packet(0x10, 'MQTT', 5, 0x02, u16(60), 0)),
  ]);
});
