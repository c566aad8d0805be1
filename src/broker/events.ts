import type { ReasonName } from '../codec/reason-codes.ts';
import type { Client } from './client.ts';
import type { Message } from './message.ts';
import type { SubscriptionOptions } from './subscription.ts';

/** Why a message did not reach a receiver (or, without a receiver, anybody). */
export type DropReason =
  | 'queue_full' // the session's queue was at its bound
  | 'receiver_slow' // QoS 0 and the receiver's outgoing buffer was at its bound
  | 'expired' // message expiry interval elapsed
  | 'too_large' // larger than the receiver's Maximum Packet Size
  | 'not_authorized' // refused by a hook, or a client's message to $SYS
  | 'payload_format_invalid' // it said that its payload is UTF-8, and it is not
  | 'retained_full' // delivered, but not retained: the bound of retained messages is reached
  | 'offline' // QoS 0, and the receiver (every member of a shared group) had no connection
  | 'session_ended'; // it waited, or was on its way, when its receiver's session ended

/**
 * The facts that the broker tells, each with the arguments of its listeners. A fact is told when it is true; a
 * listener can neither change nor delay it. What a `Message` or its payload refers to is valid during the call only.
 */
export interface BrokerEvents {
  /** The answer to a CONNECT is about to be sent; `success` or why not. */
  'client.connack': [client: Client, reason: ReasonName];
  /** A client was accepted. */
  'client.connected': [client: Client, sessionPresent: boolean];
  /** A connected client's connection ended, for whatever reason; also on take-over and at shutdown. */
  'client.disconnected': [client: Client, reason: DisconnectReason];
  /** A subscription was stored (also one that replaces an older one with the same filter). */
  'session.subscribed': [client: Client, filter: string, options: SubscriptionOptions];
  /** A subscription was removed at the client's request. */
  'session.unsubscribed': [client: Client, filter: string];
  /** A message was accepted and is about to be routed: a client's, a will, or the embedder's. */
  'message.published': [message: Message];
  /** A message was dropped; `receiver` is the client that does not get it, null when nobody does. */
  'message.dropped': [message: Message, receiver: Client | null, reason: DropReason];
}

/** `normal` for DISCONNECT with code 0, `tcp_closed` for a connection that just ended, else a reason code's name. */
export type DisconnectReason = ReasonName | 'normal' | 'tcp_closed' | 'connect_timeout';

export type EventName = keyof BrokerEvents;
export type EventListener<K extends EventName> = (...args: BrokerEvents[K]) => void;
