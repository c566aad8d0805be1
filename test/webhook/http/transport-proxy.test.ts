import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { suite, test } from 'node:test';
import { startReceiver } from '../../kit/receiver.ts';
import { certificateFile } from '../../kit/tls.ts';
import { RawServer, TestTransport } from './transport-kit.ts';

/** A proxy: forwards plain requests, and makes tunnels. */
class Proxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What it was asked for: `CONNECT host:port`, `POST http://...`. */
  readonly asked: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  /** What it answers instead of doing it. */
  refusal = 0;

  constructor() {
    this.#server = createServer((request, response) => this.#forward(request, response));
    this.#server.on('connect', (request: IncomingMessage, socket: Socket) => this.#tunnel(request, socket));
    this.#server.on('connection', (socket) => this.#sockets.add(socket));
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #note(request: IncomingMessage): void {
    this.asked.push(`${request.method} ${request.url}`);
    this.authorizations.push(request.headers['proxy-authorization']);
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    this.#note(request);
    if (this.refusal !== 0) return void response.writeHead(this.refusal).end();
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const forwarded = httpRequest(request.url ?? '', { method: request.method ?? '', headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(forwarded);
  }

  #tunnel(request: IncomingMessage, socket: Socket): void {
    this.#note(request);
    socket.on('error', () => {});
    if (this.refusal !== 0) return void socket.end(`HTTP/1.1 ${this.refusal} No\r\n\r\n`);
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const far = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(far).pipe(socket);
    });
    this.#sockets.add(far);
    far.on('error', () => socket.destroy());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }
}

const ca = readFileSync(certificateFile('ca.pem'), 'utf8');
const SECURE = { tls: { verify: true, ca } };

