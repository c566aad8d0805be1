/* oxlint-disable no-await-in-loop -- one portion of events after another */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { generate } from 'mqtt-packet';
import type { WebhookStats } from '../../src/webhook/webhook.ts';
import { startBroker } from '../kit/broker-process.ts';
import { type Receiver, startReceiver } from '../kit/receiver.ts';
import { openClient } from '../kit/tcp-client.ts';
import { until } from '../kit/until.ts';
import { client, scene } from '../webhook/scene.ts';

const CLIENTS = 20;

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
      numbers.set(name, [...(numbers.get(name) ?? []), Number(number)]);
    }
  }
  return numbers;
}

suite('an endpoint that is down', () => {
  test('for 160 MB of events costs the broker little memory, and then it gets all of them in order', async (t) => {
    const perClient = 2000;
    const warmUp = 100;
    const port = await freePort();
    const config = `webhook {
      url = "http://127.0.0.1:${port}/", events = [{ event = on_message_publish }]
      batch.max_events = 100, retry.max_delay = 100ms, spool.path = "${spoolFile(t)}"
    }`;
    await using broker = await startBroker({ config });
    await publish(broker.port, 0, warmUp);
    const before = broker.memory;
    await publish(broker.port, warmUp, perClient);
    const after = broker.memory;
    if (before !== undefined && after !== undefined) {
      const grown = (after - before) / 1024;
      t.diagnostic(`${before} kB before, ${grown.toFixed(1)} MB more after`);
      assert.ok(grown < 100, `${grown} MB more`);
    }

    await using receiver = await startReceiver({ port });
    await until(() => eventsIn(receiver) >= CLIENTS * perClient, 'all events', 60_000);
    assert.equal(await broker.terminate(), 0);
    const numbers = numbersOf(receiver);
    assert.equal(numbers.size, CLIENTS);
    for (const all of numbers.values()) assert.deepEqual(all, range(0, perClient));
    assert.doesNotMatch(broker.log, /dropped|lost/);
  });

  for (const place of ['memory', 'a file'] as const)
    for (const overflow of ['drop_newest', 'drop_oldest'] as const)
      test(`keeps what ${place} has room for, counts the rest and drops the ${overflow.slice('drop_'.length)}`, (t) =>
        overflown(place === 'memory' ? {} : { path: spoolFile(t) }, overflow));
});

const FILLING = 'x'.repeat(4096);

/** Publishes the numbers from `from` up to `to` of each client with QoS 1, and waits for the acknowledgements. */
async function publish(port: number, from: number, to: number): Promise<void> {
  const publishAll = async (name: number): Promise<void> => {
    using connection = await openClient(port, `client-${name}`);
    const before = connection.bytes;
    const packets = range(from, to).map((number) =>
      generate({
        cmd: 'publish',
        topic: 't',
        payload: `${name}:${number}:${FILLING}`,
        qos: 1,
        messageId: number + 1,
        dup: false,
        retain: false,
      }),
    );
    connection.send(Buffer.concat(packets));
    await until(() => connection.bytes - before === packets.length * 4, 'the acknowledgements', 60_000);
  };
  for (let name = 0; name < CLIENTS; name++) await publishAll(name);
}

function eventsIn({ requests }: Receiver): number {
  return requests.reduce((sum, { headers }) => sum + Number(headers['hookmq-batch-size'] ?? 1), 0);
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
  for (let number = 0; number < perClient; number++) {
    for (let name = 0; name < CLIENTS; name++)
      stage.broker.publish({ publisher: client(`client-${name}`), payload: `${name}:${number}:`.padEnd(120, 'x') });
    // So that the bound of what is on the way to the thread is not met.
    if (number % 5 === 4) await until(() => stats().handedOver.events === 0, 'the thread to take them in');
  }
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
