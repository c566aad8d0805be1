import { malformed, ProtocolError, protocolError } from './errors.ts';
import type {
  AckPacket,
  AuthPacket,
  ConnackPacket,
  ConnectPacket,
  DisconnectPacket,
  Packet,
  ProtocolVersion,
  QoS,
  SubackPacket,
  SubscribeEntry,
  SubscribePacket,
  UnsubackPacket,
  UnsubscribePacket,
  WillFields,
} from './packets.ts';
import { PacketType } from './packets.ts';
import { readProperties } from './properties.ts';
import { mayCarry, ReasonCode } from './reason-codes.ts';
import type { Reader } from './reader.ts';

/** What the low four bits of the first byte must be, by packet type (5.0, table 2-2); PUBLISH has its own. */
const FIXED_FLAGS = [-1, 0, 0, -1, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0];
const DUP = 0x08;

/**
 * Decodes the body of any packet but PUBLISH; `reader` stands on the variable header and ends with the packet.
 * Throws ProtocolError for everything that the specification of `version` does not allow.
 */
export function decodePacket(reader: Reader, firstByte: number, version: ProtocolVersion): Packet {
  const type = firstByte >> 4;
  checkFlags(type, firstByte & 0x0f, version);
  const packet = decodeBody(reader, type, version);
  if (reader.at !== reader.end) throw malformed('the packet is longer than its fields');
  return packet;
}

function checkFlags(type: number, flags: number, version: ProtocolVersion): void {
  // 3.1 sets DUP on packets that are sent again, PUBREL, SUBSCRIBE and UNSUBSCRIBE among them.
  const relevant = version === 3 && FIXED_FLAGS[type] === 2 ? flags & ~DUP : flags;
  if (relevant !== FIXED_FLAGS[type]) throw malformed(`flags ${flags} in a packet of type ${type}`);
}

function decodeBody(reader: Reader, type: number, version: ProtocolVersion): Packet {
  switch (type) {
    case PacketType.connect:
      return decodeConnect(reader);
    case PacketType.connack:
      return decodeConnack(reader, version);
    case PacketType.puback:
    case PacketType.pubrec:
    case PacketType.pubrel:
    case PacketType.pubcomp:
      return decodeAck(reader, type, version);
    case PacketType.subscribe:
      return decodeSubscribe(reader, version);
    case PacketType.suback:
      return decodeSuback(reader, version);
    case PacketType.unsubscribe:
      return decodeUnsubscribe(reader, version);
    case PacketType.unsuback:
      return decodeUnsuback(reader, version);
    case PacketType.pingreq:
    case PacketType.pingresp:
      return { type };
    case PacketType.disconnect:
      return decodeDisconnect(reader, version);
    case PacketType.auth:
      return decodeAuth(reader, version);
    default:
      throw malformed('packet type 0 is reserved');
  }
}

function decodeConnect(reader: Reader): ConnectPacket {
  const name = reader.utf8();
  if (name !== 'MQTT' && name !== 'MQIsdp') throw protocolError('the protocol name is neither MQTT nor MQIsdp');
  const level = reader.u8();
  const version = protocolVersion(name, level);
  const flags = reader.u8();
  if ((flags & 0x01) !== 0) throw malformed('the reserved connect flag is set'); // [MQTT-3.1.2-3]
  const hasWill = (flags & 0x04) !== 0;
  if (!hasWill && (flags & 0x38) !== 0) throw malformed('will QoS or will retain without a will'); // [MQTT-3.1.2-11,13]
  const hasUsername = (flags & 0x80) !== 0;
  const hasPassword = (flags & 0x40) !== 0;
  if (hasPassword && !hasUsername && version < 5) throw malformed('a password without a user name'); // [MQTT-3.1.2-22] of 3.1.1
  const keepAlive = reader.u16();
  const properties = version === 5 ? readProperties(reader, 'connect') : null;
  if (properties?.authenticationData !== undefined && properties.authenticationMethod === undefined)
    throw protocolError('authentication data without a method');
  return {
    type: PacketType.connect,
    version,
    bridge: level > 0x80,
    cleanStart: (flags & 0x02) !== 0,
    keepAlive,
    clientId: reader.utf8(),
    will: hasWill ? decodeWill(reader, flags, version) : undefined,
    username: hasUsername && !isMissing(reader, version) ? reader.utf8() : undefined,
    password: hasPassword && !isMissing(reader, version) ? Buffer.from(reader.binary()) : undefined,
    properties,
  };
}

/** In 3.1 user name and password may be missing although their flags are set (3.1, section 3.1). */
function isMissing(reader: Reader, version: ProtocolVersion): boolean {
  return version === 3 && reader.at === reader.end;
}

function protocolVersion(name: string, level: number): ProtocolVersion {
  if (name === 'MQIsdp' && (level & 0x7f) === 3) return 3;
  if (name === 'MQTT' && (level & 0x7f) === 4) return 4;
  if (name === 'MQTT' && level === 5) return 5;
  throw new ProtocolError(ReasonCode.unsupported_protocol_version, `protocol level ${level} of ${name}`);
}

function decodeWill(reader: Reader, flags: number, version: ProtocolVersion): WillFields {
  const properties = version === 5 ? readProperties(reader, 'will') : null;
  return {
    topic: reader.utf8(),
    payload: Buffer.from(reader.binary()),
    qos: qosOf((flags >> 3) & 3),
    retain: (flags & 0x20) !== 0,
    properties,
  };
}

