import { malformed, protocolError } from './errors.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** The value of each wire type of a property (5.0, section 2.2.2.2). A `flag` is a byte that may only be 0 or 1. */
interface Kinds {
  flag: boolean;
  u16: number;
  u32: number;
  varint: number;
  utf8: string;
  binary: Buffer;
}

/** Packets that carry properties; `will` stands for the will's own list inside CONNECT. */
type Place =
  | 'connect'
  | 'will'
  | 'connack'
  | 'publish'
  | 'puback'
  | 'pubrec'
  | 'pubrel'
  | 'pubcomp'
  | 'subscribe'
  | 'suback'
  | 'unsubscribe'
  | 'unsuback'
  | 'disconnect'
  | 'auth';

/** One property a row: identifier, name, wire type, where it may stand, and `nonzero` where 0 is an error. */
const SINGLE = [
  [0x01, 'payloadFormatIndicator', 'flag', ['publish', 'will']],
  [0x02, 'messageExpiryInterval', 'u32', ['publish', 'will']],
  [0x03, 'contentType', 'utf8', ['publish', 'will']],
  [0x08, 'responseTopic', 'utf8', ['publish', 'will']],
  [0x09, 'correlationData', 'binary', ['publish', 'will']],
  [0x11, 'sessionExpiryInterval', 'u32', ['connect', 'connack', 'disconnect']],
  [0x12, 'assignedClientIdentifier', 'utf8', ['connack']],
  [0x13, 'serverKeepAlive', 'u16', ['connack']],
  [0x15, 'authenticationMethod', 'utf8', ['connect', 'connack', 'auth']],
  [0x16, 'authenticationData', 'binary', ['connect', 'connack', 'auth']],
  [0x17, 'requestProblemInformation', 'flag', ['connect']],
  [0x18, 'willDelayInterval', 'u32', ['will']],
  [0x19, 'requestResponseInformation', 'flag', ['connect']],
  [0x1a, 'responseInformation', 'utf8', ['connack']],
  [0x1c, 'serverReference', 'utf8', ['connack', 'disconnect']],
  [
    0x1f,
    'reasonString',
    'utf8',
    ['connack', 'puback', 'pubrec', 'pubrel', 'pubcomp', 'suback', 'unsuback', 'disconnect', 'auth'],
  ],
  [0x21, 'receiveMaximum', 'u16', ['connect', 'connack'], 'nonzero'],
  [0x22, 'topicAliasMaximum', 'u16', ['connect', 'connack']],
  [0x23, 'topicAlias', 'u16', ['publish']],
  [0x24, 'maximumQoS', 'flag', ['connack']],
  [0x25, 'retainAvailable', 'flag', ['connack']],
  [0x27, 'maximumPacketSize', 'u32', ['connect', 'connack'], 'nonzero'],
  [0x28, 'wildcardSubscriptionAvailable', 'flag', ['connack']],
  [0x29, 'subscriptionIdentifiersAvailable', 'flag', ['connack']],
  [0x2a, 'sharedSubscriptionAvailable', 'flag', ['connack']],
] as const;

const SUBSCRIPTION_IDENTIFIER = 0x0b;
const USER_PROPERTY = 0x26;

type Single = (typeof SINGLE)[number];
type RowIn<P extends Place, Row extends Single = Single> = Row extends Single
  ? P extends Row[3][number]
    ? Row
    : never
  : never;

/** The properties that may stand in the packet (or will) `P`. */
export type PropertiesOf<P extends Place> = {
  -readonly [Row in RowIn<P> as Row[1]]?: Kinds[Row[2]];
} & {
  /** Name and value pairs, in the order of the packet; a name may occur several times. */
  userProperties?: [name: string, value: string][];
} & (P extends 'publish' | 'subscribe' ? { subscriptionIdentifiers?: number[] } : unknown);

export type ConnectProperties = PropertiesOf<'connect'>;
export type WillProperties = PropertiesOf<'will'>;
export type PublishProperties = PropertiesOf<'publish'>;

interface Definition {
  readonly id: number;
  readonly name: string;
  readonly kind: keyof Kinds;
  readonly places: ReadonlySet<Place>;
  readonly nonzero: boolean;
}

const ROWS: (Definition | undefined)[] = [];
for (const [id, name, kind, places, nonzero] of SINGLE)
  ROWS[id] = { id, name, kind, places: new Set<Place>(places), nonzero: nonzero === 'nonzero' };