/** An HTTPS server that says `ok`. */
async function secureServer(): Promise<{ readonly host: string } & AsyncDisposable> {
  const cert = readFileSync(certificateFile('server.pem'));
  const key = readFileSync(certificateFile('server.key'));
  const server = createTlsServer({ cert, key }, (request, response) => {
    request.resume();
    response.end('ok');
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

suite('a proxy', () => {
  for (const variable of ['HTTP_PROXY', 'http_proxy']) {
    test(`of ${variable} gets requests to http URLs, its user and password too`, async () => {
      await using proxy = await new Proxy().listen();
      await using receiver = await startReceiver({
        answer: () => ({ status: 503, body: 'oh', headers: { 'retry-after': '9' } }),
      });
      const environment = { [variable]: `http://me:s%20cret@${proxy.host}` };
      await using transport = new TestTransport(`${receiver.origin}/hook?q`, {}, environment);
      assert.equal(await transport.check(), null);
      assert.deepEqual(proxy.asked, []);
      const bodies = ['body 0', 'body 1', 'body 2'];
      for (const { status, text, retryAfter } of await transport.inTurn(bodies, ['x-own', 'value']))
        assert.deepEqual([status, text, retryAfter], [503, 'oh', '9']);
      assert.deepEqual(proxy.asked, Array(3).fill(`POST ${receiver.origin}/hook?q`));
      assert.equal(proxy.authorizations[0], `Basic ${btoa('me:s cret')}`);
      assert.deepEqual(
        receiver.requests.map(({ path, text, headers }) => [path, text, headers['x-own']]),
        bodies.map((body) => ['/hook?q', body, 'value']),
      );
    });
  }

  for (const variable of ['HTTPS_PROXY', 'https_proxy']) {
    test(`of ${variable} makes a tunnel to https URLs`, async () => {
      await using proxy = await new Proxy().listen();
      await using server = await secureServer();
      await using transport = new TestTransport(`https://${server.host}/`, SECURE, { [variable]: proxy.host });
      assert.equal(await transport.check(), null);
      assert.deepEqual(await transport.statuses(3), [200, 200, 200]);
      // One for the check, one for all requests.
      assert.deepEqual(proxy.asked, Array(2).fill(`CONNECT ${server.host}`));
    });
  }

  test('is not asked for the hosts of NO_PROXY', async () => {
    await using receiver = await startReceiver();
    const environment = { HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: 'example.org, 127.0.0.1' };
    await using transport = new TestTransport(receiver.url, {}, environment);
    assert.equal(await transport.check(), null);
    assert.equal((await transport.send()).status, 200);
  });

  test('is not blamed for the hosts of NO_PROXY', async () => {
    const environment = { HTTP_PROXY: 'http://proxy.example:1', NO_PROXY: '127.0.0.1' };
    await using transport = new TestTransport('http://127.0.0.1:1/x', {}, environment);
    const text = 'cannot connect to http://127.0.0.1:1 (connection refused)';
    assert.equal(await transport.check(), `webhook.url: ${text}`);
    assert.equal((await transport.send()).error, text);
  });

  test('does not stand between the server and its certificate', async () => {
    await using proxy = await new Proxy().listen();
    await using server = await secureServer();
    await using transport = new TestTransport(`https://${server.host}/`, {}, { HTTPS_PROXY: proxy.host });
    const text = `the certificate of https://${server.host} does not verify (signed by an authority that is not known)`;
    assert.equal(await transport.check(), `webhook.tls.cacertfile: ${text}`);
    assert.equal((await transport.send()).error, text);
  });

  for (const scheme of ['http', 'https'] as const) {
    test(`that is not there: no answer for ${scheme}`, async () => {
      const environment = { HTTP_PROXY: 'http://me:secret@127.0.0.1:1' };
      await using transport = new TestTransport(`${scheme}://127.0.0.1:2/x`, {}, environment);
      const text = `cannot connect to ${scheme}://127.0.0.1:2 through the proxy http://127.0.0.1:1 (connection refused)`;
      assert.equal(await transport.check(), `webhook.url: ${text}`);
      assert.equal((await transport.send()).error, text);
    });
  }

  for (const status of [403, 407, 502]) {
    test(`that refuses a tunnel with ${status}: no answer`, async () => {
      await using proxy = await new Proxy().listen();
      proxy.refusal = status;
      await using transport = new TestTransport('https://127.0.0.1:2/x', {}, { HTTPS_PROXY: proxy.host });
      const text = `the proxy http://${proxy.host} does not connect to https://127.0.0.1:2 (status ${status})`;
      assert.equal(await transport.check(), `webhook.url: ${text}`);
      const answer = await transport.send();
      assert.deepEqual([answer.status, answer.error], [0, text]);
    });
  }

  test('that wants to know who asks (407) is no answer of the endpoint', async () => {
    await using proxy = await new Proxy().listen();
    proxy.refusal = 407;
    await using transport = new TestTransport('http://127.0.0.1:2/x', {}, { HTTP_PROXY: proxy.host });
    const text = `the proxy http://${proxy.host} does not connect to http://127.0.0.1:2 (status 407)`;
    for (const { status, error } of await transport.inTurn(['1', '2'])) assert.deepEqual([status, error], [0, text]);
  });

  test('that does not answer: no connection after `connect_timeout`', async () => {
    await using proxy = await new RawServer(() => {}).listen();
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const limits = { connectTimeout: 60, timeout: 60 };
    await using transport = new TestTransport('https://127.0.0.1:2/x', limits, environment);
    assert.match(
      (await transport.check()) ?? '',
      /^webhook\.url: cannot connect to https:\/\/127\.0\.0\.1:2.*in time\)$/,
    );
    const { status, error } = await transport.send();
    assert.equal(status, 0);
    assert.notEqual(error, null);
  });

  for (const value of ['http://', '::', 'socks5://127.0.0.1:1', 'http://a b:1']) {
    test(`with the URL ${value} is a problem that names the variable`, async () => {
      await using transport = new TestTransport('http://127.0.0.1:1/', {}, { HTTPS_PROXY: value });
      const text = 'HTTPS_PROXY: must be the URL of a proxy, as http://host:port';
      assert.equal(await transport.check(), text);
      const { status, error } = await transport.send();
      assert.deepEqual([status, error], [0, text]);
    });
  }
});
