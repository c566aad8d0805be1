import { ReasonCode } from '../codec/reason-codes.ts';
import type { DropReason } from './events.ts';

/** The limits that refuse something or end a connection. */
export type LimitName =
  | 'connections'
  | 'connections_per_address'
  | 'connect_rate'
  | 'connect_timeout' // no CONNECT in time, a handshake of the transport included
  | 'sessions'
  | 'subscriptions'
  | 'message_rate' // a client sent faster than it may: disconnected, or read from more slowly for a while
  | 'byte_rate'
  | 'packet_size'
  | 'topic' // too long, or too many levels
  | 'receive_maximum'
  | 'topic_alias';

/** Counters of a broker since its start; only the gauges (first group) ever fall. */
export interface BrokerStats {
  /** Connections, those that have not sent CONNECT included. */
  connections: number;
  /** Clients that are connected, and the most that were at the same time. */
  clients: number;
  clientsMaximum: number;
  sessions: number;
  subscriptions: number;
  sharedSubscriptions: number;
  retained: number;
  /** What they take: topics, with 100 bytes for each level, payloads and properties. */
  retainedBytes: number;
  /** QoS 1 and 2 messages that wait for their receivers or are on their way to them. */
  queued: number;

  connectionsAccepted: number;
  /** Refused because of a limit of connections. */
  connectionsRefused: number;
  /** Bytes and packets of all wires. */
  bytesReceived: number;
  bytesSent: number;
  packetsReceived: number;
  packetsSent: number;
  /** PUBLISH packets received, repetitions included, and the bytes of their payloads. */
  messagesReceived: number;
  messageBytesReceived: number;
  /** PUBLISH packets sent, repetitions included, and the bytes of their payloads. */
  messagesSent: number;
  messageBytesSent: number;
  /** Messages that did not reach a receiver, by reason. */
  dropped: Record<DropReason, number>;
  /** What was refused because of a limit, by limit. */
  limited: Record<LimitName, number>;
}

/** What is read, or added up, when somebody asks. */
type Gauge =
  | 'connections'
  | 'clients'
  | 'sessions'
  | 'subscriptions'
  | 'sharedSubscriptions'
  | 'retained'
  | 'retainedBytes'
  | 'queued'
  | 'packetsSent';

/** The counters that the broker's parts write. */
export interface Counters extends Omit<BrokerStats, Gauge> {
  /** Packets sent but PUBLISH, which `messagesSent` has. */
  otherPacketsSent: number;
}

export function newCounters(): Counters {
  return {
    clientsMaximum: 0,
    connectionsAccepted: 0,
    connectionsRefused: 0,
    bytesReceived: 0,
    bytesSent: 0,
    packetsReceived: 0,
    otherPacketsSent: 0,
    messagesReceived: 0,
    messageBytesReceived: 0,
    messagesSent: 0,
    messageBytesSent: 0,
    dropped: {
      queue_full: 0,
      receiver_slow: 0,
      expired: 0,
      too_large: 0,
      not_authorized: 0,
      payload_format_invalid: 0,
      retained_full: 0,
      offline: 0,
      session_ended: 0,
    },
    limited: {
      connections: 0,
      connections_per_address: 0,
      connect_rate: 0,
      connect_timeout: 0,
      sessions: 0,
      subscriptions: 0,
      message_rate: 0,
      byte_rate: 0,
      packet_size: 0,
      topic: 0,
      receive_maximum: 0,
      topic_alias: 0,
    },
  };
}

/** Reason codes of protocol errors that a limit is the cause of. Other limits count where they hold. */
const LIMITS: ReadonlyMap<number, LimitName> = new Map([
  [ReasonCode.packet_too_large, 'packet_size'],
  [ReasonCode.receive_maximum_exceeded, 'receive_maximum'],
  [ReasonCode.topic_alias_invalid, 'topic_alias'],
]);

/** Counts a protocol error that is beyond a limit. */
export function countLimit({ limited }: Counters, reasonCode: number): void {
  const limit = LIMITS.get(reasonCode);
  if (limit !== undefined) limited[limit]++;
}
