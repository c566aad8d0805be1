import type { ProtocolVersion } from '../../../src/codec/packets.ts';
import { bytes, packet, type Part, properties, u16 } from '../../kit/packets.ts';

/** The bytes of a CONNECT, right or wrong, from its fields. */
export interface RawConnect {
  readonly name?: string;
  readonly level?: number;
  /** The connect flags; 0x02, Clean Start and nothing else, where they are left out. */
  readonly flags?: number;
  /** Seconds; 0 where it is left out. */
  readonly keepAlive?: number;
  /** With its length, 5.0 only; the empty list where it is left out. */
  readonly properties?: Buffer;
  /** The client identifier `raw` where it is left out. */
  readonly payload?: readonly Part[];
}

/** A flag of CONNECT, by the names of section 3.1.2. */
export const Flag = { cleanStart: 0x02, will: 0x04, willRetain: 0x20, password: 0x40, username: 0x80 } as const;

/** Variable header and payload of a CONNECT of `version`. */
export function connectBody(version: ProtocolVersion, fields: RawConnect = {}): Buffer {
  const { name = version === 3 ? 'MQIsdp' : 'MQTT', level = version, flags = Flag.cleanStart, keepAlive = 0 } = fields;
  const list = version === 5 ? (fields.properties ?? properties()) : Buffer.alloc(0);
  return bytes(name, level, flags, u16(keepAlive), list, ...(fields.payload ?? ['raw']));
}

/** A CONNECT of `version` for `Client.send`. */
export function rawConnect(version: ProtocolVersion, fields: RawConnect = {}): Buffer {
  return packet(0x10, connectBody(version, fields));
}
