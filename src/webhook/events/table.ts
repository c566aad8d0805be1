import type { EventName } from '../../broker/events.ts';
import type { RecordReader } from './record-reader.ts';
import type { Wanted } from '../rules.ts';
import * as client from './client-keys.ts';
import { clientLayout, reasonLayout, subscribeLayout, unsubscribeLayout } from './client-layouts.ts';
import type { Facts } from './facts.ts';
import type { Key } from './key.ts';
import type { EventSource, Layout, RecordSink } from './layout.ts';
import * as message from './message-keys.ts';
import { deliveryLayout, dropLayout, publishLayout } from './message-layouts.ts';

/** One event that can be sent, as the rest of the room sees it. */
export interface WebhookEvent {
  /** Stands for the event in records; never given to another event. */
  readonly id: number;
  /** As rules in the configuration name it. */
  readonly name: string;
  /** The broker's event on which it hangs. */
  readonly on: EventName;
  /** When it is told, for the documentation. */
  readonly moment: string;
  /** Whether the event has a topic that a rule can filter. */
  readonly hasTopic: boolean;
  /** Of the body; those of NanoMQ's first events in its order. */
  readonly keys: readonly Key[];
  /** Writes a record for each event of `source` that is `wanted`. Returns what ends it. */
  listen(source: EventSource, wanted: Wanted, sink: RecordSink): () => void;
  /** Reads what a record that was just opened has after the client id. */
  read(record: RecordReader, facts: Facts): void;
}

interface EventRow<K extends EventName> {
  readonly id: number;
  readonly name: string;
  readonly on: K;
  readonly layout: Layout<K>;
  readonly moment: string;
  readonly keys: readonly Key[];
}

const { action } = client;
const who = [client.username, client.clientid, action, ...client.certificate];
const whoAsSent = [client.username, client.clientidAsSent, action, ...client.certificate];
const published = [
  message.timestamp,
  message.topic,
  message.retain,
  message.qos,
  action,
  message.fromUsername,
  message.fromClientId,
  message.payload,
  message.payloadEncoding,
];

/**
 * The events that exist. Keys, their types and order: NanoMQ as of its WebHook page, with what EMQX 4 has beyond it at the
 * end. What a key is in the format of EMQX 4.2 stands beside it.
 */
