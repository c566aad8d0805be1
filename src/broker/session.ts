import type { Deadline } from '../base/deadlines.ts';
import { Backfill } from './backfill.ts';
import type { Client } from './client.ts';
import type { Connection } from './connection.ts';
import type { Core } from './core.ts';
import { drop } from './drop.ts';
import type { DropReason } from './events.ts';
import type { Message, QoS } from './message.ts';
import { type Delivery, Outbox } from './outbox.ts';
import type { Outcome } from './publishing.ts';
import { Prospect, type SharedGroup } from './shared-group.ts';
import type { SubscriptionOptions } from './subscription.ts';
import { filterWeight } from './topic-limits.ts';

/** A message that a client left to be published if its connection ends without DISCONNECT. */
export interface Will {
  /** Publishes it, once. */
  publish(): void;
  /** Seconds between the connection's end and the publishing, unless the session ends before. */
  readonly delay: number;
}

/** What outlives a connection: subscriptions, messages on their way, the will. */
export class Session {
  readonly clientId: string;
  /** The client as of its last connection. */
  client: Client;
  connection: Connection | null = null;
  /** A newer connection has asked for a clean start: the session does not outlive this one. */
  discarded = false;
  /** Seconds that the session is kept without connection; 0 ends with it. */
  expiryInterval = 0;
  will: Will | null = null;
  /** When the session or its delayed will is due, while there is no connection. */
  expiry: Deadline | null = null;
  willDue: Deadline | null = null;
  /** QoS 2 messages that were accepted and whose PUBREL has not come [MQTT-4.3.3-10]. */
  inbox: Set<number> | null = null;
  /** QoS 2 messages that an asynchronous hook still decides upon: a repetition waits for the same answer. */
  undecided: Map<number, Promise<Outcome>> | null = null;

  readonly #core: Core;
  #subscriptions: Map<string, SubscriptionOptions> | null = null;
  /** What they count together. */
  #subscriptionWeight = 0;
  #outbox: Outbox | null = null;
  #backfill: Backfill | null = null;
  #ended = false;
  /** QoS 1 and 2 messages that may be on their way at once to this connection. */
  #window = 0;

  constructor(core: Core, client: Client) {
    this.#core = core;
    this.client = client;
    this.clientId = client.clientId;
  }

  get connected(): boolean {
    return this.connection !== null;
  }

