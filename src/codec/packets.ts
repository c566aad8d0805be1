import type { ConnectProperties, PropertiesOf, PublishProperties, WillProperties } from './properties.ts';

/** Control packet types (5.0, section 2.1.2): the high four bits of a packet's first byte. */
export const PacketType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const;

/** The protocol level of CONNECT: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
export type ProtocolVersion = 3 | 4 | 5;

export type QoS = 0 | 1 | 2;

/** A will as CONNECT carries it. */
export interface WillFields {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: WillProperties | null;
}

export interface ConnectPacket {
  readonly type: typeof PacketType.connect;
  readonly version: ProtocolVersion;
  /** The bit with which Mosquitto's bridges mark themselves in the protocol level of 3.1 and 3.1.1. */
  readonly bridge: boolean;
  readonly cleanStart: boolean;
  /** Seconds. */
  readonly keepAlive: number;
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
  readonly will: WillFields | undefined;
  readonly properties: ConnectProperties | null;
}

export interface ConnackPacket {
  readonly type: typeof PacketType.connack;
  readonly sessionPresent: boolean;
  /** Reason code of 5.0, return code of the older versions. */
  readonly reasonCode: number;
  readonly properties: PropertiesOf<'connack'> | null;
}

export interface PublishPacket {
  readonly type: typeof PacketType.publish;
  readonly dup: boolean;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Empty where a topic alias stands for it. */
  readonly topic: string;
  /** 0 at QoS 0. */
  readonly packetId: number;
  readonly properties: PublishProperties | null;
  /** A view on the bytes that were read: copy what outlives the call. */
  readonly payload: Buffer;
  /** The whole packet where it can be sent on as it is (QoS 0 without properties, before 5.0), else null; a view. */
  readonly frame: Buffer | null;
}

export interface AckPacket {
  readonly type:
    | typeof PacketType.puback
    | typeof PacketType.pubrec
    | typeof PacketType.pubrel
    | typeof PacketType.pubcomp;
  readonly packetId: number;
  readonly reasonCode: number;
  readonly properties: PropertiesOf<'puback'> | null;
}

/** One filter of a SUBSCRIBE with its options (5.0, section 3.8.3.1). */
export interface SubscribeEntry {
  readonly filter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
}

export interface SubscribePacket {
  readonly type: typeof PacketType.subscribe;
  readonly packetId: number;
  readonly entries: readonly SubscribeEntry[];
  readonly properties: PropertiesOf<'subscribe'> | null;
}

export interface SubackPacket {
  readonly type: typeof PacketType.suback;
  readonly packetId: number;
  readonly reasonCodes: readonly number[];
  readonly properties: PropertiesOf<'suback'> | null;
}

export interface UnsubscribePacket {
  readonly type: typeof PacketType.unsubscribe;
  readonly packetId: number;
  readonly filters: readonly string[];
  readonly properties: PropertiesOf<'unsubscribe'> | null;
}

export interface UnsubackPacket {
  readonly type: typeof PacketType.unsuback;
  readonly packetId: number;
  /** Empty before 5.0. */
  readonly reasonCodes: readonly number[];
  readonly properties: PropertiesOf<'unsuback'> | null;
}

interface PingPacket {
  readonly type: typeof PacketType.pingreq | typeof PacketType.pingresp;
}

export interface DisconnectPacket {
  readonly type: typeof PacketType.disconnect;
  readonly reasonCode: number;
  readonly properties: PropertiesOf<'disconnect'> | null;
}

export interface AuthPacket {
  readonly type: typeof PacketType.auth;
  readonly reasonCode: number;
  readonly properties: PropertiesOf<'auth'> | null;
}

export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | AckPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | UnsubackPacket
  | PingPacket
  | DisconnectPacket
  | AuthPacket;
