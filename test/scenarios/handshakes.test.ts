import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { after, suite, test } from 'node:test';
import { connect as connectTls } from 'node:tls';

import { generate, type Packet } from 'mqtt-packet';
import { WebSocket } from 'ws';

import { Broker, tcp, tls, websocket } from '../../src/index.ts';
import { connectPacket, openClient } from '../kit/tcp-client.ts';
import { SERVER_FILES } from '../kit/tls.ts';
import { until } from '../kit/until.ts';

const HALF_OPEN = 500;
const CONNECT_TIMEOUT = 1500;

const broker = new Broker({ connectTimeout: CONNECT_TIMEOUT });
const plain = await broker.listen(tcp({ port: 0 }));
const secure = await broker.listen(tls({ port: 0, tls: SERVER_FILES }));
const web = await broker.listen(websocket({ port: 0 }));
const sender = await openClient(plain.port, 'sender');
const receiver = await openClient(plain.port, 'receiver');
receiver.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'others', qos: 1 }] });
await receiver.next('suback');
after(async () => {
  sender.vanish();
  receiver.vanish();
  await broker.close();
});

/** What others send arrives, whole and in order, while something goes on. */
async function exchange(count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    sender.send({ cmd: 'publish', topic: 'others', payload: `${i}`, qos: 1, messageId: i, dup: false, retain: false });
    const { payload, messageId } = await receiver.next('publish'); // oxlint-disable-line no-await-in-loop -- in order
    assert.equal(payload.toString(), `${i}`);
    receiver.send({ cmd: 'puback', messageId: messageId ?? 0 });
    await sender.next('puback'); // oxlint-disable-line no-await-in-loop
  }
}

async function openMany(port: number, greeting: Buffer): Promise<Socket[]> {
  const sockets = Array.from({ length: HALF_OPEN }, () => connectSocket({ port, host: '127.0.0.1' }));
  await Promise.all(
    sockets.map(async (socket) => {
      socket.on('error', () => {}); // To be reset is a good end for them.
      await once(socket, 'connect');
      socket.write(greeting);
    }),
  );
  return sockets;
}

/** The first bytes that a TLS client sends. */
async function clientHello(): Promise<Buffer> {
  const [near, far] = duplexPair();
  const client = connectTls({ socket: near });
  const [hello] = (await once(far, 'data')) as [Buffer];
  client.destroy();
  return hello;
}

suite('while clients hang in their handshake', () => {
  const cases = [
    { of: 'TLS', port: secure.port, greeting: async () => (await clientHello()).subarray(0, 40) },
    { of: 'WebSocket', port: web.port, greeting: async () => Buffer.from('GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgra') },
  ];
  for (const { of, port, greeting } of cases)
    test(`of ${of}, others are served, and they are ended when CONNECT is overdue`, async () => {
      const before = broker.stats();
      const sockets = await openMany(port, await greeting());
      await until(() => broker.stats().connections === before.connections + HALF_OPEN, 'all of them to be counted');
      await exchange(100);
      await until(() => broker.stats().connections === before.connections, 'the end of the half-open');
      assert.equal(broker.stats().limited.connect_timeout, before.limited.connect_timeout + HALF_OPEN);
      await exchange(10);
      for (const socket of sockets) socket.destroy();
    });

  test('of TLS byte by byte, one that goes on in time is served as well', async () => {
    const wire = connectSocket({ port: secure.port, host: '127.0.0.1', noDelay: true });
    await once(wire, 'connect');
    const hello = await clientHello();
    for (const byte of hello) {
      wire.write(Buffer.of(byte));
      await exchange(1); // oxlint-disable-line no-await-in-loop -- between two bytes
    }
    const [answer] = (await once(wire, 'data')) as [Buffer];
    assert.equal(answer[0], 0x16, 'a handshake record of TLS');
    wire.destroy();
  });
});

test('a WebSocket that sends one byte per frame is served, and others are too', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${web.port}/mqtt`, 'mqtt');
  await once(socket, 'open');
  const received: Buffer[] = [];
  socket.on('message', (data: Buffer) => received.push(data));
  const subscription: Packet = { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'own', qos: 0 }] };
  const packets: Packet[] = [connectPacket('dripping'), subscription];
  for (let i = 0; i < 200; i++)
    packets.push({ cmd: 'publish', topic: 'own', payload: `${i}`.padStart(50), qos: 0, dup: false, retain: false });
  const bytes = Buffer.concat(packets.map((packet) => generate(packet)));
  const others = exchange(100);
  for (const byte of bytes) socket.send(Buffer.of(byte));
  await others;
  const back = (): number => Buffer.concat(received).toString('latin1').split('own').length - 1;
  await until(() => back() === 200, 'all of its own messages');
  socket.terminate();
});
