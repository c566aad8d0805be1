import { decodeUtf8 } from './reader.ts';

const SLOTS = 4096;
/** Longer topics are decoded each time: rare, and the bytes that the cache holds stay bounded. */
const LONGEST = 128;

interface Entry {
  readonly hash: number;
  readonly bytes: Uint8Array;
  readonly topic: string;
}

/**
 * Topic names by their bytes. Publishers use the same few topics over and over: the string, its UTF-8 check and the
 * caller's own check are made once, and one string object for each topic makes later look-ups cheap. Bounded: a slot
 * for each hash, the newest wins.
 */
export class TopicCache {
  readonly #slots: (Entry | undefined)[] = Array.from({ length: SLOTS });
  readonly #check: (topic: string) => void;

  /** `check` throws for a topic that is not to be accepted; it is called once for each topic that is kept. */
  constructor(check: (topic: string) => void = () => {}) {
    this.#check = check;
  }

  /** The topic in `bytes[start, end)`; throws what `check` throws, or Malformed Packet. */
  read(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST || length === 0) return this.#decode(bytes, start, end);
    let hash = length;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    hash ^= hash >>> 15;
    const slot = hash & (SLOTS - 1);
    const entry = this.#slots[slot];
    if (entry !== undefined && entry.hash === hash && same(entry.bytes, bytes, start, length)) return entry.topic;
    const topic = this.#decode(bytes, start, end);
    this.#slots[slot] = { hash, bytes: Uint8Array.prototype.slice.call(bytes, start, end), topic };
    return topic;
  }

  #decode(bytes: Buffer, start: number, end: number): string {
    const topic = decodeUtf8(bytes, start, end);
    this.#check(topic);
    return topic;
  }
}

function same(kept: Uint8Array, bytes: Buffer, start: number, length: number): boolean {
  if (kept.length !== length) return false;
  for (let i = 0; i < length; i++) if (kept[i] !== bytes[start + i]) return false;
  return true;
}
