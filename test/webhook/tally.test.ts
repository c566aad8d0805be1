import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EndpointReport, LATENCY_BOUNDS } from '../../src/webhook/report.ts';
import { nothing, Tally, type WebhookStats } from '../../src/webhook/tally.ts';

function report(fields: Partial<EndpointReport>): EndpointReport {
  return { ...nothing, ...fields };
}

const nothingOnTheWay = { events: 0, bytes: 0 };

/** What came in and what became of it: equal, as `WebhookStats` says. */
function balance(stats: WebhookStats): { readonly came: number; readonly is: number } {
  const { dead_letters_full: _, ...dropped } = stats.dropped;
  const drops = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return {
    came: stats.matched + stats.recovered + stats.resent,
    is: stats.delivered + stats.deadLettered + stats.lost + stats.queued.events + stats.handedOver.events + drops,
  };
}

const busy = report({
  accepted: 90,
  dropped: { queue_full: 10, dead_letters_full: 2 },
  delivered: 40,
  deadLettered: 5,
  queued: { events: 45, bytes: 9000, oldest: 1000 },
  failures: { 500: 3, none: 1 },
  latency: { buckets: [40, ...LATENCY_BOUNDS.map(() => 0)], count: 40, sum: 20 },
  lastError: 'status 500',
});

test('every event is somewhere while a thread is at work', () => {
  const tally = new Tally();
  tally.report(busy);
  tally.drop('thread_busy');
  const stats = tally.stats(104, { events: 3, bytes: 600 }, 4000);
  assert.deepEqual(balance(stats), { came: 104, is: 104 });
  assert.deepEqual(stats.queued, { events: 45, bytes: 9000, oldestAge: 3000 });
  assert.equal(stats.dropped.thread_busy, 1);
  assert.equal(stats.dropped.queue_full, 10);
});

test('a thread that dies with a queue in memory has lost it, and the figures go on', () => {
  const tally = new Tally();
  tally.report(busy);
  assert.equal(tally.threadEnded(false, 0), 45);
  const between = tally.stats(100, nothingOnTheWay, 4000);
  assert.deepEqual(balance(between), { came: 100, is: 100 });
  assert.equal(between.lost, 45);
  tally.report(report({ accepted: 7, delivered: 7, failures: { 500: 1 }, latency: busy.latency }));
  const stats = tally.stats(107, nothingOnTheWay, 5000);
  assert.deepEqual(balance(stats), { came: 107, is: 107 });
  assert.equal(stats.delivered, 47);
  assert.deepEqual(stats.failures, { 500: 4, none: 1 });
  assert.equal(stats.latency.count, 80);
  assert.equal(stats.latency.buckets[0], 80);
  assert.equal(stats.lastError, 'status 500');
});

test('a thread that dies with a spool has lost nothing: the next one finds it', () => {
  const tally = new Tally();
  tally.report(busy);
  assert.equal(tally.threadEnded(true, 0), 0);
  const between = tally.stats(100, nothingOnTheWay, 4000);
  assert.deepEqual(balance(between), { came: 100, is: 100 });
  assert.equal(between.queued.events, 45);
  tally.report(report({ recovered: 45, delivered: 20, queued: { events: 25, bytes: 5000, oldest: 1000 } }));
  const stats = tally.stats(100, nothingOnTheWay, 5000);
  assert.deepEqual(balance(stats), { came: 100, is: 100 });
  assert.equal(stats.lost, 0);
  assert.equal(stats.recovered, 0, 'nothing was there before this program');
  assert.equal(stats.delivered, 60);
});

test('dead letters that are sent again come in once more', () => {
  const tally = new Tally();
  tally.report(report({ accepted: 10, deadLettered: 10, deadLetters: { events: 10, bytes: 100, oldest: 1 } }));
  tally.resent(10);
  tally.report(report({ accepted: 10, deadLettered: 10, delivered: 10 }));
  assert.deepEqual(balance(tally.stats(10, nothingOnTheWay, 0)), { came: 20, is: 20 });
});
