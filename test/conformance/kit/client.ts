import assert from 'node:assert/strict';
import { encode } from '../../../src/codec/encode.ts';
import {
  type ConnackPacket,
  type Packet,
  PacketType,
  type ProtocolVersion,
  type PublishPacket,
} from '../../../src/codec/packets.ts';
import type { PropertiesOf } from '../../../src/codec/properties.ts';
import { connackReturnCode, ReasonCode, type ReasonName } from '../../../src/codec/reason-codes.ts';
import {
  type AckName,
  type ConnectFields,
  connectPacket,
  describe,
  isNamed,
  type PacketName,
  type PacketNamed,
  type PublishFields,
  publishPacket,
  subscribePacket,
  type SubscribeFields,
} from '../../kit/raw-client.ts';
import { Inbox } from './inbox.ts';
import type { Channel, ChannelHandler } from './transport.ts';

/** A client that sends what a case tells it, right or wrong, over a real connection, and shows exactly what comes. */
export class Client implements ChannelHandler {
  /** Set once, by the scene, before anything is sent. */
  channel: Channel | null = null;
  readonly version: ProtocolVersion;
  /** The client identifier: that of its last CONNECT, and the one with which it connects unless it is told another. */
  clientId: string;
  readonly #inbox: Inbox;

  constructor(version: ProtocolVersion, clientId: string) {
    this.version = version;
    this.clientId = clientId;
    this.#inbox = new Inbox(version);
  }

  // What the channel tells

  data(bytes: Buffer): void {
    this.#inbox.data(bytes);
  }

  closed(): void {
    this.#inbox.closed();
  }

  failed(error: Error): void {
    this.#inbox.failed(error);
  }

  // Sending

