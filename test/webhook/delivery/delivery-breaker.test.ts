import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientNames, Stage } from './delivery-stage.ts';

/** All requests fail in this way, in the next millisecond. */
function down(stage: Stage, status = 0, retryAfter?: string): void {
  stage.transport.reply = (sent) => stage.clock.after(1, () => sent.answer(status, { retryAfter }));
}

function up(stage: Stage): void {
  stage.transport.reply = (sent) => stage.clock.after(1, () => sent.answer(200));
}

suite('an endpoint that is down', () => {
  for (const status of [0, 503])
    test(`(${status}) is tried out by one event at a time, less and less often`, () => {
      const stage = new Stage({ connection: { poolSize: 8 } });
      down(stage, status);
      stage.add(...clientNames(1000));
      stage.clock.advance(50);
      assert.equal(stage.figures.breaker, 'open');
      assert.equal(stage.figures.trouble, 'failing');
      // Eight at first, and one after each failure but the tenth.
      assert.equal(stage.sent.length, 17);
      stage.clock.advance(3_600_000);
      const probes = stage.sent.slice(17);
      // A pause of 100 ms at first, then twice as long each time, up to 5 s; half of each is random.
      assert.ok(probes.length > 720 && probes.length < 1450, `${probes.length} probes`);
      const pauses = probes.map(({ at }, i) => at - (probes[i - 1]?.at ?? at));
      for (const [i, pause] of pauses.entries()) {
        const full = Math.min(100 * 2 ** i, 5000);
        assert.ok(i === 0 || (pause >= full / 2 && pause <= full + 2), `${i}: ${pause}`);
      }
      assert.ok(probes.every(({ events }) => events.length === 1));
      assert.ok(new Set(probes.map(({ names }) => names)).size > 50, 'not the same event again and again');
      assert.ok(stage.clock.timers <= 1);
    });

  test('gets all that waits as soon as it answers', () => {
    const stage = new Stage({ connection: { poolSize: 8 } });
    down(stage);
    const clients = clientNames(500);
    stage.add(...clients, ...clients);
    stage.clock.advance(600_000);
    const before = stage.sent.length;
    up(stage);
    stage.clock.advance(5500);
    assert.equal(stage.figures.breaker, 'closed');
    assert.equal(stage.figures.trouble, 'none');
    assert.equal(stage.figures.delivered, 1000);
    assert.equal(stage.sent.length - before, 1000);
    const got = stage.sent.slice(before);
    for (const client of clients) {
      const payloads = got.flatMap(({ events }) => events).filter((event) => event.client === client);
      assert.deepEqual(
        payloads.map(({ payload }) => payload),
        ['0', '1'],
      );
    }
    assert.ok((got.at(-1)?.at ?? Infinity) - (got[0]?.at ?? 0) < 200, 'without further pauses');
  });

  test('gets what waited for another attempt at once, too', () => {
    const stage = new Stage({ connection: { poolSize: 1 } });
    stage.transport.reply = (sent) => stage.clock.after(1, () => sent.answer(sent.names.startsWith('x') ? 500 : 200));
    stage.add('x');
    while (stage.sent.filter(({ names }) => names === 'x0').length < 8) {
      stage.add('good');
      stage.clock.advance(1000);
    }
    // The next attempt of x0 is six seconds away; until then the others have opened the breaker, and are back.
    down(stage);
    stage.add(...clientNames(10));
    while (stage.figures.failures['none'] !== 13) stage.clock.advance(1);
    assert.equal(stage.figures.breaker, 'open');
    up(stage);
    stage.clock.advance(1700);
    assert.equal(stage.backlog.held.events, 0);
  });

  test('and has few clients gets them all at once when it is back', () => {
    const stage = new Stage();
    down(stage);
    stage.add(...clientNames(8));
    stage.clock.advance(600_000);
    const before = stage.sent.length;
    up(stage);
    stage.clock.advance(5100);
    const got = stage.sent.slice(before);
    assert.equal(stage.figures.delivered, 8);
    assert.ok((got.at(-1)?.at ?? Infinity) - (got[0]?.at ?? 0) < 50);
  });

  test('keeps a batch that was waiting for more, once', () => {
    const stage = new Stage({ batch: { maxEvents: 4, maxWait: 60_000 }, connection: { poolSize: 12 } });
    stage.add(...clientNames(40), 'z');
    assert.equal(stage.open.length, 10);
    for (const sent of stage.open) sent.answer(0);
    stage.clock.endTurns();
    assert.equal(stage.figures.breaker, 'open');
    up(stage);
    stage.clock.advance(61_000);
    assert.equal(stage.figures.delivered, 41);
    const got = stage.sent.slice(10).flatMap(({ events }) => events.map(({ client }) => client));
    assert.equal(got.length, 41);
    assert.equal(new Set(got).size, 41);
  });

  test('is half open while it is tried out, and any good answer closes it', () => {
    const stage = new Stage({ connection: { poolSize: 12 } });
    stage.add(...clientNames(40));
    const [late, ...others] = stage.open;
    for (const sent of others.slice(0, 10)) sent.answer(0);
    stage.clock.endTurns();
    assert.equal(stage.figures.breaker, 'open');
    const before = stage.sent.length;
    stage.clock.advance(101);
    assert.equal(stage.figures.breaker, 'half_open');
    assert.equal(stage.sent.length, before + 1);
    stage.clock.advance(10_000);
    assert.equal(stage.sent.length, before + 1, 'one at a time');
    late?.answer(200);
    stage.clock.endTurns();
    assert.equal(stage.figures.breaker, 'closed');
    assert.equal(stage.open.length, 12);
  });

  test('that says 404 is not down', () => {
    const stage = new Stage();
    stage.transport.reply = (sent) => sent.answer(404);
    stage.add(...clientNames(100));
    assert.equal(stage.figures.deadLettered, 100);
    assert.equal(stage.figures.breaker, 'closed');
    assert.equal(stage.figures.trouble, 'refusing');
  });

  test('that asks several clients to wait is left alone for so long', () => {
    const stage = new Stage({ connection: { poolSize: 2 } });
    down(stage, 429, '60');
    stage.add(...clientNames(100));
    stage.clock.advance(10);
    assert.equal(stage.figures.breaker, 'open');
    assert.ok(stage.sent.length <= 4, `${stage.sent.length} requests`);
    const before = stage.sent.length;
    stage.clock.advance(59_980);
    assert.equal(stage.sent.length, before);
    up(stage);
    stage.clock.advance(200);
    assert.equal(stage.figures.delivered, 100);
  });

  test('is tried out at once in a hurry', () => {
    const stage = new Stage();
    down(stage, 503, '3600');
    stage.add(...clientNames(20));
    stage.clock.advance(100);
    up(stage);
    stage.delivery.hurry();
    stage.clock.advance(100);
    assert.equal(stage.figures.delivered, 20);
  });

  test('with batches is tried out with one event; what failed together is sent together again', () => {
    const stage = new Stage({ batch: { maxEvents: 10, maxWait: 5 }, connection: { poolSize: 4 } });
    down(stage);
    stage.add(...clientNames(500));
    stage.clock.advance(60_000);
    assert.equal(stage.figures.breaker, 'open');
    const opening = stage.sent.findIndex(({ events }) => events.length === 1);
    const probes = stage.sent.slice(opening);
    assert.ok(opening >= 10 && probes.length > 5);
    assert.ok(probes.every(({ events }) => events.length === 1));
    up(stage);
    stage.clock.advance(31_000);
    assert.equal(stage.figures.delivered, 500);
    assert.equal(stage.figures.breaker, 'closed');
    const together = stage.sent.slice(0, opening).map(({ names }) => names);
    const later = new Set(stage.sent.slice(opening + probes.length).map(({ names }) => names));
    // All but those from which an event was taken to try the endpoint out.
    assert.ok(together.filter((names) => later.has(names)).length >= together.length / 3);
  });

  test('does not keep events that have become too old', () => {
    const stage = new Stage({ retry: { maxAge: 60_000 }, spool: { maxBytes: 1e9 } });
    down(stage);
    stage.add(...clientNames(3000));
    stage.clock.advance(50_000);
    stage.add('late');
    stage.clock.advance(50_000);
    // All but those that were tried, at the most.
    assert.ok(stage.figures.deadLettered > 2900, `${stage.figures.deadLettered}`);
    up(stage);
    stage.clock.advance(61_000);
    assert.equal(stage.figures.delivered + stage.figures.deadLettered, 3001);
  });

  test('and answers 500 to everything gets fifty requests per second at most, one at a time', () => {
    const stage = new Stage({ connection: { poolSize: 32 }, spool: { maxBytes: 1e9 } });
    down(stage, 500);
    stage.add(...clientNames(10_000));
    stage.clock.advance(100);
    assert.equal(stage.figures.breaker, 'open');
    const before = stage.sent.length;
    let most = 0;
    for (let second = 1; second <= 300; second++) {
      stage.clock.advance(1000);
      most = Math.max(most, stage.open.length);
      assert.ok(stage.sent.length - before <= second * 50 + 1, `${stage.sent.length - before} in ${second} s`);
    }
    assert.ok(most <= 1);
    up(stage);
    stage.clock.advance(31_000);
    assert.equal(stage.figures.delivered, 10_000);
    assert.equal(stage.figures.breaker, 'closed');
  });

  test('does not lose events when the time of day jumps meanwhile', () => {
    const stage = new Stage({ retry: { maxAge: 86_400_000 }, batch: { maxEvents: 3 } });
    const date = stage.clock.date.bind(stage.clock);
    down(stage);
    stage.add(...clientNames(200));
    stage.clock.advance(5000);
    stage.clock.date = () => date() + 3 * 365 * 86_400_000;
    stage.clock.advance(60_000);
    stage.add('late');
    stage.clock.advance(86_000_000);
    assert.equal(stage.letters.length, 0);
    // What waits since after the jump is not given more time than the others.
    stage.clock.advance(400_000);
    up(stage);
    stage.clock.advance(60_000);
    assert.equal(stage.letters.length, 201);
  });
});

suite('100,000 clients that wait', () => {
  test('cost neither timers nor turns while the endpoint is down', () => {
    const stage = new Stage({ spool: { maxBytes: 1e9 } });
    down(stage);
    stage.add(...clientNames(100_000));
    stage.clock.advance(600_000);
    assert.ok(stage.clock.timers <= 1);
    assert.ok(stage.sent.length < 300);
    stage.transport.reply = (sent) => sent.answer(200);
    stage.clock.advance(31_000);
    assert.equal(stage.figures.delivered, 100_000);
  });

  test('each for its own attempt have one timer', () => {
    const stage = new Stage({ connection: { poolSize: 1000 }, spool: { maxBytes: 1e9 } });
    let count = 0;
    // Every fifth gets through, so that the endpoint does not count as down.
    stage.transport.reply = (sent) => sent.answer(count++ % 5 === 0 ? 200 : 500);
    stage.add(...clientNames(20_000));
    assert.equal(stage.clock.timers, 1);
    stage.transport.reply = (sent) => sent.answer(200);
    stage.clock.advance(101);
    assert.equal(stage.figures.delivered, 20_000);
  });
});
