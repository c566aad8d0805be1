import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Broker } from '../broker/broker.ts';
import type { Client } from '../broker/client.ts';
import type { DisconnectReason } from '../broker/events.ts';
import { connackReturnCode, ReasonCode, type ReasonName } from '../codec/reason-codes.ts';
import { validateTopic } from '../topics/filter.ts';
import type { SysConfig } from './config.ts';

/** The topics of NanoMQ: one for each client since its version 0.24.1, before that two for all. */
const OF_CLIENT = '$SYS/brokers/client_status/';
const CONNECTED = '$SYS/brokers/connected';
const DISCONNECTED = '$SYS/brokers/disconnected';

/** What stands for a user name that is not there, as in the bodies of webhooks. */
const NO_USERNAME = 'undefined';

/** What presence needs of a broker. */
export type PresenceBroker = Pick<Broker, 'on' | 'publish' | 'hasAudience'>;

/**
 * Publishes the answer to each CONNECT and each end of a connection, with QoS 0 and not retained, in NanoMQ's JSON: its
 * keys in its order. Nothing is made where nobody looks: thousands of clients may come at once. Returns what ends it.
 */
export function attachPresence(
  broker: PresenceBroker,
  style: SysConfig['presence'],
  clock: Clock,
  log: Log,
): () => void {
  const ofClient = style === 'client_status' || style === 'both';
  const ofAll = style === 'connected' || style === 'both';
  const publish = (topic: string, body: () => object): void => {
    if (!broker.hasAudience(topic)) return;
    broker.publish({ topic, payload: JSON.stringify(body()) }).catch((error: unknown) => {
      // Clients choose their identifiers: what they can bring about is no error of ours.
      log.debug(`${topic} could not be published: ${String(error)}`);
    });
  };
  const tell = (client: Client, status: string, older: string, body: () => object): void => {
    const topic = ofClient ? topicOf(client.clientId) : null;
    if (topic !== null) publish(topic, () => ({ status, ...body() }));
    else if (ofClient) log.debug('a client whose identifier is too long for a topic has no presence topic');
    if (ofAll) publish(older, body);
  };
  const stops = [
    broker.on('client.connack', (client, reason) =>
      tell(client, reason === 'success' ? 'online' : 'refused', CONNECTED, () => connectedBody(client, reason, clock)),
    ),
    broker.on('client.disconnected', (client, reason) =>
      tell(client, 'offline', DISCONNECTED, () => disconnectedBody(client, reason, clock)),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Slashes stay, as with NanoMQ: they make levels. Null where the identifier is too long. */
function topicOf(clientId: string): string | null {
  const topic = OF_CLIENT + clientId.replaceAll('+', '%2B').replaceAll('#', '%23');
  return validateTopic(topic) === null ? topic : null;
}

function connectedBody(client: Client, reason: ReasonName, clock: Clock): object {
  const code = ReasonCode[reason];
  return {
    username: client.username ?? NO_USERNAME,
    ts: clock.date(),
    proto_name: client.protocolVersion === 3 ? 'MQIsdp' : 'MQTT',
    keepalive: client.keepAlive,
    return_code: (client.protocolVersion === 5 ? code : connackReturnCode(code)).toString(16),
    proto_ver: client.protocolVersion,
    client_id: client.clientId,
    clean_start: client.cleanStart ? 1 : 0,
    IPv4: client.remoteAddress,
  };
}

function disconnectedBody(client: Client, reason: DisconnectReason, clock: Clock): object {
  return {
    username: client.username ?? NO_USERNAME,
    ts: clock.date(),
    reason_code: codeOf(reason).toString(16),
    client_id: client.clientId,
    IPv4: client.remoteAddress,
  };
}

/** The reason code of 5.0 for the end of a connection; one that just ended has none of its own. */
function codeOf(reason: DisconnectReason): number {
  if (reason === 'normal') return ReasonCode.success;
  return reason === 'tcp_closed' || reason === 'connect_timeout' ? ReasonCode.unspecified_error : ReasonCode[reason];
}
