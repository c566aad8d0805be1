import type { ReasonName } from '../codec/reason-codes.ts';
import type { Client } from './client.ts';
import type { Message, QoS } from './message.ts';
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
  /**
   * A CONNECT was received and could be read; nothing of it is checked yet. A second one of a connection is not told.
   */
  'client.connect': [client: Client];
  /** The answer to a CONNECT is about to be sent; `success` or why not. */
  'client.connack': [client: Client, reason: ReasonName];
  /** A client was accepted. */
  'client.connected': [client: Client, sessionPresent: boolean];
  /** A connected client's connection ended, for whatever reason; also on take-over and at shutdown. */
  'client.disconnected': [client: Client, reason: DisconnectReason];
  /**
   * A client asks for a subscription: told for each filter of SUBSCRIBE, before any of them is authorised, also for
   * those that are refused then; `options` as the client asked for them. A packet that is wrong as a whole is not
   * told.
   */
  'client.subscribe': [client: Client, filter: string, options: SubscriptionOptions];
  /**
   * A client takes a subscription back: told for each filter of UNSUBSCRIBE, before any of them is removed, whether
   * there is such a one or not.
   */
  'client.unsubscribe': [client: Client, filter: string];
  /** A new session began with this client; like the next two, told before `client.connack`. */
  'session.created': [client: Client];
  /** The client goes on with the session that it had left. */
  'session.resumed': [client: Client];
  /**
   * A newer connection goes on with the session of this one, which was connected until then: told instead of
   * `session.resumed`, after `client.disconnected`; `client` is the older one's.
   */
  'session.takenover': [client: Client];
  /**
   * A newer connection asked for a clean start: the session of `client`, the older one's, is gone, whether it was
   * connected or not. Each session that was created ends with this or with `session.terminated`, once.
   */
  'session.discarded': [client: Client];
  /**
   * A session ended otherwise: with its connection (the connection's reason, and after `client.disconnected`),
   * because it expired, or at shutdown. Its messages were told as dropped before, its will is published after it.
   */
  'session.terminated': [client: Client, reason: TerminationReason];
  /** A subscription was stored (also one that replaces an older one with the same filter). */
  'session.subscribed': [client: Client, filter: string, options: SubscriptionOptions];
  /** A subscription was removed at the client's request. */
  'session.unsubscribed': [client: Client, filter: string];
  /** A message was accepted and is about to be routed: a client's, a will, or the embedder's. */
  'message.published': [message: Message];
  /**
   * A PUBLISH goes out to a receiver, also when it is sent again: it is in the receiver's buffer, which is written
   * when the turn of the event loop ends. `qos` and `retain` as it goes out.
   */
  'message.delivered': [message: Message, receiver: Client, qos: QoS, retain: boolean];
  /**
   * A receiver has a message: PUBACK (QoS 1) or PUBREC (QoS 2) came, for the first time, and does not say that it
   * failed. `qos` and `retain` as the message was delivered.
   */
  'message.acked': [message: Message, receiver: Client, qos: QoS, retain: boolean];
  /** A message was dropped; `receiver` is the client that does not get it, null when nobody does. */
  'message.dropped': [message: Message, receiver: Client | null, reason: DropReason];
}

/** `normal` for DISCONNECT with code 0, `tcp_closed` for a connection that just ended, else a reason code's name. */
export type DisconnectReason = ReasonName | 'normal' | 'tcp_closed' | 'connect_timeout';

/** Why a session ended; `expired`: its client did not come back in time. */
export type TerminationReason = DisconnectReason | 'expired';

export type EventName = keyof BrokerEvents;
export type EventListener<K extends EventName> = (...args: BrokerEvents[K]) => void;
