/* oxlint-disable no-await-in-loop -- the pace is what it is about */
import { setTimeout as pause } from 'node:timers/promises';

import { Client, type Told } from './client.ts';
import { Histogram } from './histogram.ts';
import { publishTemplate, type PublishTemplate } from './packets.ts';

const TICK_MS = 1;

/** Pairs of a publisher and a subscriber each, and messages from one to the other at a fixed rate. */
export class PacedPairs {
  /** Microseconds from a message's publishing to its arrival. */
  readonly latency = new Histogram();
  /** Messages so far. */
  published = 0;
  readonly #pairs: number;
  readonly #qos: 0 | 1;
  readonly #payloadBytes: number;
  readonly #publishers: { readonly client: Client; readonly template: PublishTemplate }[] = [];
  #ready = 0;
  #allReady: () => void = () => {};
  #isFinished = false;
  #flushes: Client[] = [];

  constructor(pairs: number, qos: 0 | 1, payloadBytes: number) {
    this.#pairs = pairs;
    this.#qos = qos;
    this.#payloadBytes = payloadBytes;
  }

  /** Connects all of them. */
  async open(port: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#allReady = resolve;
    for (let pair = 0; pair < this.#pairs; pair++) {
      const topic = `latency/${pair}`;
      void new Client(port, `s${pair}`, pair, topic, this.#qos, this.#told);
      const client = new Client(port, `p${pair}`, pair, undefined, this.#qos, this.#told);
      this.#publishers.push({ client, template: publishTemplate(topic, this.#qos, this.#payloadBytes) });
    }
    await promise;
  }

  /** The publishers in turn, `rate` messages per second of all together; what a late timer missed is made up for at once. */
  async publish(rate: number, seconds: number): Promise<void> {
    const start = performance.now();
    for (let sent = 0; sent < seconds * rate; await pause(TICK_MS)) {
      const now = performance.now();
      const due = Math.min(seconds * rate, ((now - start) / 1000) * rate);
      for (; sent < due; sent++) {
        const publisher = this.#publishers[this.published++ % this.#pairs];
        publisher?.client.publish(publisher.template, now);
      }
    }
  }

  /** From now on the broker may end. */
  finish(): void {
    this.#isFinished = true;
  }

  readonly #told: Told = {
    ready: () => {
      if (++this.#ready === 2 * this.#pairs) this.#allReady();
    },
    delivered: (_, data, payloadAt) => {
      this.latency.add((performance.now() - data.readDoubleLE(payloadAt)) * 1000);
    },
    completed() {},
    wantsFlush: (client) => {
      if (this.#flushes.push(client) > 1) return;
      setImmediate(() => {
        const due = this.#flushes;
        this.#flushes = [];
        for (const each of due) each.flush();
      });
    },
    fail: (reason) => {
      if (!this.#isFinished) throw new Error(reason);
    },
  };
}
