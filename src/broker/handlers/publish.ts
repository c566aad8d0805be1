import { ProtocolError, protocolError } from '../../codec/errors.ts';
import { PacketType, type PublishPacket } from '../../codec/packets.ts';
import type { PublishProperties } from '../../codec/properties.ts';
import { ReasonCode } from '../../codec/reason-codes.ts';
import { isInternal, validateTopic } from '../../topics/filter.ts';
import type { Connection } from '../connection.ts';
import { drop } from '../drop.ts';
import { Message } from '../message.ts';
import { submit } from '../publishing.ts';
import type { Session } from '../session.ts';
import { expiryOf } from '../will.ts';

/** PUBLISH: normalise, find repetitions, authorise, act, acknowledge. */
export function handlePublish(connection: Connection, session: Session, packet: PublishPacket): void {
  const { core } = connection;
  core.counters.messagesReceived++;
  const { qos, packetId } = packet;
  const topic = topicOf(connection, packet);
  if (qos === 2 && isRepetition(connection, session, packetId))
    return connection.sendAck(PacketType.pubrec, packetId, ReasonCode.success);
  const message = messageOf(connection, packet, topic);
  if (isInternal(topic)) {
    drop(core, message, null, 'not_authorized');
    return acknowledge(connection, session, qos, packetId, ReasonCode.not_authorized);
  }
  const outcome = (qos === 2 ? session.undecided?.get(packetId) : undefined) ?? submit(core, message);
  if (typeof outcome === 'number') return acknowledge(connection, session, qos, packetId, outcome);
  if (qos === 2) (session.undecided ??= new Map()).set(packetId, outcome);
  connection.hold(outcome.then((code) => acknowledge(connection, session, qos, packetId, code)));
}

/** The topic that the packet names or stands for by its alias [MQTT-3.3.2-8 to 12]. */
function topicOf(connection: Connection, packet: PublishPacket): string {
  const alias = packet.properties?.topicAlias;
  if (alias === undefined) {
    if (packet.topic === '') throw protocolError('a PUBLISH without topic');
    return packet.topic;
  }
  if (alias === 0 || alias > connection.core.options.topicAliasMaximum)
    throw new ProtocolError(ReasonCode.topic_alias_invalid, `topic alias ${alias}`);
  if (packet.topic !== '') {
    (connection.aliases ??= new Map()).set(alias, packet.topic);
    return packet.topic;
  }
  const topic = connection.aliases?.get(alias);
  if (topic === undefined) throw protocolError(`topic alias ${alias} was never set`);
  return topic;
}

/** Whether this QoS 2 message was accepted before [MQTT-4.3.3-10]; a new one must fit the Receive Maximum. */
function isRepetition({ receiveLimit, version }: Connection, { inbox }: Session, packetId: number): boolean {
  if (inbox === null) return false;
  if (inbox.has(packetId)) return true;
  if (version === 5 && inbox.size >= receiveLimit)
    throw new ProtocolError(ReasonCode.receive_maximum_exceeded, `more than ${receiveLimit} messages on their way`);
  return false;
}

function messageOf(connection: Connection, packet: PublishPacket, topic: string): Message {
  const { core, client } = connection;
  const properties = packet.properties === null ? null : forwarded(packet.properties);
  return new Message(
    {
      topic,
      payload: packet.payload,
      qos: packet.qos,
      retain: packet.retain,
      properties,
      publisher: client,
      timestamp: core.options.clock.date(),
      expiresAt: properties === null ? Infinity : expiryOf(core, properties),
    },
    packet.frame,
  );
}

/** What of the properties belongs to the message and not to this hop [MQTT-3.3.2-7,12]; null for nothing. */
function forwarded(properties: PublishProperties): PublishProperties | null {
  const { topicAlias, subscriptionIdentifiers, ...rest } = properties;
  if (rest.responseTopic !== undefined && validateTopic(rest.responseTopic) !== null)
    throw protocolError('the response topic is no topic name'); // [MQTT-3.3.2-14]
  if (subscriptionIdentifiers !== undefined) throw protocolError('a subscription identifier from a client'); // [MQTT-3.3.4-6]
  return topicAlias !== undefined && Object.keys(rest).length === 0 ? null : rest;
}

function acknowledge(connection: Connection, session: Session, qos: number, packetId: number, code: number): void {
  if (qos === 2) {
    session.undecided?.delete(packetId);
    // Noted even if the connection is gone: the client repeats the message on the next one. Before 5.0 there is no
    // "no": the exchange goes on.
    if (code < 0x80 || connection.version < 5) (session.inbox ??= new Set()).add(packetId);
  }
  if (qos === 0 || connection.state === 'closed') return;
  connection.sendAck(qos === 1 ? PacketType.puback : PacketType.pubrec, packetId, code);
}
