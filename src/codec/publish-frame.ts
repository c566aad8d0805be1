import type { ProtocolVersion, QoS } from './packets.ts';
import { type PublishProperties, writeProperties } from './properties.ts';
import { Writer } from './writer.ts';

/**
 * A PUBLISH encoded once and copied to many receivers: only its first byte (DUP, QoS, RETAIN), its packet identifier
 * and its topic alias differ among those that share it.
 */
export interface PublishFrame {
  /** The packet, or everything before the payload when `tail` has that. The first byte has no flags. */
  readonly frame: Buffer;
  /** Where the two bytes of the packet identifier are; 0 at QoS 0. */
  readonly packetIdAt: number;
  /** Where the two bytes of the topic alias are; 0 where there is none. */
  readonly aliasAt: number;
  /** A large payload, shared by reference; null when it is in `frame`. */
  readonly tail: Buffer | null;
}

/** Bytes of the largest packet that there can be: the remaining length has four bytes of seven bits. */
export const LARGEST_PACKET = 5 + 268_435_455;

interface PublishFields {
  readonly topic: string;
  readonly properties: PublishProperties | null;
}

/** Encodes a PUBLISH; with `tail` the payload stays out of the frame and is referred to. */
export function encodePublish(
  fields: PublishFields,
  payload: Buffer,
  version: ProtocolVersion,
  qos: QoS,
  tail = false,
): PublishFrame {
  const properties = version === 5 ? encodeProperties(fields.properties) : NOTHING;
  const topicLength = Buffer.byteLength(fields.topic);
  const remaining = 2 + topicLength + (qos > 0 ? 2 : 0) + properties.length + payload.length;
  const lengthBytes = remaining < 128 ? 1 : remaining < 16_384 ? 2 : remaining < 2_097_152 ? 3 : 4;
  const frame = Buffer.allocUnsafe(1 + lengthBytes + remaining - (tail ? payload.length : 0));
  frame[0] = 0x30;
  let at = 1;
  let rest = remaining;
  while (rest > 127) {
    frame[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  frame[at++] = rest;
  frame[at++] = topicLength >> 8;
  frame[at++] = topicLength & 255;
  frame.write(fields.topic, at, topicLength);
  at += topicLength;
  const packetIdAt = qos > 0 ? at : 0;
  if (qos > 0) at += 2;
  const hasAlias = version === 5 && fields.properties?.topicAlias !== undefined;
  const aliasAt = hasAlias ? at + lengthOfLength(properties.length) + 1 : 0;
  if (properties.length > 0) {
    properties.copy(frame, at);
    at += properties.length;
  }
  if (tail) return { frame, packetIdAt, aliasAt, tail: payload };
  payload.copy(frame, at);
  return { frame, packetIdAt, aliasAt, tail: null };
}

/** Bytes of the length before a property list that takes `size` bytes with it. */
function lengthOfLength(size: number): number {
  return size <= 128 ? 1 : size <= 16_385 ? 2 : size <= 2_097_154 ? 3 : 4;
}

function encodeProperties(properties: PublishProperties | null): Buffer {
  if (properties === null) return NO_PROPERTIES;
  const writer = new Writer();
  writeProperties(writer, properties);
  return writer.bytes();
}

const NOTHING = Buffer.alloc(0);
const NO_PROPERTIES = Buffer.from([0]);
