import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startReceiver } from '../kit/receiver.ts';
import type { WebhookStats } from '../../src/webhook/webhook.ts';
import { client, inTurns, scene, type Scene, until } from './scene.ts';

/** Resolves with the figures once the delivery thread has dealt with all that was published. */
async function handedOver({ webhook }: Scene): Promise<WebhookStats> {
  await until(() => webhook.stats().handedOver.events === 0, 'all is handed over');
  return webhook.stats();
}

function countOf({ dropped }: WebhookStats): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}

suite('the queue', () => {
  test('holds no more than its bound, drops the newest and counts them', async () => {
    const bound = 100_000;
    await using receiver = await startReceiver({ answer: () => ({ fault: 'hang' }) });
    await using stage = scene({ url: receiver.url, spool: { max_bytes: bound } });
    const payload = Buffer.alloc(400);
    const told = 1000;
    const publishers = Array.from({ length: 50 }, (_, i) => client(`client-${i}`));
    const publish = (i: number): void => {
      const publisher = publishers[i % publishers.length] ?? null;
      stage.broker.publish({ payload, topic: 't', publisher });
    };
    for (let i = 0; i < told; i++) publish(i);
    const before = stage.webhook.stats();
    assert.ok(before.handedOver.bytes <= bound, 'what is on its way counts too');
    assert.equal(before.handedOver.events + before.dropped.thread_busy, told);
    const first = await handedOver(stage);
    assert.equal(first.accepted + countOf(first), told);
    assert.equal(first.queued.events, first.accepted);
    // An event counts with its payload, its texts and 128 bytes. Near the end of the room a client has its share with two.
    assert.ok(first.queued.bytes <= bound && first.queued.bytes > bound - 2 * 700, `${first.queued.bytes} bytes`);
    await receiver.waitFor(({ requests }) => requests.length > 0);
    for (let i = 0; i < told; i++) publish(i);
    const second = await handedOver(stage);
    assert.ok(second.queued.bytes <= bound, `${second.queued.bytes} bytes`);
    assert.ok(second.accepted <= first.accepted + 2, 'what is sent and has no answer still counts');
    assert.equal(second.matched, 2 * told);
    assert.equal(second.accepted + countOf(second), 2 * told);
    assert.equal(stage.log.all.length, 1);
    assert.match(stage.log.all[0] ?? '', /^warn webhook http:\/\/127.0.0.1:\d+: events are dropped, there is no room/);
  });

  test('keeps room for the others when one client gets nothing through', async () => {
    const bound = 100_000;
    await using receiver = await startReceiver({
      answer: ({ json }) => (json['from_client_id'] === 'evil' ? { status: 500 } : {}),
    });
    await using stage = scene({ url: receiver.url, spool: { max_bytes: bound } });
    for (let i = 0; i < 1000; i++) stage.broker.publish({ publisher: client('evil') });
    const { queued, dropped } = await handedOver(stage);
    assert.ok(queued.bytes > bound * 0.74 && queued.bytes < bound * 0.76, `${queued.bytes} bytes`);
    for (let round = 1; round <= 5; round++) {
      for (let i = 0; i < 20; i++) {
        stage.broker.publish({ publisher: client('evil') });
        stage.broker.publish({ publisher: client(`good-${i}`) });
      }
      // oxlint-disable-next-line no-await-in-loop -- one round after another
      await until(() => stage.webhook.stats().delivered === 20 * round, 'the good ones are delivered');
    }
    const after = await handedOver(stage);
    assert.deepEqual(after.dropped, { ...dropped, client_share: dropped.client_share + 100 });
  });

  test('gives a client its share again when its events are settled', async () => {
    let isUp = false;
    await using receiver = await startReceiver({ answer: () => (isUp ? {} : { status: 500 }) });
    await using stage = scene({ url: receiver.url, spool: { max_bytes: 20_000 } });
    const fill = async (): Promise<number> => {
      for (let i = 0; i < 200; i++) stage.broker.publish();
      const { accepted } = await handedOver(stage);
      return accepted;
    };
    const first = await fill();
    isUp = true;
    await until(() => stage.webhook.stats().delivered === first, 'the queue is empty');
    isUp = false;
    assert.equal(await fill(), 2 * first);
  });

  test('bounds small events too', async () => {
    await using receiver = await startReceiver({ answer: () => ({ fault: 'hang' }) });
    await using stage = scene({ url: receiver.url, spool: { max_bytes: 10_000 } });
    for (let i = 0; i < 1000; i++) stage.broker.publish({ payload: '', topic: '', publisher: null });
    const { accepted } = await handedOver(stage);
    assert.ok(accepted > 0 && accepted <= 10_000 / 128, `${accepted} events`);
  });

  test('takes small events while there is no room for a large one', async () => {
    await using receiver = await startReceiver();
    await using stage = scene({ url: receiver.url, spool: { max_bytes: 10_000 } });
    stage.broker.publish({ payload: Buffer.alloc(20_000) });
    stage.broker.publish({ payload: 'small' });
    await receiver.waitFor(({ requests }) => requests.length === 1);
    assert.equal(stage.webhook.stats().dropped.too_large, 1);
    assert.equal(receiver.requests[0]?.json['payload'], 'small');
  });

  test('has room again when events are settled', async () => {
    await using receiver = await startReceiver();
    await using stage = scene({ url: receiver.url, spool: { max_bytes: 20_000 } });
    const sent = 10_000;
    await inTurns(sent, 40, (i) => stage.broker.publish({ payload: String(i) }));
    await handedOver(stage);
    await until(() => stage.webhook.stats().queued.events === 0, 'the queue is empty');
    const stats = stage.webhook.stats();
    const { accepted, delivered, queued } = stats;
    assert.equal(accepted + countOf(stats), sent);
    assert.equal(delivered, accepted);
    assert.equal(receiver.requests.length, accepted);
    assert.equal(queued.bytes, 0);
    stage.broker.publish({ payload: 'room' });
    await receiver.waitFor(({ requests }) => requests.at(-1)?.json['payload'] === 'room');
    const payloads = receiver.requests.slice(0, -1).map(({ json }) => Number(json['payload']));
    assert.deepEqual(
      payloads,
      payloads.toSorted((a, b) => a - b),
    );
  });

  test('forgets clients that have nothing queued', async () => {
    await using receiver = await startReceiver();
    await using stage = scene({ url: receiver.url });
    await inTurns(20_000, 500, (i) => stage.broker.tell('client.connack', client(`client-${i}`), 'success'));
    await until(() => stage.webhook.stats().delivered === 20_000, 'all are delivered');
    assert.equal(receiver.requests.length, 20_000);
    assert.equal(new Set(receiver.requests.map(({ json }) => json['clientid'])).size, 20_000);
  });
});

