import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Breaker } from '../../src/webhook/breaker.ts';

/** Without chance: 100, 200, 400 ... 30,000. */
const backoff = (rounds: number): number => Math.min(100 * 2 ** (rounds - 1), 30_000);

/** Fails `count` times in turn for lanes 1 to `lanes`. */
function fail(breaker: Breaker, count: number, lanes: number, asked = 0, now = 0): void {
  for (let i = 0; i < count; i++) breaker.failed(1 + (i % lanes), false, asked, now);
}

suite('breaker', () => {
  test('opens when ten requests of three lanes fail in a row', () => {
    const breaker = new Breaker(backoff);
    fail(breaker, 9, 3);
    assert.equal(breaker.state, 'closed');
    assert.equal(breaker.wait(0), 0);
    fail(breaker, 1, 3);
    assert.equal(breaker.state, 'open');
    assert.equal(breaker.wait(40), 60);
  });

  test('is not opened by one lane, or two', () => {
    const breaker = new Breaker(backoff);
    fail(breaker, 1000, 2);
    fail(breaker, 1000, 2, 5000);
    assert.equal(breaker.state, 'closed');
    breaker.failed(3, false, 0, 0);
    assert.equal(breaker.state, 'open');
  });

  test('a good answer in between starts the count again', () => {
    const breaker = new Breaker(backoff);
    for (let i = 0; i < 20; i++) {
      fail(breaker, 9, 9);
      breaker.answered();
    }
    assert.equal(breaker.state, 'closed');
  });

  test('opens at once when three lanes are asked to wait, for as long as the latest asks', () => {
    const breaker = new Breaker(backoff);
    fail(breaker, 2, 2, 5000);
    assert.equal(breaker.state, 'closed');
    breaker.failed(3, false, 7000, 1000);
    assert.equal(breaker.state, 'open');
    assert.equal(breaker.wait(1000), 7000);
    // Requests from before are answered: who asks for more is heard, who does not is no news.
    breaker.failed(4, false, 0, 2000);
    assert.equal(breaker.wait(2000), 6000);
    breaker.failed(5, false, 9000, 2000);
    assert.equal(breaker.wait(2000), 9000);
    breaker.failed(6, false, 1000, 2000);
    assert.equal(breaker.wait(2000), 9000);
  });

  test('lets one probe out at a time, less and less often, until one is answered', () => {
    const breaker = new Breaker(backoff);
    fail(breaker, 10, 10);
    let now = 0;
    for (let round = 1; round < 20; round++) {
      const wait = breaker.wait(now);
      assert.equal(wait, backoff(round));
      assert.ok(breaker.wait(now + wait - 1) > 0);
      now += wait;
      assert.equal(breaker.wait(now), 0);
      breaker.probe();
      assert.equal(breaker.state, 'half_open');
      assert.equal(breaker.wait(now + 1e9), Infinity);
      // One from before the opening.
      breaker.failed(3, false, 0, now);
      assert.equal(breaker.state, 'half_open');
      breaker.failed(4, true, 0, now);
      assert.equal(breaker.state, 'open');
    }
    now += breaker.wait(now);
    breaker.probe();
    breaker.answered();
    assert.equal(breaker.state, 'closed');
    assert.equal(breaker.wait(now), 0);
    fail(breaker, 10, 10, 0, now);
    assert.equal(breaker.wait(now), backoff(1), 'the next outage begins anew');
  });

  test('a probe that is asked to wait is heard', () => {
    const breaker = new Breaker(backoff);
    fail(breaker, 10, 10);
    breaker.probe();
    breaker.failed(1, true, 60_000, 100);
    assert.equal(breaker.wait(100), 60_000);
  });

  test('probes at once in a hurry', () => {
    const breaker = new Breaker(backoff);
    fail(breaker, 3, 3, 3_600_000);
    breaker.hurry();
    assert.equal(breaker.wait(0), 0);
    assert.equal(breaker.state, 'open');
  });
});
