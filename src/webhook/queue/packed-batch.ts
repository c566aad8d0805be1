import { laneAt, lengthAt, recordCost, sinceAt } from '../events/record.ts';

/** Records of a batch as they came, one behind the other in a buffer. */
export class PackedBatch {
  readonly #bytes: Buffer;
  /** Where the first and what is behind the last one is. */
  #at = 0;
  readonly #end: number;
  #events: number;

  /** Has those records of a batch that are `wanted`. The batch's bytes are moved together. */
  constructor(batch: ArrayBuffer | Buffer, wanted: (lane: number, cost: number) => boolean) {
    const bytes = Buffer.isBuffer(batch) ? batch : Buffer.from(batch);
    let events = 0;
    let end = 0;
    for (let at = 0; at < bytes.length;) {
      const length = lengthAt(bytes, at);
      if (wanted(laneAt(bytes, at), recordCost({ length }))) {
        if (end < at) bytes.copyWithin(end, at, at + length);
        end += length;
        events++;
      }
      at += length;
    }
    // A few events that are left of a large batch need not hold all of it.
    this.#bytes = end * 2 < bytes.length ? Buffer.from(bytes.subarray(0, end)) : bytes;
    this.#end = end;
    this.#events = events;
  }

  get events(): number {
    return this.#events;
  }

  /** Bytes of the records. */
  get bytes(): number {
    return this.#end - this.#at;
  }

  /** When the first event happened, milliseconds since the Unix epoch; null without one. */
  get oldest(): number | null {
    return this.#events === 0 ? null : sinceAt(this.#bytes, this.#at);
  }

  /** Calls `each` with the lane of every record and where it is in the buffer. */
  each(each: (lane: number, buffer: Buffer, start: number, end: number) => void): void {
    for (let at = this.#at; at < this.#end;) {
      const start = at;
      at += lengthAt(this.#bytes, at);
      each(laneAt(this.#bytes, start), this.#bytes, start, at);
    }
  }

  /** Removes the first record; its lane and what it cost, null when there is none. */
  shift(): { readonly lane: number; readonly cost: number } | null {
    if (this.#events === 0) return null;
    const length = lengthAt(this.#bytes, this.#at);
    const lane = laneAt(this.#bytes, this.#at);
    this.#at += length;
    this.#events--;
    return { lane, cost: recordCost({ length }) };
  }
}
