// The load generator, a process of its own: takes an order as its argument, prints the figures as one line of JSON.
// Sockets and packets are made by hand, as it must be faster than the brokers that it measures.
import { setTimeout as pause } from 'node:timers/promises';

import { Traffic } from './load/traffic.ts';
import { cpuSeconds, memoryKilobytes } from './load/usage.ts';
import type { Figures, Order } from './scenarios.ts';

// What has not settled by then is what a connection costs.
const SETTLE_MS = 1000;

const order: Order = JSON.parse(process.argv[2] ?? '');
const traffic = new Traffic(order.scenario, fail);
const guard = setTimeout(() => fail(`not finished after ${order.limit} s`), order.limit * 1000);
const result = order.scenario.messages === 0 ? await measureConnections() : await measureMessages();
clearTimeout(guard);
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));

async function measureMessages(): Promise<Figures> {
  const { scenario, pid } = order;
  await traffic.open(order.port, order.prefix);
  // The first tenth warms both sides up and is not counted.
  await traffic.run(Math.ceil(scenario.messages / 10));
  traffic.latency.clear();
  const before = traffic.delivered;
  const figures = await measured(pid, async () => {
    await traffic.run(scenario.messages);
    return traffic.delivered - before;
  });
  return { ...figures, p50: traffic.latency.percentile(0.5), p99: traffic.latency.percentile(0.99) };
}

async function measureConnections(): Promise<Figures> {
  const { scenario, pid } = order;
  const memory = memoryKilobytes(pid);
  const figures = await measured(pid, async () => {
    await traffic.open(order.port, order.prefix);
    return scenario.publishers;
  });
  if (scenario.shape !== 'idle') return figures;
  await pause(SETTLE_MS);
  const now = memoryKilobytes(pid);
  return memory === undefined || now === undefined ? {} : { memory: (now - memory) / scenario.publishers };
}

/** Rate, the broker's CPU and our own while `work` is done, which says how many units of it were. */
async function measured(pid: number, work: () => Promise<number>): Promise<Figures> {
  const start = performance.now();
  const cpu = cpuSeconds(pid);
  const own = process.cpuUsage();
  const units = await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(own);
  const cpuNow = cpuSeconds(pid);
  return {
    rate: units / seconds,
    load: (user + system) / 1e6 / seconds,
    ...(cpu === undefined || cpuNow === undefined ? {} : { cpu: ((cpuNow - cpu) * 1e6) / units }),
  };
}

function fail(reason: string): never {
  process.stderr.write(`${reason}; ${traffic.state}\n`);
  process.exit(1);
}