suite('close', () => {
  test('sends what is queued', async () => {
    await using receiver = await startReceiver({ answer: () => ({ delay: 5 }) });
    await using stage = scene({ url: receiver.url, pool_size: 4 });
    for (let i = 0; i < 200; i++) stage.broker.publish({ publisher: client(`c${i % 10}`), payload: String(i) });
    const stats = await stage.webhook.close(10_000);
    assert.equal(stats.delivered, 200);
    assert.equal(stats.lost, 0);
    assert.equal(receiver.requests.length, 200);
  });

  test('is at once when nothing is queued', async () => {
    await using stage = scene({ url: 'http://127.0.0.1:9/' });
    const start = performance.now();
    const stats = await stage.webhook.close(60_000);
    assert.ok(performance.now() - start < 5000);
    assert.equal(stats.accepted, 0);
  });

  test('counts what it could not send in time as lost', async () => {
    await using receiver = await startReceiver({ answer: ({ json }) => (json['qos'] === 1 ? {} : { fault: 'hang' }) });
    await using stage = scene({ url: receiver.url });
    for (let i = 0; i < 10; i++) stage.broker.publish({ qos: 1, publisher: client('good') });
    for (let i = 0; i < 7; i++) stage.broker.publish({ publisher: client('bad') });
    await until(() => stage.webhook.stats().delivered === 10, 'the good ones are delivered');
    const stats = await stage.webhook.close(100);
    assert.equal(stats.delivered, 10);
    assert.equal(stats.lost, 7);
    assert.deepEqual(stats.queued, { events: 0, bytes: 0, oldestAge: null });
    assert.equal(stats.matched, 17);
    assert.equal(stage.log.all.at(-1), `warn webhook ${receiver.origin}: 7 queued events were not sent`);
    assert.deepEqual(await stage.webhook.close(0), stats, 'a second call tells the same');
  });

  test('does not wait out long pauses between attempts', async () => {
    let isUp = false;
    await using receiver = await startReceiver({
      answer: () => (isUp ? {} : { status: 503, headers: { 'retry-after': '30' } }),
    });
    await using stage = scene({ url: receiver.url });
    for (let i = 0; i < 20; i++) stage.broker.publish({ publisher: client(`c${i}`) });
    await until(() => stage.webhook.stats().retried === 20, 'all wait');
    isUp = true;
    const stats = await stage.webhook.close(10_000);
    assert.equal(stats.delivered, 20);
  });

  test('lets the process end, and so does a webhook that nobody closed', async () => {
    await using receiver = await startReceiver();
    assert.deepEqual(await endOf(receiver.url, 'close'), [0, null]);
    assert.equal(receiver.requests.length, 1);
    assert.deepEqual(await endOf(receiver.url, 'none'), [0, null]);
  });
});

