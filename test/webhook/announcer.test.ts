import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Clock } from '../../src/base/clock.ts';
import { Announcer } from '../../src/webhook/announcer.ts';

/** A clock that a test moves. */
class HandClock implements Clock {
  time = 0;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.time;
  }
  date(): number {
    return this.time;
  }
  endOfTurn(run: () => void): void {
    run();
  }
  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  move(ms: number): void {
    this.time += ms;
    const due = this.#timers.filter(({ at }) => at <= this.time);
    this.#timers = this.#timers.filter(({ at }) => at > this.time);
    for (const { run } of due) run();
  }
}

function announcer() {
  const clock = new HandClock();
  const said: string[] = [];
  return { clock, said, states: new Announcer('good', clock, (state) => said.push(`${clock.time}: ${state}`)) };
}

suite('announcer', () => {
  test('says changes, the first at once and the next when it was quiet for ten seconds', () => {
    const { clock, said, states } = announcer();
    states.set('good');
    clock.move(5);
    states.set('bad');
    states.set('bad');
    clock.move(1000);
    states.set('good');
    clock.move(8999);
    assert.deepEqual(said, ['5: bad']);
    clock.move(1);
    assert.deepEqual(said, ['5: bad', '10005: good']);
    clock.move(60_000);
    states.set('bad');
    assert.deepEqual(said, ['5: bad', '10005: good', '70005: bad']);
  });

  test('says at most one thing in ten seconds, whatever goes on', () => {
    const { clock, said, states } = announcer();
    for (let i = 0; i < 1000; i++) {
      states.set('bad');
      states.set('worse');
      states.set('good');
      clock.move(100);
    }
    const expected = Array.from({ length: 10 }, (_, i) => `${i * 10_000}: ${i % 2 === 0 ? 'bad' : 'good'}`);
    assert.deepEqual(said, expected);
  });

  test('says nothing when all is as it was', () => {
    const { clock, said, states } = announcer();
    states.set('bad');
    states.set('good');
    states.set('bad');
    clock.move(60_000);
    assert.deepEqual(said, ['0: bad']);
  });

  test('is silent when stopped', () => {
    const { clock, said, states } = announcer();
    states.set('bad');
    states.set('good');
    states.stop();
    clock.move(60_000);
    states.set('bad');
    clock.move(60_000);
    assert.deepEqual(said, ['0: bad']);
  });
});
