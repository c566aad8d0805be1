/** An event as far as it matters here. */
interface MessageEvent {
  readonly payload: string;
  readonly payload_encoding?: string;
}

/** Looks at the messages of the load generator: each client's must come from 0 on, in order, none missing. */
export class OrderCheck {
  /** What was wrong first. */
  problem: string | null = null;
  /** Messages without their repetitions. */
  distinct = 0;
  readonly #next = new Map<number, number>();

  /** A body: an event, or a list of them. */
  take(body: string): void {
    const events = JSON.parse(body) as MessageEvent | readonly MessageEvent[];
    for (const event of [events].flat()) this.#message(event);
  }

  #message({ payload, payload_encoding: encoding = 'utf8' }: MessageEvent): void {
    const bytes = Buffer.from(payload, encoding === 'base64' ? encoding : 'utf8');
    const client = bytes.readUInt32LE(8);
    const number = bytes.readUInt32LE(12);
    const expected = this.#next.get(client) ?? 0;
    if (number > expected) this.problem ??= `message ${number} of client ${client} came instead of ${expected}`;
    if (number !== expected) return;
    this.distinct++;
    this.#next.set(client, expected + 1);
  }
}
