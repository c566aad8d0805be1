/**
 * What an event costs in the queue besides its record's bytes: the objects that hold it. It also bounds the number of
 * events that a queue of a given size can hold.
 */
const OVERHEAD_BYTES = 128;

/**
 * A record: its length (4 bytes, this field included), its event (1 byte), then as numbers of 8 bytes its lane, its
 * sequence numbers, its time and when it came into the queue, then the client id (a text) and what the event adds.
 * Numbers are little-endian; texts and bytes have a length (4 bytes) in front, whose highest bit says of a text that it
 * is not ASCII.
 */
export const HEADER_BYTES = 45;
export const EVENT_AT = 4;
const LANE_AT = 5;
export const SEQUENCE_AT = 13;
export const CLIENT_SEQUENCE_AT = 21;
export const TIME_AT = 29;
/** The same as the event's time, unless it was sent again by hand. */
export const SINCE_AT = 37;

/** Added to the length of a text that has more than ASCII: any other is read without being decoded. */
export const NOT_ASCII = 0x8000_0000;

/** The length that stands for an optional text that is not there. */
export const ABSENT = 0xffff_ffff;

const INITIAL_BYTES = 64 * 1024;
/** A buffer that one large event has grown beyond this is not kept. */
const KEPT_BYTES = 1024 * 1024;

/** Where an event comes from and the how manieth it is; see `RecordReader` for the numbers. */
export interface Origin {
  readonly clientId: string;
  /** What its client's events have in common, and few others have. */
  readonly lane: number;
  readonly sequence: number;
  readonly clientSequence: number;
}

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
   * Begins a record. With the overhead of an event it may take `room` bytes; what does not fit is not written, and
   * `end` says so.
   */
  begin(event: number, origin: Origin, time: number, room: number): void {
    this.#start = this.#at;
    this.#room = room - OVERHEAD_BYTES;
    this.#limit = Math.min(this.#bytes.length, this.#start + this.#room);
    this.#fits = true;
    if (!this.#reserve(HEADER_BYTES)) return;
    const at = this.#at;
    this.#bytes[at + EVENT_AT] = event;
    this.#view.setFloat64(at + LANE_AT, origin.lane, true);
    this.#view.setFloat64(at + SEQUENCE_AT, origin.sequence, true);
    this.#view.setFloat64(at + CLIENT_SEQUENCE_AT, origin.clientSequence, true);
    this.#view.setFloat64(at + TIME_AT, time, true);
    this.#view.setFloat64(at + SINCE_AT, time, true);
    this.#at = at + HEADER_BYTES;
    this.text(origin.clientId);
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
    // Only ASCII has as many bytes as UTF-16 units.
    this.#view.setUint32(this.#at, length === value.length ? length : length + NOT_ASCII, true);
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
export function splitBatch(batch: ArrayBuffer, each: (lane: number, record: StoredRecord) => void): void {
  const bytes = Buffer.from(batch);
  let at = 0;
  while (at < bytes.length) {
    const end = at + bytes.readUInt32LE(at);
    each(bytes.readDoubleLE(at + LANE_AT), bytes.toString('latin1', at, end));
    at = end;
  }
}

/** What a record costs in the queue, the same number that `RecordWriter.end` returned. */
export function recordCost(record: { readonly length: number }): number {
  return record.length + OVERHEAD_BYTES;
}

/** The length of the record that begins at `at` in a batch. */
export function lengthAt(batch: Buffer, at: number): number {
  return batch.readUInt32LE(at);
}

/** The lane of the record that begins at `at` in a batch. */
export function laneAt(batch: Buffer, at: number): number {
  return batch.readDoubleLE(at + LANE_AT);
}

/** Since when the event of the record that begins at `at` in a batch waits, milliseconds since the Unix epoch. */
export function sinceAt(batch: Buffer, at: number): number {
  return batch.readDoubleLE(at + SINCE_AT);
}

/** Since when the event of a record waits, milliseconds since the Unix epoch. */
export function recordSince(record: StoredRecord): number {
  return Buffer.from(record.slice(SINCE_AT, SINCE_AT + 8), 'latin1').readDoubleLE();
}

/** Makes the event of a record wait anew, from `since` on. */
export function setSince(record: Buffer, since: number): void {
  record.writeDoubleLE(since, SINCE_AT);
}
