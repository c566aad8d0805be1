import { type Packet, PacketType, type PublishPacket } from '../../src/codec/packets.ts';
import type { Broker } from '../../src/index.ts';
import type { Tamper } from './surroundings.ts';
import { idOf } from './publication.ts';

/** Something that a broker could do wrong, and the rule that must notice. */
export interface Fault {
  readonly name: string;
  readonly rule: string;
  /** Makes the fault between the broker and the clients. */
  readonly tamper?: () => Tamper;
  /** Makes it in the broker. */
  readonly spoil?: (broker: Broker) => void;
}

/** A packet identifier that the broker does not reach in the time of a test. */
const STRANGE_ID = 60_000;

/** Changes every message that a client gets, or gives it others. */
function messages(change: (packet: PublishPacket, clientId: string) => readonly Packet[]): () => Tamper {
  return () => (clientId, packet) => (packet.type === PacketType.publish ? change(packet, clientId) : [packet]);
}

type PacketOf<T, P = Packet> = P extends Packet ? (T extends P['type'] ? P : never) : never;

/** Changes every packet of one type. */
function packets<T extends Packet['type']>(type: T, change: (packet: PacketOf<T>) => readonly Packet[]): () => Tamper {
  return () => (_clientId, packet) => (packet.type === type ? change(packet as PacketOf<T>) : [packet]);
}

function kept(packet: PublishPacket): PublishPacket {
  return { ...packet, payload: Buffer.from(packet.payload) };
}

/** Gives a message once more to the next other client that `takes` it. */
function misdirected(
  gives: (clientId: string, packet: PublishPacket) => boolean,
  takes: (clientId: string) => boolean,
): () => Tamper {
  return () => {
    let lost: { packet: PublishPacket; from: string } | null = null;
    return (clientId, packet) => {
      if (packet.type === PacketType.publish && gives(clientId, packet))
        lost = { packet: kept(packet), from: clientId };
      else if (lost !== null && clientId !== lost.from && takes(clientId) && packet.type === PacketType.pingresp)
        return [{ ...lost.packet, properties: null, packetId: lost.packet.qos === 0 ? 0 : STRANGE_ID }, packet];
      return [packet];
    };
  };
}

/** Has the second of two messages of one publisher, topic and QoS overtake the first. */
function overtaking(): Tamper {
  const held = new Map<string, PublishPacket>();
  return (clientId, packet) => {
    if (packet.type !== PacketType.publish || !packet.topic.startsWith('t/') || !atMostOnce(packet)) return [packet];
    const kind = `${clientId} ${idOf(packet.payload).replace(/-\d+$/, '')} ${packet.topic}`;
    const earlier = held.get(kind);
    if (earlier === undefined) held.set(kind, kept(packet));
    else held.delete(kind);
    return earlier === undefined ? [] : [packet, earlier];
  };
}

/** Messages that the broker accepts, and has nobody receive: wildcards do not match such a topic. */
function forgotten(prefix: string, qos: number): (broker: Broker) => void {
  return (broker) =>
    void broker.hook('message.publish', (message) =>
      message.topic.startsWith(prefix) && message.qos === qos ? { change: { topic: '$nowhere' } } : 'ignore',
    );
}

/** What is dropped at QoS 0 must not be what sets a topic alias: that would be noticed as another fault. */
function atMostOnce({ qos, properties }: PublishPacket): boolean {
  return qos === 0 && properties?.topicAlias === undefined;
}

