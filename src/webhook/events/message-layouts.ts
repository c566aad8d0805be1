import type { Message } from '../../broker/message.ts';
import { encodeBase64 } from './payload.ts';
import type { RecordReader } from './record-reader.ts';
import type { RecordWriter } from './record.ts';
import type { Facts } from './facts.ts';
import type { Layout } from './layout.ts';

/** Beside the QoS: the RETAIN flag; whether the client of the record is the receiver, and not the publisher. */
const RETAIN = 0x04;
const HAS_RECEIVER = 0x08;

/** `qos` and `retain` may be others for a receiver than as they were published; `flags`: further bits. */
function writeMessage(record: RecordWriter, message: Message, qos: number, retain: boolean, flags: number): void {
  record.byte(qos | (retain ? RETAIN : 0) | flags);
  record.float64(message.timestamp);
  record.text(message.topic);
  record.optionalText(message.publisher?.username);
  record.bytes(message.payload);
}

/** Returns the flags. */
function readMessage(record: RecordReader, facts: Facts): number {
  const flags = record.byte();
  facts.qos = flags & 0x03;
  facts.retain = (flags & RETAIN) !== 0;
  facts.timestamp = record.float64();
  facts.topic = record.text();
  facts.fromUsername = record.optionalText();
  const bytes = record.bytes();
  const payload = facts.encode(bytes);
  facts.isFallback = payload === null;
  facts.payload = payload ?? encodeBase64(bytes);
  return flags;
}

/** Messages of their publisher. */
export const publishLayout: Layout<'message.published'> = {
  listen: (source, on, event, wanted, sink) =>
    source.on(on, (message) => {
      const { publisher } = message;
      const clientId = publisher === null ? '' : publisher.clientId;
      if (wanted !== null && !wanted(message.topic, clientId, publisher?.username)) return;
      writeMessage(sink.begin(event, clientId), message, message.qos, message.retain, 0);
      sink.end();
    }),
  read(record, facts) {
    readMessage(record, facts);
    facts.fromClientId = facts.clientId;
  },
};

/** Messages of a receiver. */
export const deliveryLayout: Layout<'message.delivered' | 'message.acked'> = {
  listen: (source, on, event, wanted, sink) =>
    source.on(on, (message, receiver, qos, retain) => {
      if (wanted !== null && !wanted(message.topic, receiver.clientId, receiver.username)) return;
      const record = sink.begin(event, receiver.clientId);
      writeMessage(record, message, qos, retain, HAS_RECEIVER);
      record.optionalText(message.publisher?.clientId);
      record.optionalText(receiver.username);
      sink.end();
    }),
  read(record, facts) {
    readMessage(record, facts);
    readReceiver(record, facts);
  },
};

/** Messages that a receiver, or nobody, got. */
export const dropLayout: Layout<'message.dropped'> = {
  listen: (source, on, event, wanted, sink) =>
    source.on(on, (message, receiver, reason) => {
      const client = receiver ?? message.publisher;
      const clientId = client === null ? '' : client.clientId;
      if (wanted !== null && !wanted(message.topic, clientId, client?.username)) return;
      const record = sink.begin(event, clientId);
      writeMessage(record, message, message.qos, message.retain, receiver === null ? 0 : HAS_RECEIVER);
      record.text(reason);
      if (receiver !== null) {
        record.optionalText(message.publisher?.clientId);
        record.optionalText(receiver.username);
      }
      sink.end();
    }),
  read(record, facts) {
    const flags = readMessage(record, facts);
    facts.reason = record.text();
    if ((flags & HAS_RECEIVER) !== 0) return readReceiver(record, facts);
    facts.fromClientId = facts.clientId;
    facts.clientId = null;
  },
};

function readReceiver(record: RecordReader, facts: Facts): void {
  facts.fromClientId = record.optionalText() ?? null;
  facts.username = record.optionalText();
}
