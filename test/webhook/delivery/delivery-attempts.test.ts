import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientNames, Stage } from './delivery-stage.ts';

suite('an event alone in its request', () => {
  test('is settled by a good answer, and the next one of its client goes', () => {
    const stage = new Stage();
    stage.add('a', 'a', 'b');
    assert.deepEqual(stage.onTheWay, ['a0', 'b0']);
    stage.answer('a0', 200);
    assert.deepEqual(stage.onTheWay, ['b0', 'a1']);
    stage.answer('b0', 204);
    stage.answer('a1', 200);
    assert.equal(stage.backlog.held.events, 0);
    const { delivered, retried, deadLettered, inFlight, latency, lastError, trouble, breaker } = stage.figures;
    assert.deepEqual(
      { delivered, retried, deadLettered, inFlight },
      { delivered: 3, retried: 0, deadLettered: 0, inFlight: 0 },
    );
    assert.deepEqual({ lastError, trouble, breaker }, { lastError: null, trouble: 'none', breaker: 'closed' });
    assert.equal(latency.count, 3);
    assert.equal(latency.sum, 9);
    assert.equal(latency.buckets[2], 3, 'more than 2 ms, up to 5');
    assert.ok(stage.changes >= 3);
  });

  test('has the same id in each attempt, and the number of the attempt', () => {
    const stage = new Stage();
    stage.add('a', 'a');
    for (const status of [500, 503]) {
      stage.answer('a0', status);
      stage.clock.advance(400);
    }
    stage.answer('a0', 200);
    assert.deepEqual(
      stage.sent.map(({ names, headers }) => [names, headers.get('hookmq-attempt')]),
      [
        ['a0', '1'],
        ['a0', '2'],
        ['a0', '3'],
        ['a1', '1'],
      ],
    );
    const ids = stage.sent.map(({ headers }) => headers.get('webhook-id'));
    assert.equal(new Set(ids.slice(0, 3)).size, 1);
    assert.notEqual(ids[3], ids[0]);
    assert.match(ids[0] ?? '', /^evt_run1_1$/);
    assert.equal(stage.figures.retried, 2);
  });

  test('waits longer and longer, and nobody else waits for it', () => {
    const stage = new Stage();
    stage.add('a', 'b');
    for (let failures = 1; failures < 14; failures++) {
      stage.answer('b' + String(failures - 1), 200);
      const before = stage.clock.now();
      stage.answer('a0', 500);
      stage.add('b');
      assert.deepEqual(stage.onTheWay, [`b${failures}`]);
      const full = Math.min(100 * 2 ** (failures - 1), 30_000);
      stage.clock.advance(full / 2 - 1);
      assert.deepEqual(stage.onTheWay, [`b${failures}`]);
      stage.clock.advance(full / 2 + 2);
      assert.deepEqual(stage.onTheWay, [`b${failures}`, 'a0']);
      const last = stage.sent.at(-1);
      assert.ok(last !== undefined && last.at - before >= full / 2 && last.at - before <= full + 1);
    }
    assert.equal(stage.figures.breaker, 'closed');
    assert.equal(stage.figures.trouble, 'failing');
    stage.answer('a0', 200);
    assert.equal(stage.figures.trouble, 'none');
  });

  test('waits as long as Retry-After says', () => {
    const stage = new Stage();
    stage.add('a', 'b');
    stage.answer('a0', 429, { retryAfter: '7' });
    stage.answer('b0', 503, { retryAfter: new Date(stage.clock.date() + 9000).toUTCString() });
    stage.clock.advance(6990);
    assert.deepEqual(stage.onTheWay, []);
    stage.clock.advance(11);
    assert.deepEqual(stage.onTheWay, ['a0']);
    stage.clock.advance(2000);
    assert.deepEqual(stage.onTheWay, ['a0', 'b0']);
    // Less than the pause that it would have had anyway.
    stage.answer('a0', 503, { retryAfter: '0' });
    stage.clock.advance(90);
    assert.deepEqual(stage.onTheWay, ['b0']);
    stage.clock.advance(120);
    assert.deepEqual(stage.onTheWay, ['b0', 'a0']);
  });

  for (const status of [400, 404, 410, 413, 301])
    test(`is a dead letter at once when the answer is ${status}`, () => {
      const stage = new Stage();
      stage.add('a', 'a');
      stage.answer('a0', status, { text: 'go away' });
      assert.deepEqual(stage.onTheWay, ['a1']);
      const [letter] = stage.letters;
      assert.ok(letter !== undefined);
      const { reason, answer, attempts } = letter;
      assert.deepEqual(
        { status: letter.status, reason, answer, attempts },
        { status, reason: `refused with status ${status}`, answer: 'go away', attempts: 1 },
      );
      assert.equal(stage.figures.trouble, 'refusing');
      assert.equal(stage.figures.lastError, `the endpoint answered with status ${status}`);
      stage.answer('a1', 200);
      const { trouble, delivered, deadLettered, retried, failures } = stage.figures;
      assert.deepEqual(
        { trouble, delivered, deadLettered, retried },
        { trouble: 'none', delivered: 1, deadLettered: 1, retried: 0 },
      );
      assert.deepEqual(failures, { [status]: 1 });
    });

  test('is a dead letter after so many attempts', () => {
    const stage = new Stage({ retry: { maxAttempts: 3 } });
    stage.add('a', 'a');
    for (const status of [500, 0, 503]) {
      stage.answer('a0', status);
      stage.clock.advance(500);
    }
    assert.deepEqual(stage.onTheWay, ['a1']);
    assert.equal(stage.sent.length, 4);
    const [letter] = stage.letters;
    assert.equal(letter?.reason, 'given up after 3 attempts: the endpoint answered with status 503');
    assert.equal(letter?.attempts, 3);
    assert.deepEqual(stage.figures.failures, { 500: 1, 503: 1, none: 1 });
    assert.equal(stage.figures.retried, 2);
  });

  test('is a dead letter when it is too old, also before its first attempt', () => {
    const stage = new Stage({ retry: { maxAge: 60_000 }, connection: { poolSize: 1 } });
    stage.add('a', 'b', 'a', 'b');
    stage.clock.advance(30_000);
    stage.add('c');
    stage.answer('a0', 503, { retryAfter: '20' });
    assert.deepEqual(stage.onTheWay, ['b0']);
    stage.clock.advance(30_000);
    stage.answer('b0', 200);
    // a0 failed at half the time and is due again; a1 and b1 were never sent.
    assert.deepEqual(stage.onTheWay, ['c0']);
    stage.answer('c0', 200);
    assert.deepEqual(stage.onTheWay, []);
    assert.deepEqual(
      stage.letters
        .map(({ attempts, status, reason }) => ({ attempts, status, reason }))
        .toSorted((one, other) => other.attempts - one.attempts),
      [
        { attempts: 1, status: 503, reason: 'older than 1m: the endpoint answered with status 503' },
        { attempts: 0, status: 0, reason: 'older than 1m' },
        { attempts: 0, status: 0, reason: 'older than 1m' },
      ],
    );
    assert.equal(stage.figures.deadLettered, 3);
  });

  test('tells the last twenty failures', () => {
    const stage = new Stage();
    stage.add('a');
    for (let i = 0; i < 25; i++) {
      stage.answer('a0', i === 24 ? 0 : 500 + i, { text: `answer ${i}` });
      stage.clock.advance(30_001);
    }
    const { recentFailures, lastError } = stage.figures;
    assert.equal(recentFailures.length, 20);
    const { at, ...newest } = recentFailures.at(-1) ?? { at: 0 };
    assert.ok(Math.abs(at + 30_001 - stage.clock.date()) <= 1);
    assert.deepEqual(newest, {
      event: 'on_message_publish',
      eventId: 'evt_run1_1',
      clientId: 'a',
      attempt: 25,
      status: 0,
      reason: 'connection refused',
      answer: 'answer 24',
    });
    assert.equal(recentFailures[0]?.status, 505);
    assert.equal(lastError, 'connection refused');
  });
});

