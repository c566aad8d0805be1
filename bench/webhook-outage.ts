// An endpoint that is down while events come in at a rate, and then comes back: what of it is felt, and how fast the spool
// is empty again. `node bench/webhook-outage.ts [--minutes 10] [--rate 5000] [--batch 500] [--hanging]`
/* oxlint-disable no-await-in-loop -- one interval after the other */
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { PacedPairs } from './load/paced-pairs.ts';
import { type BrokerFigures, BrokerWithWebhook } from './webhook/broker.ts';
import { Receiver } from './webhook/receiver.ts';

const PAIRS = 100;
const PAYLOAD_BYTES = 64;
const WARM_UP_SECONDS = 2;
const BASE_SECONDS = 15;
/** Seconds between two lines. */
const INTERVAL = 10;
/** The same while the spool is emptied. */
const DRAIN_INTERVAL = 2;
const POLL_MS = 20;
const MEGABYTE = 2 ** 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '5000' },
    batch: { type: 'string', default: '500' },
    hanging: { type: 'boolean', default: false },
  },
});
const rate = Number(values.rate);
const seconds = Number(values.minutes) * 60;

console.log(`${rate} messages of ${PAYLOAD_BYTES} bytes per second, QoS 1, an event for each`);
await withoutWebhook();
await outage();
process.exit(0);

async function withoutWebhook(): Promise<void> {
  const broker = new BrokerWithWebhook(null);
  const pairs = await connected(broker);
  await pairs.publish(rate, BASE_SECONDS);
  console.log(`without a webhook: ${latencyOf(pairs)}, ${megabytes((await broker.figures()).rss)} MB RSS`);
  pairs.finish();
  await broker.close();
}

async function outage(): Promise<void> {
  const receiver = new Receiver(true);
  await receiver.listen();
  const { port } = receiver;
  await receiver.close();
  const hanging = createServer((socket) => socket.on('error', () => {}).resume());
  if (values.hanging) await new Promise<void>((resolve) => hanging.listen(port, '127.0.0.1', resolve));
  const broker = new BrokerWithWebhook(
    `url = "http://127.0.0.1:${port}/", events = [{ event = on_message_publish }], batch.max_events = ${values.batch}
    spool { path = "SPOOL", max_bytes = 16GB }`,
  );
  const pairs = await connected(broker);
  for (let passed = 0; passed < seconds; passed += INTERVAL) {
    await pairs.publish(rate, Math.min(INTERVAL, seconds - passed));
    console.log(`${values.hanging ? 'hanging' : 'refusing'} for ${passed + INTERVAL} s: ${await state(broker, pairs)}`);
  }
  hanging.close();
  await drain(broker, pairs, port);
  pairs.finish();
  await broker.close();
}

/** The endpoint is back on its port, and events go on coming in, until none waits. */
async function drain(broker: BrokerWithWebhook, pairs: PacedPairs, port: number): Promise<void> {
  const receiver = new Receiver(true);
  await receiver.listen(port);
  const began = performance.now();
  let before = await receiver.counts();
  let figures: BrokerFigures;
  do {
    await pairs.publish(rate, DRAIN_INTERVAL);
    figures = await broker.figures();
    const now = await receiver.counts();
    const out = ((now.events - before.events) / (now.at - before.at)) * 1000;
    before = now;
    console.log(`back: ${Math.round(out)} events/s out, ${rate} in: ${await state(broker, pairs)}`);
  } while ((figures.stats?.queued.events ?? 0) > rate);
  const took = (performance.now() - began) / 1000;
  while ((figures.stats?.delivered ?? 0) < pairs.published) {
    await pause(POLL_MS);
    figures = await broker.figures();
  }
  const { distinct, events, problem } = await receiver.counts();
  console.log(
    `empty after ${took.toFixed(0)} s: ${pairs.published} published, ${distinct} arrived, ${events - distinct} twice`,
  );
  console.log(problem ?? (distinct === pairs.published ? 'all there, in order for each client' : 'NOT ALL THERE'));
  await receiver.close();
}

async function connected(broker: BrokerWithWebhook): Promise<PacedPairs> {
  const pairs = new PacedPairs(PAIRS, 1, PAYLOAD_BYTES);
  await pairs.open((await broker.started()).port);
  await pairs.publish(rate, WARM_UP_SECONDS);
  pairs.latency.clear();
  return pairs;
}

async function state(broker: BrokerWithWebhook, pairs: PacedPairs): Promise<string> {
  const { rss, stats } = await broker.figures();
  const dropped = Object.values(stats?.dropped ?? {}).reduce((sum, count) => sum + count, 0);
  const line = `${latencyOf(pairs)}, ${megabytes(rss)} MB RSS, ${stats?.queued.events} events queued, ${dropped} dropped, file ${megabytes(broker.spoolBytes)} MB`;
  pairs.latency.clear();
  return line;
}

function latencyOf({ latency }: PacedPairs): string {
  return `p50 ${latency.percentile(0.5)} µs, p99 ${latency.percentile(0.99)} µs`;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / MEGABYTE);
}
