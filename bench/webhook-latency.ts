// How much of a webhook's endpoint do MQTT clients feel? Latency from publisher to subscriber at a fixed rate without a
// webhook, and with one whose endpoint is good, hangs or refuses: `node bench/webhook-latency.ts [--runs 5]`.
/* oxlint-disable no-await-in-loop -- one after the other is what measuring needs */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

import { type BrokerKind, startBroker } from './brokers.ts';
import { PacedPairs } from './load/paced-pairs.ts';

const RATE = 5000; // Messages per second, of all publishers together.
const PAIRS = 10;
const PAYLOAD_BYTES = 64;
const WARM_UP_SECONDS = 1;
const SECONDS = 4;

const QOS = [0, 1] as const;
const ENDPOINTS = ['none', 'good', 'hanging', 'refusing'] as const;
type EndpointName = (typeof ENDPOINTS)[number];

/** Where the webhook is to send its requests. */
interface Endpoint {
  readonly url: string | undefined;
  close(): Promise<unknown>;
}

/** Percentiles of one run, microseconds. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
}

if (isMainThread) await main();
else answerRequests();

async function main(): Promise<void> {
  const { runs } = parseArgs({ options: { runs: { type: 'string', default: '5' } } }).values;
  console.log(`${RATE} messages of ${PAYLOAD_BYTES} bytes per second over ${PAIRS} pairs, medians of ${runs} runs`);
  console.log('QoS  endpoint    p50 µs    p99 µs (lowest - highest)   p99 / none');
  for (const qos of QOS) {
    const results = new Map(ENDPOINTS.map((name): [EndpointName, Latency[]] => [name, []]));
    for (let run = 0; run < Number(runs); run++)
      for (const name of ENDPOINTS) {
        process.stderr.write(`QoS ${qos}, run ${run + 1} of ${runs}: ${name}\n`);
        results.get(name)?.push(await measure(name, qos));
      }
    const base = median(results.get('none')?.map(({ p99 }) => p99) ?? []);
    for (const [name, latencies] of results) console.log(line(qos, name, latencies, base));
  }
  process.exit(0);
}

function line(qos: number, name: string, latencies: readonly Latency[], base: number): string {
  const p99s = latencies.map(({ p99 }) => p99);
  const p99 = median(p99s);
  const spread = `(${Math.min(...p99s)} - ${Math.max(...p99s)})`;
  const p50 = median(latencies.map((latency) => latency.p50));
  const figures = `${String(p50).padStart(8)}  ${String(p99).padStart(8)} ${spread.padEnd(18)}`;
  return `${String(qos).padStart(3)}  ${name.padEnd(10)}${figures}   ${(p99 / base).toFixed(2).padStart(10)}`;
}

/** A broker and an endpoint of their own for each run. */
async function measure(name: EndpointName, qos: 0 | 1): Promise<Latency> {
  const endpoint = await openEndpoint(name);
  const broker = await startBroker(brokerWith(endpoint.url));
  const latency = await measureLoad(broker.port, qos);
  await broker.stop();
  await endpoint.close();
  return latency;
}

function brokerWith(url: string | undefined): BrokerKind {
  const program = fileURLToPath(new URL('../bin/hookmq.js', import.meta.url));
  return {
    name: 'HookMQ',
    command(port, folder) {
      const file = join(folder, 'hookmq.conf');
      const webhook = `webhook { url = "${url}", events = [{ event = "on_message_publish" }] }`;
      writeFileSync(file, `listeners.tcp.bind = "127.0.0.1:${port}"\n${url === undefined ? '' : webhook}\n`);
      return [process.execPath, program, 'start', '--conf', file];
    },
  };
}

async function measureLoad(port: number, qos: 0 | 1): Promise<Latency> {
  const pairs = new PacedPairs(PAIRS, qos, PAYLOAD_BYTES);
  await pairs.open(port);
  await pairs.publish(RATE, WARM_UP_SECONDS);
  pairs.latency.clear();
  await pairs.publish(RATE, SECONDS);
  pairs.finish();
  return { p50: pairs.latency.percentile(0.5), p99: pairs.latency.percentile(0.99) };
}

async function openEndpoint(name: EndpointName): Promise<Endpoint> {
  if (name === 'none') return { url: undefined, close: async () => {} };
  if (name === 'good') {
    const worker = new Worker(new URL(import.meta.url));
    const [port] = await once(worker, 'message');
    return { url: `http://127.0.0.1:${port}/`, close: () => worker.terminate() };
  }
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  const url = `http://127.0.0.1:${await listen(server)}/`;
  const close = async (): Promise<void> => void server.close();
  if (name === 'refusing') await close();
  return { url, close };
}

/** The good endpoint, in a thread of its own. */
function answerRequests(): void {
  const server = createHttpServer((request, response) => request.resume().on('end', () => response.end()));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows, not for threads
  void listen(server).then((port) => parentPort?.postMessage(port));
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
