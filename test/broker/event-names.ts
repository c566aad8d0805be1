import type { EventName } from '../../src/broker/events.ts';

const all: Readonly<Record<EventName, true>> = {
  'client.connect': true,
  'client.connack': true,
  'client.connected': true,
  'client.disconnected': true,
  'client.subscribe': true,
  'client.unsubscribe': true,
  'session.created': true,
  'session.resumed': true,
  'session.takenover': true,
  'session.discarded': true,
  'session.terminated': true,
  'session.subscribed': true,
  'session.unsubscribed': true,
  'message.published': true,
  'message.delivered': true,
  'message.acked': true,
  'message.dropped': true,
};

/** The names of all events. */
export const EVENT_NAMES = Object.keys(all) as readonly EventName[];