/** The QoS in two bits; 3 is Malformed Packet [MQTT-3.3.1-4]. */
export function qosOf(bits: number): QoS {
  if (bits === 3) throw malformed('QoS 3');
  return bits as QoS;
}

function decodeConnack(reader: Reader, version: ProtocolVersion): ConnackPacket {
  const flags = reader.u8();
  if (flags > 1) throw malformed('reserved connect acknowledge flags are set');
  const reasonCode = reader.u8();
  const properties = version === 5 ? readProperties(reader, 'connack') : null;
  return { type: PacketType.connack, sessionPresent: flags === 1, reasonCode, properties };
}

function packetIdentifier(reader: Reader): number {
  const id = reader.u16();
  if (id === 0) throw protocolError('packet identifier 0'); // [MQTT-2.2.1-3]
  return id;
}

function decodeAck(reader: Reader, type: AckPacket['type'], version: ProtocolVersion): AckPacket {
  const packetId = packetIdentifier(reader);
  if (version < 5 || reader.at === reader.end) return { type, packetId, reasonCode: 0, properties: null };
  const reasonCode = readReasonCode(reader, type);
  const properties = reader.at < reader.end ? readProperties(reader, 'puback') : null;
  return { type, packetId, reasonCode, properties };
}

function readReasonCode(reader: Reader, type: number): number {
  const code = reader.u8();
  if (!mayCarry(type, code)) throw protocolError(`reason code 0x${code.toString(16)} in a packet of type ${type}`);
  return code;
}

function decodeSubscribe(reader: Reader, version: ProtocolVersion): SubscribePacket {
  const packetId = packetIdentifier(reader);
  const properties = version === 5 ? readProperties(reader, 'subscribe') : null;
  const entries: SubscribeEntry[] = [];
  while (reader.at < reader.end) {
    if (entries.length === MOST_FILTERS) throw tooManyFilters();
    entries.push(decodeEntry(reader, version));
  }
  if (entries.length === 0) throw protocolError('a SUBSCRIBE without a filter'); // [MQTT-3.8.3-2]
  return { type: PacketType.subscribe, packetId, entries, properties };
}

/** Filters of one packet: an honest client needs no more, and millions of them would keep all others waiting. */
const MOST_FILTERS = 65_535;

function tooManyFilters(): ProtocolError {
  return new ProtocolError(ReasonCode.quota_exceeded, `more than ${MOST_FILTERS} filters in one packet`);
}

function decodeEntry(reader: Reader, version: ProtocolVersion): SubscribeEntry {
  const filter = reader.utf8();
  const options = reader.u8();
  if ((options & (version === 5 ? 0xc0 : 0xfc)) !== 0) throw malformed('reserved subscription options are set'); // [MQTT-3.8.3-5]
  const retainHandling = (options >> 4) & 3;
  if (retainHandling === 3) throw protocolError('retain handling 3');
  // The one QoS 3 that 5.0 calls a Protocol Error and not a Malformed Packet (section 3.8.3.1).
  if (version === 5 && (options & 3) === 3) throw protocolError('maximum QoS 3');
  return {
    filter,
    qos: qosOf(options & 3),
    noLocal: (options & 0x04) !== 0,
    retainAsPublished: (options & 0x08) !== 0,
    retainHandling: retainHandling as 0 | 1 | 2,
  };
}

function decodeSuback(reader: Reader, version: ProtocolVersion): SubackPacket {
  const packetId = packetIdentifier(reader);
  const properties = version === 5 ? readProperties(reader, 'suback') : null;
  return { type: PacketType.suback, packetId, reasonCodes: rest(reader), properties };
}

function decodeUnsubscribe(reader: Reader, version: ProtocolVersion): UnsubscribePacket {
  const packetId = packetIdentifier(reader);
  const properties = version === 5 ? readProperties(reader, 'unsubscribe') : null;
  const filters: string[] = [];
  while (reader.at < reader.end) {
    if (filters.length === MOST_FILTERS) throw tooManyFilters();
    filters.push(reader.utf8());
  }
  if (filters.length === 0) throw protocolError('an UNSUBSCRIBE without a filter'); // [MQTT-3.10.3-2]
  return { type: PacketType.unsubscribe, packetId, filters, properties };
}

function decodeUnsuback(reader: Reader, version: ProtocolVersion): UnsubackPacket {
  const packetId = packetIdentifier(reader);
  const properties = version === 5 ? readProperties(reader, 'unsuback') : null;
  return { type: PacketType.unsuback, packetId, reasonCodes: version === 5 ? rest(reader) : [], properties };
}

function rest(reader: Reader): number[] {
  const codes = [...reader.bytes.subarray(reader.at, reader.end)];
  reader.at = reader.end;
  return codes;
}

function decodeDisconnect(reader: Reader, version: ProtocolVersion): DisconnectPacket {
  const type = PacketType.disconnect;
  if (version < 5 || reader.at === reader.end) return { type, reasonCode: 0, properties: null };
  const reasonCode = readReasonCode(reader, type);
  const properties = reader.at < reader.end ? readProperties(reader, 'disconnect') : null;
  return { type, reasonCode, properties };
}

function decodeAuth(reader: Reader, version: ProtocolVersion): AuthPacket {
  if (version < 5) throw protocolError('AUTH before MQTT 5.0');
  const type = PacketType.auth;
  if (reader.at === reader.end) return { type, reasonCode: 0, properties: null };
  const reasonCode = readReasonCode(reader, type);
  const properties = reader.at < reader.end ? readProperties(reader, 'auth') : null;
  return { type, reasonCode, properties };
}
