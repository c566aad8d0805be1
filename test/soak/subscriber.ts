import { PacketType, type SubackPacket, type UnsubackPacket } from '../../src/codec/packets.ts';
import type { Link } from './link.ts';
import { type Model, Violation } from './model.ts';
import type { SessionRecord } from './session-record.ts';
import type { Terms, Variant } from './tenure.ts';

/** What is asked about one filter: a subscription, or its end (`terms` null). */
export interface Wish {
  readonly filter: string;
  readonly terms: Terms | null;
}

interface Request {
  readonly wishes: readonly (Wish & { readonly variant: Variant | null })[];
  readonly sentAt: number;
}

/** The subscriptions of one client: what it asked for and what was answered. */
export class Subscriber {
  readonly clientId: string;
  readonly #model: Model;
  readonly #requests = new Map<number, Request>();
  /** Filters that are subscribed to, or may be. */
  readonly #filters = new Set<string>();

  constructor(model: Model, clientId: string) {
    this.#model = model;
    this.clientId = clientId;
  }

  /** Requests without an answer. */
  get underway(): number {
    return this.#requests.size;
  }

  get filters(): ReadonlySet<string> {
    return this.#filters;
  }

  uses(packetId: number): boolean {
    return this.#requests.has(packetId);
  }

  /** One SUBSCRIBE for all; subscription identifier and "no local" are left out before 5.0. */
  subscribe(
    link: Link,
    session: SessionRecord,
    packetId: number,
    wishes: readonly { filter: string; terms: Terms }[],
  ): void {
    const sentAt = this.#model.stamp();
    const entries = wishes.map(({ filter, terms }) => {
      this.#filters.add(filter);
      return { filter, terms, variant: session.tenures.subscribing(filter, terms, this.#model.stamp()) };
    });
    this.#requests.set(packetId, { wishes: entries, sentAt });
    const id = wishes[0]?.terms.subscriptionId ?? 0;
    link.send({
      type: PacketType.subscribe,
      packetId,
      entries: wishes.map(({ filter, terms: { subscriptionId: _id, ...options } }) => ({ filter, ...options })),
      properties: id === 0 ? null : { subscriptionIdentifiers: [id] },
    });
  }

  unsubscribe(link: Link, session: SessionRecord, packetId: number, filters: readonly string[]): void {
    const sentAt = this.#model.stamp();
    for (const filter of filters) session.tenures.unsubscribing(filter, sentAt);
    this.#requests.set(packetId, { wishes: filters.map((filter) => ({ filter, terms: null, variant: null })), sentAt });
    link.send({ type: PacketType.unsubscribe, packetId, filters, properties: null });
  }

  /** SUBACK came. */
  subscribed(session: SessionRecord, packet: SubackPacket): void {
    const { wishes } = this.#answered(packet.packetId, 'SUBACK');
    const stamp = this.#model.stamp();
    for (const [index, { filter, terms, variant }] of wishes.entries()) {
      const code = packet.reasonCodes[index];
      if (terms === null || variant === null || code !== terms.qos)
        throw this.#wrong(`SUBACK ${packet.packetId} says ${code} to ${filter}`);
      session.tenures.subscribed(filter, variant, stamp);
    }
  }

  /** UNSUBACK came. */
  unsubscribed(session: SessionRecord, packet: UnsubackPacket): void {
    const { wishes, sentAt } = this.#answered(packet.packetId, 'UNSUBACK');
    for (const [index, { filter, terms }] of wishes.entries()) {
      const held = session.tenures.all.some(
        (tenure) => tenure.filter === filter && tenure.heldUntil === sentAt && tenure.heldFrom < sentAt,
      );
      const code = packet.reasonCodes[index] ?? 0;
      if (terms !== null || (held && code !== 0))
        throw this.#wrong(`UNSUBACK ${packet.packetId} says ${code} to ${filter}`);
      session.tenures.unsubscribed(filter, sentAt, this.#model.stamp());
      this.#filters.delete(filter);
    }
  }

  #answered(packetId: number, name: string): Request {
    const request = this.#requests.get(packetId);
    if (request === undefined) throw this.#wrong(`${name} ${packetId} for no such request`);
    this.#requests.delete(packetId);
    return request;
  }

  #wrong(what: string): Violation {
    return new Violation('subscription', `${this.clientId}: ${what}`, [this.clientId]);
  }

  /** What was asked and not answered on the last connection, in its order; it is forgotten. */
  unanswered(): Wish[] {
    const wishes = [...this.#requests.values()].flatMap((request) => request.wishes);
    this.#requests.clear();
    return wishes.map(({ filter, terms }) => ({ filter, terms }));
  }

  /** The session is over, and with it all subscriptions. */
  forget(): void {
    this.#requests.clear();
    this.#filters.clear();
  }
}
