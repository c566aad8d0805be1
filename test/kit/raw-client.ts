import assert from 'node:assert/strict';
import type { Broker } from '../../src/broker/broker.ts';
import { Decoder } from '../../src/codec/decoder.ts';
import { encode } from '../../src/codec/encode.ts';
import {
  type ConnackPacket,
  type ConnectPacket,
  type Packet,
  PacketType,
  type ProtocolVersion,
  type PublishPacket,
  type QoS,
  type SubscribeEntry,
  type SubscribePacket,
} from '../../src/codec/packets.ts';
import type { PropertiesOf, PublishProperties } from '../../src/codec/properties.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { TopicCache } from '../../src/codec/topic-cache.ts';
import type { FakeClock } from './fake-clock.ts';
import { MemoryWire, type MemoryWireOptions } from './memory-wire.ts';

export type PacketName = keyof typeof PacketType;
export type PacketNamed<N extends PacketName, P = Packet> = P extends Packet
  ? (typeof PacketType)[N] extends P['type']
    ? P
    : never
  : never;
export type AckName = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';

/** The fields of CONNECT that a test cares about; 3.1.1, clean, without keep-alive by default. */
export type ConnectFields = Partial<Omit<ConnectPacket, 'type' | 'will'>> & { readonly will?: Partial<WillOf> };
type WillOf = Omit<NonNullable<ConnectPacket['will']>, 'payload'> & { readonly payload: string | Buffer };

/** How a PUBLISH is sent. */
export interface PublishFields {
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly dup?: boolean;
  /** 1 by default. */
  readonly packetId?: number;
  readonly properties?: PublishProperties | null;
}

/** How a SUBSCRIBE is sent. */
export interface SubscribeFields extends Partial<Omit<SubscribeEntry, 'filter'>> {
  readonly packetId?: number;
  readonly subscriptionId?: number | undefined;
}

/** A client that says exactly what a test tells it to, and shows exactly what comes. */
export class RawClient {
  readonly wire: MemoryWire;
  /** How it reads and writes; CONNECT sets it. */
  version: ProtocolVersion = 4;
  /** Acknowledges what comes at QoS 1 and 2 by itself. */
  acknowledges = false;
  readonly #clock: FakeClock;
  readonly #decoder = new Decoder(new TopicCache(), Infinity);
  #inbox: Packet[] = [];

  /** `broker`: what serves its wire, a broker or one of its listeners. */
  constructor(broker: Pick<Broker, 'attach'>, clock: FakeClock, peer: MemoryWireOptions['peer'] = {}) {
    this.#clock = clock;
    this.wire = new MemoryWire({ clock, peer });
    this.wire.serve(broker.attach(this.wire));
  }

  // Sending

