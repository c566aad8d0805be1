import { once } from 'node:events';
import { WebSocket } from 'ws';
import { websocket } from '../../../src/transports/websocket.ts';
import type { Channel, ChannelHandler, Transport } from './transport.ts';

/** Cases over WebSocket: each chunk of bytes is one binary frame. */
export const overWebSocket: Transport = {
  name: 'websocket',
  listener: () => websocket({ port: 0 }),
  async open(port: number, handler: ChannelHandler): Promise<Channel> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt', { perMessageDeflate: false });
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) handler.data(data);
      else handler.failed(new Error('the broker sent a text frame'));
    });
    await once(socket, 'open');
    // A connection that is reset has ended as well.
    socket.on('error', () => {});
    socket.on('close', () => handler.closed());
    return {
      send: (bytes) => socket.send(bytes),
      end: () => socket.close(),
      cut: () => socket.terminate(),
    };
  },
};
