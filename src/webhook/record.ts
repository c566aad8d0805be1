/**
 * What an event costs in the queue besides its record's bytes: the objects that hold it. It also bounds the number of
 * events that a queue of a given size can hold.
 */
const OVERHEAD_BYTES = 128;

/**
 * A record: its length (4 bytes, this field included), its event (1 byte), its lane (a text), then what the event adds.
 * Numbers are little-endian; texts and bytes have a length (4 bytes) in front.
 */
const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;

/** The length that stands for an optional text that is not there. */
const ABSENT = 0xffff_ffff;

const INITIAL_BYTES = 64 * 1024;
/** A buffer that one large event has grown beyond this is not kept. */
const KEPT_BYTES = 1024 * 1024;

/** Writes events as compact records, one after another, into a buffer that is used again for the next batch. */
export class RecordWriter {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #at = 0;
  /** Where writing must stop to look: the end of the buffer or of the room that the record may take. */
  #limit = 0;
  #room = 0;
  #fits = true;

  /**
   * Begins a record of `event` in `lane`. With the overhead of an event it may take `room` bytes; what does not fit is
   * not written, and `end` says so.
   */
  begin(event: number, lane: string, room: number): void {
    this.#start = this.#at;
    this.#room = room - OVERHEAD_BYTES;
    this.#limit = Math.min(this.#bytes.length, this.#start + this.#room);
    this.#fits = true;
    if (!this.#reserve(HEADER_BYTES)) return;
    this.#bytes[this.#at + LENGTH_BYTES] = event;
    this.#at += HEADER_BYTES;
    this.text(lane);
  }

  /** What the record costs in the queue, in bytes; 0 when it did not fit and is not part of the batch. */
  end(): number {
    if (!this.#fits) {
      this.#at = this.#start;
      return 0;
    }
    const length = this.#at - this.#start;
    this.#view.setUint32(this.#start, length, true);
    return length + OVERHEAD_BYTES;
  }

  byte(value: number): void {
    if (!this.#reserve(1)) return;
    this.#bytes[this.#at++] = value;
  }

  uint16(value: number): void {
    if (!this.#reserve(2)) return;
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  float64(value: number): void {
    if (!this.#reserve(8)) return;
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  text(value: string): void {
    // At most three bytes for a UTF-16 unit; only near the limit it is worth counting.
    if (this.#at + 4 + value.length * 3 > this.#limit && !this.#reserve(4 + Buffer.byteLength(value))) return;
    const length = this.#bytes.write(value, this.#at + 4, 'utf8');
    this.#view.setUint32(this.#at, length, true);
    this.#at += 4 + length;
  }

  optionalText(value: string | undefined): void {
    if (value !== undefined) return this.text(value);
    if (!this.#reserve(4)) return;
    this.#view.setUint32(this.#at, ABSENT, true);
    this.#at += 4;
  }

  bytes(value: Uint8Array): void {
    if (!this.#reserve(4 + value.length)) return;
    this.#view.setUint32(this.#at, value.length, true);
    this.#bytes.set(value, this.#at + 4);
    this.#at += 4 + value.length;
  }

  /** The batch of finished records as a buffer of its own, to be transferred; null when there is none. */
  take(): ArrayBuffer | null {
    if (this.#at === 0) return null;
    const batch = this.#view.buffer.slice(0, this.#at);
    this.#at = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#replace(Buffer.allocUnsafeSlow(INITIAL_BYTES));
    return batch;
  }

  #reserve(bytes: number): boolean {
    return this.#at + bytes <= this.#limit || this.#grow(this.#at + bytes);
  }

  #grow(end: number): boolean {
    if (!this.#fits || end > this.#start + this.#room) {
      this.#fits = false;
      this.#limit = -1;
      return false;
    }
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#at);
      this.#replace(larger);
    }
    this.#limit = Math.min(this.#bytes.length, this.#start + this.#room);
    return true;
  }

  #replace(bytes: Buffer<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/**
 * A record's bytes, one in each character. A string takes little more memory than its bytes, and unlike a view it does
 * not keep the whole batch alive for one event that waits.
 */
export type StoredRecord = string;

/** Takes a batch apart: calls `each` with the lane and the bytes of every record, in order. */
export function splitBatch(batch: ArrayBuffer, each: (lane: string, record: StoredRecord) => void): void {
  const bytes = Buffer.from(batch);
  let at = 0;
  while (at < bytes.length) {
    const end = at + bytes.readUInt32LE(at);
    const lane = at + HEADER_BYTES + 4;
    each(bytes.toString('utf8', lane, lane + bytes.readUInt32LE(lane - 4)), bytes.toString('latin1', at, end));
    at = end;
  }
}

/** What a record costs in the queue, the same number that `RecordWriter.end` returned. */
export function recordCost(record: StoredRecord): number {
  return record.length + OVERHEAD_BYTES;
}

/** Reads a record; the methods read one after another what the writer's have written. */
export class RecordReader {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #at = 0;
  #end = 0;

  /** Whether something is left of the record: what an event adds at its end may be absent. */
  get hasMore(): boolean {
    return this.#at < this.#end;
  }

  /** Goes to the beginning of `record` and returns its event; the lane's text is what comes next. */
  open(record: StoredRecord): number {
    if (record.length > this.#bytes.length || this.#bytes.length > KEPT_BYTES)
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(record.length, INITIAL_BYTES));
    this.#bytes.write(record, 'latin1');
    this.#at = HEADER_BYTES;
    this.#end = record.length;
    return this.#bytes.readUInt8(LENGTH_BYTES);
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  uint16(): number {
    this.#at += 2;
    return this.#bytes.readUInt16LE(this.#at - 2);
  }

  float64(): number {
    this.#at += 8;
    return this.#bytes.readDoubleLE(this.#at - 8);
  }

  text(): string {
    const length = this.#length();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  optionalText(): string | undefined {
    if (this.#bytes.readUInt32LE(this.#at) !== ABSENT) return this.text();
    this.#at += 4;
    return undefined;
  }

  /** Valid until the next record is opened. */
  bytes(): Buffer {
    const length = this.#length();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #length(): number {
    this.#at += 4;
    return this.#bytes.readUInt32LE(this.#at - 4);
  }
}
