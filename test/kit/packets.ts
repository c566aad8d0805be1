/** A piece of a packet: a byte, a string with its length before it, or bytes as they are. */
export type Part = number | string | Buffer;

/** Any packet, right or wrong, from its first byte and the parts of its body: `packet(0x30, 'a/b', bytes(1, 2))`. */
export function packet(firstByte: number, ...parts: readonly Part[]): Buffer {
  const body = bytes(...parts);
  return Buffer.concat([Buffer.from([firstByte]), varint(body.length), body]);
}

export function bytes(...parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.map(bytesOf));
}

function bytesOf(part: Part): Buffer {
  if (typeof part === 'number') return Buffer.from([part]);
  return typeof part === 'string' ? binary(Buffer.from(part)) : part;
}

/** Bytes with their length before them. */
export function binary(content: Buffer): Buffer {
  return Buffer.concat([u16(content.length), content]);
}

/** A property list with its length before it. */
export function properties(...parts: readonly Part[]): Buffer {
  const list = bytes(...parts);
  return Buffer.concat([varint(list.length), list]);
}

export function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

export function u32(value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(value);
  return four;
}

/** Variable Byte Integer in its shortest form. */
export function varint(value: number): Buffer {
  const digits: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) digits.push((rest & 0x7f) | 0x80);
  return Buffer.from([...digits, rest]);
}