suite('what cannot be sent', () => {
  test('becomes a dead letter, and what is behind it goes on', () => {
    const stage = new Stage();
    stage.add('a');
    // A record of an event that does not exist, in the lane of a client.
    const broken = Buffer.alloc(41);
    broken.writeUInt32LE(41, 0);
    broken[4] = 250;
    broken.writeDoubleLE(77, 5);
    stage.accept(new Uint8Array([...broken, ...broken]).buffer);
    stage.add('b');
    assert.deepEqual(stage.onTheWay, ['a0', 'b0']);
    assert.equal(stage.letters.length, 2);
    assert.match(stage.letters[0]?.reason ?? '', /^cannot make the body: /);
    assert.match(stage.figures.lastError ?? '', /^cannot make the body: /);
  });
});

suite('on their way', () => {
  test('are as many requests as there are places', () => {
    const stage = new Stage({ connection: { poolSize: 3, pipelining: 4 } });
    stage.add(...clientNames(50));
    assert.equal(stage.open.length, 12);
    assert.equal(stage.figures.inFlight, 12);
    stage.answer('c0/0', 200);
    assert.equal(stage.open.length, 12);
    stage.transport.reply = (sent) => sent.answer(200);
    for (const sent of stage.open) sent.answer(200);
    stage.clock.endTurns();
    assert.equal(stage.figures.delivered, 50);
  });

  test('old and new take turns when both wait', () => {
    const stage = new Stage({ connection: { poolSize: 1 }, retry: { firstDelay: 1, maxDelay: 1 } });
    stage.add(...clientNames(40));
    // Every other one fails always: those pile up, and the good ones get through nevertheless.
    stage.transport.reply = (sent) => {
      const number = Number(sent.names.slice(1, sent.names.indexOf('/')));
      stage.clock.after(5, () => sent.answer(number % 2 === 0 ? 500 : 200));
    };
    stage.answer('c0/0', 500);
    stage.clock.advance(5 * 90);
    assert.equal(stage.figures.delivered, 20);
    assert.ok(stage.figures.retried > 20);
  });

  test('are no more than the rate allows', () => {
    const stage = new Stage({ rate: 50, connection: { poolSize: 100 } });
    stage.transport.reply = (sent) => sent.answer(200);
    stage.add(...clientNames(200));
    assert.equal(stage.sent.length, 5, "a tenth of a second's at once");
    stage.clock.advance(1000);
    assert.ok(Math.abs(stage.sent.length - 55) <= 1, `${stage.sent.length}`);
    stage.clock.advance(2000);
    assert.ok(Math.abs(stage.sent.length - 155) <= 1, `${stage.sent.length}`);
    stage.clock.advance(1000);
    assert.equal(stage.sent.length, 200);
  });
});

