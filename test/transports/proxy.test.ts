import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { suite, test } from 'node:test';

import { Broker, type Client, tcp, tls, unix } from '../../src/index.ts';
import { connectPacket, TcpClient } from '../kit/tcp-client.ts';
import { openTls, showing, VERIFY_FILES } from '../kit/tls.ts';
import { until } from '../kit/until.ts';
import { openRaw, PROXY_LINE, temporaryPath } from './kinds.ts';
import { acceptedAs, openListener } from './open-listener.ts';
import { binaryHeader, IPV4, IPV6, tlsField } from './proxy-headers.ts';

const HEADER_4 = binaryHeader({ family: 0x11, rest: IPV4 });
const HEADER_6 = binaryHeader({ family: 0x21, rest: Buffer.concat([IPV6, tlsField({ commonName: 'a, "b"' })]) });

suite('a listener behind a proxy', () => {
  test('tells the broker of the client that the proxy names, not of the proxy', async (t) => {
    const broker = new Broker();
    t.after(() => broker.close());
    const clients: Client[] = [];
    broker.on('client.connected', (client) => clients.push(client));
    const address = await broker.listen(tcp({ port: 0, proxyProtocol: true }));
    using client = new TcpClient(await openRaw(address), 4);
    client.send(PROXY_LINE);
    client.send(connectPacket('c'));
    await client.next('connack');
    assert.equal(clients[0]?.remoteAddress, '192.0.2.7');
    assert.equal(clients[0].remotePort, 40_007);
  });

  for (const [title, header, address] of [
    ['a line', Buffer.from(PROXY_LINE), '192.0.2.7'],
    ['a binary header with IPv4', HEADER_4, '192.0.2.7'],
    ['a binary header with IPv6', HEADER_6, '2001:db8::7'],
  ] as const) {
    test(`${title} may come with what follows`, async () => {
      await using listener = await openListener(tcp({ port: 0, proxyProtocol: true }));
      const client = await openRaw(listener.address);
      listener.clients.push(client);
      client.write(Buffer.concat([header, Buffer.from('hello')]));
      const accepted = await acceptedAs(listener, 0);
      await until(() => accepted.received.toString() === 'hello', 'what follows');
      assert.equal(accepted.wire.peer.address, address);
      assert.equal(accepted.wire.peer.port, 40_007);
      assert.equal(accepted.identified, 1);
    });

    test(`${title} may come byte by byte; until then the client has no address`, async () => {
      await using listener = await openListener(tcp({ port: 0, proxyProtocol: true }));
      const client = await openRaw(listener.address);
      listener.clients.push(client);
      const accepted = await acceptedAs(listener, 0);
      for (const byte of header) {
        assert.equal(accepted.wire.peer.address, '');
        assert.equal(accepted.wire.peer.port, 0);
        assert.equal(accepted.identified, 0);
        client.write(Buffer.from([byte]));
        await new Promise(setImmediate); // oxlint-disable-line no-await-in-loop -- else the system would put them together
      }
      await until(() => accepted.identified === 1, 'the address');
      assert.equal(accepted.wire.peer.address, address);
      client.write('hello');
      await until(() => accepted.received.toString() === 'hello', 'what follows');
    });
  }

  for (const [title, header] of [
    ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n')],
    ['LOCAL', binaryHeader({ first: 0x20, family: 0, rest: Buffer.alloc(0) })],
  ] as const)
    test(`the proxy's own address counts where it says ${title}`, async () => {
      await using listener = await openListener(tcp({ port: 0, proxyProtocol: true }));
      const client = await openRaw(listener.address);
      listener.clients.push(client);
      client.write(header);
      const accepted = await acceptedAs(listener, 0);
      await until(() => accepted.identified === 1, 'the address');
      assert.equal(accepted.wire.peer.address, '127.0.0.1');
      assert.equal(accepted.wire.peer.port, client.localPort);
    });

  test('a Unix domain socket may have a proxy in front of it', async () => {
    await using listener = await openListener(unix({ path: temporaryPath(), proxyProtocol: true }));
    const client = await openRaw(listener.address);
    listener.clients.push(client);
    client.write(Buffer.concat([HEADER_4, Buffer.from('hello')]));
    const accepted = await acceptedAs(listener, 0);
    await until(() => accepted.received.toString() === 'hello', 'what follows');
    assert.equal(accepted.wire.peer.address, '192.0.2.7');
  });

  for (const [title, bytes] of [
    ['MQTT at once', Buffer.from('100c00044d5154540402003c0000', 'hex')],
    ['a header that is malformed', 'PROXY TCP4 localhost localhost 1 1\r\n'],
    ['a line without end', `PROXY ${'x'.repeat(200)}`],
    ['a binary header without end', binaryHeader({ family: 0x11, rest: Buffer.alloc(60_000) })],
  ] as const)
    test(`${title} ends the connection`, async () => {
      await using listener = await openListener(tcp({ port: 0, proxyProtocol: true }));
      using client = new TcpClient(await openRaw(listener.address), 4);
      client.send(bytes);
      await client.ended();
      const accepted = await acceptedAs(listener, 0);
      await until(() => accepted.closed === 1, 'the end to be told');
      assert.equal(accepted.received.length, 0);
      assert.equal(accepted.identified, 0);
      assert.equal(client.bytes, 0);
    });

  test('a header that never ends is bounded in time by connectTimeout', async (t) => {
    const broker = new Broker({ connectTimeout: 100 });
    t.after(() => broker.close());
    const address = await broker.listen(tcp({ port: 0, proxyProtocol: true }));
    using client = new TcpClient(await openRaw(address), 4);
    client.send(PROXY_LINE.slice(0, 20));
    await client.ended();
    assert.equal(broker.stats().connections, 0);
  });

  test('the common name of a certificate that the proxy has verified reaches the broker', async () => {
    await using listener = await openListener(tcp({ port: 0, proxyProtocol: true }));
    const client = await openRaw(listener.address);
    listener.clients.push(client);
    client.write(HEADER_6);
    const accepted = await acceptedAs(listener, 0);
    await until(() => accepted.identified === 1, 'the address');
    const subject = String.raw`CN=a\, \"b\"`;
    assert.deepEqual(accepted.wire.peer.certificate, { commonName: 'a, "b"', subject });
  });

  test('TLS may begin in the same bytes as the header ends', async () => {
    await using listener = await openListener(tls({ port: 0, proxyProtocol: true, tls: VERIFY_FILES }));
    const socket = behind(HEADER_4, await openRaw(listener.address));
    const client = await openTls({ socket }, showing('client'));
    listener.clients.push(client);
    client.write('hello');
    const accepted = await acceptedAs(listener, 0);
    await until(() => accepted.received.toString() === 'hello', 'what follows');
    assert.equal(accepted.wire.peer.address, '192.0.2.7');
    assert.equal(accepted.wire.peer.certificate?.commonName, 'sensor-1');
    assert.equal(accepted.identified, 1);
  });
});

/** A stream over a socket whose first bytes go out together with a header. */
function behind(header: Buffer, socket: Socket): Duplex {
  let first = header;
  const stream = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      socket.write(Buffer.concat([first, bytes]), done);
      first = Buffer.alloc(0);
    },
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (bytes) => stream.push(bytes));
  return stream;
}
