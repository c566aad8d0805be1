/* oxlint-disable no-await-in-loop -- one portion of events after another */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import type { WebhookStats } from '../../src/webhook/webhook.ts';
import { type Receiver, startReceiver } from '../kit/receiver.ts';
import { until } from '../kit/until.ts';
import { client, scene, type Scene } from '../webhook/scene.ts';

const CLIENTS = 20;
/** So many events of each client go to the delivery thread at a time. */
const PORTION = 25;

/** A file for a spool, in a folder of its own that goes with the test. */
function spoolFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookmq-outage-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'spool.db');
}

/** The port of an endpoint that was there and is gone. */
async function freePort(): Promise<number> {
  await using receiver = await startReceiver();
  return receiver.port;
}

/** The numbers that have come from each client, in their order; payloads are `client:number` and what fills them. */
function numbersOf({ requests }: Receiver): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const { text } of requests) {
    const events = [JSON.parse(text)].flat() as readonly { readonly payload: string }[];
    for (const { payload } of events) {
      const [name = '', number = ''] = payload.split(':');
      const all = numbers.get(name) ?? [];
      all.push(Number(number));
      numbers.set(name, all);
    }
  }
  return numbers;
}

suite('an endpoint that is down', () => {
  test('for 200 MB of events costs little memory, and then it gets all of them in order', async (t) => {
    const perClient = 1250;
    const warmUp = 250;
    const port = await freePort();
    const spool = { path: spoolFile(t) };
    const retry = { first_delay: 5, max_delay: 50 };
    await using stage = scene({ url: `http://127.0.0.1:${port}/`, spool, retry, batch: { max_events: 100 } });
    // More than is held ready to be sent: what comes then is in the file only.
    await publish(stage, range(0, warmUp), FILLING);
    const before = process.memoryUsage.rss();
    await publish(stage, range(warmUp, perClient), FILLING);
    const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
    const { queued } = stage.webhook.stats();
    t.diagnostic(
      `${(queued.bytes / 2 ** 20).toFixed(1)} MB of events are queued, memory has grown by ${grown.toFixed(1)} MB`,
    );
    assert.equal(queued.events, CLIENTS * perClient);
    assert.ok(grown < queued.bytes / 2 ** 20 / 2, `${grown} MB more`);

    await using receiver = await startReceiver({ port });
    await until(() => stage.webhook.stats().delivered === CLIENTS * perClient, 'all events', 60_000);
    const numbers = numbersOf(receiver);
    assert.equal(numbers.size, CLIENTS);
    for (const all of numbers.values()) assert.deepEqual(all, range(0, perClient));
  });

  for (const place of ['memory', 'a file'] as const)
    for (const overflow of ['drop_newest', 'drop_oldest'] as const)
      test(`keeps what ${place} has room for, counts the rest and drops the ${overflow.slice('drop_'.length)}`, (t) =>
        overflown(place === 'memory' ? {} : { path: spoolFile(t) }, overflow));
});

const FILLING = 'x'.repeat(8192);

/** Each client publishes these numbers, no faster than the delivery thread takes them in. */
async function publish(stage: Scene, numbers: readonly number[], filling: string): Promise<void> {
  for (const number of numbers) {
    for (let name = 0; name < CLIENTS; name++)
      stage.broker.publish({ publisher: client(`client-${name}`), payload: `${name}:${number}:${filling}` });
    if (number % PORTION === PORTION - 1)
      await until(() => stage.webhook.stats().handedOver.events === 0, 'the thread to take them in');
  }
}

/** Three times as many events as there is room for. */
async function overflown(place: { readonly path?: string }, overflow: 'drop_newest' | 'drop_oldest'): Promise<void> {
  const perClient = 250;
  const total = CLIENTS * perClient;
  const port = await freePort();
  const spool = { ...place, overflow, max_bytes: 500_000 };
  await using stage = scene({
    url: `http://127.0.0.1:${port}/`,
    spool,
    retry: { first_delay: 5, max_delay: 50 },
  });
  const stats = (): WebhookStats => stage.webhook.stats();
  await publish(stage, range(0, perClient), 'x'.repeat(100));
  const full = stats();
  const dropped = total - full.queued.events;
  assert.equal(full.matched, total);
  assert.ok(dropped > total / 3 && full.queued.events > 1000, `${dropped} dropped of ${total}`);
  assert.ok(full.queued.bytes <= spool.max_bytes, `${full.queued.bytes} bytes`);
  assert.equal(full.dropped.queue_full + full.dropped.client_share, dropped);
  if (overflow === 'drop_oldest') assert.equal(full.dropped.client_share, 0);
  assert.equal(accounted(full), total);

  await using receiver = await startReceiver({ port });
  await until(() => stats().delivered === full.queued.events, 'all that were kept');
  const end = stats();
  assert.equal(receiver.requests.length, full.queued.events);
  assert.equal(end.queued.events, 0);
  assert.equal(accounted(end), total);
  for (const numbers of numbersOf(receiver).values()) {
    if (overflow === 'drop_newest') assert.deepEqual(numbers, range(0, numbers.length));
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].toSorted((a, b) => a - b),
    );
    if (overflow === 'drop_oldest') assert.equal(numbers.at(-1), perClient - 1);
  }
  assert.equal(numbersOf(receiver).size, CLIENTS);
}

/** Where all events are, as `WebhookStats` promises: nothing is recovered or sent again here. */
function accounted({ delivered, deadLettered, lost, queued, handedOver, dropped }: WebhookStats): number {
  const allDropped = Object.values(dropped).reduce((sum, count) => sum + count, 0) - dropped.dead_letters_full;
  return delivered + deadLettered + lost + queued.events + handedOver.events + allDropped;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
