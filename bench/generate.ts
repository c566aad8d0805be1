import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import type { Figures, Order } from './scenarios.ts';

const GRACE_SECONDS = 15;

/** Lets the load generator, a process of its own, do what the order says. Throws with what it complained of. */
export async function generate(order: Order): Promise<Figures> {
  const script = fileURLToPath(new URL('load.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): boolean => child.kill('SIGKILL');
  process.on('exit', kill);
  // The generator gives up by itself; this is for one that cannot.
  const guard = setTimeout(kill, (order.limit + GRACE_SECONDS) * 1000);
  const [output, complaint, status] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  clearTimeout(guard);
  process.off('exit', kill);
  if (status[0] !== 0) throw new Error(complaint.trim() || `the load generator ended with ${status.join(' ')}`);
  return JSON.parse(output);
}
