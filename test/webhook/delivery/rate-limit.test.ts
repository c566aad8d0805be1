import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RateLimit } from '../../../src/webhook/delivery/rate-limit.ts';

/** Takes whenever it may, from `from` for `ms`, looking every millisecond; returns when. */
function run(limit: RateLimit, from: number, ms: number): number[] {
  const times: number[] = [];
  for (let now = from; now < from + ms; now++) {
    while (limit.wait(now) === 0) {
      limit.take(now);
      times.push(now);
    }
  }
  return times;
}

suite('rate limit', () => {
  for (const rate of [0.5, 1, 10, 70, 1000, 20_000])
    test(`of ${rate} requests per second is kept, with a tenth of a second's at once`, () => {
      const seconds = 20;
      const times = run(new RateLimit(rate), 5000, seconds * 1000);
      const burst = Math.max(1, rate / 10);
      assert.ok(Math.abs(times.length - seconds * rate) <= burst + 1, `${times.length} in ${seconds} s`);
      const atOnce = times.filter((time) => time === 5000).length;
      assert.ok(Math.abs(atOnce - burst) <= 1, `${atOnce} at once`);
    });

  test('a pause is not saved up', () => {
    const limit = new RateLimit(100);
    run(limit, 0, 1000);
    const times = run(limit, 3_600_000, 1000);
    assert.ok(times.length <= 111, `${times.length}`);
  });

  test('says how long to wait', () => {
    const limit = new RateLimit(4);
    limit.take(1000);
    assert.equal(limit.wait(1000), 250);
    assert.equal(limit.wait(1249), 1);
    assert.equal(limit.wait(1250), 0);
  });
});
