import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { figureTopics } from '../../src/webhook/figures-table.ts';
import { LATENCY_BOUNDS } from '../../src/webhook/report.ts';
import { Tally, type WebhookStats } from '../../src/webhook/tally.ts';

const nothing = new Tally().stats(0, { events: 0, bytes: 0 }, 0);

/** The figures of an endpoint, without those that have nothing to say. */
function figuresOf(stats: Partial<WebhookStats>, name = 'default'): Record<string, string | number> {
  const endpoint = { stats: () => ({ ...nothing, ...stats }) };
  return Object.fromEntries(
    Array.from(figureTopics(new Map([[name, endpoint]]))).flatMap(([topic, value]) =>
      value === null ? [] : [[topic, value]],
    ),
  );
}

const figure = (name: string, stats: Partial<WebhookStats>): string | number | undefined =>
  figuresOf(stats)[`$SYS/broker/webhook/default/${name}`];

/** A histogram with so many answers in the bucket up to each of these bounds. */
function latency(counts: Readonly<Record<number, number>>): Partial<WebhookStats> {
  const buckets = [...LATENCY_BOUNDS, Infinity].map((bound) => counts[bound] ?? 0);
  return { latency: { buckets, count: buckets.reduce((total, count) => total + count, 0), sum: 0 } };
}

/** What half and 99 of 100 of such requests took. */
function both(counts: Readonly<Record<number, number>>): unknown[] {
  return ['p50', 'p99'].map((name) => figure(`requests/latency_${name}`, latency(counts)));
}

suite("an endpoint's figures below $SYS", () => {
  test('have its name, without what no topic may have', () => {
    const topics = Object.keys(figuresOf({}, 'a/b+#'));
    assert.ok(topics.length > 5);
    for (const topic of topics) assert.match(topic, /^\$SYS\/broker\/webhook\/a\/b%2B%23\/\w/);
  });

  test('half and 99 of 100 requests by the histogram', () => {
    assert.deepEqual(both({}), [undefined, undefined]);
    assert.deepEqual(both({ 5: 1 }), [5, 5]);
    assert.deepEqual(both({ 1: 50, 250: 49, 5000: 1 }), [1, 250]);
    assert.deepEqual(both({ 1: 49, 2: 49, 1000: 2 }), [2, 1000]);
    // No bucket knows how much longer.
    assert.deepEqual(both({ [Infinity]: 3 }), [10_000, 10_000]);
  });

  test('failures by the class of their status', () => {
    const stats = { failures: { none: 1, 301: 2, 400: 3, 404: 4, 500: 5, 503: 6 } };
    const found = ['none', '3xx', '4xx', '5xx'].map((name) => figure(`failures/${name}`, stats));
    assert.deepEqual(found, [1, 2, 7, 11]);
    assert.equal(figure('failures/5xx', { failures: { 400: 1 } }), undefined);
  });

  test('what is on its way, and what was sent again', () => {
    assert.equal(figure('handed_over/events', { handedOver: { events: 3, bytes: 9 } }), 3);
    assert.equal(figure('resent', { resent: 2 }), 2);
    assert.equal(figure('resent', {}), undefined);
  });

  test('a problem of the spool, and that it is over', () => {
    assert.equal(figure('spool_problem', { spoolProblem: 'the disk is full' }), 'the disk is full');
    assert.equal(figure('spool_problem', {}), 'none');
  });
});
