import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Cli } from './cli.ts';

/** A broker as its users run it: `hookmq start` in a process of its own, on a free port of 127.0.0.1. */
export class BrokerProcess implements AsyncDisposable {
  readonly port: number;
  readonly #cli: Cli;
  readonly #folder: string | undefined;

  constructor(cli: Cli, port: number, folder: string | undefined) {
    this.#cli = cli;
    this.port = port;
    this.#folder = folder;
  }

  /** What it wrote on standard error: its log. */
  get log(): string {
    return this.#cli.stderr;
  }

  /** Kilobytes of memory that it occupies; undefined where there is no /proc. */
  get memory(): number | undefined {
    try {
      const status = readFileSync(`/proc/${this.#cli.pid}/status`, 'latin1');
      return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]);
    } catch {
      return undefined;
    }
  }

  /** Asks it to end and waits until it has; returns the exit status. */
  terminate(): Promise<number | string | null> {
    this.#cli.signal('SIGTERM');
    return this.#cli.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cli.kill();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

export interface BrokerProcessOptions {
  /** The text of its config file; where to listen is added. Without it there is no file. */
  readonly config?: string;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
}

/** Starts a broker process and waits until it listens. */
export async function startBroker({ config, nodeOptions = [] }: BrokerProcessOptions = {}): Promise<BrokerProcess> {
  const folder = config === undefined ? undefined : mkdtempSync(join(tmpdir(), 'hookmq-scenario-'));
  const args =
    folder === undefined ? ['--url', 'nmq-tcp://127.0.0.1:0'] : ['--conf', writeConfig(folder, config ?? '')];
  const cli = new Cli(['start', ...args], { nodeOptions });
  try {
    return new BrokerProcess(cli, await cli.port('mqtt'), folder);
  } catch (error) {
    await new BrokerProcess(cli, 0, folder)[Symbol.asyncDispose]();
    throw error;
  }
}

function writeConfig(folder: string, config: string): string {
  const file = join(folder, 'hookmq.conf');
  // The flat dialect is known by its keys, and has a key of its own for where to listen.
  const listener = config.includes('web.hook.') ? 'url=nmq-tcp://127.0.0.1:0' : 'listeners.tcp.bind = "127.0.0.1:0"';
  writeFileSync(file, `${listener}\n${config}\n`);
  return file;
}
