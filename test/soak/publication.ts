import type { QoS } from '../../src/codec/packets.ts';

/** What a publication is. */
export interface PublicationFields {
  /** Unique: round, publisher, number. */
  readonly id: string;
  /** Client identifier of the publisher. */
  readonly publisher: string;
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Bytes of the payload; 0 clears what is retained. */
  readonly size: number;
  /** Seconds of the Message Expiry Interval, Infinity without. */
  readonly expiry: number;
  readonly will: boolean;
}

/** One application message, from its publisher's point of view. Times are stamps of the model. */
export class Publication {
  readonly fields: PublicationFields;
  /** The places of its PUBLISH packets among all that its publisher sent: one for each attempt. */
  readonly positions: number[] = [];
  /** From when on the broker can have accepted it. */
  sentAt = Infinity;
  /** Since when it cannot be accepted any more, because it was acknowledged or given up. */
  doneAt = Infinity;
  /** When it was done, in milliseconds of the process. */
  doneTime = Infinity;
  /** An attempt went out on a connection before 5.0, which cannot say that it expires. */
  timeless = false;
  /** The broker has accepted it. */
  certain = false;
  /** A will that must not be published before this time, milliseconds of the process. */
  notBefore = 0;
  /** The first position that the broker is known to have accepted it at, or after. */
  acceptedFrom = -1;
  /** How many members of each shared group got it. */
  readonly shares = new Map<string, number>();

  constructor(fields: PublicationFields) {
    this.fields = fields;
  }

  /** The identifier over and over: a byte that is missing, or somebody else's, shows. */
  payload(): Buffer {
    return Buffer.alloc(this.fields.size, `${this.fields.id} `);
  }

  /** A PUBLISH begins to go out at this stamp. */
  attempted(position: number, stamp: number): void {
    this.positions.push(position);
    this.sentAt = Math.min(this.sentAt, stamp);
  }

  /** The broker cannot accept it any more; `certain`: it has. */
  done(stamp: number, certain: boolean): void {
    if (this.doneAt !== Infinity) return;
    this.doneAt = stamp;
    this.doneTime = performance.now();
    this.certain = certain;
  }
}

/** The identifier that a payload begins with. */
export function idOf(payload: Buffer): string {
  const end = payload.indexOf(0x20);
  return payload.toString('latin1', 0, end === -1 ? payload.length : end);
}