suite('the end of a delivery', () => {
  test('in a hurry nothing waits long', () => {
    const stage = new Stage();
    stage.add('a', 'b');
    stage.answer('a0', 503, { retryAfter: '3600' });
    stage.answer('b0', 500);
    stage.delivery.hurry();
    stage.clock.endTurns();
    assert.deepEqual(stage.onTheWay, ['a0', 'b0']);
    for (let i = 0; i < 10; i++) {
      stage.answer('a0', 503, { retryAfter: '3600' });
      stage.clock.advance(501);
      assert.deepEqual(stage.onTheWay, ['b0', 'a0']);
    }
  });

  test('is when the last answer is there; nothing more is sent', async () => {
    const stage = new Stage({ connection: { poolSize: 2 } });
    stage.add('a', 'b', 'c', 'a');
    let isFinished = false;
    const finished = stage.delivery.finish().then(() => (isFinished = true));
    stage.answer('b0', 500);
    await stage.clock.settle();
    assert.equal(isFinished, false);
    stage.answer('a0', 200);
    await finished;
    stage.clock.advance(60_000);
    stage.delivery.ready();
    stage.delivery.hurry();
    stage.clock.endTurns();
    assert.equal(stage.sent.length, 2);
    assert.equal(stage.backlog.held.events, 3);
    assert.equal(stage.clock.timers, 0);
  });

  test('is at once when nothing is on its way', async () => {
    const stage = new Stage();
    stage.add('a');
    stage.answer('a0', 500);
    await stage.delivery.finish();
    assert.equal(stage.backlog.held.events, 1);
  });
});
