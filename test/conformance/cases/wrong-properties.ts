import { properties, type Part, u16, u32, varint } from '../../kit/packets.ts';
import type { ReasonName } from '../../../src/codec/reason-codes.ts';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import { each } from '../kit/each.ts';
import { Flag, rawConnect } from '../kit/raw-connect.ts';

/** One property each that CONNECT may have. */
const PROPERTIES: Readonly<Record<string, readonly Part[]>> = {
  'Session Expiry Interval': [0x11, u32(1)],
  'Authentication Method': [0x15, 'TEST'],
  'Request Problem Information': [0x17, 1],
  'Request Response Information': [0x19, 1],
  'Receive Maximum': [0x21, u16(1)],
  'Topic Alias Maximum': [0x22, u16(1)],
  'Maximum Packet Size': [0x27, u32(100)],
};

/** One property each that a will may have. */
const WILL_PROPERTIES: Readonly<Record<string, readonly Part[]>> = {
  'Payload Format Indicator': [0x01, 1],
  'Message Expiry Interval': [0x02, u32(1)],
  'Content Type': [0x03, 'type'],
  'Response Topic': [0x08, 'topic'],
  'Correlation Data': [0x09, 'data'],
  'Will Delay Interval': [0x18, u32(1)],
};

/** Properties that CONNECT may not have: those of other packets, and identifiers that mean nothing. */
const FOREIGN: Readonly<Record<string, readonly Part[]>> = {
  'Subscription Identifier': [0x0b, 1],
  'Assigned Client Identifier': [0x12, 'id'],
  'Server Keep Alive': [0x13, u16(1)],
  'Response Information': [0x1a, 'a'],
  'Server Reference': [0x1c, 'a'],
  'Reason String': [0x1f, 'a'],
  'Topic Alias': [0x23, u16(1)],
  'Maximum QoS': [0x24, 1],
  'Retain Available': [0x25, 1],
  'Wildcard Subscription Available': [0x28, 1],
  'Subscription Identifiers Available': [0x29, 1],
  'Shared Subscription Available': [0x2a, 1],
  'identifier 0': [0x00, 1],
  'identifier 0x7F': [0x7f, 1],
  'identifier of two bytes': [varint(0x0111), 1],
};

/** Values that a property of CONNECT may not have. */
const VALUES: Readonly<Record<string, readonly Part[]>> = {
  'Receive Maximum 0': [0x21, u16(0)],
  'Maximum Packet Size 0': [0x27, u32(0)],
  'Request Problem Information 2': [0x17, 2],
  'Request Response Information 2': [0x19, 2],
  'Authentication Data without a method': [0x16, 'data'],
};

const WILL_VALUES: Readonly<Record<string, readonly Part[]>> = { 'Payload Format Indicator 2': [0x01, 2] };

/** A CONNECT with these properties, or these properties of its will. */
function connectWith(list: readonly Part[]): Buffer {
  return rawConnect(5, { properties: properties(...list) });
}

function willWith(list: readonly Part[]): Buffer {
  const flags = Flag.cleanStart | Flag.will;
  return rawConnect(5, { flags, payload: ['id', properties(...list), 'topic', 'payload'] });
}

/** None of these packets, which `connect` makes of properties, is accepted. */
function refused(
  connect: (list: readonly Part[]) => Buffer,
  lists: Readonly<Record<string, readonly Part[]>>,
  reason: ReasonName,
): Case['run'] {
  return (scene) =>
    each(Object.entries(lists), async ([, list]) => {
      const client = await scene.open();
      client.send(connect(list));
      await client.expectNoConnection(reason);
    });
}

function twice(lists: Readonly<Record<string, readonly Part[]>>): Record<string, readonly Part[]> {
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list, ...list]]));
}

function cut(lists: Readonly<Record<string, readonly Part[]>>): Record<string, readonly Part[]> {
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [properties(...list).subarray(1, -1)]]));
}

/** Properties of CONNECT that are wrong (sections 3.1.2.11, 3.1.3.2, 3.1.4). */
export const wrongPropertyCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.1.4-1'],
    'a CONNECT with a property twice is not accepted',
    ONLY_5,
    refused(connectWith, twice(PROPERTIES), 'protocol_error'),
  ),
  statement(
    ['5.0:MQTT-3.1.4-1'],
    'a CONNECT with a property that may not stand there is not accepted',
    ONLY_5,
    refused(connectWith, { ...FOREIGN, ...WILL_PROPERTIES }, 'malformed_packet'),
  ),
  statement(
    ['5.0:MQTT-3.1.4-1'],
    'a CONNECT with a value that a property may not have is not accepted',
    ONLY_5,
    refused(connectWith, VALUES, 'protocol_error'),
  ),
  statement(
    ['5.0:MQTT-3.1.4-1'],
    'a CONNECT whose properties end within one is not accepted',
    ONLY_5,
    refused(connectWith, cut(PROPERTIES), 'malformed_packet'),
  ),
  statement(
    ['5.0:MQTT-3.1.4-1'],
    'a will with a property twice is not accepted',
    ONLY_5,
    refused(willWith, twice(WILL_PROPERTIES), 'protocol_error'),
  ),
  statement(
    ['5.0:MQTT-3.1.4-1'],
    'a will with a property that may not stand there is not accepted',
    ONLY_5,
    refused(willWith, { ...FOREIGN, ...PROPERTIES }, 'malformed_packet'),
  ),
  statement(
    ['5.0:MQTT-3.1.4-1'],
    'a will with a value that a property may not have is not accepted',
    ONLY_5,
    refused(willWith, WILL_VALUES, 'protocol_error'),
  ),
];
