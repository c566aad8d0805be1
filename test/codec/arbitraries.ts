import * as fc from 'fast-check';
import {
  type AckPacket,
  type AuthPacket,
  type ConnackPacket,
  type ConnectPacket,
  type DisconnectPacket,
  type Packet,
  PacketType,
  type ProtocolVersion,
  type PublishPacket,
  type SubackPacket,
  type SubscribePacket,
  type UnsubackPacket,
  type UnsubscribePacket,
  type WillFields,
} from '../../src/codec/packets.ts';
import { type Kind, NONZERO, type Place, PROPERTIES } from './property-table.ts';

// Reason codes that the specification allows in each packet (5.0, sections 3.2.2.2 to 3.15.2.1).
const CONNACK_CODES = [0, 0x80, 0x81, 0x84, 0x85, 0x86, 0x87, 0x88, 0x8a, 0x95, 0x9d, 0x9f];
const PUBACK_CODES = [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const PUBREL_CODES = [0, 0x92];
const SUBACK_CODES = [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2];
const UNSUBACK_CODES = [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91];
const DISCONNECT_CODES = [0, 4, 0x80, 0x81, 0x82, 0x8b, 0x8d, 0x8e, 0x93, 0x95, 0x9c, 0xa0, 0xa2];
const AUTH_CODES = [0x18, 0x19];

/** Any text that MQTT allows: all of Unicode but U+0000; the replacement character and the byte order mark often. */
const text = fc
  .oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
    fc.constantFrom('', '\ufeffa', '\ufffd', 'a/b/c', 'ä€🦊', 'x'.repeat(300)),
  )
  .map((value) => value.replaceAll('\0', '0'));
const nonEmpty = text.map((value) => (value === '' ? 'a' : value));
/** Without it a record has no prototype, and nothing decoded is deeply equal to it. */
const PLAIN = { noNullPrototype: true } as const;
const data = fc.uint8Array({ maxLength: 200 }).map((value) => Buffer.from(value));
const u16 = fc.nat(0xffff);
const packetId = fc.integer({ min: 1, max: 0xffff });
const qos = fc.constantFrom<(0 | 1 | 2)[]>(0, 1, 2);

/**
 * User properties with the values of one name side by side and no value empty: the oracle keeps them in an object, and
 * loses every other order and the empty ones.
 */
const userProperties = fc
  .uniqueArray(fc.tuple(nonEmpty, fc.array(nonEmpty, { minLength: 1, maxLength: 2 })), {
    minLength: 1,
    maxLength: 3,
    selector: ([name]) => name,
  })
  .map((groups) => groups.flatMap(([name, values]) => values.map((value) => [`n${name}`, value])));

function valueOf(kind: Kind, nonzero: boolean, place: Place): fc.Arbitrary<unknown> {
  const min = nonzero ? 1 : 0;
  switch (kind) {
    case 'flag':
      return fc.boolean();
    case 'u16':
      return fc.integer({ min, max: 0xffff });
    case 'u32':
      return fc.integer({ min, max: 0xffffffff });
    case 'utf8':
      return text;
    case 'binary':
      return data;
    case 'varint':
      return fc.array(fc.integer({ min: 1, max: 0xfffffff }), {
        minLength: 1,
        maxLength: place === 'subscribe' ? 1 : 3,
      });
    case 'pair':
      return userProperties;
  }
}

/** Property lists of a packet; null for the empty one, as the decoder has it. */
function propertiesOf<T>(place: Place): fc.Arbitrary<T | null> {
  const rows = PROPERTIES.filter(({ places }) => places.includes(place));
  const model = rows.map(({ name, kind }) => [name, valueOf(kind, NONZERO.has(name), place)] as const);
  return fc.record(Object.fromEntries(model), { requiredKeys: [], ...PLAIN }).map((values): T | null => {
    const list: Record<string, unknown> = values;
    if (list['authenticationData'] !== undefined) list['authenticationMethod'] ??= 'SCRAM';
    return Object.keys(list).length === 0 ? null : (list as T);
  });
}

/** Only 5.0 has properties. */
function propertiesIn<T>(version: ProtocolVersion, place: Place): fc.Arbitrary<T | null> {
  return version === 5 ? propertiesOf(place) : fc.constant(null);
}

/** What differs by version: all reason codes in 5.0, only `older` before. */
function codes(version: ProtocolVersion, all: readonly number[], older: readonly number[]): fc.Arbitrary<number> {
  return fc.constantFrom(...(version === 5 ? all : older));
}

function will(version: ProtocolVersion): fc.Arbitrary<WillFields> {
  return fc.record(
    {
      topic: nonEmpty,
      payload: data,
      qos,
      retain: fc.boolean(),
      properties: propertiesIn<WillFields['properties'] & object>(version, 'will'),
    },
    PLAIN,
  );
}

function connect(version: ProtocolVersion): fc.Arbitrary<ConnectPacket> {
  const nobody = fc.constant({ username: undefined, password: undefined });
  const somebody = fc.record({ username: text, password: fc.option(data, { nil: undefined }) }, PLAIN);
  const fields = fc.record(
    {
      type: fc.constant(PacketType.connect),
      version: fc.constant(version),
      bridge: version === 5 ? fc.constant(false) : fc.boolean(),
      cleanStart: fc.boolean(),
      keepAlive: u16,
      clientId: nonEmpty,
      will: fc.option(will(version), { nil: undefined }),
      properties: propertiesIn<ConnectPacket['properties'] & object>(version, 'connect'),
    },
    PLAIN,
  );
  return fc
    .tuple(fields, fc.oneof(nobody, somebody))
    .map(([packet, credentials]) => Object.assign(packet, credentials));
}

