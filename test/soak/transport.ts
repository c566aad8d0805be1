import { randomUUID } from 'node:crypto';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { createWebSocketStream, WebSocket } from 'ws';
import { type Broker, tcp } from '../../src/index.ts';
import { tls } from '../../src/transports/tls.ts';
import { unix } from '../../src/transports/unix.ts';
import { websocket } from '../../src/transports/websocket.ts';
import { SERVER_FILES } from '../kit/tls.ts';

/** Opens another stream to the broker. */
export type Dial = () => Duplex;

/** What the clients of a soak can come through. */
export const TRANSPORTS = {
  async tcp(broker: Broker): Promise<Dial> {
    const { host, port } = await broker.listen(tcp({ port: 0 }));
    return () => connectSocket({ host, port, noDelay: true });
  },
  async unix(broker: Broker): Promise<Dial> {
    const { path } = await broker.listen(unix({ path: join(tmpdir(), `hookmq-soak-${randomUUID()}.sock`) }));
    return () => connectSocket({ path });
  },
  async tls(broker: Broker): Promise<Dial> {
    const { host, port } = await broker.listen(tls({ port: 0, tls: SERVER_FILES }));
    return () => connectTls({ host, port, rejectUnauthorized: false });
  },
  async ws(broker: Broker): Promise<Dial> {
    const { host, port } = await broker.listen(websocket({ port: 0 }));
    return () => createWebSocketStream(new WebSocket(`ws://${host}:${port}/mqtt`, 'mqtt'));
  },
} as const satisfies Record<string, (broker: Broker) => Promise<Dial>>;

export type TransportName = keyof typeof TRANSPORTS;
