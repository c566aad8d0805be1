import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import type { TlsOptions, TLSSocket } from 'node:tls';
import type { TlsSettings } from '../../../src/webhook/settings.ts';
import { certificateFile } from '../../kit/tls.ts';
import { RawServer, TestTransport } from './transport-kit.ts';

function pem(name: string): string {
  return readFileSync(certificateFile(name), 'utf8');
}

const SERVER = { cert: pem('server.pem'), key: pem('server.key') };
const TRUSTING: TlsSettings = { verify: true, ca: pem('ca.pem') };

/** An HTTPS server that answers with what a test wants to know of the request; closes with its test. */
class TlsServer implements AsyncDisposable {
  readonly #server: ReturnType<typeof createTlsServer> | Http2SecureServer;
  readonly #sockets = new Set<TLSSocket>();
  connections = 0;
  /** The HTTP version of each request. */
  readonly versions: string[] = [];
  readonly names: (string | false)[] = [];

  constructor(options: TlsOptions, isHttp2 = false) {
    this.#server = isHttp2
      ? createSecureServer({ allowHTTP1: true, ...SERVER, ...options })
      : createTlsServer({ ...SERVER, ...options });
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.versions.push(request.httpVersion);
      request.resume();
      response.end('ok');
    });
    this.#server.on('secureConnection', (socket: TLSSocket & { readonly servername?: string | false }) => {
      this.connections++;
      this.names.push(socket.servername ?? false);
      this.#sockets.add(socket);
    });
    this.#server.on('tlsClientError', () => {});
    this.#server.on('sessionError', () => {});
  }

  async listen(): Promise<this> {
    this.#server.listen(0);
    await once(this.#server, 'listening');
    return this;
  }

  url(host = '127.0.0.1'): string {
    return `https://${host}:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

suite('TLS', () => {
  test('reaches a server whose authority is known', async () => {
    await using server = await new TlsServer({}).listen();
    await using transport = new TestTransport(server.url('localhost'), { tls: TRUSTING });
    assert.equal(await transport.check(), null);
    assert.equal((await transport.send()).status, 200);
    assert.deepEqual(server.names.at(-1), 'localhost');
  });

  test('says that a certificate does not verify, with the key to blame', async () => {
    await using server = await new TlsServer({}).listen();
    await using transport = new TestTransport(server.url(), { tls: { verify: true } });
    const origin = server.url().replace('/hook', '');
    const text = `the certificate of ${origin} does not verify (signed by an authority that is not known)`;
    assert.equal(await transport.check(), `webhook.tls.cacertfile: ${text}`);
    const { status, error } = await transport.send();
    assert.deepEqual([status, error], [0, text]);
  });

  test('takes any certificate without verify', async () => {
    await using server = await new TlsServer({}).listen();
    await using transport = new TestTransport(server.url(), { tls: { verify: false } });
    assert.equal(await transport.check(), null);
    assert.equal((await transport.send()).status, 200);
  });

  test('tells the server the name of `sni`, which the certificate must have', async () => {
    await using server = await new TlsServer({}).listen();
    await using good = new TestTransport(server.url(), { tls: { ...TRUSTING, sni: 'localhost' } });
    assert.equal((await good.send()).status, 200);
    assert.deepEqual(server.names, ['localhost']);
    await using bad = new TestTransport(server.url(), { tls: { ...TRUSTING, sni: 'broker.example' } });
    const origin = server.url().replace('/hook', '');
    const text = `the certificate of ${origin} is not for broker.example`;
    assert.equal(await bad.check(), `webhook.tls.sni: ${text}`);
    const { status, error } = await bad.send();
    assert.deepEqual([status, error], [0, text]);
  });

  const names: readonly [host: string, sni: string | null, header: string, told: string | false | null][] = [
    ['localhost', null, 'broker.example', 'localhost'],
    ['127.0.0.1', null, 'broker.example', false],
    ['127.0.0.1', 'localhost', 'broker.example', 'localhost'],
    ['127.0.0.1', 'broker.example', 'localhost', null],
  ];
  for (const [host, sni, header, told] of names)
    test(`asks for the name of sni (${sni}) or the URL (${host}), whatever a host header says`, async () => {
      await using server = await new TlsServer({}).listen();
      const tls = sni === null ? TRUSTING : { ...TRUSTING, sni };
      await using transport = new TestTransport(server.url(host), { tls });
      const answers = await transport.inTurn(['1', '2'], ['host', header]);
      const status = told === null ? 0 : 200;
      assert.deepEqual(
        answers.map((answer) => answer.status),
        [status, status],
      );
      if (told !== null) assert.deepEqual(new Set(server.names), new Set([told]));
    });

  test('shows a client certificate, its key encrypted or not', async () => {
    const asking = { requestCert: true, rejectUnauthorized: true, ca: TRUSTING.ca };
    await using server = await new TlsServer({ ...asking, ca: pem('ca.pem') }).listen();
    const own = { ...TRUSTING, cert: pem('client.pem'), key: pem('client.key') };
    await using transport = new TestTransport(server.url(), { tls: own });
    assert.equal((await transport.send()).status, 200);
    const encrypted = { cert: pem('server.pem'), key: pem('server-encrypted.key'), passphrase: 'open sesame' };
    await using second = new TestTransport(server.url(), { tls: { ...TRUSTING, ...encrypted } });
    assert.equal((await second.send()).status, 200);
  });

  // RFC 8446, section 6: bad_certificate, unknown_ca, certificate_required.
  for (const alert of [42, 48, 116]) {
    test(`says that the server does not like the client certificate (alert ${alert})`, async () => {
      await using server = await new RawServer((socket) =>
        socket.end(Buffer.from([21, 3, 3, 0, 2, 2, alert])),
      ).listen();
      const origin = `https://127.0.0.1:${server.port}`;
      await using transport = new TestTransport(origin, { tls: TRUSTING });
      const text = `${origin} does not accept this client certificate, or that there is none`;
      assert.equal(await transport.check(), `webhook.tls.certfile: ${text}`);
      assert.equal((await transport.send()).error, text);
    });
  }

  test('says that the server may want a client certificate', async () => {
    const asking = { requestCert: true, rejectUnauthorized: true, ca: pem('ca.pem') };
    await using server = await new TlsServer({ ...asking, maxVersion: 'TLSv1.2' }).listen();
    await using transport = new TestTransport(server.url(), { tls: TRUSTING });
    assert.match((await transport.check()) ?? '', /^webhook\.url: https:.* it may want a client certificate$/);
  });

  test('with a key that does not fit is an error in the answer, not a crash', async () => {
    await using server = await new TlsServer({}).listen();
    const wrong = { ...TRUSTING, cert: pem('client.pem'), key: pem('server.key') };
    await using transport = new TestTransport(server.url(), { tls: wrong });
    assert.match((await transport.check()) ?? '', /^webhook\.[a-z.]+: .*key/);
    const { status, error } = await transport.send();
    assert.deepEqual([status, (error ?? '').includes('key')], [0, true]);
  });
});

