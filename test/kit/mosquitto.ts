import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { text } from 'node:stream/consumers';

const LIMIT_MS = 20_000;

/** Why a test that needs Mosquitto's command line clients cannot run here; false when it can. */
export const withoutMosquitto: string | false =
  spawnSync('mosquitto_sub', ['--help']).error === undefined
    ? false
    : 'mosquitto_pub and mosquitto_sub are not installed (Debian: mosquitto-clients)';

/** A `mosquitto_pub` or `mosquitto_sub` that runs. */
export interface Mosquitto {
  /** Waits until it ends with status 0; returns the lines that it wrote. Fails when it does not. */
  lines(): Promise<string[]>;
  /** Ends it without a chance to say goodbye. */
  kill(): Promise<void>;
}

/** Starts `mosquitto_pub ARGS` or `mosquitto_sub ARGS` with `input` on standard input; killed at the end of the test. */
export function mosquitto(t: TestContext, tool: 'pub' | 'sub', args: readonly string[], input = ''): Mosquitto {
  const child = spawn(`mosquitto_${tool}`, args, { stdio: 'pipe', timeout: LIMIT_MS, killSignal: 'SIGKILL' });
  child.stdin.on('error', () => {}); // It may end before it has read everything.
  child.stdin.end(input);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const output = Promise.all([text(child.stdout), text(child.stderr), closed]);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  t.after(kill);
  return { lines: () => output.then(([stdout, stderr]) => linesOf(child, stdout, stderr)), kill };
}

function linesOf(child: ChildProcess, stdout: string, stderr: string): string[] {
  const { exitCode, signalCode, spawnfile } = child;
  if (exitCode !== 0) throw new Error(`${spawnfile} ended with ${exitCode ?? signalCode}: ${stderr}${stdout}`);
  return stdout.split('\n').slice(0, -1);
}
