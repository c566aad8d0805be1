import type { RecordReader } from './record-reader.ts';
import type { Facts } from './facts.ts';
import { cloudTypeOf, eventId } from './formats.ts';
import type { WebhookEvent } from './table.ts';

/**
 * What a text in a CloudEvent must not have: control characters and noncharacters (CloudEvents 1.0, section "Type
 * System"). Surrogates without their other half do not come here: MQTT forbids them.
 */
const FORBIDDEN = /[\p{Cc}\p{Noncharacter_Code_Point}]/gu;

/** Digits of the greatest number that counts exactly; numbers of the same length sort as texts like numbers. */
const SEQUENCE_DIGITS = 16;

/** The structured mode of CloudEvents 1.0 (JSON format): the body is `data` among what is said of the event. */
export class Envelope {
  readonly #source: string;
  /** By the event's number in the table. */
  readonly #types: string[] = [];
  #time = NaN;
  #timeText = '';

  constructor(source: string) {
    this.#source = `","source":${JSON.stringify(source)},"type":`;
  }

  /** `body` has no end yet. */
  around(body: string, event: WebhookEvent, facts: Facts, record: RecordReader, run: string): string {
    const type = (this.#types[event.id] ??= JSON.stringify(cloudTypeOf(event)));
    const subject = event.name.startsWith('on_message_') ? facts.topic : facts.clientId;
    // "If present, MUST be a non-empty string".
    const named = subject === null || subject === '' ? '' : `"subject":${JSON.stringify(permitted(subject))},`;
    return (
      `{"specversion":"1.0","id":"${eventId(run, record.sequence)}${this.#source}${type},"time":"${this.#rfc3339(facts.time)}",` +
      `${named}"datacontenttype":"application/json","sequence":"${sortable(record.sequence)}",` +
      `"clientsequence":"${sortable(record.clientSequence)}","run":"${run}","data":${body}}}`
    );
  }

  /** Many events in a row have the same time. */
  #rfc3339(time: number): string {
    if (time !== this.#time) {
      this.#timeText = new Date(time).toISOString();
      this.#time = time;
    }
    return this.#timeText;
  }
}

/** What is forbidden is written as in URLs; the body has the text as it is. */
function permitted(text: string): string {
  return text.replace(FORBIDDEN, encodeURIComponent);
}

function sortable(sequence: number): string {
  return String(sequence).padStart(SEQUENCE_DIGITS, '0');
}