suite('HTTP/2', () => {
  test('is spoken where it is offered, `pipelining` requests on one connection', async () => {
    await using server = await new TlsServer({}, true).listen();
    await using transport = new TestTransport(server.url(), { tls: TRUSTING, poolSize: 1, pipelining: 10 });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => transport.send('x'.repeat(i * 1000))));
    for (const { status, duration } of answers) assert.ok(status === 200 && duration > 0);
    assert.deepEqual(new Set(server.versions), new Set(['2.0']));
    assert.equal(server.connections, 1);
  });

  test('is not spoken with http2 = false', async () => {
    await using server = await new TlsServer({}, true).listen();
    await using transport = new TestTransport(server.url(), { tls: TRUSTING, http2: false });
    assert.equal((await transport.send()).status, 200);
    assert.deepEqual(server.versions, ['1.1']);
  });

  test('gives up requests that a server takes no more, which wait for a connection that does not come', async () => {
    const server = createSecureServer(SERVER);
    server.on('session', (session) => session.on('error', () => {}));
    // GOAWAY with a last stream of 0: it has done nothing with what was sent.
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      stream.session?.goaway(0, 0);
    });
    await using front = await new RawServer(
      () => {},
      (socket, connection) => {
        if (connection === 0) server.emit('connection', socket);
      },
    ).listen();
    const limits = { tls: TRUSTING, poolSize: 1, pipelining: 4, timeout: 100, connectTimeout: 200 };
    await using transport = new TestTransport(`https://127.0.0.1:${front.port}/`, limits);
    const answers = await Promise.all(Array.from({ length: 8 }, () => transport.send()));
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array(8).fill(0),
    );
  });

  test('gives up one request that is not answered, and the others go on', async () => {
    const server = createSecureServer(SERVER);
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (body !== 'hang') response.end('ok');
      });
    });
    server.listen(0);
    await once(server, 'listening');
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const transport = new TestTransport(url, { tls: TRUSTING, poolSize: 1, pipelining: 5, timeout: 300 });
    const hanging = transport.send('hang');
    assert.equal((await transport.send('go')).status, 200);
    const { status, error } = await hanging;
    assert.deepEqual([status, error], [0, 'no answer within 300 ms']);
    assert.equal((await transport.send('go')).status, 200);
    await transport[Symbol.asyncDispose]();
    server.close();
    await once(server, 'close');
  });
});
