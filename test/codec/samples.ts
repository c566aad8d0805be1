import { PacketType, type ProtocolVersion } from '../../src/codec/packets.ts';
import { binary, bytes, type Part, properties, u16 } from '../kit/packets.ts';

/** The first byte of each packet type with the flags that it must have; PUBLISH at QoS 0. */
export const FIRST_BYTES = {
  connect: 0x10,
  connack: 0x20,
  publish: 0x30,
  puback: 0x40,
  pubrec: 0x50,
  pubrel: 0x62,
  pubcomp: 0x70,
  subscribe: 0x82,
  suback: 0x90,
  unsubscribe: 0xa2,
  unsuback: 0xb0,
  pingreq: 0xc0,
  pingresp: 0xd0,
  disconnect: 0xe0,
  auth: 0xf0,
} as const;

export type PacketName = keyof typeof FIRST_BYTES;
export const PACKET_NAMES = Object.keys(PacketType) as PacketName[];

/** Protocol name and level of CONNECT. */
export function protocolOf(version: ProtocolVersion): Buffer {
  return bytes(version === 3 ? 'MQIsdp' : 'MQTT', version);
}

/** A valid body of each packet type, `list` its property list in 5.0. */
export function bodyOf(name: PacketName, version: ProtocolVersion, list: Buffer = properties()): Buffer {
  const inFive: Part[] = version === 5 ? [list] : [];
  const bodies: Record<PacketName, Part[]> = {
    connect: [protocolOf(version), 0x02, u16(60), ...inFive, 'client'],
    connack: [0, 0, ...inFive],
    publish: ['a', ...inFive, Buffer.from('payload')],
    puback: [u16(1), ...reasonAnd(inFive)],
    pubrec: [u16(1), ...reasonAnd(inFive)],
    pubrel: [u16(1), ...reasonAnd(inFive)],
    pubcomp: [u16(1), ...reasonAnd(inFive)],
    subscribe: [u16(1), ...inFive, 'a/#', 1],
    suback: [u16(1), ...inFive, 0],
    unsubscribe: [u16(1), ...inFive, 'a/#'],
    unsuback: [u16(1), ...inFive, ...(version === 5 ? [0] : [])],
    pingreq: [],
    pingresp: [],
    disconnect: reasonAnd(inFive),
    auth: reasonAnd(inFive),
  };
  return bytes(...bodies[name]);
}

function reasonAnd(inFive: readonly Part[]): Part[] {
  return inFive.length === 0 ? [] : [0, ...inFive];
}

/** A CONNECT with will, user name and password, the will's properties `list` in 5.0. */
export function fullConnect(version: ProtocolVersion, list: Buffer = properties()): Buffer {
  const inFive: Part[] = version === 5 ? [list] : [];
  const will = bytes(...inFive, 'will/topic', binary(Buffer.from('gone')));
  return bytes(protocolOf(version), 0xf6, u16(60), ...(version === 5 ? [0] : []), 'client', will, 'user', 'password');
}
