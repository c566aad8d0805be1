import { emqxKey, type KeyValue } from './key.ts';
import type { WebhookEvent } from './table.ts';

/** The formats that have keys of their own; CloudEvents carry the body of `nanomq`. */
export type KeyFormat = 'nanomq' | 'emqx4';

/** In every body of EMQX. */
const node = emqxKey('node', 'string', 'who sends: `body.source`', (facts) => facts.source);

/** What `action` says: `client_connack` for `on_client_connack`. */
export function actionOf({ name }: Pick<WebhookEvent, 'name'>): string {
  return name.slice('on_'.length);
}

/** The type of the event as a CloudEvent: `hookmq.client.connack`. */
export function cloudTypeOf({ name }: Pick<WebhookEvent, 'name'>): string {
  return `hookmq.${actionOf({ name }).replace('_', '.')}`;
}

/** What an endpoint may know an event by: it is of one run of the broker, and stays what it is in every attempt. */
export function eventId(run: string, sequence: number): string {
  return `evt_${run}_${sequence}`;
}

/** The keys of an event in one format, in their order. EMQX 4 has them in the alphabet's order, backwards. */
export function keysOf({ keys }: Pick<WebhookEvent, 'keys'>, format: KeyFormat): [name: string, value: KeyValue][] {
  const all = format === 'emqx4' ? [...keys, node] : keys;
  const found = all.flatMap((key): [string, KeyValue][] => {
    const value = key[format];
    return value === null ? [] : [[key.name, value]];
  });
  return format === 'emqx4' ? found.toSorted(([a], [b]) => (a < b ? 1 : -1)) : found;
}