export const WEBHOOK_EVENTS: readonly WebhookEvent[] = [
  row({
    id: 4,
    name: 'on_client_connect',
    on: 'client.connect',
    layout: clientLayout,
    moment: 'A CONNECT was received and could be read; nothing of it is checked yet.',
    keys: [client.protocol, client.keepalive, ...whoAsSent, client.ipaddress],
  }),
  row({
    id: 1,
    name: 'on_client_connack',
    on: 'client.connack',
    layout: reasonLayout,
    moment: 'The answer to a CONNECT is about to be sent, be it good or bad.',
    keys: [client.protocol, client.keepalive, client.connAck, ...whoAsSent, client.ipaddress],
  }),
  row({
    id: 5,
    name: 'on_client_connected',
    on: 'client.connected',
    layout: clientLayout,
    moment: 'A client is connected: it was authenticated and accepted.',
    keys: [client.protocol, client.keepalive, ...who, client.ipaddress, client.connectedAt],
  }),
  row({
    id: 2,
    name: 'on_client_disconnected',
    on: 'client.disconnected',
    layout: reasonLayout,
    moment:
      "A connected client's connection ended, for whatever reason: also when another one took its place, when its session lives on, and at shutdown.",
    keys: [client.reason, ...who, client.ownAddress, client.disconnectedAt],
  }),
  row({
    id: 6,
    name: 'on_client_subscribe',
    on: 'client.subscribe',
    layout: subscribeLayout,
    moment: 'A client asks for a subscription: told for each filter of a SUBSCRIBE, before it is authorised.',
    keys: [client.topic, client.options, ...who],
  }),
  row({
    id: 7,
    name: 'on_client_unsubscribe',
    on: 'client.unsubscribe',
    layout: unsubscribeLayout,
    moment:
      'A client takes a subscription back: told for each filter of an UNSUBSCRIBE, whether there is such a one or not.',
    keys: [client.topic, ...who, client.shareOption],
  }),
  row({
    id: 8,
    name: 'on_session_created',
    on: 'session.created',
    layout: clientLayout,
    moment: 'A new session began with this client.',
    keys: [...who, client.ipaddress],
  }),
  row({
    id: 9,
    name: 'on_session_resumed',
    on: 'session.resumed',
    layout: clientLayout,
    moment: 'A client goes on with the session that it had left.',
    keys: [...who, client.ipaddress],
  }),
  row({
    id: 10,
    name: 'on_session_takenover',
    on: 'session.takenover',
    layout: clientLayout,
    moment: 'A newer connection goes on with the session of this one, which had not ended.',
    keys: [...who, client.ipaddress],
  }),
  row({
    id: 11,
    name: 'on_session_discarded',
    on: 'session.discarded',
    layout: clientLayout,
    moment: 'A newer connection asked for a clean start: the session is gone, whether its client was connected or not.',
    keys: [...who, client.ipaddress],
  }),
  row({
    id: 12,
    name: 'on_session_subscribed',
    on: 'session.subscribed',
    layout: subscribeLayout,
    moment: 'A subscription was stored, also one that replaces an older one with the same filter.',
    keys: [client.topic, client.storedOptions, ...who],
  }),
  row({
    id: 13,
    name: 'on_session_unsubscribed',
    on: 'session.unsubscribed',
    layout: unsubscribeLayout,
    moment:
      'A subscription was removed at the request of its client. (The page of EMQX shows `session_unsubscribe` as its action; EMQX has sent the one that stands here.)',
    keys: [client.topic, ...who],
  }),
  row({
    id: 14,
    name: 'on_session_terminated',
    on: 'session.terminated',
    layout: reasonLayout,
    moment:
      'A session ended, but for those that were discarded: with its connection, because its client did not come back in time (`expired`), or at shutdown.',
    keys: [client.reason, ...who, client.ownAddress],
  }),
  row({
    id: 3,
    name: 'on_message_publish',
    on: 'message.published',
    layout: publishLayout,
    moment:
      "A message was accepted and is about to be routed: a client's, a will, or one of the program that embeds the broker.",
    keys: published,
  }),
  row({
    id: 15,
    name: 'on_message_delivered',
    on: 'message.delivered',
    layout: deliveryLayout,
    moment:
      'A message is about to be written to a receiver, also when it is sent again. `qos` and `retain` are as it goes out, `ts` is when it was published.',
    keys: [...published, message.receiverName, message.receiver],
  }),
  row({
    id: 16,
    name: 'on_message_acked',
    on: 'message.acked',
    layout: deliveryLayout,
    moment: 'A receiver has acknowledged a message: PUBACK (QoS 1) or PUBREC (QoS 2) came.',
    keys: [...published, message.receiverName, message.receiver],
  }),
  row({
    id: 17,
    name: 'on_message_dropped',
    on: 'message.dropped',
    layout: dropLayout,
    moment:
      'A message does not reach a receiver, or nobody at all. Rules look at the receiver, or at the publisher if nobody gets the message.',
    keys: [...published, message.droppedForName, message.droppedFor, message.dropReason],
  }),
];

/** Ties the types of one broker event together, and hides them from those who use the table. */
function row<K extends EventName>({ id, name, on, layout, moment, keys }: EventRow<K>): WebhookEvent {
  return {
    id,
    name,
    on,
    moment,
    hasTopic: keys.includes(client.topic) || keys.includes(message.topic),
    keys,
    listen: (source, wanted, sink) => layout.listen(source, on, id, wanted, sink),
    read: (record, facts) => layout.read(record, facts),
  };
}
