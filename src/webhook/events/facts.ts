import type { PayloadCoder } from './payload.ts';
import type { RecordReader } from './record-reader.ts';

/** The subscription options of an event, as MQTT 5.0 numbers them (section 3.8.3.1). */
export interface OptionFacts {
  qos: number;
  noLocal: number;
  retainAsPublished: number;
  retainHandling: number;
  /** 0: none. */
  subscriptionId: number;
}

/**
 * What was read of one event; used again for the next one. Only what the event's layout has is of that event, the rest
 * is left from others.
 */
export class Facts {
  /** Its `action`, as JSON. */
  action = '';
  /** When it happened, milliseconds since the Unix epoch. */
  time = 0;
  /** The client whose event it is; null: nobody's. */
  clientId: string | null = null;
  /** Whether the broker assigned the client id, as the client sent none. */
  clientIdAssigned = false;
  /** That client's; undefined: none. */
  username: string | undefined = undefined;
  protocolVersion = 0;
  /** Seconds. */
  keepAlive = 0;
  remoteAddress = '';
  /** Null without a certificate. */
  commonName: string | null = null;
  subject = '';
  /** The result of a connection attempt, or why something ended or did not happen. */
  reason = '';

  /** A message's topic; a subscription's filter without its share. */
  topic = '';
  /** The name in `$share/<name>/`; null: not shared. */
  share: string | null = null;
  readonly options: OptionFacts = { qos: 0, noLocal: 0, retainAsPublished: 0, retainHandling: 0, subscriptionId: 0 };

  qos = 0;
  retain = false;
  /** When the message was accepted, milliseconds since the Unix epoch. */
  timestamp = 0;
  /** Null: published by no client. */
  fromClientId: string | null = null;
  fromUsername: string | undefined = undefined;
  /** The payload as JSON. */
  payload = '""';
  /** Whether the payload is base64 although another encoding is set. */
  isFallback = false;

  /** How payloads are written. */
  readonly encode: PayloadCoder;
  /** Who sends, as JSON. */
  readonly source: string;

  constructor(encode: PayloadCoder, source: string) {
    this.encode = encode;
    this.source = JSON.stringify(source);
  }

  /** Takes what every record has from one that was just opened. */
  begin(record: RecordReader): void {
    this.time = record.time;
    this.clientId = record.clientId === '' ? null : record.clientId;
  }
}
