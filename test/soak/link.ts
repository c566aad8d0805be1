import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { Decoder } from '../../src/codec/decoder.ts';
import { encode } from '../../src/codec/encode.ts';
import type { Packet, ProtocolVersion } from '../../src/codec/packets.ts';
import { TopicCache } from '../../src/codec/topic-cache.ts';

/** Who uses a link. */
export interface LinkUser {
  sending(packet: Packet): void;
  packet(packet: Packet): void;
  /** Nothing more comes or goes. */
  ended(how: LinkEnd): void;
  failed(error: unknown): void;
}

/** How a link came to its end: cut or abandoned by its user, ended by the peer after all its bytes, or lost. */
export type LinkEnd = 'cut' | 'abandoned' | 'peer' | 'lost';

/** How a connection is broken. */
export type Break = 'close' | 'reset' | 'half-close';

/** One stream to the broker that can break after any byte of either direction. */
export class Link {
  readonly version: ProtocolVersion;
  readonly #stream: Duplex;
  readonly #user: LinkUser;
  readonly #decoder = new Decoder(new TopicCache(), Infinity);
  #outLeft = Infinity;
  #inLeft = Infinity;
  #break: Break = 'close';
  #over = false;

  constructor(stream: Duplex, version: ProtocolVersion, user: LinkUser) {
    this.version = version;
    this.#stream = stream;
    this.#user = user;
    this.#decoder.version = version;
    stream.on('data', (bytes: Buffer) => this.#data(bytes));
    stream.on('end', () => this.#end('peer'));
    stream.on('error', () => this.#end('lost'));
    stream.on('close', () => this.#end('lost'));
  }

  /** Nothing more comes or goes. */
  get over(): boolean {
    return this.#over;
  }

  /** Bytes that the system has not taken yet. */
  get backlog(): number {
    return this.#stream.writableLength;
  }

  send(packet: Packet): void {
    if (this.#over) return;
    this.#user.sending(packet);
    const bytes = encode(packet, this.version);
    if (bytes.length <= this.#outLeft) {
      this.#outLeft -= bytes.length;
      this.#stream.write(bytes);
      return;
    }
    this.#stream.write(bytes.subarray(0, this.#outLeft));
    this.cut(this.#break);
  }

  /** Breaks once so many bytes more have gone out, in the middle of a packet or not. */
  cutAfterOut(bytes: number, how: Break): void {
    this.#outLeft = bytes;
    this.#break = how;
  }

  /** Breaks once so many bytes more have come in; the rest is never seen. */
  cutAfterIn(bytes: number, how: Break): void {
    this.#inLeft = bytes;
    this.#break = how;
  }

  /** Breaks no more. */
  heal(): void {
    this.#outLeft = Infinity;
    this.#inLeft = Infinity;
  }

  /** Breaks now. */
  cut(how: Break): void {
    if (this.#over) return;
    if (how === 'half-close') {
      this.#stream.end();
      this.#stream.resume(); // Only who reads on sees the peer's end.
    } else if (how === 'reset' && canReset(this.#stream)) this.#stream.resetAndDestroy();
    else this.#stream.destroy();
    this.#end('cut');
  }

  /** Says nothing and hears nothing any more, but stays open. */
  abandon(): void {
    this.#stream.resume();
    this.#end('abandoned');
  }

  /** Stops and continues reading. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Gives back what is left of the stream. */
  destroy(): void {
    this.#over = true;
    this.#stream.destroy();
  }

  #data(bytes: Buffer): void {
    if (this.#over) return;
    const taken = bytes.subarray(0, this.#inLeft);
    this.#inLeft -= taken.length;
    try {
      this.#decoder.push(taken);
      for (let packet = this.#decoder.next(); packet !== null; packet = this.#decoder.next()) {
        this.#user.packet(packet);
        if (this.#over) return;
      }
      this.#decoder.keep();
      if (this.#inLeft === 0) this.cut(this.#break);
    } catch (error) {
      this.#user.failed(error);
    }
  }

  #end(how: LinkEnd): void {
    if (this.#over) return;
    this.#over = true;
    try {
      this.#user.ended(how);
    } catch (error) {
      this.#user.failed(error);
    }
  }
}

/** Only a TCP connection that is up can be reset. */
function canReset(stream: Duplex): stream is Socket {
  return stream instanceof Socket && !(stream instanceof TLSSocket) && stream.remotePort !== undefined;
}
