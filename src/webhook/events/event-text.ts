import type { StoredEvent } from '../queue/backlog.ts';
import { WEBHOOK_EVENTS, type WebhookEvent } from '../events.ts';
import { Envelope } from './cloud-event.ts';
import { Facts } from './facts.ts';
import { actionOf, eventId, keysOf, type KeyFormat } from './formats.ts';
import type { KeyValue } from './key.ts';
import { PAYLOAD_CODERS } from './payload.ts';
import { RecordReader } from './record-reader.ts';
import type { EndpointSettings } from '../settings.ts';

/** What an operator is shown of an event. */
export interface ShownEvent {
  readonly eventId: string;
  /** Its name; empty where the record is none. */
  readonly event: string;
  readonly clientId: string;
  /** The body, or why there is none. */
  readonly text: string;
}

/** Characters: a longer record is not to be kept in memory for the client id that is cut out of it. */
const LONG_RECORD = 4096;

/**
 * Makes the bodies of one endpoint's events, as JSON. The text is put together of pieces that are made once, without
 * objects in between: tens of thousands of events may come in a second.
 */
export class EventTexts {
  readonly #reader = new RecordReader();
  readonly #facts: Facts;
  /** By the event's number in the table. */
  readonly #writers: readonly (BodyWriter | undefined)[];
  readonly #envelope: Envelope | null;
  readonly #isBatch: boolean;

  /** Of the event whose text was made last. */
  name = '';
  /** Empty for an event without a client. */
  clientId = '';
  /** The event's number among those of its endpoint in its broker run, from 1; and among those of its client. */
  sequence = 0;
  clientSequence = 0;
  /** When it happened, milliseconds since the Unix epoch. */
  time = 0;
  /** Since when it waits: the same, unless it was sent again by hand. */
  since = 0;

  constructor({ body, batch }: Pick<EndpointSettings, 'body' | 'batch'>) {
    const { format, encoding, source } = body;
    const coding = format === 'emqx4' && encoding === 'base62' ? 'emqx62' : encoding;
    this.#facts = new Facts(PAYLOAD_CODERS[coding], source);
    const writers: BodyWriter[] = [];
    for (const row of WEBHOOK_EVENTS) writers[row.id] = new BodyWriter(row, format === 'emqx4' ? 'emqx4' : 'nanomq');
    this.#writers = writers;
    this.#envelope = format === 'cloudevents' ? new Envelope(source) : null;
    this.#isBatch = batch.maxEvents > 1;
  }

  /** What a receiver may know an event by: the same in every attempt, and after a restart. */
  id(event: StoredEvent): string {
    return eventId(event.run, this.sequence);
  }

  /**
   * The body of an event; in a batch the event's part of it.
   * @throws {RangeError} when the record is none, or when its body would be longer than a string can be.
   */
  text(event: StoredEvent): string {
    const reader = this.#reader;
    // It may come from the spool's file each time.
    const { record } = event;
    reader.open(record);
    const writer = this.#writers[reader.event];
    if (writer === undefined) throw new RangeError(`a record of the unknown event ${reader.event}`);
    const facts = this.#facts;
    facts.begin(reader);
    writer.row.read(reader, facts);
    reader.close();
    this.name = writer.row.name;
    this.clientId = record.length > LONG_RECORD ? copyOf(reader.clientId) : reader.clientId;
    this.sequence = reader.sequence;
    this.clientSequence = reader.clientSequence;
    this.time = reader.time;
    this.since = reader.since;
    const body = writer.write(facts);
    if (this.#envelope !== null) return this.#envelope.around(body, writer.row, facts, reader, event.run);
    if (!this.#isBatch) return `${body}}`;
    // A single event has these as headers of its request.
    return `${body},"event_id":"${this.id(event)}","seq":${reader.sequence},"client_seq":${reader.clientSequence}}`;
  }

  /** As `text`, for people: says so where there is none. */
  show(event: StoredEvent): ShownEvent {
    let text: string;
    try {
      text = this.text(event);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { eventId: '', event: '', clientId: '', text: `(${why})` };
    }
    return { eventId: this.id(event), event: this.name, clientId: this.clientId, text };
  }
}

function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

/** Writes the bodies of one event in one format. */
class BodyWriter {
  readonly row: WebhookEvent;
  readonly #keys: readonly { readonly prefix: string; readonly json: KeyValue['json'] }[];
  readonly #action: string;

  constructor(row: WebhookEvent, format: KeyFormat) {
    this.row = row;
    this.#action = JSON.stringify(actionOf(row));
    this.#keys = keysOf(row, format).map(([name, { json }], index) => {
      return { prefix: `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`, json };
    });
  }

  /** An object without its end. */
  write(facts: Facts): string {
    facts.action = this.#action;
    let text = '';
    for (const { prefix, json } of this.#keys) {
      const value = json(facts);
      if (value !== '') text += prefix + value;
    }
    return text;
  }
}
