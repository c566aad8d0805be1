import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What the receiver process is told: where to listen, or (nothing) to say what it has counted. */
export interface ReceiverCommand {
  readonly listen?: number;
}

/** What it says. */
export interface Counts {
  readonly port: number;
  readonly requests: number;
  readonly events: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** What was wrong with the order of the messages, where it looks at that. */
  readonly problem: string | null;
  /** Messages without their repetitions, where it looks at that. */
  readonly distinct: number;
}

/** The receiver process. */
export class Receiver {
  readonly #child: ChildProcess;
  port = 0;

  /** `checks`: it looks at the order of messages, too. */
  constructor(checks = false) {
    const script = fileURLToPath(new URL('../webhook-receiver.ts', import.meta.url));
    this.#child = fork(script, checks ? ['check'] : []);
  }

  /** On this port, or on any. */
  async listen(port = 0): Promise<void> {
    ({ port: this.port } = await this.#ask({ listen: port }));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  counts(): Promise<Counts> {
    return this.#ask({});
  }

  async #ask(command: ReceiverCommand): Promise<Counts> {
    const answer = once(this.#child, 'message');
    this.#child.send(command);
    const [counts] = await answer;
    return counts;
  }

  /** Ends it, at once; resolves when its port is free. */
  async close(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
