import { connect as open, type Socket } from 'node:net';

import {
  connect,
  CONNACK,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  type PublishTemplate,
  PUBREC,
  PUBREL,
  SUBACK,
  subscribe,
  writeAcknowledgement,
} from './packets.ts';

/** What a client tells; `fail` ends the run. */
export interface Told {
  /** Connected and, where there is something to subscribe, subscribed. */
  ready(): void;
  /** A message came; its payload begins there and is valid during the call. */
  delivered(client: Client, data: Buffer, payloadAt: number): void;
  /** A message of this client was acknowledged to the end. */
  completed(): void;
  /** The client has something to write: flush it at the end of the turn. */
  wantsFlush(client: Client): void;
  fail(reason: string): void;
}

// Whatever is read is dealt with before the next read: one buffer serves all sockets.
const readBuffer = Buffer.allocUnsafe(256 * 1024);
const NOTHING = Buffer.alloc(0);

/** One connection: reads packets and acknowledges them, writes once per turn. */
export class Client {
  readonly index: number;
  /** Messages sent, and those of them that are acknowledged to the end. */
  sent = 0;
  acknowledged = 0;
  readonly #told: Told;
  readonly #filter: string | undefined;
  readonly #qos: number;
  readonly #socket: Socket;
  #rest: Buffer = NOTHING;
  #out: Buffer = NOTHING;
  #outLength = 0;

  constructor(port: number, id: string, index: number, filter: string | undefined, qos: number, told: Told) {
    this.index = index;
    this.#told = told;
    this.#filter = filter;
    this.#qos = qos;
    const onread = { buffer: readBuffer, callback: (length: number) => this.#read(length) };
    this.#socket = open({ host: '127.0.0.1', port, noDelay: true, onread }, () => this.#socket.write(connect(id)));
    this.#socket.on('error', (error) => told.fail(error.message));
    this.#socket.on('close', () => told.fail('the broker closed a connection'));
  }

  /** Appends a message to what is written at the end of the turn. */
  publish(template: PublishTemplate, now: number): void {
    const { bytes, packetIdAt, payloadAt } = template;
    const at = this.#reserve(bytes.length);
    const out = this.#out;
    out.set(bytes, at);
    if (packetIdAt !== payloadAt) out.writeUInt16BE((this.sent % 0xffff) + 1, at + packetIdAt);
    out.writeDoubleLE(now, at + payloadAt);
    out.writeUInt32LE(this.index, at + payloadAt + 8);
    out.writeUInt32LE(this.sent, at + payloadAt + 12);
    this.sent += 1;
  }

  /** Writes what the turn collected. */
  flush(): void {
    if (this.#outLength === 0) return;
    this.#socket.write(this.#out.subarray(0, this.#outLength));
    this.#out = NOTHING;
    this.#outLength = 0;
  }

  #reserve(length: number): number {
    const at = this.#outLength;
    if (at === 0) this.#told.wantsFlush(this);
    this.#outLength += length;
    if (this.#outLength > this.#out.length) {
      const larger = Buffer.allocUnsafe(Math.max(1024, 2 * this.#outLength));
      larger.set(this.#out.subarray(0, at));
      this.#out = larger;
    }
    return at;
  }

  #read(length: number): boolean {
    const kept = this.#rest.length;
    const data = kept === 0 ? readBuffer : Buffer.concat([this.#rest, readBuffer.subarray(0, length)]);
    const end = kept + length;
    let at = 0;
    for (let next = this.#packet(data, at, end); next > at; next = this.#packet(data, at, end)) at = next;
    this.#rest = at === end ? NOTHING : Buffer.from(data.subarray(at, end));
    return true;
  }

  /** Takes the packet at `at`; returns where the next begins, or `at` when this one is not complete. */
  #packet(data: Buffer, at: number, end: number): number {
    let length = 0;
    let body = at + 1;
    for (let shift = 0, more = true; more; shift += 7) {
      if (body >= end) return at;
      const byte = data[body++] ?? 0;
      length |= (byte & 0x7f) << shift;
      more = byte > 0x7f;
    }
    if (body + length > end) return at;
    this.#take(data[at] ?? 0, data, body);
    return body + length;
  }

  #take(header: number, data: Buffer, body: number): void {
    switch (header >> 4) {
      case PUBLISH:
        return this.#message((header >> 1) & 3, data, body);
      case PUBACK:
      case PUBCOMP:
        this.acknowledged += 1;
        return this.#told.completed();
      case PUBREC:
        return this.#acknowledge(PUBREL, data.readUInt16BE(body));
      case PUBREL:
        return this.#acknowledge(PUBCOMP, data.readUInt16BE(body));
      case CONNACK:
        if (data[body + 1] !== 0) return this.#told.fail('the broker refused a connection');
        if (this.#filter === undefined) return this.#told.ready();
        this.#socket.write(subscribe(this.#filter, this.#qos));
        return;
      case SUBACK:
        return data[body + 2] === this.#qos ? this.#told.ready() : this.#told.fail('the broker refused a subscription');
      default:
        return this.#told.fail(`the broker sent a packet of type ${header >> 4}`);
    }
  }

  #message(qos: number, data: Buffer, body: number): void {
    const packetIdAt = body + 2 + data.readUInt16BE(body);
    this.#told.delivered(this, data, qos === 0 ? packetIdAt : packetIdAt + 2);
    if (qos > 0) this.#acknowledge(qos === 1 ? PUBACK : PUBREC, data.readUInt16BE(packetIdAt));
  }

  #acknowledge(type: number, packetId: number): void {
    const at = this.#reserve(4);
    writeAcknowledgement(this.#out, at, type, packetId);
  }
}
