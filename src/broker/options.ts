import { type Clock, systemClock } from '../base/clock.ts';
import { type Log, silentLog } from '../base/log.ts';
import type { QoS } from '../codec/packets.ts';

/** What a listener may have otherwise than the broker it belongs to. Where something has no bound it is Infinity. */
export interface ListenerPolicy {
  /** Whether a client may connect about whom no hook of `client.authenticate` has an opinion. */
  readonly allowAnonymous: boolean;
  /** Connections at the same time. A listener's own bound holds besides the broker's, as with the next two. */
  readonly maxConnections: number;
  /** Connections at the same time from one address; of IPv6 from one network of 64 bits. */
  readonly maxConnectionsPerAddress: number;
  /** New connections per second; as many may come at once. */
  readonly maxConnectRate: number;
  /** PUBLISH packets per second that one connection may send; as many may come at once. */
  readonly maxMessageRate: number;
  /** Bytes per second that one connection may send; as many may come at once. */
  readonly maxByteRate: number;
  /** What happens to a client that sends faster: it is disconnected (0x96), or we read from it more slowly. */
  readonly rateAction: 'disconnect' | 'throttle';
  /** Bytes of the largest packet that is accepted. */
  readonly maxPacketSize: number;
}

/** What one wire may have otherwise: bounds of connections are a listener's. */
export type WirePolicy = Partial<
  Omit<ListenerPolicy, 'maxConnections' | 'maxConnectionsPerAddress' | 'maxConnectRate'>
>;

/** Limits and surroundings of a broker; every key has a default. */
export interface BrokerOptions extends ListenerPolicy {
  /** QoS 1 and 2 messages on their way to one client, unless its Receive Maximum is lower. 1 - 65,535. */
  readonly maxInflight: number;
  /** QoS 1 and 2 messages that wait for one session; the newest is dropped beyond it. */
  readonly maxQueuedMessages: number;
  /** Bytes (topic and payload) of those. */
  readonly maxQueuedBytes: number;
  /** Topic aliases that a client may use; 0 is none. */
  readonly topicAliasMaximum: number;
  /** Topic aliases that the broker sets towards one 5.0 client, where its own maximum allows that; 0 is none. */
  readonly outgoingAliases: number;
  /** QoS 1 and 2 messages that a 5.0 client may have on their way to the broker. 1 - 65,535. */
  readonly receiveMaximum: number;
  /** A client is gone when nothing came from it for this times its keep-alive. */
  readonly keepAliveMultiplier: number;
  /** Seconds of the longest keep-alive; 5.0 clients that want longer, or none, are told this one. Infinity: no bound. */
  readonly maxKeepAlive: number;
  /** Seconds that a session without connection is kept at most, Infinity for ever. */
  readonly maxSessionExpiry: number;
  /** Milliseconds in which CONNECT must have come. */
  readonly connectTimeout: number;
  /**
   * Bytes that wait for one slow receiver; QoS 0 messages beyond it are dropped. At least 65,536 over TCP: Node tells
   * that a socket has drained only where so much had waited.
   */
  readonly maxOutgoingBuffer: number;
  /** Those below $SYS, which are the broker's own, do not count here. */
  readonly maxRetained: number;
  /** Bytes that retained messages take, without those below $SYS; each level of a topic counts 100. */
  readonly maxRetainedBytes: number;
  /** Sessions, those without connection included; a client beyond it is refused. */
  readonly maxSessions: number;
  /**
   * Subscriptions of one session; more are refused with 0x97, quota exceeded. A very long or deep filter counts as
   * several: one more for each 4,096 bytes, where each level counts 100.
   */
  readonly maxSubscriptions: number;
  /** Levels of a topic or filter. */
  readonly maxTopicLevels: number;
  /** Bytes of a topic or filter. */
  readonly maxTopicLength: number;
  /** The highest QoS of a message that a client may publish, and that a subscription is granted. */
  readonly maximumQoS: QoS;
  /** Whether messages may be retained, and subscriptions have wildcards, be shared, or carry identifiers. */
  readonly retainAvailable: boolean;
  readonly wildcardSubscriptions: boolean;
  readonly sharedSubscriptions: boolean;
  readonly subscriptionIdentifiers: boolean;
  /**
   * The Response Information for 5.0 clients that ask for it: where they may have responses sent. `${clientid}` stands
   * for the client identifier. Empty: they are told none.
   */
  readonly responseInformation: string;
  /** Whether a payload that is said to be UTF-8 (Payload Format Indicator 1) is refused (0x99) when it is not. */
  readonly checkPayloadFormat: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

export const defaultOptions: BrokerOptions = {
  maxPacketSize: 10 * 1024 * 1024,
  maxInflight: 2048,
  maxQueuedMessages: 10_000,
  maxQueuedBytes: 16 * 1024 * 1024,
  topicAliasMaximum: 1024,
  outgoingAliases: 32,
  receiveMaximum: 1024,
  keepAliveMultiplier: 1.5,
  maxKeepAlive: Infinity,
  maxSessionExpiry: 7 * 24 * 3600,
  connectTimeout: 15_000,
  maxOutgoingBuffer: 1024 * 1024,
  maxRetained: 1_000_000,
  maxRetainedBytes: 256 * 1024 * 1024,
  maxSessions: 100_000,
  maxSubscriptions: 10_000,
  allowAnonymous: true,
  maxConnections: 100_000,
  maxConnectionsPerAddress: 50_000,
  maxConnectRate: Infinity,
  maxMessageRate: Infinity,
  maxByteRate: Infinity,
  rateAction: 'disconnect',
  maxTopicLevels: 128,
  maxTopicLength: 65_535,
  maximumQoS: 2,
  retainAvailable: true,
  wildcardSubscriptions: true,
  sharedSubscriptions: true,
  subscriptionIdentifiers: true,
  responseInformation: 'response/${clientid}',
  checkPayloadFormat: true,
  clock: systemClock,
  log: silentLog,
};
