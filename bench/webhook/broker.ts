import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WebhookStats } from '../../src/index.ts';

/** What the broker process says of itself. */
export interface BrokerFigures {
  readonly port: number;
  /** Bytes. */
  readonly rss: number;
  readonly stats: WebhookStats | null;
}

/** A broker process with a webhook, or without. */
export class BrokerWithWebhook {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #first: Promise<unknown[]>;

  /** `webhook`: the lines of its section; `SPOOL` in them is a file in a folder of its own. */
  constructor(webhook: string | null) {
    this.#folder = mkdtempSync(join(tmpdir(), 'hookmq-bench-'));
    const file = join(this.#folder, 'hookmq.conf');
    const section = webhook === null ? '' : `webhook {\n${webhook.replace('SPOOL', this.#spool)}\n}`;
    writeFileSync(file, `listeners.tcp.bind = "127.0.0.1:0"\nsys.enable = false\n${section}\n`);
    this.#child = fork(fileURLToPath(new URL('../webhook-broker.ts', import.meta.url)), [file]);
    this.#first = once(this.#child, 'message');
  }

  get #spool(): string {
    return join(this.#folder, 'spool.db');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it listens. */
  async started(): Promise<BrokerFigures> {
    const [figures] = await this.#first;
    return figures as BrokerFigures;
  }

  async figures(): Promise<BrokerFigures> {
    const answer = once(this.#child, 'message');
    this.#child.send({});
    const [figures] = await answer;
    return figures;
  }

  /** Bytes of the spool's files. */
  get spoolBytes(): number {
    return ['', '-wal'].reduce(
      (sum, end) => sum + (statSync(this.#spool + end, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
