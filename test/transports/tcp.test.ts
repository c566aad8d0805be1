import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { suite, test } from 'node:test';

import { generate, type Packet } from 'mqtt-packet';

import { Broker, type Client, tcp } from '../../src/index.ts';
import { localBroker } from '../kit/local-broker.ts';
import { connectPacket, openClient, openSocket, TcpClient } from '../kit/tcp-client.ts';
import { until, within } from '../kit/until.ts';

const SUBSCRIBE: Packet = { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/b', qos: 1 }] };
const PUBLISH: Packet = {
  cmd: 'publish',
  topic: 'a/b',
  payload: 'hello',
  qos: 1,
  messageId: 2,
  dup: false,
  retain: false,
};

suite('a TCP listener', () => {
  test('listens on loopback, on a free port, unless it is told otherwise', async () => {
    const broker = new Broker();
    const address = await broker.listen(tcp({ port: 0 }));
    await broker.close();
    assert.equal(address.host, '127.0.0.1');
    assert.ok(address.port > 0);
  });

  test('closes although a client resets its connection meanwhile', async () => {
    const { broker, port } = await localBroker();
    const client = await openClient(port, 'c');
    const closing = broker.close();
    client.socket.resetAndDestroy();
    await within(closing, 'the end of the listener');
  });

  test('closes what is still opening', async () => {
    const broker = new Broker();
    const opening = broker.listen(tcp({ port: 0 }));
    await broker.close();
    const { port } = await opening;
    await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
  });

  test('rejects for a port that is in use, and the broker goes on', async () => {
    await using local = await localBroker();
    await assert.rejects(local.broker.listen(tcp({ port: local.port })), { code: 'EADDRINUSE' });
    using client = await openClient(local.port, 'c');
    client.send({ cmd: 'pingreq' });
    await client.next('pingresp');
  });

  test('frees its port and ends its connections when the broker is closed', async () => {
    const local = await localBroker();
    using client = await openClient(local.port, 'c');
    await local.broker.close();
    await client.ended();
    const server = createServer().listen(local.port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    assert.equal(local.broker.stats().connections, 0);
  });

  test("tells who the peer is, an IPv4-mapped address as IPv4's", async (t) => {
    const broker = new Broker();
    t.after(() => broker.close());
    const address = await broker.listen(tcp({ port: 0, host: '::', name: 'outside' })).catch(() => undefined);
    if (address === undefined) return t.skip('this machine has no IPv6');
    const clients: Client[] = [];
    broker.on('client.connected', (client) => clients.push(client));
    using client = await openClient(address.port, 'c');
    assert.equal(clients[0]?.remoteAddress, '127.0.0.1');
    assert.equal(clients[0].remotePort, client.socket.localPort);
    assert.equal(clients[0].listener, 'outside');
  });

  test('listens on ::1, an address of IPv6', async (t) => {
    const broker = new Broker();
    t.after(() => broker.close());
    const address = await broker.listen(tcp({ port: 0, host: '::1' })).catch(() => undefined);
    if (address === undefined) return t.skip('this machine has no IPv6');
    const clients: Client[] = [];
    broker.on('client.connected', (client) => clients.push(client));
    using client = new TcpClient(connect(address), 4);
    client.send(connectPacket('c'));
    await client.next('connack');
    assert.equal(address.host, '::1');
    assert.equal(clients[0]?.remoteAddress, '::1');
  });

  test('refuses connections beyond maxConnections and counts them', async () => {
    await using local = await localBroker({ maxConnections: 1 });
    using first = await openClient(local.port, 'first');
    using second = await openSocket(local.port);
    second.send(connectPacket('second'));
    assert.equal((await second.next('connack')).returnCode, 3);
    await second.ended();
    first.send({ cmd: 'pingreq' });
    await first.next('pingresp');
    assert.equal(local.broker.stats().connectionsRefused, 1);
  });
});

suite('bytes over TCP', () => {
  test('may come one at a time', async () => {
    await using local = await localBroker();
    using client = await openSocket(local.port);
    const packets = [connectPacket('c'), SUBSCRIBE, PUBLISH];
    for (const byte of Buffer.concat(packets.map((packet) => generate(packet)))) {
      client.send(Buffer.from([byte]));
      // oxlint-disable-next-line no-await-in-loop -- else the system would put them together
      await new Promise(setImmediate);
    }
    await client.next('connack');
    await client.next('suback');
    assert.equal((await client.next('publish')).payload.toString(), 'hello');
    await client.next('puback');
  });

  test('may come all at once', async () => {
    await using local = await localBroker();
    using client = await openSocket(local.port);
    const packets = [
      connectPacket('c'),
      SUBSCRIBE,
      ...Array.from({ length: 500 }, () => PUBLISH),
      { cmd: 'disconnect' } as const,
    ];
    client.send(Buffer.concat(packets.map((packet) => generate(packet))));
    await client.ended();
    assert.equal(local.reasons.get('c'), 'normal');
    assert.equal(client.packets.filter(({ cmd }) => cmd === 'publish').length, 500);
    assert.equal(client.packets.filter(({ cmd }) => cmd === 'puback').length, 500);
  });

  test('a packet larger than what is read at once', async () => {
    await using local = await localBroker();
    using client = await openClient(local.port, 'c');
    client.send(SUBSCRIBE);
    await client.next('suback');
    const payload = Buffer.alloc(3_000_000, 'x');
    client.send({ ...PUBLISH, payload });
    assert.ok(payload.equals(Buffer.from((await client.next('publish')).payload)));
    await client.next('puback');
  });

  for (const [name, hello] of [
    ['an HTTP request', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a TLS hello', Buffer.from('16030100c8010000c40303b5a1', 'hex')],
    ['an SSH greeting', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['zeros', Buffer.alloc(64)],
  ] as const)
    test(`${name} ends the connection without an answer`, async () => {
      await using local = await localBroker();
      using client = await openSocket(local.port);
      client.send(hello);
      await client.ended();
      assert.equal(client.bytes, 0);
      assert.equal(local.broker.stats().connections, 0);
    });
});

suite('the end of a TCP connection', () => {
  test('is tcp_closed where the client ended its side without DISCONNECT', async () => {
    await using local = await localBroker();
    using client = await openClient(local.port, 'c');
    client.socket.end();
    await until(() => local.reasons.get('c') === 'tcp_closed', 'the end');
  });

  test('is tcp_closed where the connection was reset', async () => {
    await using local = await localBroker();
    using client = await openClient(local.port, 'c');
    client.socket.resetAndDestroy();
    await until(() => local.reasons.get('c') === 'tcp_closed', 'the end');
  });

  test('is tcp_closed where it came in the middle of a packet', async () => {
    await using local = await localBroker();
    using client = await openClient(local.port, 'c');
    client.socket.end(generate(PUBLISH).subarray(0, -1));
    await until(() => local.reasons.get('c') === 'tcp_closed', 'the end');
    assert.equal(local.broker.stats().messagesReceived, 0);
  });

  const beginning = generate(connectPacket('a-client-that-hesitates')).subarray(0, 12);
  for (const [name, bytes] of [
    ['nothing', Buffer.alloc(0)],
    ['half a CONNECT', beginning],
  ] as const)
    test(`comes when ${name} was sent within connectTimeout`, async () => {
      await using local = await localBroker({ connectTimeout: 100 });
      const start = performance.now();
      using client = await openSocket(local.port);
      client.send(bytes);
      await client.ended();
      assert.ok(performance.now() - start >= 99);
      assert.equal(local.broker.stats().connections, 0);
    });

  test('comes after connectTimeout for a CONNECT that drips in, too', async (t) => {
    await using local = await localBroker({ connectTimeout: 150 });
    using client = await openSocket(local.port);
    const bytes = [...beginning];
    const drip = setInterval(() => client.send(Buffer.from(bytes.splice(0, 1))), 25);
    t.after(() => clearInterval(drip));
    await client.ended();
    assert.ok(bytes.length > 0, 'it was not ended before all bytes had come');
  });

  test('is enforced where the peer keeps its side open', async (t) => {
    await using local = await localBroker();
    const socket = connect({ port: local.port, host: '127.0.0.1', allowHalfOpen: true });
    t.after(() => socket.destroy());
    socket.resume().write('no MQTT at all');
    await once(socket, 'end');
    // The peer finds out when what it sends is answered with a reset.
    const reset = once(socket, 'error');
    const talk = setInterval(() => socket.write('still here'), 50);
    t.after(() => clearInterval(talk));
    await reset;
  });
});