function connack(version: ProtocolVersion): fc.Arbitrary<ConnackPacket> {
  return fc.record(
    {
      type: fc.constant(PacketType.connack),
      sessionPresent: fc.boolean(),
      reasonCode: codes(version, CONNACK_CODES, [0, 1, 2, 3, 4, 5]),
      properties: propertiesIn<ConnackPacket['properties'] & object>(version, 'connack'),
    },
    PLAIN,
  );
}

function publish(version: ProtocolVersion): fc.Arbitrary<PublishPacket> {
  const fields = {
    type: fc.constant(PacketType.publish),
    retain: fc.boolean(),
    topic: version === 5 ? text : nonEmpty,
    properties: propertiesIn<PublishPacket['properties'] & object>(version, 'publish'),
    payload: data,
    frame: fc.constant(null),
  };
  const dup = fc.boolean();
  const mayRepeat = version === 3 ? dup : fc.constant(false);
  const atMostOnce = fc.record({ ...fields, qos: fc.constant<0>(0), packetId: fc.constant(0), dup: mayRepeat }, PLAIN);
  const acknowledged = fc.record({ ...fields, qos: fc.constantFrom<(1 | 2)[]>(1, 2), packetId, dup }, PLAIN);
  return fc.oneof(atMostOnce, acknowledged);
}

function ack(version: ProtocolVersion, place: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'): fc.Arbitrary<AckPacket> {
  const all = place === 'puback' || place === 'pubrec' ? PUBACK_CODES : PUBREL_CODES;
  return fc.record(
    {
      type: fc.constant(PacketType[place]),
      packetId,
      reasonCode: codes(version, all, [0]),
      properties: propertiesIn<AckPacket['properties'] & object>(version, place),
    },
    PLAIN,
  );
}

function subscribe(version: ProtocolVersion): fc.Arbitrary<SubscribePacket> {
  const flag = version === 5 ? fc.boolean() : fc.constant(false);
  const entry = fc.record(
    {
      filter: text,
      qos,
      noLocal: flag,
      retainAsPublished: flag,
      retainHandling: version === 5 ? qos : fc.constant<0>(0),
    },
    PLAIN,
  );
  return fc.record(
    {
      type: fc.constant(PacketType.subscribe),
      packetId,
      entries: fc.array(entry, { minLength: 1, maxLength: 4 }),
      properties: propertiesIn<SubscribePacket['properties'] & object>(version, 'subscribe'),
    },
    PLAIN,
  );
}

function suback(version: ProtocolVersion): fc.Arbitrary<SubackPacket> {
  return fc.record(
    {
      type: fc.constant(PacketType.suback),
      packetId,
      reasonCodes: fc.array(codes(version, SUBACK_CODES, [0, 1, 2, 0x80]), { minLength: 1, maxLength: 5 }),
      properties: propertiesIn<SubackPacket['properties'] & object>(version, 'suback'),
    },
    PLAIN,
  );
}

function unsubscribe(version: ProtocolVersion): fc.Arbitrary<UnsubscribePacket> {
  return fc.record(
    {
      type: fc.constant(PacketType.unsubscribe),
      packetId,
      filters: fc.array(text, { minLength: 1, maxLength: 4 }),
      properties: propertiesIn<UnsubscribePacket['properties'] & object>(version, 'unsubscribe'),
    },
    PLAIN,
  );
}

function unsuback(version: ProtocolVersion): fc.Arbitrary<UnsubackPacket> {
  const reasonCodes = fc.array(fc.constantFrom(...UNSUBACK_CODES), { minLength: 1, maxLength: 5 });
  return fc.record(
    {
      type: fc.constant(PacketType.unsuback),
      packetId,
      reasonCodes: version === 5 ? reasonCodes : fc.constant([]),
      properties: propertiesIn<UnsubackPacket['properties'] & object>(version, 'unsuback'),
    },
    PLAIN,
  );
}

function disconnect(version: ProtocolVersion): fc.Arbitrary<DisconnectPacket> {
  return fc.record(
    {
      type: fc.constant(PacketType.disconnect),
      reasonCode: codes(version, DISCONNECT_CODES, [0]),
      properties: propertiesIn<DisconnectPacket['properties'] & object>(version, 'disconnect'),
    },
    PLAIN,
  );
}

const auth: fc.Arbitrary<AuthPacket> = fc.record(
  {
    type: fc.constant(PacketType.auth),
    reasonCode: fc.constantFrom(...AUTH_CODES),
    properties: propertiesOf<AuthPacket['properties'] & object>('auth'),
  },
  PLAIN,
);

/** A valid packet of `version`, every type with the same likelihood. `frame` is null, whatever the decoder makes of it. */
export function packetOf(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const all: fc.Arbitrary<Packet>[] = [
    connect(version),
    connack(version),
    publish(version),
    ack(version, 'puback'),
    ack(version, 'pubrec'),
    ack(version, 'pubrel'),
    ack(version, 'pubcomp'),
    subscribe(version),
    suback(version),
    unsubscribe(version),
    unsuback(version),
    fc.constantFrom({ type: PacketType.pingreq }, { type: PacketType.pingresp }),
    disconnect(version),
  ];
  if (version === 5) all.push(auth);
  return fc.oneof(...all);
}

/** Where to cut the bytes of a test, in thousandths of their length. */
export const cuts = fc.array(fc.nat(1000), { maxLength: 12 });
