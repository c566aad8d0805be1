import { isUtf8 } from 'node:buffer';
import { malformed } from './errors.ts';

/** A cursor over the body of one packet; every read is checked against its end and throws Malformed Packet beyond it. */
export class Reader {
  bytes: Buffer = EMPTY;
  at = 0;
  end = 0;

  /** Puts the cursor on `bytes[at, end)`. */
  set(bytes: Buffer, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  u8(): number {
    if (this.at >= this.end) throw truncated();
    return this.bytes[this.at++] as number;
  }

  u16(): number {
    const { bytes, at } = this;
    if (at + 2 > this.end) throw truncated();
    this.at = at + 2;
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  }

  u32(): number {
    if (this.at + 4 > this.end) throw truncated();
    this.at += 4;
    return this.bytes.readUInt32BE(this.at - 4);
  }

  /** Variable Byte Integer, at most four bytes and in the shortest form [MQTT-1.5.5-1]. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) throw malformed('a variable byte integer is longer than needed');
        return value;
      }
    }
    throw malformed('a variable byte integer has more than four bytes');
  }

  /** Binary data with its length: a view. */
  binary(): Buffer {
    const length = this.u16();
    const start = this.at;
    if (start + length > this.end) throw truncated();
    this.at = start + length;
    return this.bytes.subarray(start, this.at);
  }

  /** UTF-8 string with its length; ill-formed UTF-8 and U+0000 are errors [MQTT-1.5.4-1,2]. */
  utf8(): string {
    const length = this.u16();
    const start = this.at;
    if (start + length > this.end) throw truncated();
    this.at = start + length;
    return decodeUtf8(this.bytes, start, this.at);
  }
}

/** The string in `bytes[start, end)`; throws Malformed Packet for ill-formed UTF-8 and U+0000. */
export function decodeUtf8(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  if (text.includes('\0')) throw malformed('a string has the character U+0000');
  // The replacement character is legal in a string, but also what ill-formed bytes turn into.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) throw malformed('a string is not UTF-8');
  return text;
}

function truncated(): Error {
  return malformed('the packet ends before its fields do');
}

const EMPTY = Buffer.alloc(0);
