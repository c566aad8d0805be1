import type { Client } from '../broker/client.ts';
import type { BrokerEvents, EventListener, EventName } from '../broker/events.ts';
import type { PeerCertificate } from '../broker/ports.ts';
import { payloadKeys, type PayloadEncoding } from './payload.ts';
import type { RecordReader, RecordWriter, StoredRecord } from './record.ts';

/** What this room needs of a broker: it listens to facts. */
export interface EventSource {
  /** Returns what ends the listening. */
  on<K extends EventName>(name: K, listener: EventListener<K>): () => void;
}

/** Where an event's record goes. */
export interface RecordSink {
  /** Begins the record of `event` in the lane of `clientId`; empty: the lane of events without a client. */
  begin(event: number, clientId: string): RecordWriter;
  end(): void;
}

/** One event that can be sent, as the rest of the room sees it. */
export interface WebhookEvent {
  /** Stands for the event in records; never given to another event. */
  readonly id: number;
  /** As rules in the configuration name it. */
  readonly name: string;
  /** Whether the event has a topic that a rule can filter. */
  readonly hasTopic: boolean;
  /** Writes a record for each event of `source` whose topic `wanted` accepts; null accepts all. Returns what ends it. */
  listen(source: EventSource, wanted: ((topic: string) => boolean) | null, sink: RecordSink): () => void;
  /** The request's body, read from a record that was just opened. */
  body(record: RecordReader, encoding: PayloadEncoding): string;
}

/** A row of the table below; `write` and `body` agree on what the record has after the client id. */
interface EventRow<K extends EventName> {
  readonly id: number;
  readonly name: string;
  /** The broker's event on which it hangs. */
  readonly on: K;
  readonly client: (...args: BrokerEvents[K]) => Client | null;
  readonly topic?: (...args: BrokerEvents[K]) => string;
  readonly write: (record: RecordWriter, ...args: BrokerEvents[K]) => void;
  readonly body: (record: RecordReader, clientId: string, encoding: PayloadEncoding) => object;
}

/** What stands in a body for a user name that is not there. */
const NO_USERNAME = 'undefined';

/** The events that exist. Keys, values and order of the bodies: NanoMQ (and EMQX 4) as of its WebHook page. */
export const WEBHOOK_EVENTS: readonly WebhookEvent[] = [
  event({
    id: 1,
    name: 'on_client_connack',
    on: 'client.connack',
    client: (client) => client,
    write(record, client, reason) {
      record.byte(client.protocolVersion);
      record.uint16(client.keepAlive);
      record.text(reason);
      record.optionalText(client.username);
      writeCertificate(record, client.certificate);
    },
    body: (record, clientId) => ({
      proto_ver: record.byte(),
      keepalive: record.uint16(),
      conn_ack: record.text(),
      username: record.optionalText() ?? NO_USERNAME,
      clientid: clientId,
      action: 'client_connack',
      ...certificateKeys(record),
    }),
  }),
  event({
    id: 2,
    name: 'on_client_disconnected',
    on: 'client.disconnected',
    client: (client) => client,
    write(record, client, reason) {
      record.text(reason);
      record.optionalText(client.username);
      writeCertificate(record, client.certificate);
    },
    body: (record, clientId) => ({
      reason: record.text(),
      username: record.optionalText() ?? NO_USERNAME,
      clientid: clientId,
      action: 'client_disconnected',
      ...certificateKeys(record),
    }),
  }),
  event({
    id: 3,
    name: 'on_message_publish',
    on: 'message.published',
    client: (message) => message.publisher,
    topic: (message) => message.topic,
    write(record, message) {
      record.float64(message.timestamp);
      record.text(message.topic);
      record.byte(message.retain ? 1 : 0);
      record.byte(message.qos);
      record.optionalText(message.publisher?.username);
      record.bytes(message.payload);
    },
    body: (record, clientId, encoding) => ({
      ts: record.float64(),
      topic: record.text(),
      retain: record.byte() === 1,
      qos: record.byte(),
      action: 'message_publish',
      from_username: record.optionalText() ?? NO_USERNAME,
      from_client_id: clientId === '' ? null : clientId,
      ...payloadKeys(record.bytes(), encoding),
    }),
  }),
];

const eventById = new Map(WEBHOOK_EVENTS.map((row) => [row.id, row]));

/**
 * The body of the request for a record; `reader` is a tool that is used again and again.
 * @throws {RangeError} when the record is none, or when its body would be longer than a string can be.
 */
export function recordBody(record: StoredRecord, reader: RecordReader, encoding: PayloadEncoding): string {
  const id = reader.open(record);
  const row = eventById.get(id);
  if (row === undefined) throw new RangeError(`a record of the unknown event ${id}`);
  return row.body(reader, encoding);
}

/** At the end of a record, so that nothing is written for the many clients that have none. */
function writeCertificate(record: RecordWriter, certificate: PeerCertificate | null): void {
  if (certificate === null) return;
  record.text(certificate.commonName);
  record.text(certificate.subject);
}

function certificateKeys(record: RecordReader): object {
  return record.hasMore ? { cert_common_name: record.text(), cert_subject: record.text() } : {};
}

/** Ties the types of one broker event together, and hides them from those who use the table. */
function event<K extends EventName>(row: EventRow<K>): WebhookEvent {
  const { id, name, on, client: clientOf, topic: topicOf, write } = row;
  return {
    id,
    name,
    hasTopic: topicOf !== undefined,
    listen: (source, wanted, sink) =>
      source.on(on, (...args) => {
        if (wanted !== null && topicOf !== undefined && !wanted(topicOf(...args))) return;
        const record = sink.begin(id, clientOf(...args)?.clientId ?? '');
        write(record, ...args);
        sink.end();
      }),
    body: (record, encoding) => JSON.stringify(row.body(record, record.text(), encoding)),
  };
}
