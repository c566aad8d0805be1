import {
  ABSENT,
  CLIENT_SEQUENCE_AT,
  EVENT_AT,
  HEADER_BYTES,
  NOT_ASCII,
  SEQUENCE_AT,
  SINCE_AT,
  TIME_AT,
  type StoredRecord,
} from './record.ts';

/**
 * Reads a record; the methods read one after another what the writer's have written. Texts are cut out of the record as
 * they are, where they are ASCII: for the short ones of an event that is a few times faster than to decode bytes.
 */
export class RecordReader {
  #record: StoredRecord = '';
  #at = 0;
  readonly #scratch = new Uint8Array(8);
  readonly #scratchView = new DataView(this.#scratch.buffer);
  /** The event's number in the table. */
  event = 0;
  /** The event's number among those of its endpoint in its broker run, from 1. */
  sequence = 0;
  /** The same among those of its client. */
  clientSequence = 0;
  /** When it happened, milliseconds since the Unix epoch. */
  time = 0;
  /** Since when it waits: the same, unless it was sent again by hand. */
  since = 0;
  /** Empty for an event without a client. */
  clientId = '';

  /** Goes to the beginning of `record`: the fields have what every record has, the methods read what its event adds. */
  open(record: StoredRecord): void {
    this.#record = record;
    this.event = record.charCodeAt(EVENT_AT);
    this.sequence = this.#float64At(SEQUENCE_AT);
    this.clientSequence = this.#float64At(CLIENT_SEQUENCE_AT);
    this.time = this.#float64At(TIME_AT);
    this.since = this.#float64At(SINCE_AT);
    this.#at = HEADER_BYTES;
    this.clientId = this.text();
  }

  /** @throws {RangeError} when more was read than the record has. */
  close(): void {
    const isWhole = this.#at <= this.#record.length;
    this.#record = '';
    if (!isWhole) throw new RangeError('a record that is cut off');
  }

  byte(): number {
    return this.#record.charCodeAt(this.#at++);
  }

  uint16(): number {
    const at = this.#at;
    this.#at = at + 2;
    return this.#record.charCodeAt(at) | (this.#record.charCodeAt(at + 1) << 8);
  }

  float64(): number {
    this.#at += 8;
    return this.#float64At(this.#at - 8);
  }

  text(): string {
    const length = this.#length();
    return length < NOT_ASCII ? this.#slice(length) : this.#decode(length - NOT_ASCII);
  }

  optionalText(): string | undefined {
    const length = this.#length();
    if (length === ABSENT) return undefined;
    return length < NOT_ASCII ? this.#slice(length) : this.#decode(length - NOT_ASCII);
  }

  /** Bytes, one in each character. */
  bytes(): string {
    return this.#slice(this.#length());
  }

  #slice(length: number): string {
    const at = this.#at;
    this.#at = at + length;
    return this.#record.slice(at, at + length);
  }

  #decode(length: number): string {
    return Buffer.from(this.#slice(length), 'latin1').toString('utf8');
  }

  #length(): number {
    const record = this.#record;
    const at = this.#at;
    this.#at = at + 4;
    const low = record.charCodeAt(at) | (record.charCodeAt(at + 1) << 8) | (record.charCodeAt(at + 2) << 16);
    return low + record.charCodeAt(at + 3) * 0x100_0000;
  }

  #float64At(at: number): number {
    const record = this.#record;
    const scratch = this.#scratch;
    for (let i = 0; i < 8; i++) scratch[i] = record.charCodeAt(at + i);
    return this.#scratchView.getFloat64(0, true);
  }
}
