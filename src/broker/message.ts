import type { QoS } from '../codec/packets.ts';
import type { PublishProperties } from '../codec/properties.ts';
import { encodePublish, type PublishFrame } from '../codec/publish-frame.ts';
import type { Client } from './client.ts';

export type { QoS } from '../codec/packets.ts';

/** What 5.0 forwards with a message; topic alias and subscription identifiers belong to one hop, not to it. */
export type MessageProperties = Omit<PublishProperties, 'topicAlias' | 'subscriptionIdentifiers'>;

/** What makes a message; see `Message`. */
export interface MessageFields {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: PublishProperties | null;
  readonly publisher: Client | null;
  readonly timestamp: number;
  readonly expiresAt: number;
}

/** From this size on, bytes, a payload is sent by reference: copying it to many receivers would cost more. */
const LARGE = 8 * 1024;

/** An application message: it belongs to nobody and knows no packet, connection or session. */
export class Message {
  readonly topic: string;
  readonly qos: QoS;
  /** The RETAIN flag as published. */
  readonly retain: boolean;
  /** What 5.0 forwards with the message; null when there is nothing. */
  readonly properties: PublishProperties | null;
  /** Who published it; null for the embedder's own messages. */
  readonly publisher: Client | null;
  /** When it was accepted, milliseconds since the Unix epoch. */
  readonly timestamp: number;
  /** When it expires on the broker's clock; Infinity for never. */
  readonly expiresAt: number;
  #payload: Buffer;
  #kept = false;
  #stored = false;
  /** The message encoded for each layout in use, while it is being routed. */
  #frames: (PublishFrame | null)[] | null = null;
  /** The last ones made for receivers with wishes of their own: mostly the next receiver has the same. */
  #variants: (Variant | null)[] | null = null;

  /** `frame` is the encoded packet in the layout "before 5.0, QoS 0" where there is one already. */
  constructor(fields: MessageFields, frame: Buffer | null = null) {
    this.topic = fields.topic;
    this.qos = fields.qos;
    this.retain = fields.retain;
    this.properties = fields.properties;
    this.publisher = fields.publisher;
    this.timestamp = fields.timestamp;
    this.expiresAt = fields.expiresAt;
    this.#payload = fields.payload;
    if (frame !== null && fields.payload.length < LARGE)
      this.#frames = [{ frame, packetIdAt: 0, aliasAt: 0, tail: null }, null, null, null];
  }

  /** Valid during the call in which the message was told, unless it was kept: copy what outlives it. */
  get payload(): Buffer {
    return this.#payload;
  }

  /** Bytes that the message takes where it is kept, roughly: the measure of queues. */
  get size(): number {
    let size = this.topic.length + this.#payload.length;
    if (this.properties === null) return size;
    for (const value of Object.values(this.properties)) size += sizeOf(value);
    return size;
  }

  /** Makes the message independent of the bytes that it came from, at the cost of one copy in its life. */
  keep(): this {
    if (!this.#kept) {
      this.#kept = true;
      this.#payload = Buffer.from(this.#payload);
      this.release();
    }
    return this;
  }

  /** `keep` for long: in memory of its own, for a small piece of Node's pool would hold back all 8 kB of it. */
  store(): this {
    if (!this.#stored) {
      this.#stored = this.#kept = true;
      const own = Buffer.allocUnsafeSlow(this.#payload.length);
      this.#payload.copy(own);
      this.#payload = own;
      this.release();
    }
    return this;
  }

  /**
   * The message as a packet of `version`, made once for all receivers that need the same; with room for a packet
   * identifier when `qos` is not 0.
   */
  frame(version: number, qos: QoS): PublishFrame {
    const layout = (version === 5 ? 2 : 0) + (qos > 0 ? 1 : 0);
    if (this.#isLarge) this.keep();
    const frames = (this.#frames ??= [null, null, null, null]);
    return (frames[layout] ??= encodePublish(this, this.#payload, version === 5 ? 5 : 4, qos, this.#isLarge));
  }

  /**
   * The message as a packet of 5.0 for a receiver that gets more than the message's own properties: `expiry` seconds of
   * life (-1: no end), its subscriptions' identifiers, an alias for the topic, whose number is still to be put in.
   */
  frameFor(qos: QoS, expiry: number, subscriptionIds: readonly number[] | null, alias: AliasUse): PublishFrame {
    const layout = alias * 2 + (qos > 0 ? 1 : 0);
    const variants = (this.#variants ??= [null, null, null, null, null, null]);
    const last = variants[layout];
    if (last && last.expiry === expiry && last.subscriptionIds === subscriptionIds) return last.frame;
    if (this.#isLarge) this.keep();
    const properties: PublishProperties = { ...this.properties };
    if (expiry !== -1) properties.messageExpiryInterval = expiry;
    if (subscriptionIds !== null) properties.subscriptionIdentifiers = [...subscriptionIds];
    if (alias !== AliasUse.none) properties.topicAlias = 0;
    const topic = alias === AliasUse.known ? '' : this.topic;
    const frame = encodePublish({ topic, properties }, this.#payload, 5, qos, this.#isLarge);
    variants[layout] = { expiry, subscriptionIds, frame };
    return frame;
  }

  get #isLarge(): boolean {
    return this.#payload.length >= LARGE;
  }

  /** Lets go of what was encoded: routing is over. */
  release(): void {
    this.#frames = null;
    this.#variants = null;
  }
}

/** How a receiver gets the topic: as it is, with the alias that it is to know it by, or as that alias. */
export const AliasUse = { none: 0, set: 1, known: 2 } as const;
export type AliasUse = (typeof AliasUse)[keyof typeof AliasUse];

interface Variant {
  readonly expiry: number;
  readonly subscriptionIds: readonly number[] | null;
  readonly frame: PublishFrame;
}

/** Bytes of a property's value: texts, buffers and lists of them, each with what it costs to hold it. */
function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item), 64);
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.length + 32 : 8;
}
