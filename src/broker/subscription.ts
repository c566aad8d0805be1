import type { QoS } from './message.ts';

/** What a SUBSCRIBE asks for one filter (MQTT 5.0, section 3.8.3.1); older versions know only the QoS. */
export interface SubscriptionOptions {
  readonly qos: QoS;
  /** Messages that this client publishes are not sent back to it. */
  readonly noLocal: boolean;
  /** Forwarded messages keep the RETAIN flag with which they were published. */
  readonly retainAsPublished: boolean;
  /** Retained messages are sent: 0 at every subscribe, 1 if the subscription is new, 2 never. */
  readonly retainHandling: 0 | 1 | 2;
  /** Subscription Identifier, 0 is none. */
  readonly subscriptionId: number;
}
