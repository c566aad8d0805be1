import type { Client } from '../../broker/client.ts';
import type { SubscriptionOptions } from '../../broker/subscription.ts';
import { parseFilter } from '../../topics/filter.ts';
import type { RecordReader } from './record-reader.ts';
import type { RecordWriter } from './record.ts';
import type { Facts } from './facts.ts';
import type { Layout } from './layout.ts';

/** Bits beside the protocol version. */
const ASSIGNED = 0x40;
const HAS_CERTIFICATE = 0x80;
const VERSION = 0x0f;

function writeClient(record: RecordWriter, client: Client): void {
  const { certificate } = client;
  const flags = (client.clientIdAssigned ? ASSIGNED : 0) | (certificate === null ? 0 : HAS_CERTIFICATE);
  record.byte(client.protocolVersion | flags);
  record.uint16(client.keepAlive);
  record.optionalText(client.username);
  record.text(client.remoteAddress);
  if (certificate === null) return;
  record.text(certificate.commonName);
  record.text(certificate.subject);
}

function readClient(record: RecordReader, facts: Facts): void {
  const first = record.byte();
  facts.protocolVersion = first & VERSION;
  facts.clientIdAssigned = (first & ASSIGNED) !== 0;
  facts.keepAlive = record.uint16();
  facts.username = record.optionalText();
  facts.remoteAddress = record.text();
  facts.commonName = (first & HAS_CERTIFICATE) === 0 ? null : record.text();
  if (facts.commonName !== null) facts.subject = record.text();
}

/** Events of a client's connection or session that have nothing but the client. */
export const clientLayout: Layout<
  | 'client.connect'
  | 'client.connected'
  | 'session.created'
  | 'session.resumed'
  | 'session.takenover'
  | 'session.discarded'
> = {
  listen: (source, on, event, wanted, sink) =>
    source.on(on, (...[client]) => {
      if (wanted !== null && !wanted('', client.clientId, client.username)) return;
      writeClient(sink.begin(event, client.clientId), client);
      sink.end();
    }),
  read: readClient,
};

/** The same with a result or reason. */
export const reasonLayout: Layout<'client.connack' | 'client.disconnected' | 'session.terminated'> = {
  listen: (source, on, event, wanted, sink) =>
    source.on(on, (client, reason) => {
      if (wanted !== null && !wanted('', client.clientId, client.username)) return;
      const record = sink.begin(event, client.clientId);
      writeClient(record, client);
      record.text(reason);
      sink.end();
    }),
  read(record, facts) {
    readClient(record, facts);
    facts.reason = record.text();
  },
};

/** Subscriptions made, with their options. */
export const subscribeLayout: Layout<'client.subscribe' | 'session.subscribed'> = {
  listen: (source, on, event, wanted, sink) =>
    source.on(on, (client, filter, options) => {
      if (wanted !== null && !wanted(filter, client.clientId, client.username)) return;
      const record = sink.begin(event, client.clientId);
      writeClient(record, client);
      record.text(filter);
      writeOptions(record, options);
      sink.end();
    }),
  read(record, facts) {
    readClient(record, facts);
    readFilter(record, facts);
    readOptions(record, facts);
  },
};

/** Subscriptions taken back. */
export const unsubscribeLayout: Layout<'client.unsubscribe' | 'session.unsubscribed'> = {
  listen: (source, on, event, wanted, sink) =>
    source.on(on, (client, filter) => {
      if (wanted !== null && !wanted(filter, client.clientId, client.username)) return;
      const record = sink.begin(event, client.clientId);
      writeClient(record, client);
      record.text(filter);
      sink.end();
    }),
  read(record, facts) {
    readClient(record, facts);
    readFilter(record, facts);
  },
};

/** Written with its share: what it means is found out where it is read. */
function readFilter(record: RecordReader, facts: Facts): void {
  const { group, filter } = parseFilter(record.text());
  facts.topic = filter;
  facts.share = group;
}

/** One byte as SUBSCRIBE has it (5.0, section 3.8.3.1), and the subscription identifier. */
function writeOptions(record: RecordWriter, options: SubscriptionOptions): void {
  const flags = (options.noLocal ? 0x04 : 0) | (options.retainAsPublished ? 0x08 : 0);
  record.byte(options.qos | flags | (options.retainHandling << 4));
  record.float64(options.subscriptionId);
}

function readOptions(record: RecordReader, { options }: Facts): void {
  const byte = record.byte();
  options.qos = byte & 0x03;
  options.noLocal = (byte >> 2) & 1;
  options.retainAsPublished = (byte >> 3) & 1;
  options.retainHandling = (byte >> 4) & 0x03;
  options.subscriptionId = record.float64();
}
