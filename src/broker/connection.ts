import type { Deadline } from '../base/deadlines.ts';
import { encode } from '../codec/encode.ts';
import { ProtocolError } from '../codec/errors.ts';
import { type AckPacket, type Packet, PacketType, type ProtocolVersion } from '../codec/packets.ts';
import { LARGEST_PACKET, type PublishFrame } from '../codec/publish-frame.ts';
import { ReasonCode, reasonName } from '../codec/reason-codes.ts';
import type { Client } from './client.ts';
import type { Core } from './core.ts';
import type { Entrance } from './entrance.ts';
import type { DisconnectReason, DropReason } from './events.ts';
import type { Exchange } from './handlers/auth.ts';
import { refuse } from './handlers/connack.ts';
import { Incoming } from './incoming.ts';
import type { IncomingAliases } from './incoming-aliases.ts';
import { AliasUse, type Message, type QoS } from './message.ts';
import type { ListenerPolicy } from './options.ts';
import type { OutgoingAliases } from './outgoing-aliases.ts';
import { Outgoing } from './outgoing.ts';
import type { Wire, WireHandler } from './ports.ts';
import type { Session } from './session.ts';
import { countLimit } from './stats.ts';
import type { Flushable } from './turn.ts';

/**
 * One wire and what is known of the client at its end. `new`: CONNECT is awaited; `connecting`: it is being decided
 * upon; `open`: accepted; `closed`: over, nothing more is read or sent.
 */
export class Connection implements WireHandler, Flushable {
  readonly core: Core;
  readonly wire: Wire;
  /** What its listener has otherwise than the broker, and the broker's for the rest. */
  readonly policy: ListenerPolicy;
  state: 'new' | 'connecting' | 'open' | 'closed' = 'new';
  version: ProtocolVersion = 4;
  client: Client | null = null;
  session: Session | null = null;
  /** Mosquitto's mark of a bridge in CONNECT: its subscriptions are "no local" and "retain as published". */
  bridge = false;
  /** The client's Maximum Packet Size, bytes. */
  maximumPacketSize = LARGEST_PACKET;
  /** Whether the client wants reason strings and user properties on other packets than CONNACK, DISCONNECT, PUBLISH. */
  problemInformation = true;
  /** The Authentication Method of CONNECT; null without one. */
  authenticationMethod: string | null = null;
  /** The enhanced authentication that is going on. */
  exchange: Exchange | null = null;
  /** Seconds of the Session Expiry Interval in CONNECT; DISCONNECT may not raise it from 0. */
  connectExpiryInterval = 0;
  /** QoS 2 messages that the client may have on their way: our Receive Maximum, and those of earlier connections. */
  receiveLimit = 0;
  /** The aliases that we set towards the client; null where it wants none. */
  outgoingAliases: OutgoingAliases | null = null;
  /** Topics by the aliases that the client set. */
  aliases: IncomingAliases | null = null;
  /** The reason code with which CONNECT will be refused because of a limit of connections; null for none. */
  refusal: number | null = null;
  /** The address for which the limits of connections count it; empty for none. */
  countedAddress = '';

  readonly #entrance: Entrance;
  readonly #in: Incoming;
  readonly #out: Outgoing;
  /** Until CONNECT is accepted: one that comes byte by byte has no more time than any other. */
  readonly #connectDeadline: Deadline;

  constructor(core: Core, wire: Wire, entrance: Entrance) {
    this.core = core;
    this.wire = wire;
    this.#entrance = entrance;
    this.policy = entrance.policy;
    this.#out = new Outgoing(wire, core.turn, this, core.counters);
    this.#in = new Incoming(this, this.#out);
    const { clock, connectTimeout } = core.options;
    this.#connectDeadline = core.deadlines.add(clock.now() + connectTimeout, () => this.#connectOverdue());
  }

  /** The receiver reads more slowly than we send: nothing is to be added that can wait or be dropped. */
  get congested(): boolean {
    return this.state === 'closed' || this.#out.pending > this.core.options.maxOutgoingBuffer;
  }

  // What the wire tells

  identified(): void {
    if (this.state !== 'closed') this.#entrance.identified(this);
  }

  data(bytes: Buffer): void {
    if (this.state === 'closed') return;
    this.#in.data(bytes);
    if (this.congested) this.#in.throttle();
  }

  drained(): void {
    if (this.state === 'closed' || this.congested) return;
    this.#in.drained();
    this.session?.pump();
  }

  closed(): void {
    if (this.state !== 'closed') this.#in.closed();
  }

