import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  isOwnAnswer,
  mayBeOneEvent,
  parseRetryAfter,
  RetryPolicy,
} from '../../../src/webhook/delivery/retry-policy.ts';

const USUAL = {
  statuses: ['408', '425', '429', '5xx'],
  maxAttempts: Infinity,
  maxAge: Infinity,
  firstDelay: 100,
  maxDelay: 30_000,
};

const said = (maxAge: number): string => new RetryPolicy({ ...USUAL, maxAge }).tooOld;

suite('retry policy', () => {
  test('outcome by status', () => {
    const policy = new RetryPolicy(USUAL);
    for (const status of [200, 201, 202, 204, 299]) assert.equal(policy.outcome(status), 'delivered');
    for (const status of [0, 408, 425, 429, 500, 502, 503, 504, 599]) assert.equal(policy.outcome(status), 'retry');
    for (const status of [301, 302, 304, 400, 401, 403, 404, 410, 413, 422, 600, 999])
      assert.equal(policy.outcome(status), 'refused', String(status));
  });

  test('the statuses that are tried again are those of the configuration', () => {
    const policy = new RetryPolicy({ ...USUAL, statuses: ['409', '503', '3xx'] });
    for (const status of [0, 409, 503, 301, 302]) assert.equal(policy.outcome(status), 'retry');
    for (const status of [429, 500, 502, 408]) assert.equal(policy.outcome(status), 'refused');
    assert.equal(new RetryPolicy({ ...USUAL, statuses: ['2xx'] }).outcome(200), 'delivered');
  });

  test('backoff doubles from the first delay to the longest, half of it at random', () => {
    const policy = new RetryPolicy({ ...USUAL, firstDelay: 200, maxDelay: 10_000 });
    const shares = new Set<number>();
    for (let failures = 1; failures < 2000; failures++) {
      const full = Math.min(200 * 2 ** (failures - 1), 10_000);
      const delay = policy.backoff(failures);
      assert.ok(delay >= full / 2 && delay <= full, `${failures}: ${delay}`);
      shares.add(Math.floor((delay / full) * 20));
    }
    assert.ok(shares.size >= 10, 'all over the upper half');
    const short = policy.backoff(50, 1000);
    assert.ok(short >= 500 && short <= 1000, `${short}`);
  });

  test('Retry-After is kept to, up to an hour', () => {
    const policy = new RetryPolicy(USUAL);
    const date = Date.UTC(2026, 10, 20, 12);
    assert.equal(policy.asked('120', date), 120_000);
    assert.equal(policy.asked('100000', date), 3_600_000);
    assert.equal(policy.asked('Fri, 01 Jan 2100 00:00:00 GMT', date), 3_600_000);
    assert.equal(policy.asked(undefined, date), 0);
  });

  test('nothing waits long in a hurry', () => {
    const policy = new RetryPolicy({ ...USUAL, firstDelay: 5000 });
    policy.hurry();
    assert.equal(policy.asked('120', 0), 500);
    assert.ok(policy.backoff(1) <= 100);
    assert.ok(policy.backoff(50) <= 500);
  });

  test('attempts and age have limits', () => {
    const policy = new RetryPolicy({ ...USUAL, maxAttempts: 3, maxAge: 60_000 });
    assert.deepEqual(
      [1, 2, 3, 4].map((attempts) => policy.isSpent(attempts)),
      [false, false, true, true],
    );
    assert.equal(policy.isTooOld(1000, 60_999), false);
    assert.equal(policy.isTooOld(1000, 61_000), true);
    const patient = new RetryPolicy(USUAL);
    assert.equal(patient.isSpent(1_000_000), false);
    assert.equal(patient.isTooOld(0, Number.MAX_SAFE_INTEGER), false);
  });

  test('a time of day that jumps forward makes nothing older', () => {
    const policy = new RetryPolicy({ ...USUAL, maxAge: 60_000 });
    const year = 365 * 86_400_000;
    policy.observe(1000, 1_000_000);
    policy.observe(2000, 1_001_004);
    // The event of 990,000 has waited for eleven seconds when the years are left out.
    const jumped = 1_001_500 + year;
    policy.observe(2500, jumped);
    assert.equal(policy.isTooOld(990_000, jumped), false);
    assert.equal(policy.isTooOld(990_000, jumped + 48_000), false);
    assert.equal(policy.isTooOld(990_000, jumped + 49_000), true);
    assert.equal(policy.isTooOld(jumped, jumped + 59_999), false);
    assert.equal(policy.isTooOld(jumped, jumped + 60_000), true, 'what came after it is as old as it looks');
    // Another one: what is from before both is shifted by both.
    policy.observe(12_500, jumped + 10_000 + year);
    assert.equal(policy.isTooOld(990_000, jumped + 10_000 + year), false);
    assert.equal(policy.isTooOld(jumped + 1, jumped + 10_000 + year), false);
    assert.equal(policy.isTooOld(jumped + 1, jumped + 60_001 + year), true);
  });

  test('a time of day that is set back, or forward by little, is not counted', () => {
    const policy = new RetryPolicy({ ...USUAL, maxAge: 60_000 });
    policy.observe(0, 1_000_000);
    policy.observe(0, 1_005_000);
    assert.equal(policy.isTooOld(945_000, 1_005_000), true);
    policy.observe(0, 500_000);
    assert.equal(policy.isTooOld(999_000, 500_000), false);
    assert.equal(policy.isTooOld(440_000, 500_000), true);
  });

  test('says the greatest age as the configuration does', () => {
    assert.equal(said(86_400_000), 'older than 24h');
    assert.equal(said(90 * 60_000), 'older than 90m');
    assert.equal(said(30_000), 'older than 30s');
    assert.equal(said(1500), 'older than 1500ms');
  });
});

test('Retry-After in seconds or as a date', () => {
  const date = Date.UTC(2026, 10, 20, 12);
  assert.equal(parseRetryAfter('120', date), 120_000);
  assert.equal(parseRetryAfter(' 0 ', date), 0);
  assert.equal(parseRetryAfter('Fri, 20 Nov 2026 12:00:07 GMT', date), 7000);
  assert.equal(parseRetryAfter('Friday, 20-Nov-26 12:00:07 GMT', date), 7000);
  assert.equal(parseRetryAfter('Fri, 20 Nov 2026 11:00:00 GMT', date), 0);
  for (const nonsense of ['', 'soon', '-5', '1e9999', '1.5', '2026-11-20T13:00:00Z', '99999999999'])
    assert.equal(parseRetryAfter(nonsense, 0), 0, nonsense);
});

test('what a gateway says of an endpoint, or an endpoint of its load, is not about the events', () => {
  for (const status of [0, 429, 502, 503, 504]) assert.equal(isOwnAnswer(status), false);
  for (const status of [408, 409, 425, 500, 501, 507]) assert.equal(isOwnAnswer(status), true);
});

test('a refusal that is about the sender, the address or the form is about all events', () => {
  for (const status of [400, 409, 413, 418, 422]) assert.equal(mayBeOneEvent(status), true);
  for (const status of [301, 308, 401, 403, 404, 405, 410, 415, 600]) assert.equal(mayBeOneEvent(status), false);
});
