import assert from 'node:assert/strict';
import { suite } from 'node:test';
import { recordSince } from '../../../src/webhook/events/record.ts';
import { RecordReader } from '../../../src/webhook/events/record-reader.ts';
import { type BacklogStage, costOf, nameOf, namesIn, numbered, REFUSED, START, testBoth } from './backlog-kit.ts';

function lettersOf(stage: BacklogStage, limit = 100, after = 0): string {
  const letters = stage.backlog.deadLetters.list(limit, after);
  return letters.map(({ event }) => nameOf(event.record)).join(' ');
}

/** Gives up everything there is. */
function buryAll(stage: BacklogStage): void {
  for (let lane = stage.take(); lane !== null; lane = stage.take()) stage.bury(lane);
}

const LETTER = REFUSED.reason.length + REFUSED.answer.length;

suite('dead letters', () => {
  testBoth('are what was given up, with the reason', async (open) => {
    const stage = open({ maxEvents: 5 });
    const { deadLetters } = stage.backlog;
    assert.deepEqual(deadLetters.held, { events: 0, bytes: 0, oldest: null });
    await stage.accept('a1 a2 a3 b1', 100);
    const a = stage.taken();
    const { lane, run, record } = a.at(0) ?? assert.fail();
    const before = Date.now();
    stage.bury(a, 2);
    const bytes = costOf('a1', 100) + costOf('a2', 100) + 2 * LETTER;
    assert.deepEqual(deadLetters.held, { events: 2, bytes, oldest: START });
    assert.equal(stage.backlog.held.events, 2);
    const [first, second, ...others] = deadLetters.list(10, 0);
    assert.deepEqual(others, []);
    const { id, at, event: buried, ...failure } = first ?? assert.fail();
    assert.deepEqual(failure, REFUSED);
    assert.deepEqual([buried.lane, buried.run, buried.record], [lane, run, record]);
    assert.ok(at >= before && at <= Date.now());
    assert.ok((second?.id ?? 0) > id);
    await stage.accept('c1');
    assert.deepEqual(deadLetters.held, { events: 2, bytes, oldest: START });
    assert.deepEqual((await stage.drain()).toSorted(), ['a3', 'b1', 'c1']);
  });

  testBoth('are not found by what is no id, nor listed without end', async (open) => {
    const stage = open();
    const { deadLetters } = stage.backlog;
    await stage.accept('a1 b1');
    stage.bury(stage.taken());
    stage.bury(stage.taken());
    const ids = [undefined, 'x', 1.5, NaN, null] as unknown as number[];
    assert.equal(deadLetters.resend(ids), 0);
    assert.equal(deadLetters.discard(ids), 0);
    for (const limit of [-1, 0, NaN]) assert.deepEqual(deadLetters.list(limit, 0), []);
    assert.equal(deadLetters.list(1.5, 0).length, 2);
    assert.equal(stage.backlog.problem, null);
    assert.equal(deadLetters.held.events, 2);
  });

  testBoth('are listed in pages', async (open) => {
    const stage = open();
    await stage.accept(numbered('a', 1, 7));
    buryAll(stage);
    const [, , third] = stage.backlog.deadLetters.list(3, 0);
    assert.equal(lettersOf(stage, 3), 'a1 a2 a3');
    assert.equal(lettersOf(stage, 3, third?.id), 'a4 a5 a6');
    assert.equal(lettersOf(stage, 100, 1e9), '');
    assert.equal(lettersOf(stage, 0), '');
    assert.equal(lettersOf(stage, Infinity), 'a1 a2 a3 a4 a5 a6 a7');
  });

  testBoth('are the newest that have room, to the byte; the others are counted', async (open) => {
    const each = costOf('a10', 100) + LETTER;
    const stage = open({ letterBytes: 5 * each });
    await stage.accept(numbered('a', 10, 14), 100);
    buryAll(stage);
    await stage.accept('b1');
    stage.putBack(stage.taken());
    assert.equal(stage.dropped.dead_letters_full, undefined);
    await stage.accept(numbered('a', 15, 17), 100);
    await stage.drain((lane) => (namesIn(lane).startsWith('a') ? (stage.bury(lane), 0) : 1));
    await stage.accept('c1');
    assert.equal(lettersOf(stage), 'a13 a14 a15 a16 a17');
    assert.equal(stage.backlog.deadLetters.held.bytes, 5 * each);
    assert.deepEqual(stage.dropped, { dead_letters_full: 3 });
  });

  testBoth('wait anew when they are sent again: what is too old is not given up at once', async (open) => {
    const stage = open();
    await stage.accept('a1');
    const first = stage.taken();
    const { record } = first.at(0) ?? assert.fail();
    assert.equal(recordSince(record), START);
    stage.bury(first);
    const before = Date.now();
    assert.equal(stage.backlog.deadLetters.resend('all'), 1);
    await stage.accept('b1');
    const again = stage.taken().at(0) ?? assert.fail();
    assert.equal(nameOf(again.record), 'a1');
    assert.ok(recordSince(again.record) >= before);
    const reader = new RecordReader();
    reader.open(again.record);
    assert.equal(reader.time, START, 'the event happened when it happened');
  });

  testBoth('are none where there is no room for one', async (open) => {
    const stage = open({ letterBytes: 0 });
    await stage.accept('a1');
    buryAll(stage);
    await stage.accept('b1');
    assert.deepEqual(await stage.drain(), ['b1']);
    assert.deepEqual(stage.dropped, { dead_letters_full: 1 });
    assert.deepEqual(stage.backlog.deadLetters.held, { events: 0, bytes: 0, oldest: null });
  });

  testBoth('are sent again behind what waits', async (open) => {
    const stage = open();
    const { deadLetters } = stage.backlog;
    await stage.accept('a1 b1 c1 a2');
    for (let i = 0; i < 3; i++) stage.bury(stage.taken());
    await stage.accept('a3');
    const [, b] = deadLetters.list(3, 0);
    const { ready } = stage;
    assert.equal(deadLetters.resend([b?.id ?? 0, b?.id ?? 0, 12_345]), 1);
    await ready;
    assert.equal(deadLetters.resend('all'), 2);
    assert.equal(deadLetters.resend('all'), 0);
    assert.equal(stage.backlog.held.events, 5);
    assert.deepEqual(deadLetters.held, { events: 0, bytes: 0, oldest: null });
    const a = stage.taken();
    const ids = [stage.taken(), a, stage.taken()].map((lane) => lane.at(lane.length - 1)?.id ?? 0);
    assert.equal(namesIn(a), 'a2 a3 a1');
    assert.deepEqual(
      ids,
      ids.toSorted((x, y) => x - y),
    );
  });

  testBoth('that have no room in the queue stay what they are', async (open) => {
    const each = costOf('a10', 100);
    const stage = open({ maxBytes: 4 * each });
    await stage.accept('a10 b10 c10 d10', 100);
    buryAll(stage);
    await stage.accept('e10 f10', 100);
    assert.equal(stage.backlog.deadLetters.resend('all'), 2);
    assert.equal(lettersOf(stage), 'c10 d10');
    assert.deepEqual(await stage.drain(), ['e10', 'f10', 'a10', 'b10']);
    assert.equal(stage.backlog.held.bytes, 0);
  });

  testBoth('can be discarded', async (open) => {
    const stage = open();
    const { deadLetters } = stage.backlog;
    await stage.accept('a1 b1 c1');
    buryAll(stage);
    const [, b] = deadLetters.list(3, 0);
    assert.equal(deadLetters.discard([b?.id ?? 0, 0, -1]), 1);
    assert.equal(lettersOf(stage), 'a1 c1');
    assert.equal(deadLetters.discard('all'), 2);
    assert.equal(deadLetters.discard('all'), 0);
    assert.deepEqual(deadLetters.held, { events: 0, bytes: 0, oldest: null });
    assert.equal(stage.backlog.held.events, 0);
    assert.deepEqual(stage.dropped, {});
  });

  testBoth('can be many', async (open) => {
    const stage = open({ maxBytes: 100e6, letterBytes: 100e6 });
    const all = numbered('a', 10_000, 14_999);
    await stage.accept(all);
    buryAll(stage);
    assert.equal(stage.backlog.deadLetters.resend('all'), 5000);
    assert.deepEqual(await stage.drain(), all);
  });
});
