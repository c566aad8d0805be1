export type { EventSource, RecordSink } from './events/layout.ts';
export { WEBHOOK_EVENTS, type WebhookEvent } from './events/table.ts';
