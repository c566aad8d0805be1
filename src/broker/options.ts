import { type Clock, systemClock } from '../base/clock.ts';
import { type Log, silentLog } from '../base/log.ts';

/** Limits and surroundings of a broker; every key has a default. */
export interface BrokerOptions {
  /** Bytes of the largest packet that is accepted. */
  readonly maxPacketSize: number;
  /** QoS 1 and 2 messages on their way to one client, unless its Receive Maximum is lower. 1 - 65,535. */
  readonly maxInflight: number;
  /** QoS 1 and 2 messages that wait for one session; the newest is dropped beyond it. */
  readonly maxQueuedMessages: number;
  /** Bytes (topic and payload) of those. */
  readonly maxQueuedBytes: number;
  /** Topic aliases that a client may use; 0 is none. */
  readonly topicAliasMaximum: number;
  /** QoS 1 and 2 messages that a 5.0 client may have on their way to the broker. 1 - 65,535. */
  readonly receiveMaximum: number;
  /** A client is gone when nothing came from it for this times its keep-alive. */
  readonly keepAliveMultiplier: number;
  /** Seconds that a session without connection is kept at most, Infinity for ever. */
  readonly maxSessionExpiry: number;
  /** Milliseconds in which CONNECT must have come. */
  readonly connectTimeout: number;
  /**
   * Bytes that wait for one slow receiver; QoS 0 messages beyond it are dropped. At least 65,536 over TCP: Node tells
   * that a socket has drained only where so much had waited.
   */
  readonly maxOutgoingBuffer: number;
  readonly maxRetained: number;
  /** Bytes of retained messages. */
  readonly maxRetainedBytes: number;
  /** Sessions, those without connection included; a client beyond it is refused. */
  readonly maxSessions: number;
  /** Subscriptions of one session; more are refused with 0x97, quota exceeded. */
  readonly maxSubscriptions: number;
  readonly maxConnections: number;
  /** Levels of a topic or filter. */
  readonly maxTopicLevels: number;
  readonly clock: Clock;
  readonly log: Log;
}

export const defaultOptions: BrokerOptions = {
  maxPacketSize: 10 * 1024 * 1024,
  maxInflight: 2048,
  maxQueuedMessages: 10_000,
  maxQueuedBytes: 16 * 1024 * 1024,
  topicAliasMaximum: 1024,
  receiveMaximum: 1024,
  keepAliveMultiplier: 1.5,
  maxSessionExpiry: 7 * 24 * 3600,
  connectTimeout: 15_000,
  maxOutgoingBuffer: 1024 * 1024,
  maxRetained: 1_000_000,
  maxRetainedBytes: 256 * 1024 * 1024,
  maxSessions: 100_000,
  maxSubscriptions: 10_000,
  maxConnections: 100_000,
  maxTopicLevels: 128,
  clock: systemClock,
  log: silentLog,
};
