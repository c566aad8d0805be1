import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { httpTransport } from '../../../src/webhook/http/http-transport.ts';
import type { Environment } from '../../../src/webhook/http/proxy.ts';
import type { EndpointSettings } from '../../../src/webhook/settings.ts';
import type { Answer, Transport } from '../../../src/webhook/http/transport.ts';
import { within } from '../../kit/until.ts';
import { endpointSettings } from '../endpoint.ts';

/** A transport that ends with its test, and promises instead of callbacks. */
export class TestTransport implements AsyncDisposable {
  readonly transport: Transport;

  constructor(url: string, connection: Partial<EndpointSettings['connection']> = {}, environment: Environment = {}) {
    this.transport = httpTransport(endpointSettings({ url, connection }), environment);
  }

  send(body: string | Buffer = '{}', headers: string[] = []): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.transport.send({ headers, body: Buffer.from(body) }, resolve);
    return within(promise, 'an answer');
  }

  /** Sends these bodies, each when the one before is answered. */
  async inTurn(bodies: readonly (string | Buffer)[], headers: string[] = []): Promise<Answer[]> {
    const answers: Answer[] = [];
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (const body of bodies) answers.push(await this.send(body, headers));
    return answers;
  }

  /** The statuses of the answers to `count` requests, one after the other. */
  async statuses(count: number): Promise<number[]> {
    const answers = await this.inTurn(Array.from({ length: count }, (_, i) => String(i)));
    return answers.map(({ status }) => status);
  }

  check(): Promise<string | null> {
    return within(this.transport.check(), 'the check');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.transport.close();
  }
}

/** A TCP server that does as a test says with each connection. */
export class RawServer implements AsyncDisposable {
  readonly #server: Server;
  /** All connections that there have been. */
  readonly sockets: Socket[] = [];
  /** What came in over each of them. */
  readonly received: string[] = [];

  /**
   * `hear` is called with each chunk; `requests` is how many have come over this connection so far. With `accept` it hears
   * nothing, and that gets each connection.
   */
  constructor(
    hear: (socket: Socket, requests: number, connection: number) => void,
    accept?: (socket: Socket, connection: number) => void,
  ) {
    this.#server = createServer((socket) => {
      const connection = this.sockets.push(socket) - 1;
      this.received.push('');
      socket.on('error', () => {});
      if (accept !== undefined) return accept(socket, connection);
      socket.on('data', (chunk) => {
        const text = (this.received[connection] ?? '') + chunk.toString('latin1');
        this.received[connection] = text;
        hear(socket, text.split('POST ').length - 1, connection);
      });
    });
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** An answer as bytes. */
export function answerText(status: number, body = '', headers = ''): string {
  return `HTTP/1.1 ${status} Anything\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`;
}
