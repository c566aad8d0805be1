import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import type { WireHandler } from '../broker/ports.ts';
import { PacketType } from '../codec/packets.ts';
import type { Carrier } from './layered-wire.ts';
import { Turns } from './turns.ts';

/** `WebSocket.OPEN`, without loading `ws` for it. */
const OPEN = 1;
/** Status codes of the end of a WebSocket (RFC 6455, section 7.4.1). */
const NORMAL = 1000;
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;
const TOO_BIG = 1009;

/** The first two bytes of a binary frame that is a whole message. */
const BINARY = 0x82;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Bytes up to which copying what is sent behind its frame's header costs less than a second piece. */
const COPIED = 16 * 1024;

/**
 * Bytes that a client may have us hold before we sent CONNACK: a message that is not complete is held as a whole, and
 * nobody is known yet who would be worth more. The largest CONNECT fits, and as much again.
 */
const HELD_BEFORE_CONNACK = 1024 * 1024;
/** Bytes that a chunk costs besides its own, as measured: many small ones are not to pass as few bytes. */
const CHUNK_COST = 1024;

/** Bytes that a message without any, a ping or a pong counts as: what one costs besides its own. */
const IDLE_FRAME = 1024;
/** Bytes of the largest header of a frame: each byte of MQTT may have a frame of its own. */
export const LARGEST_HEADER = 14;
/** Bytes without any of MQTT that a client may send besides the bound, as chunks are counted before they are read. */
const IDLE_MARGIN = 1024 * 1024;
/** The same for each millisecond: one that keeps its connection alive by pings alone may do so for years. */
const IDLE_RATE = 16;

/** Milliseconds that `end` gives the peer to take what was sent and to answer, before the connection is cut. */
const LINGER = 2000;

/** Milliseconds of silence before the system probes the peer. */
const PROBE_DELAY = 60_000;

/**
 * MQTT in the binary frames of a WebSocket whose handshake is done. Packets and frames have nothing to do with each
 * other [MQTT-6.0.0-2]. What goes out at once goes as one frame, written here and not by `ws`: one system call, no
 * object for each message.
 */
export class WebSocketCarrier implements Carrier {
  readonly #websocket: WebSocket;
  readonly #socket: Socket;
  readonly #handler: WireHandler;
  /** Whether CONNACK was sent; until then counts what is held of a message that is not complete. */
  #welcome = false;
  #held = 0;
  /** Bytes that came and were none of MQTT, or not yet, how many are too many, and when some were forgiven last. */
  #idle = 0;
  readonly #maxIdle: number;
  #forgivenAt = performance.now();
  readonly #turns: Turns;
  /** The peer broke the rules: nothing it sends counts any more. */
  #broken = false;