/** How a process ends that has a webhook. */
function endOf(url: string, ending: 'close' | 'none'): Promise<unknown[]> {
  const program = fileURLToPath(new URL('./one-event.ts', import.meta.url));
  return once(spawn(process.execPath, [program, url, ending], { stdio: 'inherit' }), 'exit');
}

suite('a delivery thread that dies', () => {
  test('is started again, and what was in it is counted', async () => {
    await using receiver = await startReceiver();
    await using stage = scene({ url: receiver.url }, new URL('./dying-worker.ts', import.meta.url));
    stage.broker.publish({ payload: 'before' });
    await until(() => stage.webhook.stats().delivered === 1, 'the first is delivered');
    for (let i = 0; i < 3; i++) stage.broker.publish({ payload: 'kill the thread' });
    await until(() => stage.webhook.stats().lost === 3, 'it died');
    const { queued, handedOver: onTheWay } = stage.webhook.stats();
    assert.deepEqual([queued.events, onTheWay.events], [0, 0]);
    // Before the next thread is there.
    stage.broker.publish({ payload: 'after' });
    await receiver.waitFor(({ requests }) => requests.length === 2);
    await until(() => stage.webhook.stats().delivered === 2, 'the next one is delivered');
    assert.equal(receiver.requests.at(-1)?.json['payload'], 'after');
    assert.deepEqual(stage.log.all, [
      `error webhook ${receiver.origin}: the delivery thread died (killed), 3 events in it are lost; restarting`,
    ]);
    const stats = await stage.webhook.close(5000);
    assert.equal(stats.matched, stats.delivered + stats.lost);
  });

  test('again and again does no harm', async () => {
    await using stage = scene({ url: 'http://127.0.0.1:9/' }, new URL('./no-such-program.ts', import.meta.url));
    stage.broker.publish();
    await until(() => stage.log.all.length >= 2, 'it died twice');
    stage.broker.publish();
    const stats = await stage.webhook.close(0);
    assert.equal(stats.matched, 2);
    assert.equal(stats.lost, 2);
  });
});

suite('several webhooks', () => {
  test('in one process know nothing of each other', async () => {
    await using first = await startReceiver();
    await using second = await startReceiver({ answer: () => ({ status: 404 }) });
    await using one = scene({ url: first.url });
    await using two = scene({ url: second.url });
    for (let i = 0; i < 10; i++) one.broker.publish({ payload: 'one' });
    for (let i = 0; i < 5; i++) two.broker.publish({ payload: 'two' });
    await until(() => one.webhook.stats().delivered === 10 && two.webhook.stats().deadLettered === 5, 'both are done');
    assert.ok(first.requests.every(({ json }) => json['payload'] === 'one'));
    assert.ok(second.requests.every(({ json }) => json['payload'] === 'two'));
  });
});
