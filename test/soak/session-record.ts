import type { ProtocolVersion } from '../../src/codec/packets.ts';
import type { Publication } from './publication.ts';
import { Tenures } from './tenure.ts';

/** One connection as the model sees it. Times are stamps of the model. */
export interface LinkRecord {
  /** The first connection of its session: nothing can have been sent before. */
  readonly first: boolean;
  readonly version: ProtocolVersion;
  /** The Receive Maximum that the client announced. */
  readonly receiveMaximum: number;
  /** CONNACK came. */
  readonly openedAt: number;
  readonly openedTime: number;
  /** All that the broker sent before this has come: the last PINGREQ that was answered. */
  fencedAt: number;
  /** Messages at QoS 1 and 2 that came and whose last acknowledgement has not been sent. */
  unacknowledged: number;
  /** The place of the newest message that was repeated on this connection. */
  lastRepeated: number;
}

/** A packet identifier that the broker used. */
export interface Exchange {
  readonly publication: Publication;
  readonly qos: number;
  /** Its place among all exchanges of the session. */
  readonly place: number;
  /** The connection that the message came on last. */
  link: LinkRecord;
  /** QoS 2: PUBREC was sent and PUBREL has not come. */
  unreleased: boolean;
  /** When the last acknowledgement was sent. */
  finishedAt: number;
}

/** What a session got, and what it subscribed to. */
export class SessionRecord {
  readonly clientId: string;
  readonly tenures = new Tenures();
  readonly links: LinkRecord[] = [];
  /** Copies of each publication, without those that QoS 1 and 2 repeat. */
  readonly received = new Map<Publication, number>();
  /** When each retained publication last came with the RETAIN flag. */
  readonly backfilled = new Map<Publication, number>();
  /** The newest message of each topic that is retained, by its position, and the connection that it came on. */
  readonly current = new Map<string, { readonly position: number; readonly link: LinkRecord }>();
  readonly exchanges = new Map<number, Exchange>();
  /** The newest position of each publisher's messages, by topic and QoS. */
  readonly newest = new Map<string, number>();
  ended = false;
  #exchanges = 0;

  constructor(clientId: string) {
    this.clientId = clientId;
  }

  /** A new message came under this packet identifier. */
  begin(packetId: number, publication: Publication, qos: number, link: LinkRecord): void {
    const place = ++this.#exchanges;
    this.exchanges.set(packetId, {
      publication,
      qos,
      place,
      link,
      unreleased: qos === 2,
      finishedAt: Infinity,
    });
  }

  end(lived: number, gone: number): void {
    this.ended = true;
    this.tenures.end(lived, gone);
  }

  /** Begins a new round: all that was sent has come. */
  forget(stamp: number): void {
    this.received.clear();
    this.backfilled.clear();
    this.newest.clear();
    this.current.clear();
    this.exchanges.clear();
    this.tenures.forget(stamp);
    this.links.splice(0, this.links.length - 1);
  }
}
