import { connect as connectSocket, type Socket } from 'node:net';

import { generate, type IConnectPacket, type Packet, type Parser, parser } from 'mqtt-packet';

type Version = 3 | 4 | 5;

const LIMIT_MS = 10_000;

/** An MQTT client that does exactly what a test tells it, right or wrong: a raw socket and somebody else's codec. */
export class TcpClient implements Disposable {
  readonly socket: Socket;
  /** Packets that came and were not taken yet. */
  readonly packets: Packet[] = [];
  /** Bytes that came so far. */
  bytes = 0;
  readonly #version: Version;
  readonly #parser: Parser;
  #ended = false;
  #changed: () => void = () => {};

  constructor(socket: Socket, version: Version) {
    this.socket = socket;
    this.#version = version;
    this.#parser = parser({ protocolVersion: version });
    this.#parser.on('packet', (packet) => this.packets.push(packet));
    socket.on('data', (bytes) => {
      this.bytes += bytes.length;
      this.#parser.parse(bytes);
      this.#changed();
    });
    // A connection that is reset has ended as well.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#ended = true;
      this.#changed();
    });
  }

  /** Sends raw bytes, or a well-formed packet. */
  send(what: Buffer | string | Packet): void {
    const raw = typeof what === 'string' || Buffer.isBuffer(what);
    this.socket.write(raw ? what : generate(what, { protocolVersion: this.#version }));
  }

  /** The next packet of the broker, in order; fails when the connection ends before, or in ten seconds. */
  async next<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>> {
    await this.#until(() => this.packets.length > 0 || this.#ended, `a ${cmd}`);
    const packet = this.packets.shift();
    if (!is(packet, cmd)) throw new Error(`${packet?.cmd ?? 'the end of the connection'} came instead of ${cmd}`);
    return packet;
  }

  /** Waits until the connection has ended; fails in ten seconds. */
  ended(): Promise<void> {
    return this.#until(() => this.#ended, 'the end of the connection');
  }

  /** Is gone without a word. */
  vanish(): void {
    this.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const guard = setTimeout(() => reject(new Error(`waited ${LIMIT_MS} ms for ${what}`)), LIMIT_MS);
    this.#changed = () => {
      if (condition()) resolve();
    };
    this.#changed();
    await promise.finally(() => clearTimeout(guard));
  }
}

function is<C extends Packet['cmd']>(packet: Packet | undefined, cmd: C): packet is Extract<Packet, { cmd: C }> {
  return packet?.cmd === cmd;
}

/** A connection without a word said yet. */
export function openSocket(port: number, version: Version = 4): Promise<TcpClient> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(new TcpClient(socket, version));
    });
  });
}

/** A connection that the broker has accepted. */
export async function openClient(
  port: number,
  clientId: string,
  fields: Partial<IConnectPacket> = {},
): Promise<TcpClient> {
  const { protocolVersion = 4 } = fields;
  const client = await openSocket(port, protocolVersion);
  client.send(connectPacket(clientId, fields));
  const { returnCode, reasonCode } = await client.next('connack');
  if ((reasonCode ?? returnCode) !== 0) throw new Error(`refused with ${reasonCode ?? returnCode}`);
  return client;
}

/** CONNECT: clean, no keep-alive, version 3.1.1 where `fields` say nothing else. */
export function connectPacket(clientId: string, fields: Partial<IConnectPacket> = {}): IConnectPacket {
  const protocolId = fields.protocolVersion === 3 ? 'MQIsdp' : 'MQTT';
  return { cmd: 'connect', clientId, protocolId, protocolVersion: 4, clean: true, keepalive: 0, ...fields };
}
