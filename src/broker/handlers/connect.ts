import { randomUUID } from 'node:crypto';
import { ProtocolError, protocolError } from '../../codec/errors.ts';
import { type ConnectPacket, PacketType } from '../../codec/packets.ts';
import { LARGEST_PACKET } from '../../codec/publish-frame.ts';
import { ReasonCode } from '../../codec/reason-codes.ts';
import type { Client } from '../client.ts';
import type { Connection } from '../connection.ts';
import { denialCode, denialText, type Verdict } from '../hooks.ts';
import { OutgoingAliases } from '../outgoing-aliases.ts';
import { checkWill, willOf } from '../will.ts';
import { beginExchange } from './auth.ts';
import { acceptedProperties, connackFor, tellConnack } from './connack.ts';

/** CONNECT: normalise, authenticate, open the session, answer, continue what was interrupted. */
export function handleConnect(connection: Connection, packet: ConnectPacket): void {
  if (connection.state !== 'new') throw protocolError('a second CONNECT'); // [MQTT-3.1.0-2]
  connection.state = 'connecting';
  const client = clientOf(connection, packet);
  connection.client = client;
  note(connection, packet);
  const tell = connection.core.hooks.events['client.connect'];
  if (tell !== null) tell(client);
  if (isOver(connection)) return;
  if (connection.refusal !== null) return connection.close(connection.refusal);
  // Without an identifier there is nothing under which a session could be kept [MQTT-3.1.3-8] of 3.1.1.
  if (packet.clientId === '' && (packet.version === 3 || (packet.version === 4 && !packet.cleanStart)))
    throw new ProtocolError(ReasonCode.client_identifier_not_valid, 'an empty client identifier');
  if (packet.will !== undefined) checkWill(connection.core, packet.will);
  authenticate(connection, client, packet);
}

/** Whether a listener has ended the connection. */
function isOver({ state }: Connection): boolean {
  return state === 'closed';
}

function clientOf({ wire }: Connection, packet: ConnectPacket): Client {
  return {
    clientId: packet.clientId === '' ? `hookmq-${randomUUID()}` : packet.clientId, // [MQTT-3.1.3-6]
    clientIdAssigned: packet.clientId === '',
    username: packet.username,
    protocolVersion: packet.version,
    keepAlive: packet.keepAlive,
    cleanStart: packet.cleanStart,
    remoteAddress: wire.peer.address,
    remotePort: wire.peer.port,
    listener: wire.peer.listener,
    certificate: wire.peer.certificate,
  };
}

/** Keeps what CONNECT says about the packets to come. */
function note(connection: Connection, { version, bridge, properties, ...packet }: ConnectPacket): void {
  connection.version = version;
  connection.bridge = bridge;
  connection.connectExpiryInterval = askedExpiry(version, packet.cleanStart, properties?.sessionExpiryInterval);
  if (properties === null) return;
  connection.maximumPacketSize = Math.min(properties.maximumPacketSize ?? LARGEST_PACKET, LARGEST_PACKET);
  connection.problemInformation = properties.requestProblemInformation ?? true;
  connection.authenticationMethod = properties.authenticationMethod ?? null;
  const aliases = Math.min(properties.topicAliasMaximum ?? 0, connection.core.options.outgoingAliases);
  if (aliases > 0) connection.outgoingAliases = new OutgoingAliases(aliases);
}

/** Seconds. Before 5.0 a session is kept for ever or not at all. */
function askedExpiry(version: number, cleanStart: boolean, asked = 0): number {
  if (version < 5) return cleanStart ? 0 : Infinity;
  return asked === NEVER ? Infinity : asked;
}

/** The Session Expiry Interval that means "does not expire". */
const NEVER = 0xffff_ffff;

function authenticate(connection: Connection, client: Client, packet: ConnectPacket): void {
  const { authenticationMethod: method } = connection;
  if (method !== null) {
    const start = { method, data: packet.properties?.authenticationData };
    return beginExchange(connection, client, start, (data) => accept(connection, client, packet, data));
  }
  const ask = connection.core.hooks.questions['client.authenticate'];
  const verdict = ask === null ? 'ignore' : ask(client, packet.password);
  if (verdict instanceof Promise) connection.hold(verdict.then((answer) => decide(connection, client, packet, answer)));
  else decide(connection, client, packet, verdict);
}

function decide(connection: Connection, client: Client, packet: ConnectPacket, verdict: Verdict): void {
  if (connection.state !== 'connecting') return;
  if (verdict === 'allow' || (verdict === 'ignore' && connection.policy.allowAnonymous))
    accept(connection, client, packet, null);
  else connection.close(denialCode(verdict, PacketType.connack), denialText(verdict));
}

/** `data` is the Authentication Data that goes into CONNACK. */
function accept(connection: Connection, client: Client, packet: ConnectPacket, data: Buffer | null): void {
  const { core, connectExpiryInterval } = connection;
  const { options } = core;
  if (!core.sessions.hasRoomFor(client.clientId)) {
    core.counters.limited.sessions++;
    return connection.close(ReasonCode.quota_exceeded, `more than ${options.maxSessions} sessions`);
  }
  const expiry = Math.min(connectExpiryInterval, options.maxSessionExpiry);
  const expiryInterval = expiry === connectExpiryInterval ? null : Math.min(expiry, NEVER);
  const keepAlive = keepAliveOf(packet, options.maxKeepAlive);
  const granted = { keepAlive, expiryInterval, data };
  const properties = packet.version < 5 ? null : acceptedProperties(connection, client, packet, granted);
  const connack = connackFor(connection, ReasonCode.success, properties);
  // Who cannot be told that it is accepted is not, and gets no other packet either [MQTT-3.14.0-1].
  if (connack === null) return connection.end('packet_too_large');
  const opened = core.sessions.open(connection, client, expiry);
  if (opened === null) return;
  const { session, present, older } = opened;
  session.will = packet.will === undefined ? null : willOf(core, client, packet.will);
  connection.receiveLimit = options.receiveMaximum + (session.inbox?.size ?? 0);
  connection.opened(keepAlive);
  connection.send({ ...connack, sessionPresent: present && packet.version > 3 }); // 3.1 has no such flag.
  session.resume(connection, Math.min(packet.properties?.receiveMaximum ?? 65_535, options.maxInflight));
  tellAccepted(connection, client, present, older);
  session.pump();
}

/**
 * Told between CONNACK and what was on its way: what a listener publishes to this very client does not overtake the one,
 * nor the other at QoS 1 and 2, and no message is told as delivered to a client that is not told as connected. Whoever
 * is told may end the connection: then it is told as gone, and nothing else of it after that.
 */
function tellAccepted(connection: Connection, client: Client, present: boolean, older: Client | null): void {
  const { events } = connection.core.hooks;
  if (older !== null) events['session.takenover']?.(older);
  else events[present ? 'session.resumed' : 'session.created']?.(client);
  if (isOver(connection)) return;
  tellConnack(connection, ReasonCode.success);
  if (!isOver(connection)) events['client.connected']?.(client, present);
}

/** Seconds of the keep-alive that counts: the client's, unless that is longer than we allow and it can be told. */
function keepAliveOf({ version, keepAlive }: ConnectPacket, longest: number): number {
  if (version < 5 || longest === Infinity || (keepAlive > 0 && keepAlive <= longest)) return keepAlive;
  return Math.min(longest, 65_535);
}
