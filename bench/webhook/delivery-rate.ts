// How many events a webhook sends per second: events without MQTT around them, a receiver that only counts.
/* oxlint-disable no-await-in-loop -- one after the other is what measuring needs */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { attachWebhook, type Webhook, type WebhookConfig } from '../../src/index.ts';
import { client, config, FakeBroker, message } from '../../test/webhook/scene.ts';
import { Receiver } from './receiver.ts';

/** One way to send. */
export interface DeliveryCase {
  readonly name: string;
  /** Events in a request at most. */
  readonly batch: number;
  readonly pipelining: number;
  /** Null: events wait in memory. */
  readonly sync: 'normal' | 'full' | null;
}

const CLIENTS = 100;
const PAYLOAD = Buffer.alloc(64, 'x');
/** Events that a turn of the event loop brings at most. */
const PER_TURN = 500;
const TICK_MS = 1;

/** Events per second, measured over `seconds` after as much again to warm up. */
export async function deliveryRate(way: DeliveryCase, seconds: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'hookmq-bench-'));
  const receiver = new Receiver();
  await receiver.listen();
  const source = new FakeBroker();
  const webhook = attachWebhook(source, configOf(way, receiver.url, folder));
  try {
    await webhook.ready;
    return await measure(source, webhook, receiver, way.batch === 1 ? 8000 : 60_000, seconds);
  } finally {
    await webhook.close(0);
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function configOf({ batch, pipelining, sync }: DeliveryCase, url: string, folder: string): WebhookConfig {
  const spool = sync === null ? {} : { path: join(folder, 'spool.db'), sync };
  const events = [{ event: 'on_message_publish' }];
  return config({ url, pipelining, events, spool, batch: { max_events: batch } });
}

async function measure(source: FakeBroker, webhook: Webhook, receiver: Receiver, window: number, seconds: number) {
  let isOver = false;
  const feeding = feed(source, webhook, window, () => isOver);
  await pause(seconds * 1000);
  const before = await receiver.counts();
  await pause(seconds * 1000);
  const after = await receiver.counts();
  isOver = true;
  const fed = await feeding;
  const { events } = await receiver.counts();
  if (events !== fed) throw new Error(`the receiver got ${events} of ${fed} events`);
  return ((after.events - before.events) / (after.at - before.at)) * 1000;
}

/** Keeps up to `window` events on their way; returns how many there were, once all are delivered. */
async function feed(source: FakeBroker, webhook: Webhook, window: number, isOver: () => boolean): Promise<number> {
  const messages = Array.from({ length: CLIENTS }, (_, i) =>
    message({ topic: `bench/${i}/state`, payload: PAYLOAD, publisher: client(`client-${i}`) }),
  );
  let count = 0;
  let delivered = 0;
  while (!isOver() || delivered < count) {
    ({ delivered } = webhook.stats());
    const due = isOver() ? 0 : Math.min(PER_TURN, window - (count - delivered));
    for (let i = 0; i < due; i++) {
      const next = messages[count++ % CLIENTS];
      if (next !== undefined) source.tell('message.published', next);
    }
    if (due === PER_TURN) await new Promise((resolve) => setImmediate(resolve));
    else await pause(TICK_MS);
  }
  return count;
}
