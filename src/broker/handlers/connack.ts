import { encode } from '../../codec/encode.ts';
import { type ConnackPacket, type ConnectPacket, PacketType } from '../../codec/packets.ts';
import { LARGEST_PACKET } from '../../codec/publish-frame.ts';
import { connackReturnCode, mayCarry, ReasonCode, reasonName } from '../../codec/reason-codes.ts';
import { validateTopic } from '../../topics/filter.ts';
import type { Client } from '../client.ts';
import type { Connection } from '../connection.ts';
import type { BrokerOptions } from '../options.ts';

type Properties = NonNullable<ConnackPacket['properties']>;

/** What a 5.0 client that is accepted is told: always the truth, and what is otherwise than it asked for. */
export function acceptedProperties(
  { core, policy }: Connection,
  client: Client,
  packet: ConnectPacket,
  granted: { readonly keepAlive: number; readonly expiryInterval: number | null; readonly data: Buffer | null },
): Properties {
  const { options } = core;
  const properties: Properties = {
    receiveMaximum: options.receiveMaximum,
    retainAvailable: options.retainAvailable,
    topicAliasMaximum: options.topicAliasMaximum,
    wildcardSubscriptionAvailable: options.wildcardSubscriptions,
    subscriptionIdentifiersAvailable: options.subscriptionIdentifiers,
    sharedSubscriptionAvailable: options.sharedSubscriptions,
  };
  // No packet is larger than what this property can say.
  if (policy.maxPacketSize <= 0xffff_ffff) properties.maximumPacketSize = policy.maxPacketSize;
  if (options.maximumQoS < 2) properties.maximumQoS = options.maximumQoS === 1; // [MQTT-3.2.2-9]
  if (granted.expiryInterval !== null) properties.sessionExpiryInterval = granted.expiryInterval;
  if (granted.keepAlive !== packet.keepAlive) properties.serverKeepAlive = granted.keepAlive; // [MQTT-3.1.2-21]
  if (packet.clientId === '') properties.assignedClientIdentifier = client.clientId; // [MQTT-3.2.2-16]
  const { authenticationMethod, requestResponseInformation } = packet.properties ?? {};
  if (authenticationMethod !== undefined) properties.authenticationMethod = authenticationMethod; // [MQTT-4.12.0-5]
  if (granted.data !== null) properties.authenticationData = granted.data;
  const information = requestResponseInformation === true ? responseInformation(options, client) : ''; // [MQTT-3.1.2-28]
  if (information !== '') properties.responseInformation = information;
  return properties;
}

/** Empty where there is none, or where the client identifier makes no topic of it. */
function responseInformation(options: BrokerOptions, { clientId }: Client): string {
  const information = options.responseInformation.replaceAll('${clientid}', () => clientId);
  return validateTopic(information) === null ? information : '';
}

/**
 * The answer to CONNECT in the words of the client's version, and as small as the client wants it; null for one that
 * takes no such packet.
 */
export function connackFor(
  { version, maximumPacketSize }: Connection,
  reasonCode: number,
  properties: Properties | null,
): ConnackPacket | null {
  const packet: ConnackPacket = {
    type: PacketType.connack,
    sessionPresent: false,
    reasonCode: version === 5 ? reasonCode : connackReturnCode(reasonCode),
    properties,
  };
  const fits = (smaller: ConnackPacket): boolean => encode(smaller, version).length <= maximumPacketSize;
  if (maximumPacketSize === LARGEST_PACKET || fits(packet)) return packet;
  // A client that takes only the smallest packets gets to know less.
  const rest = { ...properties };
  for (const names of EXPENDABLE) {
    for (const name of names) if (rest[name] !== false) delete rest[name];
    if (fits({ ...packet, properties: rest })) return { ...packet, properties: rest };
  }
  return null;
}

/**
 * What is left out of a CONNACK that is too large for its client, in turns: what is only said to people and what it did
 * not have to ask for [MQTT-3.2.2-19]; what is so without a word, too (unless the value is false); then the limits that
 * hardly concern one that reads a dozen bytes. What is left it has to know.
 */
const EXPENDABLE: readonly (readonly (keyof Properties)[])[] = [
  ['reasonString', 'responseInformation'],
  [
    'retainAvailable',
    'wildcardSubscriptionAvailable',
    'subscriptionIdentifiersAvailable',
    'sharedSubscriptionAvailable',
    'topicAliasMaximum',
  ],
  ['receiveMaximum', 'maximumPacketSize'],
];

/** Tells the answer to CONNECT to those who listen. */
export function tellConnack({ client, core }: Connection, reasonCode: number): void {
  const tell = core.hooks.events['client.connack'];
  if (tell !== null && client !== null) tell(client, reasonName(reasonCode));
}

/** Says no to a CONNECT where the client can be told; the caller ends the connection. */
export function refuse(connection: Connection, reasonCode: number, text?: string): void {
  if (connection.client === null && reasonCode !== ReasonCode.unsupported_protocol_version) return;
  // CONNACK has no code for a server that shuts down [MQTT-3.2.2-8].
  const code = mayCarry(PacketType.connack, reasonCode) ? reasonCode : ReasonCode.server_unavailable;
  const connack = connackFor(connection, code, text === undefined ? null : { reasonString: text });
  if (connack !== null) connection.send(connack);
  tellConnack(connection, code);
}