  /** Sends packets, or bytes in hexadecimal (spaces do not matter), as one chunk. */
  send(...parts: readonly (Packet | Buffer | string)[]): this {
    const bytes = parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part.replaceAll(' ', ''), 'hex');
      return Buffer.isBuffer(part) ? part : encode(part, this.version);
    });
    this.wire.send(Buffer.concat(bytes));
    return this;
  }

  /** Sends CONNECT and nothing else. */
  sendConnect(fields: ConnectFields = {}): this {
    const packet = connectPacket(fields);
    this.version = packet.version;
    this.#decoder.version = packet.version;
    return this.send(packet);
  }

  /** Connects; returns CONNACK, which must say yes. */
  connect(fields: ConnectFields = {}): ConnackPacket {
    const connack = this.sendConnect(fields).next('connack');
    assert.equal(connack.reasonCode, 0, 'CONNACK');
    return connack;
  }

  publish(topic: string, payload: string | Buffer = '', fields: PublishFields = {}): this {
    return this.send(publishPacket(topic, payload, fields));
  }

  sendSubscribe(filters: string | readonly string[], fields: SubscribeFields = {}): this {
    return this.send(subscribePacket(filters, fields));
  }

  /** Subscribes; returns the codes of SUBACK. */
  subscribe(filters: string | readonly string[], fields: SubscribeFields = {}): readonly number[] {
    return this.sendSubscribe(filters, fields).next('suback').reasonCodes;
  }

  /** Unsubscribes; returns the codes of UNSUBACK (none before 5.0). */
  unsubscribe(filters: string | readonly string[]): readonly number[] {
    this.send({ type: PacketType.unsubscribe, packetId: 1, filters: [filters].flat(), properties: null });
    return this.next('unsuback').reasonCodes;
  }

  ack(name: AckName, packetId: number, reasonCode = 0): this {
    return this.send({ type: PacketType[name], packetId, reasonCode, properties: null });
  }

  ping(): this {
    return this.send({ type: PacketType.pingreq });
  }

  disconnect(reasonCode = 0, properties: PropertiesOf<'disconnect'> | null = null): void {
    this.send({ type: PacketType.disconnect, reasonCode, properties });
    this.#clock.endTurns();
  }

  /** Vanishes without DISCONNECT. */
  cut(): void {
    this.wire.cut();
    this.#clock.endTurns();
  }

  // Reading

  /** The next packet; fails when it is of another type or when there is none. */
  next<N extends PacketName>(name: N): PacketNamed<N> {
    this.#receive();
    const packet = this.#inbox.shift();
    assert.ok(packet, `${name} was expected and nothing came`);
    if (!isNamed(packet, name)) assert.fail(`${name} was expected and this came: ${describe(packet)}`);
    return packet;
  }

  /** All packets that came. */
  packets(): Packet[] {
    this.#receive();
    return this.#inbox.splice(0);
  }

  /** All that came, which must be PUBLISH packets. */
  messages(): PublishPacket[] {
    return this.packets().map((packet) => {
      if (!isNamed(packet, 'publish')) assert.fail(`messages were expected and this came: ${describe(packet)}`);
      return packet;
    });
  }

  /** The payloads of all that came, which must be PUBLISH packets. */
  texts(): string[] {
    return this.messages().map(({ payload }) => payload.toString());
  }

  expectNothing(): void {
    this.#receive();
    assert.deepEqual(this.#inbox.map(describe), [], 'nothing was expected');
  }

  /** The bytes that came and were not read as packets: for what is to be compared byte for byte. */
  bytes(): Buffer {
    this.#clock.endTurns();
    return Buffer.concat(this.wire.read());
  }

  /** Whether the connection is over, on whose side ever. */
  get ended(): boolean {
    this.#clock.endTurns();
    return this.wire.ended;
  }

  /** The broker must have ended the connection, with this reason in DISCONNECT (`null`: without a word). */
  expectEnd(reason: keyof typeof ReasonCode | null): void {
    if (reason === null) this.expectNothing();
    else assert.equal(this.next('disconnect').reasonCode, ReasonCode[reason], `DISCONNECT ${reason}`);
    this.expectNothing();
    assert.ok(this.ended, 'the connection was to end');
  }

  #receive(): void {
    for (;;) {
      this.#clock.endTurns();
      const chunks = this.wire.read();
      if (chunks.length === 0) return;
      for (const chunk of chunks) {
        this.#decoder.push(chunk);
        for (let packet = this.#decoder.next(); packet !== null; packet = this.#decoder.next()) this.#take(packet);
      }
    }
  }

  #take(packet: Packet): void {
    if (this.acknowledges && packet.type === PacketType.publish && packet.qos > 0)
      this.ack(packet.qos === 1 ? 'puback' : 'pubrec', packet.packetId);
    else if (this.acknowledges && packet.type === PacketType.pubrel) return void this.ack('pubcomp', packet.packetId);
    this.#inbox.push(packet);
  }
}

/** A CONNECT with what `fields` say and defaults for the rest. */
export function connectPacket({ will, ...fields }: ConnectFields): ConnectPacket {
  return {
    type: PacketType.connect,
    version: 4,
    bridge: false,
    cleanStart: true,
    keepAlive: 0,
    clientId: 'client',
    username: undefined,
    password: undefined,
    properties: null,
    will: will && {
      topic: 'will',
      qos: 0,
      retain: false,
      properties: null,
      ...will,
      payload: Buffer.from(will.payload ?? 'gone'),
    },
    ...fields,
  };
}

/** A SUBSCRIBE that asks the same for each of its filters. */
export function subscribePacket(filters: string | readonly string[], fields: SubscribeFields = {}): SubscribePacket {
  const { packetId = 1, subscriptionId, ...entry } = fields;
  const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0, ...entry } as const;
  const entries = [filters].flat().map((filter) => Object.assign({ filter }, options));
  const properties = subscriptionId === undefined ? null : { subscriptionIdentifiers: [subscriptionId] };
  return { type: PacketType.subscribe, packetId, entries, properties };
}

/** A PUBLISH for `send`, where several go out as one chunk. */
export function publishPacket(topic: string, payload: string | Buffer = '', fields: PublishFields = {}): PublishPacket {
  const { qos = 0, packetId = 1, ...rest } = fields;
  return {
    type: PacketType.publish,
    dup: false,
    retain: false,
    topic,
    payload: Buffer.from(payload),
    properties: null,
    frame: null,
    ...rest,
    qos,
    packetId: qos === 0 ? 0 : packetId,
  };
}

/** Whether it is a packet of this type. */
export function isNamed<N extends PacketName>(packet: Packet, name: N): packet is PacketNamed<N> {
  return packet.type === PacketType[name];
}

/** A packet as a failed test shows it. */
export function describe(packet: Packet): string {
  const name = Object.entries(PacketType).find(([, type]) => type === packet.type)?.[0] ?? 'unknown';
  return `${name} ${JSON.stringify(packet, (key, value: unknown) => (key === 'payload' ? String(value).slice(0, 40) : value))}`;
}
