import { Queue } from '../base/queue.ts';
import type { Message } from './message.ts';
import type { SharedGroup } from './shared-group.ts';

/** One QoS 1 or 2 message on its way to one receiver. */
export interface Delivery {
  readonly message: Message;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly subscriptionIds: readonly number[] | null;
  /** The shared subscription through which it came, null for a plain one. */
  readonly group: SharedGroup | null;
  /** 0 until it was sent for the first time. */
  packetId: number;
  /** PUBREC has come: PUBREL is what is owed now (QoS 2). */
  released: boolean;
}

export interface OutboxLimits {
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
}

/**
 * The sender's side of QoS 1 and 2 for one session (5.0, section 4.3): which messages wait, which are on their way,
 * and what an acknowledgement does. Pure: it sends nothing, its owner asks it what to send.
 */
export class Outbox {
  readonly #limits: OutboxLimits;
  /** Sent and not finished, in the order of sending [MQTT-4.6.0-6]. */
  readonly #inflight = new Map<number, Delivery>();
  readonly #queue = new Queue<Delivery>();
  /** Inflight deliveries of an earlier connection that this connection has not seen yet, in their order. */
  readonly #unsent = new Set<Delivery>();
  /** Those of them whose receiver has the message and is owed PUBREL. */
  readonly #unreleased = new Set<Delivery>();
  #queuedBytes = 0;
  #inflightBytes = 0;
  #lastId = 0;
  /** How many may be on their way at once: the lower of the receiver's Receive Maximum and our own limit. */
  #window = 0;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  get inflight(): number {
    return this.#inflight.size;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Whether the queue has room for a message of `size` bytes; for one it has, however large it is. */
  takes(size: number): boolean {
    if (this.#queue.length >= this.#limits.maxQueuedMessages) return false;
    return this.#queue.length === 0 || this.#queuedBytes + size <= this.#limits.maxQueuedBytes;
  }

  /** Puts a message at the end of the queue; false when the queue is full and the message is not taken. */
  offer(delivery: Delivery): boolean {
    const { size } = delivery.message;
    if (!this.takes(size)) return false;
    this.#queue.push(delivery);
    this.#queuedBytes += size;
    return true;
  }

  /** Takes off the front of the queue what has expired by `now`. */
  expired(now: number): Delivery[] {
    const gone: Delivery[] = [];
    for (let first = this.#queue.peek(); first !== undefined; first = this.#queue.peek()) {
      if (first.message.expiresAt > now) break;
      this.#queue.shift();
      this.#queuedBytes -= first.message.size;
      gone.push(first);
    }
    return gone;
  }

  /** Everything that has not reached its receiver, oldest first; the outbox is not to be used any more. */
  undelivered(): Delivery[] {
    const all = [...this.#inflight.values()].filter((delivery) => !delivery.released);
    for (let first = this.#queue.shift(); first !== undefined; first = this.#queue.shift()) all.push(first);
    return all;
  }

  /** A new connection: what was on its way is to be sent again, in its order [MQTT-4.4.0-1]. */
  resume(window: number): void {
    this.#window = window;
    this.#unsent.clear();
    this.#unreleased.clear();
    for (const delivery of this.#inflight.values()) {
      this.#unsent.add(delivery);
      if (delivery.released) this.#unreleased.add(delivery);
    }
  }

  /** Whether a message may be sent without waiting and without overtaking another. */
  get open(): boolean {
    return this.#queue.length === 0 && this.#unsent.size === 0 && this.hasRoom;
  }

  /** Whether something is to be sent, now or when the window has room. */
  get waiting(): boolean {
    return this.#queue.length > 0 || this.#unsent.size > 0;
  }

  /** Whether the window, and the bytes that one receiver may hold, have room for one more. */
  get hasRoom(): boolean {
    return this.#inflight.size < this.#window && this.#inflightBytes < this.#limits.maxQueuedBytes;
  }

  /** The next delivery that must be sent again, null when there is none or the window has no room for it. */
  nextUnsent(): Delivery | null {
    const full = this.#inflight.size - this.#unsent.size >= this.#window;
    // PUBREL needs no room: its message is on its way since long [MQTT-3.3.4-10].
    for (const delivery of full ? this.#unreleased : this.#unsent) {
      this.#forget(delivery);
      return delivery;
    }
    return null;
  }

  #forget(delivery: Delivery): void {
    this.#unsent.delete(delivery);
    this.#unreleased.delete(delivery);
  }

  /** The next delivery from the queue, put on its way with a packet identifier; null when none may be sent. */
  next(): Delivery | null {
    if (this.#unsent.size > 0 || !this.hasRoom) return null;
    const delivery = this.#queue.shift();
    if (delivery === undefined) return null;
    this.#queuedBytes -= delivery.message.size;
    return this.start(delivery);
  }

  /** Puts a delivery on its way that need not wait (`open`). */
  start(delivery: Delivery): Delivery {
    delivery.packetId = this.#freeId();
    this.#inflight.set(delivery.packetId, delivery);
    this.#inflightBytes += delivery.message.size;
    return delivery;
  }

  /** PUBACK, or PUBCOMP, or PUBREC with an error: a delivery that was on its way is over. */
  finish(delivery: Delivery): void {
    if (!this.#inflight.delete(delivery.packetId)) return;
    this.#inflightBytes -= delivery.message.size;
    if (this.#unsent.size > 0) this.#forget(delivery);
  }

  get(packetId: number): Delivery | undefined {
    return this.#inflight.get(packetId);
  }

  /** Identifiers are taken in turn; with at most 65,535 on their way there is always a free one. */
  #freeId(): number {
    do this.#lastId = this.#lastId === 65_535 ? 1 : this.#lastId + 1;
    while (this.#inflight.has(this.#lastId));
    return this.#lastId;
  }
}
