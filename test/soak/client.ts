import {
  type ConnackPacket,
  type Packet,
  PacketType,
  type ProtocolVersion,
  type QoS,
} from '../../src/codec/packets.ts';
import { connectPacket, type ConnectPlan, secondsOf } from './connect-plan.ts';
import { summary } from './diary.ts';
import { Lifetime } from './lifetime.ts';
import { type Break, Link, type LinkEnd } from './link.ts';
import { Violation } from './model.ts';
import { Publication } from './publication.ts';
import { Publisher } from './publisher.ts';
import { Receiver } from './receiver.ts';
import type { SessionRecord } from './session-record.ts';
import { Subscriber } from './subscriber.ts';
import type { Surroundings } from './surroundings.ts';
import type { Terms } from './tenure.ts';
import { Wills } from './wills.ts';

/** A client with all its connections: it keeps its side of MQTT exactly, however they break. */
export class Client {
  readonly clientId: string;
  readonly publisher: Publisher;
  readonly subscriber: Subscriber;
  readonly wills: Wills;
  /** Its connection, accepted or not; null where there is none. */
  link: Link | null = null;
  /** Null until CONNACK has come. */
  receiver: Receiver | null = null;
  session: SessionRecord | null = null;
  version: ProtocolVersion = 4;
  /** Topic aliases that the broker takes. */
  aliases = 0;
  readonly #around: Surroundings;
  readonly #old: Link[] = [];
  readonly #life = new Lifetime();
  #endedAt = 0;
  #will: Publication | null = null;
  #willDelay = 0;
  #disconnecting: { readonly takesWill: boolean; readonly expiry: number } | null = null;
  #pings: number[] = [];
  #lastId = 65_400;
  #wills = 0;
  #numbers = 0;

  constructor(clientId: string, around: Surroundings) {
    this.clientId = clientId;
    this.#around = around;
    this.publisher = new Publisher(around.model, clientId);
    this.subscriber = new Subscriber(around.model, clientId);
    this.wills = new Wills(around.model);
  }

  /** DISCONNECT has been sent: nothing may follow it. */
  get leaving(): boolean {
    return this.#disconnecting !== null;
  }

  /** PINGREQs without an answer. */
  get pings(): number {
    return this.#pings.length;
  }

  note(event: string): void {
    this.#around.note(this.clientId, event);
  }

  /** A name for the next message. */
  nextName(): string {
    return `${this.#around.model.round}-${this.clientId}-${++this.#numbers}`;
  }

  nextId(): number {
    do this.#lastId = (this.#lastId % 65_535) + 1;
    while (this.publisher.uses(this.#lastId) || this.subscriber.uses(this.#lastId));
    return this.#lastId;
  }

  // Connecting

  connect(asked: ConnectPlan): void {
    const cleanStart = asked.cleanStart || this.#life.mustClean;
    // Before 5.0 a clean session is not kept.
    const plan = { ...asked, cleanStart, expiry: cleanStart && asked.version < 5 ? 0 : asked.expiry };
    if (this.link !== null && !this.link.over) {
      this.#old.push(this.link);
      this.link.abandon();
    }
    const askedTime = performance.now();
    this.note(`connect ${JSON.stringify(plan)}`);
    if (cleanStart) this.wills.cleanStart();
    this.#will = plan.will === null ? null : this.#newWill(plan.will.qos);
    this.#willDelay = Math.min(plan.version === 5 ? (plan.will?.delay ?? 0) : 0, plan.expiry);
    this.#disconnecting = null;
    this.#pings = [];
    this.version = plan.version;
    const link = new Link(this.#around.dial(), plan.version, {
      sending: (packet) => this.note(`> ${summary(packet)}`),
      packet: (packet) => {
        for (const seen of this.#around.tamper(this.clientId, packet)) this.#packet(seen, plan, askedTime);
      },
      ended: (how) => this.#ended(how, plan),
      failed: this.#around.fail,
    });
    this.link = link;
    link.send(connectPacket(this.clientId, plan, this.#will));
  }

  #newWill(qos: QoS): Publication {
    const id = `${this.#around.model.round}-${this.clientId}-will${++this.#wills}`;
    const fields = { id, publisher: this.clientId, topic: `will/${this.clientId}`, qos, retain: false, size: 60 };
    return new Publication({ ...fields, expiry: Infinity, will: true });
  }

  #packet(packet: Packet, plan: ConnectPlan, askedTime: number): void {
    const { receiver, link, session } = this;
    if (link === null) return;
    if (packet.type === PacketType.connack) return this.#accepted(link, packet, plan, askedTime);
    this.note(`< ${summary(packet)}`);
    if (receiver === null || session === null)
      throw this.#wrong('connack', `packet type ${packet.type} before CONNACK`);
    switch (packet.type) {
      case PacketType.publish:
        return receiver.message(packet);
      case PacketType.pubrel:
        return receiver.release(packet);
      case PacketType.puback:
      case PacketType.pubrec:
      case PacketType.pubcomp:
        return this.publisher.acknowledged(link, packet);
      case PacketType.suback:
        return this.subscriber.subscribed(session, packet);
      case PacketType.unsuback:
        return this.subscriber.unsubscribed(session, packet);
      case PacketType.pingresp:
        return this.#fenced(receiver);
      default:
        throw this.#wrong('closed', `the broker sent ${JSON.stringify(packet)}`);
    }
  }

  #accepted(link: Link, packet: ConnackPacket, plan: ConnectPlan, askedTime: number): void {
    if (packet.reasonCode !== 0) throw this.#wrong('connack', `refused with ${packet.reasonCode}`);
    const { version, cleanStart, expiry } = plan;
    const present = version === 3 ? this.#life.exists && !cleanStart : packet.sessionPresent;
    this.note(`accepted, session ${present ? 'present' : 'new'}`);
    if (!this.#life.allows(present, cleanStart))
      throw this.#wrong('session-present', `${present}, at clean start ${cleanStart}`);
    this.#life.accepted(expiry);
    this.wills.decide({ sessionPresent: present, askedTime });
    this.#open(link, packet, plan, this.#begin(present));
  }

  /** Returns the session, which goes on or is a new one. */
  #begin(present: boolean): SessionRecord {
    const { session } = this;
    if (present && session !== null) return session;
    const { model } = this.#around;
    this.publisher.giveUp();
    this.subscriber.forget();
    session?.end(this.#endedAt, model.stamp());
    this.session = model.newSession(this.clientId);
    return this.session;
  }

  #open(link: Link, packet: ConnackPacket, plan: ConnectPlan, session: SessionRecord): void {
    const { model } = this.#around;
    const record = {
      first: session.links.length === 0,
      version: plan.version,
      receiveMaximum: plan.version === 5 ? plan.receiveMaximum : Infinity,
      openedAt: model.stamp(),
      openedTime: performance.now(),
      fencedAt: 0,
      unacknowledged: 0,
      lastRepeated: 0,
    };
    session.links.push(record);
    this.aliases = packet.properties?.topicAliasMaximum ?? 0;
    this.receiver = new Receiver(model, link, session, record, plan.aliasMaximum);
    this.publisher.resume(link);
    this.#askAgain(link, session);
  }

  /** What was asked and not answered is asked again: nobody knows what became of it. */
  #askAgain(link: Link, session: SessionRecord): void {
    for (const { filter, terms } of this.subscriber.unanswered())
      if (terms === null) this.subscriber.unsubscribe(link, session, this.nextId(), [filter]);
      else this.subscriber.subscribe(link, session, this.nextId(), [{ filter, terms: this.speakable(terms) }]);
  }