  /** `socket` is what carries `websocket`; `maxFramed` are the bytes of its largest message with all frames' headers. */
  constructor(websocket: WebSocket, socket: Socket, handler: WireHandler, maxFramed: number) {
    this.#websocket = websocket;
    this.#turns = new Turns(websocket);
    this.#maxIdle = maxFramed + IDLE_MARGIN;
    this.#socket = socket;
    this.#handler = handler;
    // Before `ws` sees the chunk: what it completes is not held any more.
    socket.prependListener('data', (chunk: Buffer) => this.#chunk(chunk.length));
    socket.on('drain', () => handler.drained());
    websocket.on('message', (data, isBinary) => this.#message(data, isBinary));
    websocket.on('ping', () => this.#idled(IDLE_FRAME));
    websocket.on('pong', () => this.#idled(IDLE_FRAME));
    // Not the socket's: that comes before the last frames.
    websocket.on('close', () => handler.closed());
    // `ws` tells the peer what was wrong and ends the connection; nobody else needs to know.
    websocket.on('error', () => {});
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Buffer): boolean {
    if (!this.#ready(bytes)) return true;
    const { length } = bytes;
    const socket = this.#socket;
    if (length <= COPIED) {
      const start = headerLength(length);
      const frame = Buffer.allocUnsafe(start + length);
      writeHeader(frame, length);
      bytes.copy(frame, start);
      socket.write(frame);
      return true;
    }
    socket.cork();
    socket.write(header(length));
    socket.write(bytes);
    socket.uncork();
    return socket.writableLength === 0;
  }

  writeAll(pieces: readonly Buffer[]): void {
    if (!this.#ready(pieces[0])) return;
    const socket = this.#socket;
    let length = 0;
    for (const piece of pieces) length += piece.length;
    if (length === 0) return;
    socket.cork();
    socket.write(header(length));
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  pause(): void {
    this.#turns.pause();
  }

  resume(): void {
    this.#turns.resume();
  }

  end(): void {
    const socket = this.#socket;
    const cut = setTimeout(() => socket.destroy(), LINGER);
    socket.once('close', () => clearTimeout(cut));
    if (this.#websocket.readyState === OPEN) this.#websocket.close(NORMAL);
    this.resume(); // Only who reads on sees the peer's answer.
  }

  probe(): void {
    this.#socket.setKeepAlive(true, PROBE_DELAY);
  }

  /** Whether there is anybody to send to. */
  #ready(first: Buffer | undefined): boolean {
    if (!this.#welcome && first !== undefined) this.#welcome = (first[0] as number) >> 4 === PacketType.connack;
    return this.#websocket.readyState === OPEN;
  }

  /** Bytes came from the peer; `ws` looks at them next. */
  #chunk(bytes: number): void {
    this.#turns.took(bytes);
    this.#idled(bytes);
    if (this.#welcome) return;
    this.#held += bytes + CHUNK_COST;
    if (this.#held > HELD_BEFORE_CONNACK) this.#cut(TOO_BIG, 'the first message is too large');
  }

  /** No limit of the broker sees what is not MQTT: frames without content, or in fragments without end. */
  #idled(bytes: number): void {
    this.#idle += bytes;
    if (this.#idle <= this.#maxIdle) return;
    const now = performance.now();
    this.#idle = Math.max(0, this.#idle - (now - this.#forgivenAt) * IDLE_RATE);
    this.#forgivenAt = now;
    if (this.#idle > this.#maxIdle) this.#cut(POLICY_VIOLATION, 'too many frames without MQTT');
  }

  #message(data: RawData, isBinary: boolean): void {
    if (this.#broken) return;
    this.#held = 0;
    if (!isBinary) this.#refuse(UNSUPPORTED_DATA, 'MQTT comes in binary frames'); // [MQTT-6.0.0-1]
    else if ((data as Buffer).length === 0) this.#idled(IDLE_FRAME);
    else {
      this.#idle = Math.max(0, this.#idle - (data as Buffer).length * LARGEST_HEADER);
      this.#handler.data(data as Buffer);
    }
  }

  /** `ws` would hold, and answer, what comes until the peer has said goodbye as well. */
  #cut(code: number, text: string): void {
    this.#refuse(code, text);
    this.pause();
  }

  #refuse(code: number, text: string): void {
    this.#broken = true;
    if (this.#websocket.readyState === OPEN) this.#websocket.close(code, text);
  }
}

function headerLength(length: number): number {
  if (length < LENGTH_16) return 2;
  return length <= 0xffff ? 4 : 10;
}

function header(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(headerLength(length));
  writeHeader(bytes, length);
  return bytes;
}

/** The header of an unmasked frame (RFC 6455, section 5.2) at the beginning of `bytes`. */
function writeHeader(bytes: Buffer, length: number): void {
  bytes[0] = BINARY;
  if (length < LENGTH_16) {
    bytes[1] = length;
  } else if (length <= 0xffff) {
    bytes[1] = LENGTH_16;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = LENGTH_64;
    bytes.writeUInt16BE(0, 2);
    bytes.writeUIntBE(length, 4, 6);
  }
}
