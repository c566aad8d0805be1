import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';

/** The longest time that a timer of Node takes; a longer one it runs after 1 ms. */
const LONGEST = 2 ** 31 - 1;
const FIFTY_DAYS = 50 * 24 * 3600 * 1000;

suite('systemClock.after', () => {
  test('runs once, after the time', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let runs = 0;
    systemClock.after(100, () => runs++);
    t.mock.timers.tick(99);
    assert.equal(runs, 0);
    t.mock.timers.tick(1);
    t.mock.timers.tick(10_000);
    assert.equal(runs, 1);
  });

  for (const ms of [LONGEST, LONGEST + 1, FIFTY_DAYS, 4 * LONGEST + 7])
    test(`waits ${ms} ms in waits that Node takes, and no longer`, (t) => {
      const waits: { run: () => void; wait: number }[] = [];
      t.mock.method(globalThis, 'setTimeout', (run: () => void, wait: number) => void waits.push({ run, wait }));
      let runs = 0;
      systemClock.after(ms, () => runs++);
      const total = (): number => waits.reduce((sum, { wait }) => sum + wait, 0);
      for (; total() < ms; waits.at(-1)?.run()) assert.equal(runs, 0);
      waits.at(-1)?.run();
      assert.equal(runs, 1);
      assert.equal(total(), ms);
      assert.ok(waits.every(({ wait }) => wait <= LONGEST));
    });

  test('can be cancelled in any part of a long wait', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let runs = 0;
    const cancels = [0, 1, 2].map(() => systemClock.after(3 * LONGEST, () => runs++));
    for (const cancel of cancels) {
      cancel();
      t.mock.timers.tick(LONGEST);
    }
    t.mock.timers.tick(3 * LONGEST);
    assert.equal(runs, 0);
  });
});

suite('systemClock', () => {
  test('tells a time that never goes back, and the date', () => {
    const before = systemClock.now();
    assert.ok(systemClock.now() >= before);
    assert.ok(Math.abs(systemClock.date() - Date.now()) < 1000);
  });

  test('ends the turn after what is ready now', async () => {
    const order: string[] = [];
    const ended = new Promise<void>((resolve) => {
      systemClock.endOfTurn(() => {
        order.push('end of turn');
        resolve();
      });
    });
    process.nextTick(() => order.push('tick'));
    void Promise.resolve().then(() => order.push('promise'));
    await ended;
    assert.deepEqual(order.toSorted(), ['end of turn', 'promise', 'tick']);
    assert.equal(order.at(-1), 'end of turn');
  });
});