  /** What would become of the message, granted this QoS. */
  prospectOf(message: Message, granted: QoS): Prospect {
    const { connection } = this;
    const isQoS0 = granted === 0 || message.qos === 0;
    const writable = connection !== null && !connection.congested;
    if (writable && (isQoS0 || this.#sendsAtOnce)) return Prospect.sent;
    if (isQoS0) return connection === null ? Prospect.none : Prospect.dropped;
    if (this.#outbox !== null && !this.#outbox.takes(message.size)) return Prospect.dropped;
    return connection === null ? Prospect.kept : Prospect.queued;
  }

  /** Whether a QoS 1 or 2 message need not wait behind others. */
  get #sendsAtOnce(): boolean {
    return this.#backfill === null && (this.#outbox === null || this.#outbox.open);
  }

  /** Whether there is something that `pump` could send. */
  get waiting(): boolean {
    return this.#backfill !== null || (this.#outbox !== null && this.#outbox.waiting);
  }

  /** Messages that wait or are on their way. */
  get queued(): number {
    return this.#outbox === null ? 0 : this.#outbox.queued + this.#outbox.inflight;
  }

  get subscriptions(): ReadonlyMap<string, SubscriptionOptions> {
    return this.#subscriptions ?? NO_SUBSCRIPTIONS;
  }

  /** Whether `filter` may be subscribed to: always, if it is already. */
  hasRoomFor(filter: string): boolean {
    const weight = this.#subscriptionWeight + filterWeight(filter);
    return weight <= this.#core.options.maxSubscriptions || this.subscriptions.has(filter);
  }

  /** Returns whether the subscription is new. */
  subscribe(filter: string, options: SubscriptionOptions): boolean {
    this.#subscriptions ??= new Map();
    const isNew = !this.#subscriptions.has(filter);
    if (isNew) this.#subscriptionWeight += filterWeight(filter);
    this.#subscriptions.set(filter, options);
    this.#core.router.subscribe(this, filter, options);
    return isNew;
  }

  /** Returns whether there was such a subscription. */
  unsubscribe(filter: string): boolean {
    if (this.#subscriptions === null || !this.#subscriptions.delete(filter)) return false;
    this.#subscriptionWeight -= filterWeight(filter);
    this.#core.router.unsubscribe(this, filter);
    this.#backfill?.delete(filter); // [MQTT-3.10.4-2]
    return true;
  }

  /**
   * The session is over: nobody sends it anything, and it holds nothing, whoever still refers to it. With `handOn`
   * other members of its groups get what it has not had.
   */
  end(handOn: boolean): void {
    this.#ended = true;
    for (const filter of this.subscriptions.keys()) this.#core.router.unsubscribe(this, filter);
    this.#subscriptions = null;
    const undelivered = this.#outbox?.undelivered() ?? [];
    this.#outbox = null;
    this.#backfill = null;
    for (const delivery of undelivered)
      if (!handOn || !this.#handOn(delivery)) this.#drop(delivery.message, 'session_ended');
  }

  /** Another member of the group gets what this one has not had, unless it was begun at QoS 2 [MQTT-4.8.2-5]. */
  #handOn({ message, group, qos, packetId }: Delivery): boolean {
    if (group === null || (qos === 2 && packetId !== 0)) return false;
    return this.#core.router.handOn(group, message);
  }

  /** Hop 7 of the road: sends the message, queues it or drops it; never waits. */
  deliver(
    message: Message,
    granted: QoS,
    retain: boolean,
    subscriptionIds: readonly number[] | null,
    group: SharedGroup | null = null,
  ): void {
    const qos = message.qos < granted ? message.qos : granted;
    if (qos === 0) this.#deliverAtMostOnce(message, retain, subscriptionIds);
    else this.#deliverReliably({ message, qos, retain, subscriptionIds, group, packetId: 0, released: false });
  }

  #deliverAtMostOnce(message: Message, retain: boolean, subscriptionIds: readonly number[] | null): void {
    const { connection } = this;
    if (connection === null) return this.#drop(message, 'offline');
    if (connection.congested) return this.#drop(message, 'receiver_slow');
    const problem = connection.publish(message, 0, false, retain, 0, subscriptionIds);
    if (problem !== null) this.#drop(message, problem);
  }

  #deliverReliably(delivery: Delivery): void {
    // Whoever was told of an earlier receiver may have ended this session.
    if (this.#ended) return this.#drop(delivery.message, 'session_ended');
    const outbox = this.#outboxInUse();
    delivery.message.keep();
    const { connection } = this;
    if (connection !== null && this.#sendsAtOnce && !connection.congested)
      this.#send(connection, outbox, outbox.start(delivery), false);
    else this.#queue(outbox, delivery);
  }

  #queue(outbox: Outbox, delivery: Delivery): void {
    delivery.message.store();
    if (outbox.offer(delivery)) return;
    // A full queue may be full of what nobody wants any more.
    for (const { message } of outbox.expired(this.#core.options.clock.now())) this.#drop(message, 'expired');
    if (!outbox.offer(delivery)) this.#drop(delivery.message, 'queue_full');
  }

  /** What is retained for a new subscription: sent by `pump`, as fast as the receiver takes it, however much it is. */
  backfill(filter: string, options: SubscriptionOptions): void {
    this.#backfill ??= new Backfill(this.#core.router.retained, this.clientId);
    this.#backfill.add(filter, options);
  }

  /** The connection is gone; what was looked up for it is looked up again for the next one. */
  detach(): void {
    this.connection = null;
    this.#backfill?.rewind();
  }

  /** A new connection: `pump` will send again what was on its way, then what waits. */
  resume(connection: Connection, window: number): void {
    this.connection = connection;
    if (this.#outbox !== null) this.#outbox.resume(window);
    this.#window = window;
  }

  /** Sends what waits, as far as the window and the receiver's buffer allow. */
  pump(): void {
    const { connection } = this;
    if (connection === null) return;
    const outbox = this.#outbox;
    if (outbox !== null)
      while (!connection.congested) {
        const again = outbox.nextUnsent();
        if (again === null) break;
        this.#sendLate(connection, outbox, again, true);
      }
    if (this.#backfill !== null) this.#pumpBackfill(connection, this.#backfill);
    if (outbox === null) return;
    while (!connection.congested) {
      const delivery = outbox.next();
      if (delivery === null) return;
      this.#sendLate(connection, outbox, delivery, false);
    }
  }

  /** Retained messages go before queued ones: both may be for the same topic. */
  #pumpBackfill(connection: Connection, backfill: Backfill): void {
    for (let lookUps = 1; !connection.congested && !backfill.done;) {
      // To look through all that is retained may take long: once a turn, so that the others get theirs.
      if (backfill.mustLookUp && lookUps-- === 0) return connection.continueSoon();
      const next = backfill.peek();
      if (next === null) continue;
      const { message, options } = next;
      const qos = message.qos < options.qos ? message.qos : options.qos;
      if (qos > 0 && !this.#outboxInUse().hasRoom) return;
      backfill.shift();
      const subscriptionIds = options.subscriptionId === 0 ? null : [options.subscriptionId];
      if (qos === 0) {
        const problem = connection.publish(message, 0, false, true, 0, subscriptionIds);
        if (problem !== null) this.#drop(message, problem);
      } else {
        const outbox = this.#outboxInUse();
        const delivery = { message, qos, retain: true, subscriptionIds, group: null, packetId: 0, released: false };
        this.#sendLate(connection, outbox, outbox.start(delivery), false);
      }
      message.release();
    }
    if (backfill.done) this.#backfill = null;
  }

  /** The delivery that an acknowledgement is about, undefined where there is none (any more). */
  delivery(packetId: number): Delivery | undefined {
    return this.#outbox?.get(packetId);
  }

  /** The delivery is over: its receiver has it, or does not want it. There is room for the next one, for `pump`. */
  finish(delivery: Delivery): void {
    this.#outbox?.finish(delivery);
  }

  #outboxInUse(): Outbox {
    if (this.#outbox === null) {
      this.#outbox = new Outbox(this.#core.options);
      this.#outbox.resume(this.#window);
    }
    return this.#outbox;
  }

  #send(connection: Connection, outbox: Outbox, delivery: Delivery, again: boolean): void {
    const { message, qos, retain, packetId, subscriptionIds } = delivery;
    if (delivery.released) {
      connection.release(packetId);
      return;
    }
    const problem = connection.publish(message, qos, again, retain, packetId, subscriptionIds);
    if (problem === null) return;
    outbox.finish(delivery);
    this.#drop(message, problem);
  }

  /** Sends outside of routing: nobody else needs what was encoded. */
  #sendLate(connection: Connection, outbox: Outbox, delivery: Delivery, again: boolean): void {
    this.#send(connection, outbox, delivery, again);
    delivery.message.release();
  }

  #drop(message: Message, reason: DropReason): void {
    drop(this.#core, message, this.client, reason);
  }
}

const NO_SUBSCRIPTIONS: ReadonlyMap<string, SubscriptionOptions> = new Map();
