import type { PublishProperties } from '../codec/properties.ts';
import type { Client } from './client.ts';

/** Quality of service of a message or a subscription. */
export type QoS = 0 | 1 | 2;

/**
 * An application message: it belongs to nobody and knows no packet, connection or session. Immutable once published.
 */
export interface Message {
  readonly topic: string;
  /** A view that is valid during the call only, unless the message was kept: copy what outlives it. */
  readonly payload: Buffer;
  readonly qos: QoS;
  /** The RETAIN flag as published. */
  readonly retain: boolean;
  /** What 5.0 forwards with the message; null when there is nothing. */
  readonly properties: PublishProperties | null;
  /** Who published it; null for the embedder's own messages. */
  readonly publisher: Client | null;
  /** When it was accepted, milliseconds since the Unix epoch. */
  readonly timestamp: number;
}