/** In the order of writing: the topic alias stands first, so that its place in a PUBLISH is known. */
const ROW_LIST = ROWS.filter((row) => row !== undefined).toSorted((a, b) => rank(a) - rank(b));

function rank({ name }: Definition): number {
  return name === 'topicAlias' ? 0 : 1;
}

/**
 * Reads a property list with its length. Returns null for an empty list, so that the usual packet costs no object.
 * Throws ProtocolError for an unknown property, one that may not stand here, or one that occurs twice.
 */
export function readProperties<P extends Place>(reader: Reader, place: P): PropertiesOf<P> | null {
  const length = reader.varint();
  if (length === 0) return null;
  const end = reader.at + length;
  if (end > reader.end) throw malformed('properties reach beyond the end of the packet');
  // While the list is read, the packet ends where the list does: no property reaches into what follows.
  const endOfPacket = reader.end;
  reader.end = end;
  const values: Record<string, unknown> = {};
  while (reader.at < end) {
    const id = reader.varint();
    if (id === USER_PROPERTY)
      ((values['userProperties'] ??= []) as [string, string][]).push([reader.utf8(), reader.utf8()]);
    else if (id === SUBSCRIPTION_IDENTIFIER) readSubscriptionIdentifier(reader, place, values);
    else readSingle(reader, place, id, values);
  }
  reader.end = endOfPacket;
  return values as PropertiesOf<P>;
}

function readSingle(reader: Reader, place: Place, id: number, values: Record<string, unknown>): void {
  const row = ROWS[id];
  if (row === undefined) throw malformed(`unknown property 0x${id.toString(16)}`);
  if (!row.places.has(place)) throw malformed(`property ${row.name} in ${place}`); // 5.0, section 2.2.2.2
  if (row.name in values) throw protocolError(`property ${row.name} twice`);
  const value = readValue(reader, row.kind);
  if (row.nonzero && value === 0) throw protocolError(`property ${row.name} is 0`);
  values[row.name] = value;
}

function readSubscriptionIdentifier(reader: Reader, place: Place, values: Record<string, unknown>): void {
  if (place !== 'publish' && place !== 'subscribe') throw malformed(`subscription identifier in ${place}`);
  if (place === 'subscribe' && 'subscriptionIdentifiers' in values)
    throw protocolError('subscription identifier twice');
  const id = reader.varint();
  if (id === 0) throw protocolError('subscription identifier is 0');
  ((values['subscriptionIdentifiers'] ??= []) as number[]).push(id);
}

function readValue(reader: Reader, kind: keyof Kinds): Kinds[keyof Kinds] {
  switch (kind) {
    case 'flag': {
      const byte = reader.u8();
      if (byte > 1) throw protocolError('a property that may be 0 or 1 is neither');
      return byte === 1;
    }
    case 'u16':
      return reader.u16();
    case 'u32':
      return reader.u32();
    case 'varint':
      return reader.varint();
    case 'utf8':
      return reader.utf8();
    case 'binary':
      return Buffer.from(reader.binary());
  }
}

/** A property list of any packet, as the writer takes it. */
export type AnyProperties = { readonly [name: string]: unknown };

/** Writes a property list with its length; null writes the empty list. */
export function writeProperties(writer: Writer, properties: AnyProperties | null): void {
  if (properties === null) {
    writer.u8(0);
    return;
  }
  const list = writer.lengthPrefixed();
  for (const row of ROW_LIST) {
    const value = properties[row.name];
    if (value === undefined) continue;
    list.u8(row.id);
    writeValue(list, row.kind, value);
  }
  for (const id of (properties['subscriptionIdentifiers'] as number[] | undefined) ?? []) {
    list.u8(SUBSCRIPTION_IDENTIFIER);
    list.varint(id);
  }
  for (const [name, value] of (properties['userProperties'] as [string, string][] | undefined) ?? []) {
    list.u8(USER_PROPERTY);
    list.utf8(name);
    list.utf8(value);
  }
  writer.append(list);
}

function writeValue(writer: Writer, kind: keyof Kinds, value: unknown): void {
  switch (kind) {
    case 'flag':
      return writer.u8(value === true ? 1 : 0);
    case 'u16':
      return writer.u16(value as number);
    case 'u32':
      return writer.u32(value as number);
    case 'varint':
      return writer.varint(value as number);
    case 'utf8':
      return writer.utf8(value as string);
    case 'binary':
      return writer.binary(value as Buffer);
  }
}
