/* oxlint-disable no-await-in-loop -- polling is one after the other */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const START_MS = 15_000;
const POLL_MS = 50;

/** A broker that can be measured. */
export interface BrokerKind {
  readonly name: string;
  /** The command that lets it listen on 127.0.0.1; `folder` is an empty one of its own. */
  command(port: number, folder: string): readonly [program: string, ...args: string[]];
}

/** A broker that runs. */
export interface RunningBroker {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it, at once. */
  stop(): Promise<void>;
}

const hookmq: BrokerKind = {
  name: 'HookMQ',
  command: (port) => [
    process.execPath,
    fileURLToPath(new URL('../bin/hookmq.js', import.meta.url)),
    'start',
    '--url',
    `nmq-tcp://127.0.0.1:${port}`,
  ],
};

const PEERS: readonly { readonly program: string; command(program: string): BrokerKind['command'] }[] = [
  { program: 'mosquitto', command: (program) => (port, folder) => [program, '-c', mosquittoFile(port, folder)] },
  { program: 'nanomq', command: (program) => (port) => [program, 'start', '--url', `nmq-tcp://127.0.0.1:${port}`] },
];

/** HookMQ and whichever other brokers are installed. */
export function findBrokers(): BrokerKind[] {
  const peers = PEERS.flatMap((peer) => {
    const path = inPath(peer.program);
    return path === undefined ? [] : [{ name: peer.program, command: peer.command(path) }];
  });
  return [hookmq, ...peers];
}

/**
 * Starts a broker on a free port of 127.0.0.1.
 *
 * @throws Error when it ends or does not listen in time, with what it wrote on standard error.
 */
export async function startBroker(kind: BrokerKind): Promise<RunningBroker> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'hookmq-bench-'));
  const [program, ...args] = kind.command(port, folder);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
  child.on('error', (error) => (complaint += error.message));
  // However this process ends, its brokers end with it.
  const clear = (): void => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.on('exit', clear);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    clear();
    await ended;
    process.off('exit', clear);
  };
  if (!(await listens(child, port))) {
    await stop();
    throw new Error(`${kind.name} did not start: ${complaint.trim() || 'it does not listen'}`);
  }
  return { name: kind.name, port, pid: child.pid ?? 0, stop };
}

async function listens(child: ChildProcess, port: number): Promise<boolean> {
  for (let waited = 0; waited < START_MS && child.exitCode === null && child.signalCode === null; waited += POLL_MS) {
    if (await reachable(port)) return true;
    await pause(POLL_MS);
  }
  return false;
}

function reachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function inPath(program: string): string | undefined {
  // Debian keeps Mosquitto in /usr/sbin, which is not in everybody's path.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Limits off and no log: the same conditions as HookMQ's. */
function mosquittoFile(port: number, folder: string): string {
  const file = join(folder, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'max_queued_messages 0',
    'max_inflight_messages 0',
    'set_tcp_nodelay true',
    'log_type error',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
