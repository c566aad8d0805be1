import type { AckPacket, ConnectPacket, Packet, ProtocolVersion, PublishPacket, SubscribePacket } from './packets.ts';
import { PacketType } from './packets.ts';
import { encodePublish } from './publish-frame.ts';
import { type AnyProperties, writeProperties } from './properties.ts';
import { Writer } from './writer.ts';

/**
 * The bytes of any packet, in the form of `version`. What the older versions cannot say (properties, reason codes of
 * acknowledgements) is left out.
 */
export function encode(packet: Packet, version: ProtocolVersion): Buffer {
  if (packet.type === PacketType.publish) return encodePublishPacket(packet, version);
  const body = new Writer();
  const flags = writeBody(body, packet, version);
  const whole = new Writer(body.length + 5);
  whole.u8((packet.type << 4) | flags);
  whole.append(body);
  return whole.bytes();
}

/** An acknowledgement without reason code: the same four bytes in every version. */
export function encodeAck(type: AckPacket['type'], packetId: number, into: Buffer, at: number): void {
  into[at] = type === PacketType.pubrel ? 0x62 : type << 4;
  into[at + 1] = 2;
  into[at + 2] = packetId >> 8;
  into[at + 3] = packetId & 0xff;
}

function encodePublishPacket(packet: PublishPacket, version: ProtocolVersion): Buffer {
  const { frame, packetIdAt } = encodePublish(packet, packet.payload, version, packet.qos);
  frame[0] = 0x30 | (packet.dup ? 8 : 0) | (packet.qos << 1) | (packet.retain ? 1 : 0);
  if (packet.qos > 0) frame.writeUInt16BE(packet.packetId, packetIdAt);
  return frame;
}

/** Writes variable header and payload; returns the flags of the first byte. */
function writeBody(body: Writer, packet: Exclude<Packet, PublishPacket>, version: ProtocolVersion): number {
  switch (packet.type) {
    case PacketType.connect:
      writeConnect(body, packet);
      return 0;
    case PacketType.connack:
      body.u8(packet.sessionPresent ? 1 : 0);
      body.u8(packet.reasonCode);
      if (version === 5) writeProperties(body, packet.properties);
      return 0;
    case PacketType.puback:
    case PacketType.pubrec:
    case PacketType.pubrel:
    case PacketType.pubcomp:
      body.u16(packet.packetId);
      if (version === 5) writeReason(body, packet.reasonCode, packet.properties);
      return packet.type === PacketType.pubrel ? 2 : 0;
    case PacketType.subscribe:
      writeSubscribe(body, packet, version);
      return 2;
    case PacketType.unsubscribe:
      body.u16(packet.packetId);
      if (version === 5) writeProperties(body, packet.properties);
      for (const filter of packet.filters) body.utf8(filter);
      return 2;
    case PacketType.suback:
    case PacketType.unsuback:
      body.u16(packet.packetId);
      if (version === 5) writeProperties(body, packet.properties);
      if (version === 5 || packet.type === PacketType.suback) for (const code of packet.reasonCodes) body.u8(code);
      return 0;
    case PacketType.disconnect:
    case PacketType.auth:
      if (version === 5) writeReason(body, packet.reasonCode, packet.properties);
      return 0;
    default:
      return 0;
  }
}

/** Reason code and properties, left out where the specification lets both be left out. */
function writeReason(body: Writer, reasonCode: number, properties: AnyProperties | null): void {
  if (reasonCode === 0 && properties === null) return;
  body.u8(reasonCode);
  if (properties !== null) writeProperties(body, properties);
}

function writeConnect(body: Writer, packet: ConnectPacket): void {
  const { version, will } = packet;
  body.utf8(version === 3 ? 'MQIsdp' : 'MQTT');
  body.u8(version | (packet.bridge ? 0x80 : 0));
  body.u8(
    (packet.cleanStart ? 0x02 : 0) |
      (will === undefined ? 0 : 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0)) |
      (packet.password === undefined ? 0 : 0x40) |
      (packet.username === undefined ? 0 : 0x80),
  );
  body.u16(packet.keepAlive);
  if (version === 5) writeProperties(body, packet.properties);
  body.utf8(packet.clientId);
  if (will !== undefined) {
    if (version === 5) writeProperties(body, will.properties);
    body.utf8(will.topic);
    body.binary(will.payload);
  }
  if (packet.username !== undefined) body.utf8(packet.username);
  if (packet.password !== undefined) body.binary(packet.password);
}

function writeSubscribe(body: Writer, packet: SubscribePacket, version: ProtocolVersion): void {
  body.u16(packet.packetId);
  if (version === 5) writeProperties(body, packet.properties);
  for (const entry of packet.entries) {
    body.utf8(entry.filter);
    const options = (entry.noLocal ? 4 : 0) | (entry.retainAsPublished ? 8 : 0) | (entry.retainHandling << 4);
    body.u8(entry.qos | (version === 5 ? options : 0));
  }
}
