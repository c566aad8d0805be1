import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

import { Broker, type Client, tls, type TlsOptions } from '../../src/index.ts';
import { connectPacket, TcpClient } from '../kit/tcp-client.ts';
import { openTls, SERVER_FILES, sessionOf, showing, VERIFY_FILES } from '../kit/tls.ts';
import { until } from '../kit/until.ts';
import { openRaw } from './kinds.ts';

/** Ciphers that old versions of TLS need. */
const OLD_CIPHERS = 'DEFAULT@SECLEVEL=0';

/** A broker with a TLS listener, and the clients that it has seen. */
class TlsScene {
  readonly broker: Broker;
  readonly port: number;
  readonly clients: Client[] = [];
  readonly errors: string[];

  constructor(broker: Broker, port: number, errors: string[]) {
    this.broker = broker;
    this.port = port;
    this.errors = errors;
    broker.on('client.connected', (client) => this.clients.push(client));
  }

  /** An MQTT client over TLS that was accepted; what the broker knows of it. */
  async connect(t: TestContext, options: ConnectionOptions = {}): Promise<{ socket: TLSSocket; seen: Client }> {
    const socket = await openTls({ port: this.port }, options);
    t.after(() => socket.destroy());
    const client = new TcpClient(socket, 4);
    client.send(connectPacket(`client-${this.clients.length}`));
    await client.next('connack');
    const seen = this.clients.at(-1);
    assert.ok(seen);
    return { socket, seen };
  }

  /** Tries the same; resolves when the connection has ended without an answer. */
  async refuses(t: TestContext, options: ConnectionOptions): Promise<void> {
    const { connectionsAccepted: before } = this.broker.stats();
    const socket = await openTls({ port: this.port }, options).catch(() => null);
    // In TLS 1.3 the client's side of the handshake is done before its certificate is looked at.
    if (socket !== null) {
      t.after(() => socket.destroy());
      const client = new TcpClient(socket, 4);
      client.send(connectPacket('refused'));
      await client.ended();
      assert.equal(client.bytes, 0);
    }
    assert.equal(this.clients.length, 0);
    assert.equal(this.broker.stats().connectionsAccepted, before + 1);
    await until(() => this.broker.stats().connections === 0, 'the end of the connection');
    assert.deepEqual(this.errors, []);
  }
}

async function tlsScene(
  t: TestContext,
  options: TlsOptions = SERVER_FILES,
  connectTimeout = 15_000,
): Promise<TlsScene> {
  const errors: string[] = [];
  const note = (line: string): void => void errors.push(line);
  const broker = new Broker({ connectTimeout, log: { debug() {}, info() {}, warn: note, error: note } });
  t.after(() => broker.close());
  const { port } = await broker.listen(tls({ port: 0, tls: options }));
  return new TlsScene(broker, port, errors);
}

suite('versions of TLS', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    test(`${version} is spoken`, async (t) => {
      const scene = await tlsScene(t);
      const { socket } = await scene.connect(t, { minVersion: version, maxVersion: version });
      assert.equal(socket.getProtocol(), version);
    });

  test('TLS 1.1 is refused, also where the ciphers would allow it', async (t) => {
    const scene = await tlsScene(t, { ...SERVER_FILES, ciphers: OLD_CIPHERS });
    await scene.refuses(t, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: OLD_CIPHERS });
  });

  test('TLS 1.2 is refused where minVersion is TLSv1.3', async (t) => {
    const scene = await tlsScene(t, { ...SERVER_FILES, minVersion: 'TLSv1.3' });
    await scene.refuses(t, { maxVersion: 'TLSv1.2' });
  });

  test('TLS 1.2 is taken where maxVersion is TLSv1.2', async (t) => {
    const scene = await tlsScene(t, { ...SERVER_FILES, maxVersion: 'TLSv1.2' });
    const { socket } = await scene.connect(t);
    assert.equal(socket.getProtocol(), 'TLSv1.2');
  });

  test('only the ciphers that were named are used', async (t) => {
    const scene = await tlsScene(t, { ...SERVER_FILES, ciphers: 'TLS_CHACHA20_POLY1305_SHA256' });
    const { socket } = await scene.connect(t);
    assert.equal(socket.getCipher().standardName, 'TLS_CHACHA20_POLY1305_SHA256');
  });
});

