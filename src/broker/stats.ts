import type { DropReason } from './events.ts';

/** Counters of a broker since its start; only the gauges (first group) ever fall. */
export interface BrokerStats {
  connections: number;
  sessions: number;
  subscriptions: number;
  retained: number;

  connectionsAccepted: number;
  /** Refused because of `maxConnections`. */
  connectionsRefused: number;
  messagesReceived: number;
  /** PUBLISH packets sent, repetitions included. */
  messagesSent: number;
  /** Messages that did not reach a receiver, by reason. */
  dropped: Record<DropReason, number>;
}

/** The counters that the broker's parts write; the gauges are read where they are when somebody asks. */
export type Counters = Omit<BrokerStats, 'connections' | 'sessions' | 'subscriptions' | 'retained'>;

export function newCounters(): Counters {
  return {
    connectionsAccepted: 0,
    connectionsRefused: 0,
    messagesReceived: 0,
    messagesSent: 0,
    dropped: {
      queue_full: 0,
      receiver_slow: 0,
      expired: 0,
      too_large: 0,
      not_authorized: 0,
      retained_full: 0,
      offline: 0,
      session_ended: 0,
    },
  };
}
