import type { Client } from '../../broker/client.ts';
import type { BrokerEvents, EventName } from '../../broker/events.ts';
import { Message } from '../../broker/message.ts';
import { laneOf } from '../origins.ts';
import { RecordWriter, splitBatch, type StoredRecord } from './record.ts';
import type { EventSource } from './layout.ts';
import { WEBHOOK_EVENTS } from './table.ts';

const sensor: Client = {
  clientId: 'sensor-1',
  clientIdAssigned: false,
  username: 'greenhouse',
  protocolVersion: 5,
  keepAlive: 60,
  cleanStart: true,
  remoteAddress: '192.0.2.17',
  remotePort: 50_321,
  listener: 'default',
  certificate: null,
};
const display: Client = { ...sensor, clientId: 'display-1', username: undefined, protocolVersion: 4 };

const filter = 'greenhouse/+/temperature';
const options = { qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0, subscriptionId: 0 } as const;

const messageAt = (timestamp: number): Message =>
  new Message({
    topic: 'greenhouse/3/temperature',
    payload: Buffer.from('{"celsius":21.5}'),
    qos: 1,
    retain: false,
    properties: null,
    publisher: sensor,
    timestamp,
    expiresAt: Infinity,
  });

/** What the broker could tell of each of its events. */
const SAMPLES: { readonly [K in EventName]: (time: number) => BrokerEvents[K] } = {
  'client.connect': () => [sensor],
  'client.connack': () => [sensor, 'success'],
  'client.connected': () => [sensor, false],
  'client.disconnected': () => [sensor, 'normal'],
  'client.subscribe': () => [display, filter, options],
  'client.unsubscribe': () => [display, filter],
  'session.created': () => [sensor],
  'session.resumed': () => [sensor],
  'session.takenover': () => [sensor],
  'session.discarded': () => [sensor],
  'session.terminated': () => [sensor, 'expired'],
  'session.subscribed': () => [display, filter, options],
  'session.unsubscribed': () => [display, filter],
  'message.published': (time) => [messageAt(time)],
  'message.delivered': (time) => [messageAt(time), display, 1, false],
  'message.acked': (time) => [messageAt(time), display, 1, false],
  'message.dropped': (time) => [messageAt(time), display, 'queue_full'],
};

/**
 * A record of a plausible event as the broker would have told it at `time` (milliseconds since the Unix epoch), the first
 * of its endpoint. `name` is one of the table, for example `on_message_publish`.
 * @throws {RangeError} when there is no such event.
 */
export function sampleRecord(name: string, time: number): StoredRecord {
  const event = WEBHOOK_EVENTS.find((row) => row.name === name);
  if (event === undefined) throw new RangeError(`there is no event ${name}`);
  const writer = new RecordWriter();
  const sink = {
    begin(id: number, clientId: string): RecordWriter {
      writer.begin(id, { clientId, lane: laneOf(clientId), sequence: 1, clientSequence: 1 }, time, Infinity);
      return writer;
    },
    end: () => writer.end(),
  };
  const source: EventSource = {
    on(on, listener) {
      listener(...SAMPLES[on](time));
      return () => {};
    },
  };
  event.listen(source, null, sink);
  let record: StoredRecord = '';
  splitBatch(writer.take() ?? new ArrayBuffer(0), (_lane, own) => (record = own));
  return record;
}
