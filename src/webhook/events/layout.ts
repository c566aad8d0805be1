import type { EventListener, EventName } from '../../broker/events.ts';
import type { RecordReader } from './record-reader.ts';
import type { RecordWriter } from './record.ts';
import type { Wanted } from '../rules.ts';
import type { Facts } from './facts.ts';

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

/**
 * How the records of some of the broker's events are written and read: `listen` and `read` agree on what a record has
 * after the client id. A record that waits in a spool may be read by a later version: what has been written once stays.
 */
export interface Layout<K extends EventName> {
  /** Writes a record of `event` for whatever of `on` is `wanted`. Returns what ends it. */
  listen(source: EventSource, on: K, event: number, wanted: Wanted, sink: RecordSink): () => void;
  read(record: RecordReader, facts: Facts): void;
}
