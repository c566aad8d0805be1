import { generate, type ISubscription, type Packet as OraclePacket, parser } from 'mqtt-packet';
import {
  type AckPacket,
  type ConnectPacket,
  type Packet,
  PacketType,
  type ProtocolVersion,
  type SubscribeEntry,
  type WillFields,
} from '../../src/codec/packets.ts';

/** The bytes that mqtt-packet makes of a packet. */
export function oracleEncode(packet: Packet, version: ProtocolVersion): Buffer {
  return generate(toOracle(packet, version), { protocolVersion: version });
}

/** What mqtt-packet reads in the bytes of one packet; throws what it complains of. */
export function oracleDecode(bytes: Buffer, version: ProtocolVersion): Packet {
  const found: OraclePacket[] = [];
  const reader = parser({ protocolVersion: version });
  reader.on('packet', (packet) => found.push(packet));
  reader.on('error', (error) => {
    throw error;
  });
  reader.parse(bytes);
  const [packet] = found;
  if (packet === undefined || found.length > 1) throw new Error(`mqtt-packet found ${found.length} packets`);
  return fromOracle(packet as unknown as Fields, version);
}

/** A packet or property list of mqtt-packet: its types leave out half of what it really takes and gives. */
type Fields = { readonly [name: string]: unknown };

const NAMES = new Map(Object.entries(PacketType).map(([name, type]) => [type, name]));

function toOracle(packet: Packet, version: ProtocolVersion): OraclePacket {
  const properties = 'properties' in packet ? toProperties(packet.properties) : undefined;
  return { cmd: NAMES.get(packet.type), properties, ...toFields(packet, version) } as unknown as OraclePacket;
}

function toFields(packet: Packet, version: ProtocolVersion): Fields {
  switch (packet.type) {
    case PacketType.connect:
      return toConnect(packet);
    case PacketType.connack: {
      const { sessionPresent, reasonCode } = packet;
      return version === 5 ? { sessionPresent, reasonCode } : { sessionPresent, returnCode: reasonCode };
    }
    case PacketType.publish: {
      const { dup, qos, retain, topic, payload, packetId } = packet;
      return { dup, qos, retain, topic, payload, messageId: packetId };
    }
    case PacketType.subscribe:
      return {
        messageId: packet.packetId,
        subscriptions: packet.entries.map(({ filter, qos, noLocal, retainAsPublished, retainHandling }) => ({
          topic: filter,
          qos,
          nl: noLocal,
          rap: retainAsPublished,
          rh: retainHandling,
        })),
      };
    case PacketType.unsubscribe:
      return { messageId: packet.packetId, unsubscriptions: packet.filters };
    case PacketType.suback:
    case PacketType.unsuback:
      return { messageId: packet.packetId, granted: packet.reasonCodes };
    case PacketType.disconnect:
    case PacketType.auth:
      return { reasonCode: packet.reasonCode };
    case PacketType.pingreq:
    case PacketType.pingresp:
      return {};
    default:
      return { messageId: packet.packetId, reasonCode: packet.reasonCode };
  }
}

function toConnect(packet: ConnectPacket): Fields {
  const { version, bridge, cleanStart, keepAlive, clientId, username, password, will } = packet;
  return {
    protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
    protocolVersion: version,
    bridgeMode: bridge,
    clean: cleanStart,
    keepalive: keepAlive,
    clientId,
    username,
    password,
    will: will && { ...will, properties: toProperties(will.properties) },
  };
}

function toProperties(properties: Fields | null): Fields | undefined {
  if (properties === null) return undefined;
  const { userProperties, subscriptionIdentifiers, maximumQoS, ...rest } = properties;
  const list: Record<string, unknown> = rest;
  if (subscriptionIdentifiers !== undefined) list['subscriptionIdentifier'] = subscriptionIdentifiers;
  if (maximumQoS !== undefined) list['maximumQoS'] = Number(maximumQoS);
  if (userProperties !== undefined) {
    const byName: Record<string, string[]> = Object.create(null);
    for (const [name, value] of userProperties as [string, string][]) (byName[name] ??= []).push(value);
    list['userProperties'] = byName;
  }
  return list;
}

function fromOracle(fields: Fields, version: ProtocolVersion): Packet {
  const type = PacketType[fields['cmd'] as keyof typeof PacketType];
  const packetId = (fields['messageId'] ?? 0) as number;
  const properties = fromProperties(fields['properties']);
  const reasonCode = fields['reasonCode'] ?? fields['returnCode'] ?? 0;
  switch (type) {
    case PacketType.connect:
      return fromConnect(fields);
    case PacketType.connack:
      return { type, sessionPresent: fields['sessionPresent'], reasonCode, properties } as Packet;
    case PacketType.publish: {
      const { dup, qos, retain, topic } = fields;
      const payload = Buffer.from(fields['payload'] as Buffer);
      return { type, dup, qos, retain, topic, packetId, properties, payload, frame: null } as Packet;
    }
    case PacketType.subscribe: {
      const entries = (fields['subscriptions'] as ISubscription[]).map(toEntry);
      return { type, packetId, entries, properties };
    }
    case PacketType.unsubscribe:
      return { type, packetId, filters: fields['unsubscriptions'], properties } as Packet;
    case PacketType.suback:
    case PacketType.unsuback:
      return { type, packetId, reasonCodes: fields['granted'] ?? [], properties } as Packet;
    case PacketType.disconnect:
    case PacketType.auth:
      return { type, reasonCode, properties } as Packet;
    case PacketType.pingreq:
    case PacketType.pingresp:
      return { type };
    default:
      return { type, packetId, reasonCode: version === 5 ? reasonCode : 0, properties } as AckPacket;
  }
}

function toEntry({ topic, qos, nl = false, rap = false, rh = 0 }: ISubscription): SubscribeEntry {
  return { filter: topic, qos, noLocal: nl, retainAsPublished: rap, retainHandling: rh as 0 | 1 | 2 };
}

function fromConnect(fields: Fields): Packet {
  const will = fields['will'] as Fields | undefined;
  return {
    type: PacketType.connect,
    version: fields['protocolVersion'],
    bridge: fields['bridgeMode'] ?? false,
    cleanStart: fields['clean'],
    keepAlive: fields['keepalive'],
    clientId: fields['clientId'],
    username: fields['username'],
    password: fields['password'],
    will: will && ({ ...will, properties: fromProperties(will['properties']) } as unknown as WillFields),
    properties: fromProperties(fields['properties']),
  } as ConnectPacket;
}

function fromProperties(given: unknown): Fields | null {
  if (given === undefined) return null;
  const { userProperties, subscriptionIdentifier, maximumQoS, ...rest } = given as Fields;
  const list: Record<string, unknown> = rest;
  if (subscriptionIdentifier !== undefined) list['subscriptionIdentifiers'] = [subscriptionIdentifier].flat();
  if (maximumQoS !== undefined) list['maximumQoS'] = maximumQoS === 1;
  if (userProperties !== undefined)
    list['userProperties'] = Object.entries(userProperties as { [name: string]: string | string[] }).flatMap(
      ([name, values]) => [values].flat().map((value) => [name, value]),
    );
  return list;
}
