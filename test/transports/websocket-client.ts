import { once } from 'node:events';
import type { Duplex } from 'node:stream';

import { generate, type Packet, parser } from 'mqtt-packet';
import { createWebSocketStream, WebSocket } from 'ws';

import { connectPacket } from '../kit/tcp-client.ts';
import { until, within } from '../kit/until.ts';

/** The connections below the streams of `openStream`, to reset them. */
const below = new WeakMap<Duplex, Duplex>();

/** Does the handshake on a connection; resolves with a stream of what the WebSocket's messages hold. */
export async function openStream(connection: Promise<Duplex>): Promise<Duplex> {
  const socket = await connection;
  const webSocket = new WebSocket('ws://localhost/mqtt', 'mqtt', { createConnection: () => socket });
  const stream = createWebSocketStream(webSocket);
  below.set(stream, socket);
  stream.on('error', () => {}); // An error of the WebSocket is known already.
  stream.on('end', () => stream.destroy()); // It does not close by itself.
  await once(webSocket, 'open');
  return stream;
}

/** What a stream of `openStream` is carried by. */
export function carrierOf(stream: Duplex): Duplex {
  return below.get(stream) ?? stream;
}

/** A WebSocket that sends and shows exactly what a test wants, and an MQTT client in it if need be. */
export class FrameClient implements Disposable {
  readonly webSocket: WebSocket;
  /** The sizes of the messages that came. */
  readonly sizes: number[] = [];
  /** The packets in them that were not taken yet. */
  readonly packets: Packet[] = [];
  /** Status and reason with which it ended. */
  end: { readonly code: number; readonly reason: string } | null = null;
  readonly #parser = parser({ protocolVersion: 4 });

  constructor(webSocket: WebSocket) {
    this.webSocket = webSocket;
    this.#parser.on('packet', (packet) => this.packets.push(packet));
    webSocket.on('message', (data: Buffer) => {
      this.sizes.push(data.length);
      this.#parser.parse(data);
    });
    webSocket.on('close', (code, reason) => (this.end = { code, reason: reason.toString() }));
    webSocket.on('error', () => {}); // 'close' follows.
  }

  /** Sends packets as one message. */
  send(...packets: readonly Packet[]): void {
    this.webSocket.send(Buffer.concat(packets.map((packet) => generate(packet))));
  }

  /** Connects as an MQTT client. */
  async connect(clientId: string): Promise<void> {
    this.send(connectPacket(clientId));
    await this.next('connack');
  }

  /** The next packet, which must be such a one. */
  async next<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>> {
    await until(() => this.packets.length > 0 || this.end !== null, `a ${cmd}`);
    const packet = this.packets.shift();
    if (packet?.cmd !== cmd) throw new Error(`${packet?.cmd ?? 'the end of the connection'} came instead of ${cmd}`);
    return packet as Extract<Packet, { cmd: C }>;
  }

  /** The status with which the broker ended it. */
  async ended(): Promise<{ readonly code: number; readonly reason: string }> {
    await until(() => this.end !== null, 'the end of the WebSocket');
    if (this.end === null) throw new Error('not ended');
    return this.end;
  }

  [Symbol.dispose](): void {
    this.webSocket.terminate();
  }
}

/** A WebSocket that is open. */
export async function openFrames(port: number, path = '/mqtt', subprotocols = ['mqtt']): Promise<FrameClient> {
  const client = new FrameClient(new WebSocket(`ws://127.0.0.1:${port}${path}`, subprotocols));
  await within(once(client.webSocket, 'open'), 'the WebSocket to open');
  return client;
}