export const FAULTS: readonly Fault[] = [
  { name: 'a message at QoS 1 is accepted and forgotten', rule: 'lost', spoil: forgotten('t/', 1) },
  { name: 'a message at QoS 2 is accepted and forgotten', rule: 'lost', spoil: forgotten('t/', 2) },
  { name: 'a message for a shared group is forgotten', rule: 'lost', spoil: forgotten('work/', 2) },
  {
    name: 'a message at QoS 0 gets lost',
    rule: 'lost',
    tamper: messages((packet) => (atMostOnce(packet) ? [] : [packet])),
  },
  {
    name: 'what is to be retained is not',
    rule: 'retained',
    tamper: messages((packet, clientId) => (clientId === 'auditor' && atMostOnce(packet) ? [] : [packet])),
  },
  {
    name: 'a message at QoS 0 comes twice',
    rule: 'duplicate',
    tamper: messages((packet) => (packet.qos === 0 && !packet.retain ? [packet, packet] : [packet])),
  },
  {
    name: 'a message at QoS 2 comes again under another packet identifier',
    rule: 'duplicate',
    tamper: messages((packet) =>
      packet.qos === 2 && !packet.retain ? [packet, { ...packet, packetId: STRANGE_ID }] : [packet],
    ),
  },
  {
    name: 'a message is repeated on the same connection',
    rule: 'duplicate',
    tamper: messages((packet) => (packet.qos === 1 ? [packet, packet] : [packet])),
  },
  { name: 'a message overtakes another', rule: 'order', tamper: overtaking },
  {
    name: 'DUP on a new message',
    rule: 'dup-flag',
    tamper: messages((packet) => [{ ...packet, dup: packet.qos > 0 }]),
  },
  {
    name: 'RETAIN on a message that was published without',
    rule: 'retain-flag',
    tamper: messages((packet) => [{ ...packet, retain: true }]),
  },
  {
    name: 'a QoS higher than the publisher chose',
    rule: 'qos',
    tamper: messages((packet) => [packet.qos === 1 ? { ...packet, qos: 2 } : packet]),
  },
  {
    name: 'another topic',
    rule: 'altered',
    tamper: messages((packet) => [packet.topic === '' ? packet : { ...packet, topic: `${packet.topic}x` }]),
  },
  {
    name: 'a payload whose last byte is missing',
    rule: 'altered',
    tamper: messages((packet) => [{ ...packet, payload: packet.payload.subarray(0, -1) }]),
  },
  {
    name: 'a message that nobody published',
    rule: 'unknown',
    tamper: messages((packet) => [{ ...packet, payload: Buffer.from('nobody nobody') }]),
  },
  {
    name: 'a message for somebody else',
    rule: 'unwanted',
    tamper: misdirected(
      (id, packet) => id.startsWith('c') && packet.topic.startsWith('t/'),
      (id) => id.startsWith('w'),
    ),
  },
  {
    name: 'a message for two members of a group',
    rule: 'shared',
    tamper: misdirected(
      (id, packet) => id === 'w0' && packet.qos === 2 && packet.topic !== '',
      (id) => id === 'w1',
    ),
  },
  {
    name: 'a strange subscription identifier',
    rule: 'subscription-identifier',
    tamper: messages((packet) => [{ ...packet, properties: { ...packet.properties, subscriptionIdentifiers: [99] } }]),
  },
  {
    name: 'no subscription identifier',
    rule: 'subscription-identifier',
    tamper: messages((packet) => [{ ...packet, properties: { ...packet.properties, subscriptionIdentifiers: [] } }]),
  },
  {
    name: 'a topic alias that was never set',
    rule: 'alias',
    tamper: messages((packet) => [{ ...packet, topic: '', properties: { topicAlias: 1 } }]),
  },
  {
    name: 'an acknowledgement of nothing',
    rule: 'acknowledgement',
    tamper: packets(PacketType.puback, (packet) => [{ ...packet, packetId: 1 }]),
  },
  {
    name: 'a subscription refused',
    rule: 'subscription',
    tamper: packets(PacketType.suback, (packet) => [{ ...packet, reasonCodes: packet.reasonCodes.map(() => 0x80) }]),
  },
  {
    name: 'a session where there is none',
    rule: 'session-present',
    tamper: packets(PacketType.connack, (packet) => [{ ...packet, sessionPresent: true }]),
  },
  {
    name: 'a session that is gone',
    rule: 'session-present',
    tamper: packets(PacketType.connack, (packet) => [{ ...packet, sessionPresent: false }]),
  },
  { name: 'no PUBREL', rule: 'stuck', tamper: packets(PacketType.pubrel, () => []) },
  { name: 'no PUBACK', rule: 'stuck', tamper: packets(PacketType.puback, () => []) },
  {
    name: 'a connection ended without reason',
    rule: 'closed',
    tamper: packets(PacketType.pingresp, (packet) => [
      packet,
      { type: PacketType.disconnect, reasonCode: 0x8b, properties: null },
    ]),
  },
];
