import { type AckPacket, PacketType, type PublishPacket } from '../../src/codec/packets.ts';
import type { PublishProperties } from '../../src/codec/properties.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import type { Link } from './link.ts';
import { type Model, Violation } from './model.ts';
import type { Publication } from './publication.ts';

/** A message at QoS 1 or 2 on its way to the broker. */
interface Underway {
  readonly publication: Publication;
  /** PUBREC has come: only PUBREL is left to be said. */
  received: boolean;
  /** It was repeated after a connection had ended. */
  repeated: boolean;
}

/** Topic aliases of a connection that a client uses at most. */
const ALIASES = 8;

/** The sender's side of one client: what is on its way, and what a new connection repeats. */
export class Publisher {
  readonly clientId: string;
  readonly #model: Model;
  readonly #underway = new Map<number, Underway>();
  /** QoS 0: not known yet whether they arrived. */
  #unknown: Publication[] = [];
  #aliases = new Map<string, number>();
  #positions = 0;

  constructor(model: Model, clientId: string) {
    this.#model = model;
    this.clientId = clientId;
  }

  /** Messages at QoS 1 and 2 that are not acknowledged. */
  get underway(): number {
    return this.#underway.size;
  }

  uses(packetId: number): boolean {
    return this.#underway.has(packetId);
  }

  /** The place of the next PUBLISH among all of this client. */
  position(): number {
    return ++this.#positions;
  }

  /** `alias`: a topic alias stands for the topic where that is possible. */
  publish(link: Link, publication: Publication, packetId: number, alias: boolean): void {
    this.#model.publish(publication);
    if (publication.fields.qos === 0) this.#unknown.push(publication);
    else this.#underway.set(packetId, { publication, received: false, repeated: false });
    this.#send(link, publication, packetId, false, alias);
  }

  #send(link: Link, publication: Publication, packetId: number, dup: boolean, alias: boolean): void {
    const { qos, retain, topic, expiry } = publication.fields;
    const position = this.position();
    this.#model.attempt(publication, position);
    if (qos === 0) publication.acceptedFrom = position;
    if (link.version < 5) publication.timeless = true;
    const packet: PublishPacket = {
      type: PacketType.publish,
      dup,
      qos,
      retain,
      topic,
      packetId: qos === 0 ? 0 : packetId,
      properties: expiry === Infinity ? null : { messageExpiryInterval: expiry },
      payload: publication.payload(),
      frame: null,
    };
    link.send(alias && link.version === 5 ? this.#aliased(packet) : packet);
  }

  #aliased(packet: PublishPacket): PublishPacket {
    const known = this.#aliases.get(packet.topic);
    const topicAlias = known ?? (this.#aliases.size % ALIASES) + 1;
    for (const [topic, other] of this.#aliases) if (other === topicAlias) this.#aliases.delete(topic);
    this.#aliases.set(packet.topic, topicAlias);
    const properties: PublishProperties = { ...packet.properties, topicAlias };
    return { ...packet, topic: known === undefined ? packet.topic : '', properties };
  }

  /** PUBACK, PUBREC or PUBCOMP came. */
  acknowledged(link: Link, packet: AckPacket): void {
    const { packetId, reasonCode } = packet;
    const message = this.#underway.get(packetId);
    const isPuback = packet.type === PacketType.puback;
    const name = isPuback ? 'PUBACK' : packet.type === PacketType.pubrec ? 'PUBREC' : 'PUBCOMP';
    if (message === undefined || isPuback !== (message.publication.fields.qos === 1))
      throw this.#wrong(`${name} ${packetId} for no such message`);
    const repeatedRelease = packet.type === PacketType.pubcomp && message.repeated;
    const unknown = reasonCode === ReasonCode.packet_identifier_not_found && repeatedRelease;
    if (reasonCode >= 0x80 && !unknown) throw this.#wrong(`${name} ${packetId} says ${reasonCode}`);
    if (packet.type === PacketType.pubrec) {
      message.received = true;
      return this.#release(link, packetId);
    }
    if (packet.type === PacketType.pubcomp && !message.received) throw this.#wrong(`PUBCOMP ${packetId} before PUBREC`);
    this.#underway.delete(packetId);
    const { publication } = message;
    // At QoS 2 the broker acted upon the first attempt that came to it, which need not be the last.
    publication.acceptedFrom = publication.positions.at(isPuback ? -1 : 0) ?? -1;
    publication.done(this.#model.stamp(), true);
  }

  #release(link: Link, packetId: number): void {
    link.send({ type: PacketType.pubrel, packetId, reasonCode: 0, properties: null });
  }

  #wrong(what: string): Violation {
    return new Violation('acknowledgement', `${this.clientId}: ${what}`, [this.clientId]);
  }

  /** All that was sent up to this stamp has arrived. */
  arrived(stamp: number): void {
    const first = this.#unknown.findIndex(({ sentAt }) => sentAt > stamp);
    const known = this.#unknown.splice(0, first === -1 ? this.#unknown.length : first);
    for (const publication of known) publication.done(this.#model.stamp(), true);
  }

  /** A new connection was accepted: nothing of older ones arrives any more. Repeats what is on its way, in its order. */
  resume(link: Link): void {
    this.#aliases = new Map();
    for (const publication of this.#unknown.splice(0)) publication.done(this.#model.stamp(), false);
    for (const [packetId, message] of this.#underway) {
      message.repeated = true;
      if (message.received) this.#release(link, packetId);
      else this.#send(link, message.publication, packetId, true, false); // [MQTT-4.4.0-1]
    }
  }

  /** The session is over: what is on its way is given up. */
  giveUp(): void {
    for (const { publication } of this.#underway.values()) publication.done(this.#model.stamp(), false);
    this.#underway.clear();
  }
}
