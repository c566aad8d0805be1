/** A growing buffer with the field types of MQTT; for the packets that are not on the road of a PUBLISH. */
export class Writer {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 64) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written: a view. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#reserve(2);
    this.#bytes.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.u8(rest);
  }

  utf8(value: string): void {
    const length = Buffer.byteLength(value);
    this.u16(length);
    const at = this.#reserve(length);
    this.#bytes.write(value, at, length);
  }

  binary(value: Buffer): void {
    this.u16(value.length);
    this.raw(value);
  }

  raw(value: Buffer): void {
    const at = this.#reserve(value.length);
    value.copy(this.#bytes, at);
  }

  /** A writer for a part whose length stands before it; `append` puts it in. */
  lengthPrefixed(): Writer {
    return new Writer();
  }

  append(part: Writer): void {
    this.varint(part.length);
    this.raw(part.bytes());
  }

  #reserve(size: number): number {
    const at = this.#length;
    if (at + size > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(at + size, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = at + size;
    return at;
  }
}
