/* oxlint-disable no-await-in-loop -- the wait is what limits the handshakes under way */
import type { Scenario } from '../scenarios.ts';
import { Client, type Told } from './client.ts';
import { Histogram } from './histogram.ts';
import { publishTemplate, type PublishTemplate } from './packets.ts';

const HANDSHAKES_AT_ONCE = 200;
const PAYLOAD_BYTES = 64;
/** Messages of one publisher that wait for their acknowledgement at most. */
const UNACKNOWLEDGED = 20;

/** The connections of one scenario and what goes over them: a closed loop that keeps the window full. */
export class Traffic {
  readonly latency = new Histogram();
  readonly #scenario: Scenario;
  readonly #fail: (reason: string) => void;
  readonly #publishers: { readonly client: Client; readonly template: PublishTemplate }[] = [];
  /** For each subscriber and publisher the number of the message that must come next. */
  readonly #next: Uint32Array[] = [];
  readonly #deliveriesPerMessage: number;
  #ready = 0;
  #published = 0;
  #delivered = 0;
  #completed = 0;
  #goal = 0;
  #turnUnderWay = false;
  #turn = 0;
  #flushes: Client[] = [];
  #wake: () => void = () => {};

  constructor(scenario: Scenario, fail: (reason: string) => void) {
    this.#scenario = scenario;
    this.#deliveriesPerMessage = scenario.shape === 'fanout' ? scenario.subscribers : 1;
    this.#fail = fail;
  }

  /** Deliveries so far. */
  get delivered(): number {
    return this.#delivered;
  }

  /** How far it has come, for an error message. */
  get state(): string {
    if (this.#goal === 0) return `${this.#ready} connections are open`;
    return `${this.#delivered} of ${this.#goal * this.#deliveriesPerMessage} deliveries came`;
  }

  /** Opens all connections: subscribers first, a limited number at a time. */
  async open(port: number, prefix: string): Promise<void> {
    const { publishers, subscribers, shape, qos } = this.#scenario;
    for (let opened = 0; opened < publishers + subscribers;) {
      await this.#until(() => opened - this.#ready < HANDSHAKES_AT_ONCE);
      const subscriber = opened < subscribers;
      const index = subscriber ? opened : opened - subscribers;
      const topic = `${prefix}/${shape === 'fanout' ? 'all' : index}/state`;
      const filter = shape === 'fanin' ? `${prefix}/+/state` : topic;
      const id = `${prefix}-${subscriber ? 's' : 'p'}${index}`;
      const client = new Client(port, id, index, subscriber ? filter : undefined, qos, this.#told);
      if (subscriber) this.#next.push(new Uint32Array(publishers));
      else this.#publishers.push({ client, template: publishTemplate(topic, qos, PAYLOAD_BYTES) });
      opened += 1;
    }
    await this.#until(() => this.#ready === publishers + subscribers);
  }

  /** Sends so many messages more from each publisher; returns when all are delivered and acknowledged. */
  async run(messagesPerPublisher: number): Promise<void> {
    this.#goal += messagesPerPublisher * this.#publishers.length;
    this.#schedule();
    await this.#until(
      () =>
        this.#delivered === this.#goal * this.#deliveriesPerMessage &&
        (this.#scenario.qos === 0 || this.#completed === this.#goal),
    );
  }

  readonly #told: Told = {
    ready: () => {
      this.#ready += 1;
      this.#schedule();
    },
    delivered: (client, data, payloadAt) => {
      const from = data.readUInt32LE(payloadAt + 8);
      const number = data.readUInt32LE(payloadAt + 12);
      const next = this.#next[client.index];
      const expected = next?.[from];
      if (next === undefined || number !== expected) {
        return this.#fail(`message ${number} of publisher ${from} came instead of ${expected}`);
      }
      next[from] = number + 1;
      this.latency.add((performance.now() - data.readDoubleLE(payloadAt)) * 1000);
      this.#delivered += 1;
      this.#schedule();
    },
    completed: () => {
      this.#completed += 1;
      this.#schedule();
    },
    wantsFlush: (client) => {
      this.#flushes.push(client);
      this.#schedule();
    },
    fail: (reason) => this.#fail(reason),
  };

  /** One turn after all that was read, so that a socket's acknowledgements are one write, whatever came. */
  #schedule(): void {
    if (this.#turnUnderWay) return;
    this.#turnUnderWay = true;
    setImmediate(() => {
      this.#pump();
      for (const client of this.#flushes) client.flush();
      this.#flushes = [];
      this.#turnUnderWay = false;
      this.#wake();
    });
  }

  /** Fills the window, a batch of each publisher in turn. */
  #pump(): void {
    const { window, batch, qos } = this.#scenario;
    const underWay = this.#published - this.#delivered / this.#deliveriesPerMessage;
    let allowed = Math.min(this.#goal - this.#published, Math.floor(window - underWay));
    const each = this.#goal / this.#publishers.length;
    for (let passed = 0; allowed > 0 && passed < this.#publishers.length;) {
      const publisher = this.#publishers[this.#turn++ % this.#publishers.length];
      if (publisher === undefined) return;
      const { client, template } = publisher;
      const room = qos === 0 ? batch : UNACKNOWLEDGED - (client.sent - client.acknowledged);
      const count = Math.max(0, Math.min(batch, allowed, each - client.sent, room));
      passed = count > 0 ? 0 : passed + 1;
      const now = performance.now();
      for (let i = 0; i < count; i++) client.publish(template, now);
      // Devices send what they have when they have it: collecting more into one write would be another scenario.
      client.flush();
      allowed -= count;
      this.#published += count;
    }
  }

  /** Waits for a condition, which is looked at after every turn. */
  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        if (!condition()) return;
        this.#wake = () => {};
        resolve();
      };
      this.#wake();
    });
  }
}