  /** The end of a turn: what waited for room goes on where the wire took everything, without having drained. */
  flush(): void {
    this.#out.flush();
    if (this.#in.throttled || this.session?.waiting === true) this.drained();
  }

  // What handlers do

  /** A limit of connections is reached: CONNECT will be answered with this reason code. */
  turnAway(reasonCode: number): void {
    this.refusal = reasonCode;
    this.#in.turnAway();
  }

  /** CONNECT was accepted: larger packets are allowed now, and the keep-alive (seconds, 0: none) counts. */
  opened(keepAlive: number): void {
    this.state = 'open';
    this.core.deadlines.remove(this.#connectDeadline);
    this.#in.opened(keepAlive);
  }

  /** Handles no further packet until `done`: keeps the order of what the client asks for. */
  hold(done: Promise<void>): void {
    this.#in.hold(done);
  }

  /** Goes on with other packets until `done`, which has to do with this connection: a mistake in it costs it only. */
  watch(done: Promise<void>): void {
    done.catch((error: unknown) => this.failed(error));
  }

  /** Returns false for a packet that is larger than the client allows: it is not sent. */
  send(packet: Packet): boolean {
    const bytes = encode(packet, this.version);
    if (bytes.length > this.maximumPacketSize) return false;
    this.core.counters.otherPacketsSent++;
    this.#out.bytes(bytes);
    return true;
  }

  /** `send` for an answer that the client waits for: one that cannot be given ends the connection. */
  answer(packet: Packet): void {
    if (!this.send(packet)) this.close(ReasonCode.packet_too_large, 'the answer exceeds the Maximum Packet Size');
  }

  /** Goes on with what waits for this client when the turn ends. */
  continueSoon(): void {
    this.core.turn.add(this);
  }

  /** An acknowledgement; `text` says to people what is wrong, where the client wants to know and has room for it. */
  sendAck(type: AckPacket['type'], packetId: number, reasonCode: number, text?: string): void {
    if (reasonCode === 0 || this.version < 5) {
      this.core.counters.otherPacketsSent++;
      this.#out.ack(type, packetId);
      return;
    }
    const packet = { type, packetId, reasonCode, properties: null };
    const told = text !== undefined && this.problemInformation; // [MQTT-3.1.2-29]
    if (!told || !this.send({ ...packet, properties: { reasonString: text } })) this.answer(packet); // [MQTT-3.4.2-2]
  }

  /** PUBREL: the second half of a QoS 2 delivery. */
  release(packetId: number): void {
    this.core.counters.otherPacketsSent++;
    this.#out.ack(PacketType.pubrel, packetId);
  }

  /** Hop 8 of the road: the message goes into this receiver's buffer. Returns why not, null when it does. */
  publish(
    message: Message,
    qos: QoS,
    dup: boolean,
    retain: boolean,
    packetId: number,
    subscriptionIds: readonly number[] | null,
  ): DropReason | null {
    const isPlain = this.outgoingAliases === null && message.expiresAt === Infinity;
    if (!isPlain || (subscriptionIds !== null && this.version === 5))
      return this.#publishSpecially(message, qos, dup, retain, packetId, subscriptionIds);
    const frame = message.frame(this.version, qos);
    if (this.#isTooLarge(frame)) return 'too_large';
    this.#sendMessage(message, frame, firstByte(qos, dup, retain), packetId, 0);
    return null;
  }

  /** The same for a message that is not the same for all: its life is counted down, or the receiver has its wishes. */
  #publishSpecially(
    message: Message,
    qos: QoS,
    dup: boolean,
    retain: boolean,
    packetId: number,
    subscriptionIds: readonly number[] | null,
  ): DropReason | null {
    let expiry = -1;
    if (message.expiresAt !== Infinity) {
      const remaining = message.expiresAt - this.core.options.clock.now();
      if (remaining <= 0 && !dup) return 'expired'; // What was begun is finished [MQTT-4.4.0-1].
      expiry = Math.max(0, Math.ceil(remaining / 1000)); // [MQTT-3.3.2-6]
    }
    const { outgoingAliases: aliases } = this;
    const known = aliases === null ? 0 : aliases.get(message.topic);
    let alias = aliases === null || known > 0 ? known : aliases.next(message.topic);
    const use = known > 0 ? AliasUse.known : alias > 0 ? AliasUse.set : AliasUse.none;
    let frame = this.#frameOf(message, qos, expiry, subscriptionIds, use);
    if (use === AliasUse.set && this.#isTooLarge(frame)) {
      // Without the alias that it would set the message may fit.
      alias = 0;
      frame = this.#frameOf(message, qos, expiry, subscriptionIds, AliasUse.none);
    }
    if (this.#isTooLarge(frame)) return 'too_large';
    if (alias > known) aliases?.set(message.topic);
    this.#sendMessage(message, frame, firstByte(qos, dup, retain), packetId, alias);
    return null;
  }

  /** Ends the connection because of the broker or of what the client did; 5.0 clients are told why. */
  close(reasonCode: number, text?: string): void {
    if (this.state === 'closed') return;
    if (this.state !== 'open') refuse(this, reasonCode, text);
    else if (this.version === 5) {
      const packet = { type: PacketType.disconnect, reasonCode, properties: null };
      // The text is left out where it would make the packet too large [MQTT-3.14.2-3].
      if (text === undefined || !this.send({ ...packet, properties: { reasonString: text } })) this.send(packet);
    }
    this.end(reasonName(reasonCode));
  }

  /** Sends what is left and ends the connection without a further word. */
  end(reason: DisconnectReason): void {
    if (this.state === 'closed') return;
    this.#out.flush();
    this.wire.end();
    this.finish(reason);
  }

  /** What the client sent could not be read or handled. A mistake of ours costs one connection, not the broker. */
  failed(error: unknown): void {
    if (error instanceof ProtocolError) this.#violated(error);
    else this.#failInternally(error);
  }

  /** The wire is closed, or as good as that: there is nobody to say anything to. */
  finish(reason: DisconnectReason): void {
    if (this.state === 'closed') return;
    const wasOpen = this.state === 'open';
    this.state = 'closed';
    this.core.deadlines.remove(this.#connectDeadline);
    this.#in.end();
    this.exchange?.end();
    this.#out.close();
    this.#entrance.left(this);
    this.core.sessions.connectionEnded(this, wasOpen ? reason : null);
  }

  // The rest

  #frameOf(
    message: Message,
    qos: QoS,
    expiry: number,
    subscriptionIds: readonly number[] | null,
    use: AliasUse,
  ): PublishFrame {
    return this.version < 5 || (expiry === -1 && subscriptionIds === null && use === AliasUse.none)
      ? message.frame(this.version, qos)
      : message.frameFor(qos, expiry, subscriptionIds, use);
  }

  #sendMessage(message: Message, frame: PublishFrame, first: number, packetId: number, alias: number): void {
    this.#out.publish(frame, first, packetId, alias);
    const { counters, hooks } = this.core;
    counters.messagesSent++;
    counters.messageBytesSent += message.payload.length;
    if (hooks.events['message.delivered'] !== null) this.#tellDelivered(message, first);
  }

  /**
   * Told when the message is in the buffer, before that is written: what a listener publishes to this very client comes
   * behind it, and one that ends the connection does not hold it back.
   */
  #tellDelivered(message: Message, first: number): void {
    const tell = this.core.hooks.events['message.delivered'];
    // A wire may be found dead when it gets what the buffer has no room for: then the message did not go out.
    if (tell === null || this.client === null || this.state === 'closed') return;
    tell(message, this.client, ((first >> 1) & 3) as QoS, (first & 1) === 1);
  }

  #isTooLarge({ frame, tail }: PublishFrame): boolean {
    return frame.length + (tail?.length ?? 0) > this.maximumPacketSize;
  }

