import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Breaker } from '../../src/webhook/breaker.ts';
import { backoff, errorText, outcomeOf, retryAfter } from '../../src/webhook/outcome.ts';

suite('outcome', () => {
  test('by status', () => {
    for (const status of [200, 201, 202, 204, 299]) assert.equal(outcomeOf(status), 'delivered');
    for (const status of [408, 425, 429, 500, 502, 503, 504, 599]) assert.equal(outcomeOf(status), 'retry');
    for (const status of [301, 302, 304, 400, 401, 403, 404, 410, 413, 422]) assert.equal(outcomeOf(status), 'failed');
  });

  test('backoff doubles from 100 ms to its longest, half of it at random', () => {
    for (let attempt = 1; attempt < 2000; attempt++) {
      const full = Math.min(100 * 2 ** (attempt - 1), 30_000);
      const delay = backoff(attempt, 30_000);
      assert.ok(delay >= full / 2 && delay <= full, `${attempt}: ${delay}`);
    }
  });

  test('Retry-After in seconds or as a date', () => {
    const now = Date.UTC(2026, 10, 20, 12);
    assert.equal(retryAfter('120', now), 120_000);
    assert.equal(retryAfter(' 0 ', now), 0);
    assert.equal(retryAfter('Fri, 20 Nov 2026 12:00:07 GMT', now), 7000);
    assert.equal(retryAfter('Fri, 20 Nov 2026 11:00:00 GMT', now), 0);
    for (const nonsense of [undefined, '', 'soon', '-5', '1e9999']) assert.equal(retryAfter(nonsense, now), 0);
  });

  test('errors of several addresses say what happened', () => {
    const refused = new Error('connect ECONNREFUSED ::1:80');
    assert.equal(errorText(refused), 'connect ECONNREFUSED ::1:80');
    assert.equal(errorText(new AggregateError([refused])), 'connect ECONNREFUSED ::1:80');
    assert.equal(errorText(Object.assign(new Error(''), { code: 'EPIPE' })), 'EPIPE');
    assert.equal(errorText(new RangeError('')), 'RangeError');
  });
});

suite('breaker', () => {
  const longest = 30_000;

  test('opens when several lanes get no answer, not when one does', () => {
    const breaker = new Breaker();
    for (let i = 0; i < 10; i++) breaker.unanswered('a', false, 0, longest);
    breaker.unanswered('b', false, 0, longest);
    assert.equal(breaker.limit(0, 32), 32);
    breaker.unanswered('c', false, 0, longest);
    assert.equal(breaker.limit(0, 32), 0);
  });

  test('an answer in between starts the count again', () => {
    const breaker = new Breaker();
    for (const lane of ['a', 'b', 'c', 'd', 'e', 'f']) {
      breaker.unanswered(lane, false, 0, longest);
      if (lane === 'b' || lane === 'd') assert.equal(breaker.answered(), false);
    }
    assert.equal(breaker.isDown, false);
  });

  test('lets a few probes out in rounds that become rarer, until one is answered', () => {
    const breaker = new Breaker();
    for (const lane of ['a', 'b', 'c']) breaker.unanswered(lane, false, 0, longest);
    let now = 0;
    const pauses: number[] = [];
    for (let round = 0; round < 12; round++) {
      const pause = breaker.wait(now);
      pauses.push(pause);
      assert.equal(breaker.limit(now + pause - 1, 32), 0);
      now += pause;
      assert.equal(breaker.limit(now, 32), 3);
      assert.equal(breaker.limit(now, 2), 2);
      // Three probes fail, and requests from before that took their time: one round.
      for (const isProbe of [true, true, true, false]) breaker.unanswered('a', isProbe, now, longest);
    }
    for (const [round, pause] of pauses.entries()) {
      const full = Math.min(100 * 2 ** round, longest);
      assert.ok(pause >= full / 2 && pause <= full, `${round}: ${pause}`);
    }
    assert.equal(breaker.answered(), true);
    assert.equal(breaker.limit(now, 32), 32);
  });
});
