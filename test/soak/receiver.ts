import { type AckPacket, PacketType, type PublishPacket } from '../../src/codec/packets.ts';
import type { Link } from './link.ts';
import { type Model, Violation } from './model.ts';
import { receive } from './receipt.ts';
import type { LinkRecord, SessionRecord } from './session-record.ts';

/** An acknowledgement that was not sent yet. */
type Owed = Pick<AckPacket, 'packetId'> & { readonly type: 4 | 5 | 7 };

/** The receiver's side of one connection: hands what comes to the model and acknowledges it when it is told to. */
export class Receiver {
  readonly session: SessionRecord;
  readonly record: LinkRecord;
  readonly #model: Model;
  readonly #link: Link;
  readonly #aliasMaximum: number;
  readonly #topics = new Map<number, string>();
  readonly #owed: Owed[] = [];

  constructor(model: Model, link: Link, session: SessionRecord, record: LinkRecord, aliasMaximum: number) {
    this.#model = model;
    this.#link = link;
    this.session = session;
    this.record = record;
    this.#aliasMaximum = aliasMaximum;
  }

  /** Acknowledgements that wait. */
  get owed(): number {
    return this.#owed.length;
  }

  message(packet: PublishPacket): void {
    const { session, record } = this;
    receive(this.#model, { session, link: record, packet, topic: this.#topicOf(packet) });
    if (packet.qos === 1) this.#owed.push({ type: PacketType.puback, packetId: packet.packetId });
    else if (packet.qos === 2) this.#owed.push({ type: PacketType.pubrec, packetId: packet.packetId });
  }

  #topicOf({ topic, properties }: PublishPacket): string {
    const alias = properties?.topicAlias;
    if (alias === undefined) return topic;
    if (alias === 0 || alias > this.#aliasMaximum) throw this.#wrong('alias', `topic alias ${alias}`);
    if (topic !== '') this.#topics.set(alias, topic);
    const found = this.#topics.get(alias);
    if (found === undefined) throw this.#wrong('alias', `topic alias ${alias} was never set`);
    return found;
  }

  /** PUBREL came. */
  release({ packetId }: AckPacket): void {
    const exchange = this.session.exchanges.get(packetId);
    if (exchange === undefined || exchange.qos !== 2)
      throw this.#wrong('release', `PUBREL ${packetId} for no such message`);
    exchange.unreleased = false;
    this.#owed.push({ type: PacketType.pubcomp, packetId });
  }

  /** Sends the oldest acknowledgements that wait. */
  acknowledge(count: number): void {
    for (const { type, packetId } of this.#owed.splice(0, count)) {
      if (this.#link.over) return;
      if (type !== PacketType.pubrec) this.#finish(packetId);
      this.#link.send({ type, packetId, reasonCode: 0, properties: null });
    }
  }

  #finish(packetId: number): void {
    const exchange = this.session.exchanges.get(packetId);
    if (exchange === undefined || exchange.finishedAt !== Infinity) return;
    exchange.finishedAt = this.#model.stamp();
    if (exchange.link === this.record) this.record.unacknowledged--;
  }

  #wrong(rule: string, what: string): Violation {
    const { clientId } = this.session;
    return new Violation(rule, `${clientId}: ${what}`, [clientId]);
  }
}