suite('the protocol that a client asks for (ALPN)', () => {
  test('is mqtt', async (t) => {
    const scene = await tlsScene(t);
    const { socket } = await scene.connect(t, { ALPNProtocols: ['h2', 'mqtt'] });
    assert.equal(socket.alpnProtocol, 'mqtt');
  });

  test('may be left out', async (t) => {
    const scene = await tlsScene(t);
    const { socket } = await scene.connect(t);
    assert.equal(socket.alpnProtocol, false);
  });

  test('is refused where it is none of ours: that client came to the wrong door', async (t) => {
    const scene = await tlsScene(t);
    await scene.refuses(t, { ALPNProtocols: ['h2', 'http/1.1'] });
  });
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  const only = { minVersion: version, maxVersion: version };

  suite(`client certificates in ${version}`, () => {
    test('are told to hooks, as RFC 4514 writes their subject', async (t) => {
      const scene = await tlsScene(t, VERIFY_FILES);
      const { seen } = await scene.connect(t, { ...only, ...showing('client') });
      assert.deepEqual(seen.certificate, { commonName: 'sensor-1', subject: 'CN=sensor-1,O=Example' });
    });

    test('may have names with special characters', async (t) => {
      const scene = await tlsScene(t, VERIFY_FILES);
      const { seen } = await scene.connect(t, { ...only, ...showing('client-comma') });
      assert.deepEqual(seen.certificate, {
        commonName: '#1 "ü"',
        subject: String.raw`CN=\#1 \"ü\",OU=a \+ b,O=Example\, Inc.`,
      });
    });

    test('need not be shown where verifyPeer is true and failIfNoPeerCert is not', async (t) => {
      const scene = await tlsScene(t, VERIFY_FILES);
      const { seen } = await scene.connect(t, only);
      assert.equal(seen.certificate, null);
    });

    test('must be shown where failIfNoPeerCert is true', async (t) => {
      const scene = await tlsScene(t, { ...VERIFY_FILES, failIfNoPeerCert: true });
      await scene.refuses(t, only);
      const { seen } = await scene.connect(t, { ...only, ...showing('client') });
      assert.equal(seen.certificate?.commonName, 'sensor-1');
    });

    for (const failIfNoPeerCert of [false, true])
      test(`of a foreign authority end the connection, failIfNoPeerCert ${failIfNoPeerCert}`, async (t) => {
        const scene = await tlsScene(t, { ...VERIFY_FILES, failIfNoPeerCert });
        await scene.refuses(t, { ...only, ...showing('foreign-client') });
      });

    test("of a server are no client's", async (t) => {
      const scene = await tlsScene(t, VERIFY_FILES);
      // Its authority is the right one, so this is accepted: the server's certificate has no extended key usage.
      const { seen } = await scene.connect(t, { ...only, ...showing('server') });
      assert.equal(seen.certificate?.commonName, 'localhost');
    });

    test('are not asked for where verifyPeer is false', async (t) => {
      const scene = await tlsScene(t);
      const { seen } = await scene.connect(t, { ...only, ...showing('foreign-client') });
      assert.equal(seen.certificate, null);
    });

    test('are still known when a session is resumed', async (t) => {
      const scene = await tlsScene(t, { ...VERIFY_FILES, failIfNoPeerCert: true });
      const { socket, seen } = await scene.connect(t, { ...only, ...showing('client') });
      const session = await sessionOf(socket);
      const second = await scene.connect(t, { ...only, ...showing('client'), session });
      assert.equal(second.socket.isSessionReused(), true);
      assert.deepEqual(second.seen.certificate, seen.certificate);
    });

    test('are not passed by with a session in which none was shown', async (t) => {
      const scene = await tlsScene(t, VERIFY_FILES);
      const { socket } = await scene.connect(t, only);
      const session = await sessionOf(socket);
      const { seen } = await scene.connect(t, { ...only, ...showing('client'), session });
      assert.equal(seen.certificate, null);
    });
  });
}

suite('a handshake', () => {
  test('is part of the time that CONNECT may take', async (t) => {
    const scene = await tlsScene(t, SERVER_FILES, 100);
    const socket = await openRaw({ host: '127.0.0.1', port: scene.port });
    using client = new TcpClient(socket, 4);
    client.send(Buffer.from('160301', 'hex'));
    await client.ended();
    assert.equal(scene.broker.stats().connections, 0);
    assert.equal(scene.broker.stats().connectionsAccepted, 1);
  });

  for (const [title, bytes] of [
    ['MQTT', Buffer.from('100c00044d5154540402003c0000', 'hex')],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['zeros', Buffer.alloc(64)],
    ['the begin of a record that is larger than may be', Buffer.from('160301400101', 'hex')],
    ['a hello with nonsense in it', Buffer.from(`16030100200100001c${'ff'.repeat(28)}`, 'hex')],
  ] as const)
    test(`that is ${title} costs its connection and nothing else`, async (t) => {
      const scene = await tlsScene(t);
      using client = new TcpClient(await openRaw({ host: '127.0.0.1', port: scene.port }), 4);
      client.socket.removeAllListeners('data').resume();
      client.send(bytes);
      await client.ended();
      await until(() => scene.broker.stats().connections === 0, 'the end to be told');
      assert.deepEqual(scene.errors, []);
      await scene.connect(t);
    });

  test('that is cut costs its connection and nothing else', async (t) => {
    const scene = await tlsScene(t);
    const socket = await openRaw({ host: '127.0.0.1', port: scene.port });
    await until(() => scene.broker.stats().connections === 1, 'the connection');
    socket.write(Buffer.from('160301', 'hex'), () => socket.resetAndDestroy());
    await until(() => scene.broker.stats().connections === 0, 'the end to be told');
    assert.deepEqual(scene.errors, []);
    await scene.connect(t);
  });

  test('ends with the broker', async (t) => {
    const scene = await tlsScene(t);
    using client = new TcpClient(await openRaw({ host: '127.0.0.1', port: scene.port }), 4);
    client.send(Buffer.from('160301', 'hex'));
    await until(() => scene.broker.stats().connections === 1, 'the connection');
    await scene.broker.close();
    await client.ended();
  });

  test('cannot be had again on the same connection', async (t) => {
    const scene = await tlsScene(t);
    const { socket } = await scene.connect(t, { maxVersion: 'TLSv1.2' });
    socket.renegotiate({}, () => {});
    await until(() => socket.destroyed, 'the end of the connection');
    await until(() => scene.broker.stats().connections === 0, 'the end to be told');
  });
});
