import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The program. */
export const BIN = fileURLToPath(new URL('../../bin/hookmq.js', import.meta.url));
const LIMIT_MS = 20_000;

/** How to start it, where the usual way will not do. */
export interface CliOptions {
  /** Additional environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The Node to run it with. */
  readonly node?: string;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
}

/** A `hookmq` process: what it writes, how it ends. */
export class Cli {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #hasEnded = false;
  #changed: () => void = () => {};

  constructor(args: readonly string[], { env = {}, node = process.execPath, nodeOptions = [] }: CliOptions) {
    const { NO_COLOR: _, FORCE_COLOR: __, NODE_OPTIONS: ___, ...inherited } = process.env;
    const child = spawn(node, [...nodeOptions, BIN, ...args], {
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#changed();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#changed();
    });
    this.#child = child;
    // 'close' rather than 'exit': all that it wrote has been read by then.
    this.#closed = new Promise((resolve) => {
      child.once('close', () => {
        this.#hasEnded = true;
        this.#changed();
        resolve();
      });
    });
  }

  get pid(): number {
    assert.ok(this.#child.pid);
    return this.#child.pid;
  }

  /** Waits until what it wrote matches; returns the groups of the match. Fails when it ends without, or in 20 s. */
  async output(pattern: RegExp): Promise<string[]> {
    const found = (): RegExpExecArray | null => pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
    await this.#until(() => found() !== null || this.#hasEnded, `to write ${pattern}`);
    const match = found();
    assert.ok(match, `it ended without writing ${pattern}:\n${this.stdout}${this.stderr}`);
    return match.slice(1);
  }

  /** The port that a url of the banner names, such as `mqtt` for `mqtt://127.0.0.1:1883`. */
  async port(scheme: 'mqtt' | 'http'): Promise<number> {
    const [port] = await this.output(new RegExp(`${scheme}://127\\.0\\.0\\.1:(\\d+)`));
    return Number(port);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for its end; returns the exit status, or the signal that killed it. Fails in 20 s. */
  async end(): Promise<number | string | null> {
    await this.#until(() => this.#hasEnded, 'to end');
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const guard = setTimeout(() => reject(new Error(`waited for it ${what}:\n${this.stdout}${this.stderr}`)), LIMIT_MS);
    this.#changed = () => {
      if (condition()) resolve();
    };
    this.#changed();
    await promise.finally(() => clearTimeout(guard));
  }
}

/** Starts `hookmq ARGS`, killed at the end of the test if it still runs. */
export function hookmq(t: TestContext, args: readonly string[], options: CliOptions = {}): Cli {
  const cli = new Cli(args, options);
  t.after(() => cli.kill());
  return cli;
}
