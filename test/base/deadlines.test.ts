import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { type Deadline, Deadlines } from '../../src/base/deadlines.ts';
import { FakeClock } from '../kit/fake-clock.ts';

function scene(): {
  clock: FakeClock;
  deadlines: Deadlines;
  ran: string[];
  add: (name: string, ms: number) => Deadline;
} {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const ran: string[] = [];
  return { clock, deadlines, ran, add: (name, ms) => deadlines.add(clock.now() + ms, () => ran.push(name)) };
}

suite('Deadlines', () => {
  test('run at their time, the earliest first, each once', () => {
    const { clock, deadlines, ran, add } = scene();
    add('c', 300);
    add('a', 100);
    add('b', 200);
    clock.advance(99.9);
    assert.deepEqual(ran, []);
    clock.advance(0.1);
    assert.deepEqual(ran, ['a']);
    clock.advance(1000);
    assert.deepEqual(ran, ['a', 'b', 'c']);
    assert.equal(deadlines.size, 0);
  });

  test('do what a naive list does, however additions, removals and time follow each other', () => {
    const anyStep = fc.oneof(
      { weight: 5, arbitrary: fc.record({ add: fc.nat(100) }) },
      { weight: 3, arbitrary: fc.record({ remove: fc.nat(1000) }) },
      { weight: 1, arbitrary: fc.record({ advance: fc.nat(20) }) },
    );
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 150, size: 'max' }), (steps) => {
        const { clock, deadlines, ran, add } = scene();
        const all: { name: string; deadline: Deadline; at: number }[] = [];
        let waiting: typeof all = [];
        for (const step of steps) {
          if ('add' in step) {
            const entry = {
              name: `${all.length}`,
              deadline: add(`${all.length}`, step.add),
              at: clock.now() + step.add,
            };
            all.push(entry);
            waiting.push(entry);
          } else if ('remove' in step) {
            // Now and then one that has passed or was removed before: that does nothing.
            const entry = all[step.remove % Math.max(1, all.length)];
            if (entry !== undefined) deadlines.remove(entry.deadline);
            waiting = waiting.filter((other) => other !== entry);
          } else {
            ran.length = 0;
            clock.advance(step.advance);
            const due = waiting.filter(({ at }) => at <= clock.now());
            waiting = waiting.filter((entry) => !due.includes(entry));
            const times = ran.map((name) => all[Number(name)]?.at ?? NaN);
            assert.deepEqual(ran.toSorted(), due.map(({ name }) => name).toSorted());
            assert.deepEqual(
              times,
              times.toSorted((a, b) => a - b),
            );
          }
          assert.equal(deadlines.size, waiting.length);
          assert.ok(clock.timers <= 1);
        }
        clock.advance(1000);
        assert.equal(deadlines.size, 0);
      }),
      { seed: 71, numRuns: 1000 },
    );
  });

  test('need one timer, however many they are, and none when there is none', () => {
    const { clock, deadlines, add } = scene();
    const some = Array.from({ length: 10_000 }, (_, index) => add('x', 10_000 - index));
    assert.equal(clock.timers, 1);
    for (const deadline of some) deadlines.remove(deadline);
    assert.equal(deadlines.size, 0);
    assert.equal(clock.timers, 0);
  });

  test('that are removed do not run, whether first, last or in between', () => {
    const { clock, deadlines, ran, add } = scene();
    const [first, , middle, , last] = ['a', 'b', 'c', 'd', 'e'].map((name, index) => add(name, index));
    for (const deadline of [first, middle, last]) if (deadline !== undefined) deadlines.remove(deadline);
    clock.advance(10);
    assert.deepEqual(ran, ['b', 'd']);
  });

  test('may be removed when they have passed, and twice: that does nothing', () => {
    const { clock, deadlines, ran, add } = scene();
    const passed = add('passed', 1);
    clock.advance(1);
    add('other', 5);
    deadlines.remove(passed);
    deadlines.remove(passed);
    clock.advance(5);
    assert.deepEqual(ran, ['passed', 'other']);
  });

  test('may be added and removed by one that runs', () => {
    const { clock, deadlines, ran, add } = scene();
    const doomed = add('doomed', 10);
    deadlines.add(clock.now() + 10, () => {
      deadlines.remove(doomed);
      add('at once', 0);
      add('later', 5);
    });
    deadlines.remove(doomed);
    const doomedLater = add('doomed', 12);
    deadlines.add(clock.now() + 11, () => deadlines.remove(doomedLater));
    clock.advance(10);
    assert.deepEqual(ran, ['at once']);
    clock.advance(5);
    assert.deepEqual(ran, ['at once', 'later']);
  });

  test('that are in the past run as soon as the timer does', () => {
    const { clock, deadlines, ran } = scene();
    deadlines.add(clock.now() - 1000, () => ran.push('late'));
    clock.advance(0);
    assert.deepEqual(ran, ['late']);
  });

  test('wait again when the timer was early', () => {
    const { clock, ran } = scene();
    const eager = { ...faceOf(clock), after: (ms: number, run: () => void) => clock.after(ms * 0.9, run) };
    const early = new Deadlines(eager);
    early.add(clock.now() + 100, () => ran.push('on time'));
    clock.advance(99);
    assert.deepEqual(ran, []);
    clock.advance(1.1);
    assert.deepEqual(ran, ['on time']);
  });

  test('are forgotten by clear, with their timer', () => {
    const { clock, deadlines, ran, add } = scene();
    const forgotten = add('a', 1);
    add('b', 2);
    deadlines.clear();
    assert.equal(clock.timers, 0);
    clock.advance(10);
    deadlines.remove(forgotten);
    add('c', 1);
    clock.advance(1);
    assert.deepEqual(ran, ['c']);
  });
});

/** What a clock can do, to be changed in one point. */
function faceOf(clock: FakeClock) {
  return {
    now: () => clock.now(),
    date: () => clock.date(),
    endOfTurn: (run: () => void) => clock.endOfTurn(run),
  };
}