  /** Sends packets, or bytes in hexadecimal (spaces do not matter), as one chunk. */
  send(...parts: readonly (Packet | Buffer | string)[]): this {
    const bytes = parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part.replaceAll(' ', ''), 'hex');
      return Buffer.isBuffer(part) ? part : encode(part, this.version);
    });
    this.channel?.send(Buffer.concat(bytes));
    return this;
  }

  /** Sends CONNECT and nothing else: clean, without keep-alive, of the client's version where `fields` say nothing. */
  sendConnect(fields: ConnectFields = {}): this {
    const packet = connectPacket({ clientId: this.clientId, version: this.version, ...fields });
    this.clientId = packet.clientId;
    return this.send(packet);
  }

  /** Connects; returns CONNACK, which must say yes. */
  async connect(fields: ConnectFields = {}): Promise<ConnackPacket> {
    const connack = await this.sendConnect(fields).next('connack');
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
  async subscribe(filters: string | readonly string[], fields: SubscribeFields = {}): Promise<readonly number[]> {
    return (await this.sendSubscribe(filters, fields).next('suback')).reasonCodes;
  }

  sendUnsubscribe(filters: string | readonly string[], packetId = 1): this {
    return this.send({ type: PacketType.unsubscribe, packetId, filters: [filters].flat(), properties: null });
  }

  /** Unsubscribes; returns the codes of UNSUBACK (none before 5.0). */
  async unsubscribe(filters: string | readonly string[]): Promise<readonly number[]> {
    return (await this.sendUnsubscribe(filters).next('unsuback')).reasonCodes;
  }

  ack(name: AckName, packetId: number, reasonCode = 0): this {
    return this.send({ type: PacketType[name], packetId, reasonCode, properties: null });
  }

  /** Sends DISCONNECT; the broker must then end the connection without a word. */
  async disconnect(reasonCode = 0, properties: PropertiesOf<'disconnect'> | null = null): Promise<void> {
    this.send({ type: PacketType.disconnect, reasonCode, properties });
    await this.expectEnd(null);
  }

  /** Ends our side of the connection without DISCONNECT; see `Scene.lose`. */
  end(): void {
    this.channel?.end();
  }

  /** Vanishes: the connection is reset; see `Scene.lose`. */
  cut(): void {
    this.channel?.cut();
  }

  // Reading

  /** The next packet; fails when it is of another type, when the connection ends before, or in ten seconds. */
  async next<N extends PacketName>(name: N): Promise<PacketNamed<N>> {
    const { packet } = await this.#inbox.next(name);
    if (!isNamed(packet, name)) assert.fail(`${name} was expected and this came: ${describe(packet)}`);
    return packet;
  }

  /** The bytes of the next packet, whatever it is. */
  async nextBytes(): Promise<Buffer> {
    return (await this.#inbox.next('any packet')).bytes;
  }

  /** All packets that the broker had sent when it answered a PINGREQ that is sent now. For connected clients. */
  async received(): Promise<Packet[]> {
    this.send({ type: PacketType.pingreq });
    const packets: Packet[] = [];
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { packet } = await this.#inbox.next('pingresp');
      if (isNamed(packet, 'pingresp')) return packets;
      packets.push(packet);
    }
  }

  /** As `received`; all must be PUBLISH. */
  async messages(): Promise<PublishPacket[]> {
    return (await this.received()).map((packet) => {
      if (!isNamed(packet, 'publish')) assert.fail(`messages were expected and this came: ${describe(packet)}`);
      return packet;
    });
  }

  /** The payloads of `messages`. */
  async texts(): Promise<string[]> {
    return (await this.messages()).map(({ payload }) => payload.toString());
  }

  /** Nothing has come, and nothing comes before the answer to a PINGREQ: the broker has handled all that we sent. */
  async expectNothing(): Promise<void> {
    assert.deepEqual((await this.received()).map(describe), [], 'nothing was expected');
  }

  /**
   * The broker must end the connection and send nothing before, but for DISCONNECT with this reason in 5.0. `null`:
   * without a word in 5.0 as well. A list: any of these reasons.
   */
  async expectEnd(reason: ReasonName | null | readonly ReasonName[]): Promise<void> {
    if (reason !== null && this.version === 5) {
      const { reasonCode } = await this.next('disconnect');
      expectCode(reasonCode, reason, 'DISCONNECT');
    }
    await this.#expectSilentEnd();
  }

  /** CONNECT must be refused with this reason, before 5.0 with the return code that stands for it, and the end. */
  async expectRefusal(reason: ReasonName): Promise<ConnackPacket> {
    const connack = await this.next('connack');
    const code = ReasonCode[reason];
    assert.equal(connack.reasonCode, this.version === 5 ? code : connackReturnCode(code), `CONNACK ${reason}`);
    assert.equal(connack.sessionPresent, false, 'session present in a refusal');
    await this.#expectSilentEnd();
    return connack;
  }

  /**
   * What the broker must do with a CONNECT that is wrong: end the connection, and it may say why in CONNACK (5.0) with
   * one of these reasons, before 5.0 it says nothing.
   */
  async expectNoConnection(...reasons: readonly ReasonName[]): Promise<void> {
    const packet = (await this.#inbox.nextOrEnd())?.packet;
    if (packet === undefined) return;
    if (this.version < 5) assert.fail(`nothing was expected but the end and this came: ${describe(packet)}`);
    if (!isNamed(packet, 'connack')) assert.fail(`CONNACK was expected and this came: ${describe(packet)}`);
    expectCode(packet.reasonCode, reasons, 'CONNACK');
    await this.#expectSilentEnd();
  }

  async #expectSilentEnd(): Promise<void> {
    const received = await this.#inbox.nextOrEnd();
    if (received !== null)
      assert.fail(`nothing was expected but the end of the connection and this came: ${describe(received.packet)}`);
  }
}

function expectCode(code: number, reasons: ReasonName | readonly ReasonName[], packet: string): void {
  const codes: readonly number[] = [reasons].flat().map((reason) => ReasonCode[reason]);
  assert.ok(codes.includes(code), `${packet} with 0x${code.toString(16)}, not with ${[reasons].flat().join(' or ')}`);
}
