// An endpoint that only counts, a process of its own: it reads as much of HTTP as it must and answers 204 to everything.
// Started with `check` it also looks whether each client's messages come in their order. Talks to its parent by messages.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { OrderCheck } from './webhook/order-check.ts';
import type { Counts, ReceiverCommand } from './webhook/receiver.ts';

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LENGTH = Buffer.from('\r\ncontent-length: ');
const BATCH_SIZE = Buffer.from('\r\nhookmq-batch-size: ');
const ANSWER = Buffer.from('HTTP/1.1 204 No Content\r\n\r\n');
const NOTHING = Buffer.alloc(0);

const order = process.argv[2] === 'check' ? new OrderCheck() : null;
let requests = 0;
let events = 0;

/** One connection. */
class Connection {
  readonly #socket: Socket;
  /** The beginning of a request whose head is not complete. */
  #rest = NOTHING;
  /** Bytes of a body that are still to come. */
  #missing = 0;
  #body: Buffer[] = [];

  constructor(socket: Socket) {
    this.#socket = socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => {});
  }

  #read(chunk: Buffer): void {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let answers = 0;
    for (;;) {
      if (this.#missing === 0 && !this.#readHead(data)) break;
      if (this.#missing === 0) data = data.subarray(this.#bodyAt);
      const taken = data.subarray(0, this.#missing + this.#length);
      data = data.subarray(taken.length);
      this.#missing += this.#length - taken.length;
      this.#length = 0;
      if (order !== null) this.#body.push(taken);
      if (this.#missing > 0) break;
      answers++;
      this.#complete();
    }
    this.#rest = this.#missing === 0 && data.length > 0 ? Buffer.from(data) : NOTHING;
    if (answers === 1) this.#socket.write(ANSWER);
    else if (answers > 1) this.#socket.write(Buffer.concat(Array<Buffer>(answers).fill(ANSWER)));
  }

  #bodyAt = 0;
  #length = 0;

  /** False when the head is not complete. */
  #readHead(data: Buffer): boolean {
    const end = data.indexOf(END_OF_HEAD);
    if (end === -1) return false;
    const head = data.subarray(0, end);
    this.#bodyAt = end + END_OF_HEAD.length;
    this.#length = numberAfter(head, LENGTH) ?? 0;
    requests++;
    events += numberAfter(head, BATCH_SIZE) ?? 1;
    return true;
  }

  #complete(): void {
    order?.take(Buffer.concat(this.#body).toString());
    this.#body = [];
  }
}

function numberAfter(head: Buffer, name: Buffer): number | undefined {
  const at = head.indexOf(name);
  if (at === -1) return undefined;
  let value = 0;
  for (let i = at + name.length; i < head.length; i++) {
    const digit = (head[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

const server = createServer((socket) => void new Connection(socket));
process.on('disconnect', () => process.exit(0));
process.on('message', ({ listen }: ReceiverCommand) => {
  if (listen === undefined) tell();
  else server.listen(listen, '127.0.0.1', tell);
});

function tell(): void {
  const port = (server.address() as AddressInfo | null)?.port ?? 0;
  const counts: Counts = {
    port,
    requests,
    events,
    at: Date.now(),
    problem: order?.problem ?? null,
    distinct: order?.distinct ?? 0,
  };
  process.send?.(counts);
}
