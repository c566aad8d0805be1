import { once } from 'node:events';
import { connect } from 'node:net';
import { tcp } from '../../../src/index.ts';
import type { Channel, ChannelHandler, Transport } from './transport.ts';

/** Cases over TCP. */
export const overTcp: Transport = {
  name: 'tcp',
  listener: () => tcp({ port: 0 }),
  async open(port: number, handler: ChannelHandler): Promise<Channel> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (bytes) => handler.data(bytes));
    await once(socket, 'connect');
    // A connection that is reset has ended as well.
    socket.on('error', () => {});
    socket.on('close', () => handler.closed());
    return {
      send: (bytes) => void socket.write(bytes),
      end: () => void socket.end(),
      cut: () => void socket.resetAndDestroy(),
    };
  },
};
