import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Breaker, type FailedRequest } from '../../../src/webhook/delivery/breaker.ts';

/** Without chance: 100, 200, 400 ... 30,000. */
const backoff = (rounds: number): number => Math.min(100 * 2 ** (rounds - 1), 30_000);

/** No answer for an event of lane 1, before the opening, that asked for nothing; but for `fields`. */
const failure = (fields: Partial<FailedRequest> = {}): FailedRequest => {
  return { lane: 1, isProbe: false, isAnswered: false, asked: 0, ...fields };
};

/** Fails `count` times in turn for lanes 1 to `lanes`. */
function fail(breaker: Breaker, count: number, lanes: number, asked = 0, now = 0): void {
  for (let i = 0; i < count; i++) breaker.failed(failure({ lane: 1 + (i % lanes), asked }), now);
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
    breaker.failed(failure({ lane: 3 }), 0);
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
    breaker.failed(failure({ lane: 3, asked: 7000 }), 1000);
    assert.equal(breaker.state, 'open');
    assert.equal(breaker.wait(1000), 7000);
    // Requests from before are answered: who asks for more is heard, who does not is no news.
    breaker.failed(failure({ lane: 4 }), 2000);
    assert.equal(breaker.wait(2000), 6000);
    breaker.failed(failure({ lane: 5, asked: 9000 }), 2000);
    assert.equal(breaker.wait(2000), 9000);
    breaker.failed(failure({ lane: 6, asked: 1000 }), 2000);
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
      breaker.failed(failure({ lane: 3 }), now);
      assert.equal(breaker.state, 'half_open');
      breaker.failed(failure({ lane: 4, isProbe: true }), now);
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
    breaker.failed(failure({ lane: 1, isProbe: true, asked: 60_000 }), 100);
    assert.equal(breaker.wait(100), 60_000);
  });

  test('a probe that is answered badly brings the next one soon, however often', () => {
    const breaker = new Breaker(backoff);
    for (let lane = 1; lane <= 10; lane++) breaker.failed(failure({ lane, isAnswered: true }), 0);
    assert.equal(breaker.state, 'open');
    for (let i = 0; i < 20; i++) {
      assert.equal(breaker.wait(0), 20);
      assert.equal(breaker.isSilent, false);
      breaker.probe();
      breaker.failed(failure({ isProbe: true, isAnswered: true }), 0);
    }
    // Silence, and a wish to wait, count from there on.
    for (const round of [1, 2]) {
      breaker.probe();
      breaker.failed(failure({ isProbe: true }), 0);
      assert.equal(breaker.wait(0), backoff(round));
      assert.equal(breaker.isSilent, true);
    }
    breaker.probe();
    breaker.failed(failure({ isProbe: true, isAnswered: true, asked: 7 }), 0);
    assert.equal(breaker.wait(0), backoff(3));
    breaker.probe();
    breaker.failed(failure({ isProbe: true, isAnswered: true }), 0);
    assert.equal(breaker.wait(0), 20);
  });

  test('tells the end of an outage from that of some failures', () => {
    const breaker = new Breaker(backoff);
    assert.equal(breaker.answered(), false);
    for (const [isAnswered, outage] of [
      [true, false],
      [false, true],
    ] as const) {
      fail(breaker, 10, 10);
      assert.equal(breaker.answered(), false, 'the first probe found it');
      fail(breaker, 10, 10);
      for (let i = 0; i < 3; i++) {
        breaker.probe();
        breaker.failed(failure({ isProbe: true, isAnswered }), 0);
      }
      assert.equal(breaker.answered(), outage);
      assert.equal(breaker.answered(), false);
    }
    // Silence that comes back within a minute is no outage of its own.
    for (const [now, outage] of [
      [59_999, false],
      [60_000, true],
    ] as const) {
      fail(breaker, 10, 10);
      breaker.probe();
      for (let i = 0; i < 20; i++) breaker.failed(failure({ isProbe: true }), now);
      assert.equal(breaker.answered(), outage);
    }
  });

  test('probes at once in a hurry', () => {
    const breaker = new Breaker(backoff);
    fail(breaker, 3, 3, 3_600_000);
    breaker.hurry();
    assert.equal(breaker.wait(0), 0);
    assert.equal(breaker.state, 'open');
  });
});
