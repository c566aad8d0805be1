import { once } from 'node:events';
import { WebSocket } from 'ws';
import { within } from '../../kit/until.ts';
import { Client } from './client.ts';
import type { Scene } from './scene.ts';

/** A client whose WebSocket a case may use as it likes. */
export interface FrameClient {
  readonly client: Client;
  readonly socket: WebSocket;
}

/** A WebSocket to the scene's broker that offers these subprotocols; the client's chunks are its frames. */
export async function openFrames(scene: Scene, subprotocols: readonly string[] = ['mqtt']): Promise<FrameClient> {
  const socket = offer(scene, subprotocols);
  socket.binaryType = 'nodebuffer';
  const client = new Client(scene.version, 'frames');
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) client.data(data);
    else client.failed(new Error('the broker sent a text frame'));
  });
  await within(once(socket, 'open'), 'the WebSocket to open');
  socket.on('error', () => {});
  socket.on('close', () => client.closed());
  client.channel = {
    send: (bytes) => socket.send(bytes),
    end: () => socket.close(),
    cut: () => socket.terminate(),
  };
  return { client, socket };
}

/** The HTTP status with which the broker refuses a WebSocket that offers these subprotocols. */
export async function refusedWith(scene: Scene, subprotocols: readonly string[]): Promise<number | undefined> {
  const socket = offer(scene, subprotocols);
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  socket.on('unexpected-response', (_, response) => {
    resolve(response.statusCode);
    response.destroy();
  });
  socket.on('open', () => resolve(101));
  socket.on('error', () => {});
  return within(promise, 'the answer to the WebSocket').finally(() => socket.terminate());
}

function offer({ address }: Scene, subprotocols: readonly string[]): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${address.port}/mqtt`, [...subprotocols], { perMessageDeflate: false });
}
