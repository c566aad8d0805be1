import { randomUUID } from 'node:crypto';
import { ProtocolError, protocolError } from '../../codec/errors.ts';
import type { ConnackPacket, ConnectPacket } from '../../codec/packets.ts';
import { ReasonCode } from '../../codec/reason-codes.ts';
import { exceedsLevels, isInternal, validateTopic } from '../../topics/filter.ts';
import type { Client } from '../client.ts';
import type { Connection } from '../connection.ts';
import { allows, denialOf, type Verdict } from '../hooks.ts';
import { sendConnack, tellConnack } from './connack.ts';
import { willOf } from '../will.ts';

/** CONNECT: normalise, authenticate, open the session, answer, continue what was interrupted. */
export function handleConnect(connection: Connection, packet: ConnectPacket): void {
  if (connection.state !== 'new') throw protocolError('a second CONNECT'); // [MQTT-3.1.0-2]
  connection.state = 'connecting';
  connection.version = packet.version;
  connection.bridge = packet.bridge;
  connection.maximumPacketSize = packet.properties?.maximumPacketSize ?? Infinity;
  connection.client = clientOf(connection, packet);
  const problem = problemOf(packet, connection.core.options.maxTopicLevels);
  if (problem !== null) return connection.close(problem);
  const ask = connection.core.hooks.questions['client.authenticate'];
  const verdict = ask === null ? 'allow' : ask(connection.client, packet.password);
  if (verdict instanceof Promise) connection.hold(verdict.then((answer) => decide(connection, packet, answer)));
  else decide(connection, packet, verdict);
}

function clientOf(connection: Connection, packet: ConnectPacket): Client {
  return {
    clientId: packet.clientId === '' ? `hookmq-${randomUUID()}` : packet.clientId, // [MQTT-3.1.3-6]
    username: packet.username,
    protocolVersion: packet.version,
    keepAlive: packet.keepAlive,
    cleanStart: packet.cleanStart,
    remoteAddress: connection.wire.peer.address,
    remotePort: connection.wire.peer.port,
    listener: connection.wire.peer.listener,
  };
}

/** The reason code with which a well-formed CONNECT is refused, null for none. */
function problemOf(packet: ConnectPacket, maxTopicLevels: number): number | null {
  // Without an identifier there is nothing under which a session could be kept [MQTT-3.1.3-8] of 3.1.1.
  if (packet.clientId === '' && (packet.version === 3 || (packet.version === 4 && !packet.cleanStart)))
    return ReasonCode.client_identifier_not_valid;
  if (packet.properties?.authenticationMethod !== undefined) return ReasonCode.bad_authentication_method;
  if (packet.will !== undefined && !isPublishable(packet.will.topic, maxTopicLevels))
    return ReasonCode.topic_name_invalid;
  return null;
}

function isPublishable(topic: string, maxLevels: number): boolean {
  return validateTopic(topic) === null && !exceedsLevels(topic, maxLevels) && !isInternal(topic);
}

function decide(connection: Connection, packet: ConnectPacket, verdict: Verdict): void {
  if (connection.state !== 'connecting') return;
  if (allows(verdict)) accept(connection, packet);
  else connection.close(ReasonCode[denialOf(verdict)]);
}

function accept(connection: Connection, packet: ConnectPacket): void {
  const { core, client } = connection;
  if (client === null) throw new ProtocolError(ReasonCode.protocol_error, 'CONNECT is missing');
  const { options } = core;
  if (!core.sessions.hasRoomFor(client.clientId)) return connection.close(ReasonCode.quota_exceeded);
  const expiry = Math.min(askedExpiry(packet), options.maxSessionExpiry);
  connection.connectExpiryInterval = expiry;
  const { session, present } = core.sessions.open(connection, client, expiry);
  session.will = packet.will === undefined ? null : willOf(core, client, packet.will);
  connection.receiveLimit = options.receiveMaximum + (session.inbox?.size ?? 0);
  connection.opened(packet.keepAlive);
  if (!sendAccepted(connection, packet, expiry, present)) return connection.close(ReasonCode.packet_too_large);
  session.resume(connection, Math.min(packet.properties?.receiveMaximum ?? 65_535, options.maxInflight));
  // Told last: what a listener publishes to this very client must not overtake CONNACK and what was on its way.
  tellConnack(connection, ReasonCode.success);
  const tell = core.hooks.events['client.connected'];
  if (tell !== null) tell(client, present);
}

/** Seconds. Before 5.0 a session is kept for ever or not at all. */
function askedExpiry(packet: ConnectPacket): number {
  if (packet.version < 5) return packet.cleanStart ? 0 : Infinity;
  const asked = packet.properties?.sessionExpiryInterval ?? 0;
  return asked === NEVER ? Infinity : asked;
}

/** The Session Expiry Interval that means "does not expire". */
const NEVER = 0xffff_ffff;

function sendAccepted(connection: Connection, packet: ConnectPacket, expiry: number, present: boolean): boolean {
  const { options } = connection.core;
  const properties: NonNullable<ConnackPacket['properties']> = {
    receiveMaximum: options.receiveMaximum,
    maximumPacketSize: options.maxPacketSize,
    topicAliasMaximum: options.topicAliasMaximum,
  };
  if (expiry !== askedExpiry(packet)) properties.sessionExpiryInterval = Math.min(expiry, NEVER);
  if (packet.clientId === '' && connection.client !== null)
    properties.assignedClientIdentifier = connection.client.clientId;
  return sendConnack(connection, ReasonCode.success, present, packet.version === 5 ? properties : null);
}