  #violated(error: ProtocolError): void {
    countLimit(this.core.counters, error.reasonCode);
    this.core.options.log.debug(`${this.#name()}: ${error.message}`);
    if (this.#isAnswered(error.reasonCode)) this.close(error.reasonCode, error.message);
    else this.end(reasonName(error.reasonCode));
  }

  /** Whether the client is told of an error: one that is no CONNECT is not, and before 5.0 nor is a wrong one. */
  #isAnswered(reasonCode: number): boolean {
    if (this.state === 'new') return reasonCode === ReasonCode.unsupported_protocol_version;
    const isWrong = reasonCode === ReasonCode.malformed_packet || reasonCode === ReasonCode.protocol_error;
    return this.state === 'open' || this.version === 5 || !isWrong; // [MQTT-3.1.4-1] of 3.1.1
  }

  #failInternally(error: unknown): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.core.options.log.error(`${this.#name()}: internal error, connection closed: ${detail}`);
    this.close(ReasonCode.implementation_specific_error);
  }

  #name(): string {
    return `client ${JSON.stringify(this.client?.clientId ?? this.wire.peer.address)}`;
  }

  #connectOverdue(): void {
    if (this.refusal === null) this.core.counters.limited.connect_timeout++;
    this.end('connect_timeout');
  }
}

/** The first byte of a PUBLISH. */
function firstByte(qos: QoS, dup: boolean, retain: boolean): number {
  return 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
}