  /** Options as the version of the connection can say them. */
  speakable(terms: Terms): Terms {
    if (this.version === 5) return terms;
    return { qos: terms.qos, noLocal: false, retainAsPublished: false, retainHandling: 0, subscriptionId: 0 };
  }

  // Fences

  ping(): void {
    this.#pings.push(this.#around.model.stamp());
    this.link?.send({ type: PacketType.pingreq });
  }

  #fenced(receiver: Receiver): void {
    const asked = this.#pings.shift();
    if (asked === undefined) throw this.#wrong('ping', 'PINGRESP without PINGREQ');
    receiver.record.fencedAt = asked;
    this.publisher.arrived(asked);
  }

  // Leaving

  /** DISCONNECT; with `takesWill` false the will is published. `expiry`: a new Session Expiry Interval, seconds. */
  disconnect(takesWill: boolean, expiry: number): void {
    const { version, link } = this;
    if (link === null) return;
    const changed = version === 5 && this.#life.expiry !== 0 ? expiry : this.#life.expiry;
    this.#disconnecting = { takesWill: takesWill || version < 5, expiry: changed };
    this.note(`disconnect ${JSON.stringify(this.#disconnecting)}`);
    // The broker may publish the will before it ends the connection.
    if (!this.#disconnecting.takesWill) this.#leaveWill(changed, true);
    link.send({
      type: PacketType.disconnect,
      reasonCode: this.#disconnecting.takesWill ? 0 : 4,
      properties: changed === this.#life.expiry ? null : { sessionExpiryInterval: secondsOf(changed) },
    });
  }

  cut(how: Break): void {
    this.note(`cut: ${how}`);
    this.link?.cut(how);
  }

  #ended(how: LinkEnd, plan: ConnectPlan): void {
    const leaving = this.#disconnecting;
    this.note(`ended: ${how}`);
    const accepted = this.receiver !== null;
    this.link = null;
    this.receiver = null;
    const stamp = this.#around.model.stamp();
    if (accepted) this.#endedAt = stamp;
    if ((how === 'peer' || how === 'lost') && leaving === null)
      throw this.#wrong('closed', 'the broker ended the connection without a word');
    if (how === 'peer') this.publisher.arrived(stamp);
    if (accepted) this.#life.left(leaving?.expiry ?? this.#life.expiry, how === 'peer');
    else {
      this.wills.unanswered();
      this.#life.unanswered(plan.cleanStart, plan.expiry);
    }
    if (how === 'peer' && leaving?.takesWill === true) this.#will = null;
    const sure = accepted && leaving?.takesWill !== true;
    // An abandoned connection ends when the broker hears of the next one: its delay begins then.
    this.#leaveWill(leaving?.expiry ?? Infinity, sure && (how !== 'abandoned' || this.#willDelay === 0));
  }

  /** `expiry`: seconds of a new Session Expiry Interval; `sure`: the broker has the will and does not forget it. */
  #leaveWill(expiry: number, sure: boolean): void {
    const will = this.#will;
    this.#will = null;
    if (will !== null) this.wills.left(will, this.publisher.position(), Math.min(this.#willDelay, expiry), sure);
  }

  #wrong(rule: string, what: string): Violation {
    return new Violation(rule, `${this.clientId}: ${what}`, [this.clientId]);
  }

  /** Lets go of all sockets. */
  destroy(): void {
    for (const link of this.#old) link.destroy();
    this.link?.destroy();
    this.link = null;
  }
}
