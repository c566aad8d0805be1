import type { Client } from '../../../src/broker/client.ts';
import type { BrokerEvents, EventName } from '../../../src/broker/events.ts';
import type { Message, QoS } from '../../../src/broker/message.ts';
import type { SubscriptionOptions } from '../../../src/broker/subscription.ts';
import { TIME } from './texts.ts';

/** What a receiver must find in the body of each event, but for its payload; undefined: the key is not there. */
export interface Expected {
  readonly nanomq: object;
  readonly emqx4: object;
}

export const EXPECTED: { readonly [K in EventName]: (...args: BrokerEvents[K]) => Expected } = {
  'client.connect': (client) => {
    const { nanomq, emqx4 } = connection('client_connect', client);
    return { nanomq, emqx4: { ...emqx4, clientid: client.clientIdAssigned ? '' : client.clientId } };
  },
  'client.connack': (client, reason) => {
    const { nanomq, emqx4 } = both(connection('client_connack', client), { conn_ack: reason });
    return { nanomq, emqx4: { ...emqx4, clientid: client.clientIdAssigned ? '' : client.clientId } };
  },
  'client.connected': (client) => {
    const { nanomq, emqx4 } = connection('client_connected', client);
    return {
      nanomq: { ...nanomq, connected_at: Math.floor(TIME / 1000) },
      emqx4: { ...emqx4, connected_at: TIME },
    };
  },
  'client.disconnected': (client, reason) => {
    const { nanomq, emqx4 } = both(who('client_disconnected', client), { reason });
    return {
      nanomq: { ...nanomq, ipaddress: client.remoteAddress, disconnected_at: Math.floor(TIME / 1000) },
      emqx4: { ...emqx4, disconnected_at: TIME },
    };
  },
  'client.subscribe': (client, filter, options) => {
    const { topic, share } = unshared(filter);
    return both(who('client_subscribe', client), { topic, opts: { ...optionsOf(options), ...share } });
  },
  'client.unsubscribe': (client, filter) => {
    const { topic, share } = unshared(filter);
    const { nanomq, emqx4 } = both(who('client_unsubscribe', client), { topic });
    return { nanomq, emqx4: { ...emqx4, opts: { ...share } } };
  },
  'session.created': (client) => addressed('session_created', client),
  'session.resumed': (client) => addressed('session_resumed', client),
  'session.takenover': (client) => addressed('session_takenover', client),
  'session.discarded': (client) => addressed('session_discarded', client),
  'session.terminated': (client, reason) => {
    const { nanomq, emqx4 } = both(who('session_terminated', client), { reason });
    return { nanomq: { ...nanomq, ipaddress: client.remoteAddress }, emqx4 };
  },
  'session.subscribed': (client, filter, options) => {
    const { topic, share } = unshared(filter);
    const { nanomq, emqx4 } = both(who('session_subscribed', client), { topic });
    const opts = { ...optionsOf(options), ...share };
    const properties = opts.subid === undefined ? {} : { 'Subscription-Identifier': opts.subid };
    return { nanomq: { ...nanomq, opts }, emqx4: { ...emqx4, opts: { ...opts, sub_props: properties } } };
  },
  'session.unsubscribed': (client, filter) =>
    both(who('session_unsubscribed', client), { topic: unshared(filter).topic }),
  'message.published': (message) => published('message_publish', message, message.qos, message.retain),
  'message.delivered': (message, receiver, qos, retain) =>
    received(published('message_delivered', message, qos, retain), receiver),
  'message.acked': (message, receiver, qos, retain) =>
    received(published('message_acked', message, qos, retain), receiver),
  'message.dropped': (message, receiver, reason) =>
    both(received(published('message_dropped', message, message.qos, message.retain), receiver), { reason }),
};

function both({ nanomq, emqx4 }: Expected, fields: object): Expected {
  return { nanomq: { ...nanomq, ...fields }, emqx4: { ...emqx4, ...fields } };
}

function who(action: string, { clientId, username, certificate }: Client): Expected {
  const names =
    certificate === null ? {} : { cert_common_name: certificate.commonName, cert_subject: certificate.subject };
  return {
    nanomq: { action, clientid: clientId, username: username ?? 'undefined', ...names },
    emqx4: { action, clientid: clientId, username: username ?? null, node: 'hookmq@test' },
  };
}

function addressed(action: string, client: Client): Expected {
  return both(who(action, client), { ipaddress: client.remoteAddress });
}

function connection(action: string, client: Client): Expected {
  return both(addressed(action, client), { proto_ver: client.protocolVersion, keepalive: client.keepAlive });
}

function unshared(filter: string): { topic: string; share: { share?: string } } {
  const [, share, topic] = /^\$share\/([^/]*)\/([^]*)$/.exec(filter) ?? [];
  return share === undefined || topic === undefined ? { topic: filter, share: {} } : { topic, share: { share } };
}

function optionsOf(options: SubscriptionOptions): { qos: number; subid?: number } {
  const { qos, noLocal, retainAsPublished, retainHandling: rh, subscriptionId: subid } = options;
  const always = { qos, nl: noLocal ? 1 : 0, rap: retainAsPublished ? 1 : 0, rh };
  return subid === 0 ? always : { ...always, subid };
}

function published(action: string, { publisher, topic, timestamp: ts }: Message, qos: QoS, retain: boolean): Expected {
  const common = { action, topic, qos, retain, ts, from_client_id: publisher?.clientId ?? null };
  return {
    nanomq: { ...common, from_username: publisher?.username ?? 'undefined' },
    emqx4: { ...common, from_username: publisher?.username ?? null, node: 'hookmq@test' },
  };
}

function received({ nanomq, emqx4 }: Expected, receiver: Client | null): Expected {
  const clientid = receiver?.clientId ?? null;
  const username = receiver === null ? null : (receiver.username ?? 'undefined');
  return {
    nanomq: { ...nanomq, clientid, username },
    emqx4: { ...emqx4, clientid, username: receiver?.username ?? null },
  };
}
