import { isUtf8 } from 'node:buffer';
import { ProtocolError, protocolError } from '../../codec/errors.ts';
import { PacketType, type PublishPacket } from '../../codec/packets.ts';
import type { PublishProperties } from '../../codec/properties.ts';
import { ReasonCode } from '../../codec/reason-codes.ts';
import { isInternal, validateTopic } from '../../topics/filter.ts';
import type { Connection } from '../connection.ts';
import type { Core } from '../core.ts';
import { IncomingAliases } from '../incoming-aliases.ts';
import { Message } from '../message.ts';
import { type Outcome, refuse, submit } from '../publishing.ts';
import type { Session } from '../session.ts';
import { topicExcessOf } from '../topic-limits.ts';
import { expiryOf } from '../will.ts';

/** PUBLISH: normalise, find repetitions, authorise, act, acknowledge. */
export function handlePublish(connection: Connection, session: Session, packet: PublishPacket): void {
  const { core } = connection;
  core.counters.messagesReceived++;
  core.counters.messageBytesReceived += packet.payload.length;
  const { qos, packetId } = packet;
  const { maximumQoS, retainAvailable } = core.options;
  if (qos > maximumQoS)
    throw new ProtocolError(ReasonCode.qos_not_supported, `QoS ${qos}, the highest is ${maximumQoS}`);
  if (packet.retain && !retainAvailable)
    throw new ProtocolError(ReasonCode.retain_not_supported, 'messages are not retained here');
  const topic = topicOf(connection, packet);
  if (qos === 2 && isRepetition(connection, session, packetId))
    return connection.sendAck(PacketType.pubrec, packetId, ReasonCode.success);
  const message = messageOf(connection, packet, topic);
  const outcome = (qos === 2 ? session.undecided?.get(packetId) : undefined) ?? decide(core, message);
  if (!(outcome instanceof Promise)) return acknowledge(connection, session, qos, packetId, outcome);
  if (qos === 2) (session.undecided ??= new Map()).set(packetId, outcome);
  connection.hold(outcome.then((answer) => acknowledge(connection, session, qos, packetId, answer)));
}

function decide(core: Core, message: Message): Outcome | Promise<Outcome> {
  const { topic, properties, payload } = message;
  if (isInternal(topic))
    return refuse(core, message, 'not_authorized', ReasonCode.not_authorized, 'clients may not publish to $SYS');
  if (properties?.payloadFormatIndicator === true && core.options.checkPayloadFormat && !isUtf8(payload))
    return refuse(
      core,
      message,
      'payload_format_invalid',
      ReasonCode.payload_format_invalid,
      'the payload is not UTF-8, as its format indicator says',
    );
  return submit(core, message);
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
    if ((connection.aliases ??= new IncomingAliases()).set(alias, packet.topic)) return packet.topic;
    connection.core.counters.limited.topic_alias++;
    throw new ProtocolError(ReasonCode.quota_exceeded, 'the topics of all aliases are too long together');
  }
  return (connection.aliases ??= new IncomingAliases()).get(alias);
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
  const properties = packet.properties === null ? null : forwarded(core, packet.properties);
  return new Message(
    {
      topic,
      payload: packet.payload,
      qos: packet.qos,
      retain: packet.retain,
      properties,
      publisher: client,
      timestamp: core.arrival,
      expiresAt: properties === null ? Infinity : expiryOf(core, properties),
    },
    packet.frame,
  );
}

/** What of the properties belongs to the message and not to this hop [MQTT-3.3.2-7,12]; null for nothing. */
function forwarded(core: Core, properties: PublishProperties): PublishProperties | null {
  const { topicAlias, subscriptionIdentifiers, ...rest } = properties;
  if (rest.responseTopic !== undefined && validateTopic(rest.responseTopic) !== null)
    throw protocolError('the response topic is no topic name'); // [MQTT-3.3.2-14]
  const excess = rest.responseTopic === undefined ? null : topicExcessOf(core, rest.responseTopic);
  if (excess !== null) throw new ProtocolError(ReasonCode.topic_name_invalid, `the response topic: ${excess}`);
  if (subscriptionIdentifiers !== undefined) throw protocolError('a subscription identifier from a client'); // [MQTT-3.3.4-6]
  return topicAlias !== undefined && Object.keys(rest).length === 0 ? null : rest;
}

function acknowledge(connection: Connection, session: Session, qos: number, packetId: number, outcome: Outcome): void {
  const code = typeof outcome === 'number' ? outcome : outcome.code;
  if (qos === 2) {
    session.undecided?.delete(packetId);
    // Noted even if the connection is gone: the client repeats the message on the next one. Before 5.0 there is no
    // "no": the exchange goes on.
    if (code < 0x80 || connection.version < 5) (session.inbox ??= new Set()).add(packetId);
  }
  if (qos === 0 || connection.state === 'closed') return;
  const text = typeof outcome === 'number' ? undefined : outcome.text;
  connection.sendAck(qos === 1 ? PacketType.puback : PacketType.pubrec, packetId, code, text);
}
