import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

const LARGEST_BODY = 8 * 1024 * 1024;

/** The HTTP receiver of `hookmq dev`. */
export interface Inbox {
  /** The port that it got: the one asked for, or any free one for 0. */
  readonly port: number;
  close(): Promise<void>;
}

/** What the inbox tells of one request. */
export interface Arrival {
  readonly at: Date;
  /** The body, undefined when it was larger than 8 MiB and refused (413). */
  readonly body: string | undefined;
}

/**
 * Listens for webhook requests and answers each with 200 before anything else is done about it.
 *
 * @throws the error of `listen` (`EADDRINUSE`, `EACCES`, ...).
 */
export async function openInbox(host: string, port: number, tell: (arrival: Arrival) => void): Promise<Inbox> {
  const server = createServer((request, response) => receive(request, response, tell));
  // A client that keeps its connection must not meet it closing just when it has something to send.
  server.keepAliveTimeout = 0;
  await listen(server, host, port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function receive(request: IncomingMessage, response: ServerResponse, tell: (arrival: Arrival) => void): void {
  if (request.method !== 'POST') {
    request.resume();
    answer(response, 405, 'This is the inbox of `hookmq dev`: POST webhook events here.\n');
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= LARGEST_BODY) chunks.push(chunk);
    else if (!response.headersSent) {
      chunks.length = 0;
      answer(response.setHeader('connection', 'close'), 413, 'larger than 8 MiB\n');
      tell({ at: new Date(), body: undefined });
    }
  });
  request.on('end', () => {
    if (response.headersSent) return;
    answer(response, 200, '');
    tell({ at: new Date(), body: Buffer.concat(chunks).toString('utf8') });
  });
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
