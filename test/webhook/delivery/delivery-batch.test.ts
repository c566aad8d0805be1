import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientNames, Stage } from './delivery-stage.ts';
import type { EndpointFields } from '../endpoint.ts';

function batchStage(batch: EndpointFields['batch'], fields: EndpointFields = {}): Stage {
  return new Stage({ connection: { poolSize: 2 }, ...fields, batch: { maxEvents: 4, ...batch } });
}

suite('a batch', () => {
  test('has events of all clients in turn, as many as fit', () => {
    const stage = batchStage({ maxEvents: 5 });
    stage.add('a', 'a', 'b', 'c', 'c', 'c', 'd');
    assert.deepEqual(stage.onTheWay, ['a0 a1 b0 c0 c1', 'd0']);
    stage.add('b', 'e', 'd');
    assert.equal(stage.open.length, 2);
    // A client whose events are on their way is not in another batch.
    stage.answer('a0 a1 b0 c0 c1', 200);
    assert.deepEqual(stage.onTheWay, ['d0', 'c2 b1 e0']);
    stage.answer('d0', 200);
    assert.deepEqual(stage.onTheWay, ['c2 b1 e0', 'd1']);
  });

  test('keeps its events and its id from attempt to attempt', () => {
    const stage = batchStage({});
    stage.add('a', 'b', 'a');
    stage.answer('a0 a1 b0', 500);
    stage.add('a', 'b', 'c');
    assert.deepEqual(stage.onTheWay, ['c0']);
    stage.clock.advance(101);
    assert.deepEqual(stage.onTheWay, ['c0', 'a0 a1 b0']);
    const [first, , second] = stage.sent.map(({ headers }) => headers);
    assert.match(first?.get('webhook-id') ?? '', /^evt_run1_1-3-[0-9a-z]+$/);
    assert.equal(second?.get('webhook-id'), first?.get('webhook-id'));
    assert.deepEqual([first?.get('hookmq-attempt'), second?.get('hookmq-attempt')], ['1', '2']);
    assert.equal(stage.sent[1]?.headers.get('webhook-id'), 'evt_run1_6');
    stage.answer('a0 a1 b0', 200);
    assert.deepEqual(stage.onTheWay, ['c0', 'a2 b1']);
    assert.equal(stage.figures.delivered, 3);
    assert.equal(stage.figures.retried, 1);
  });

  test('that got more events while it waited has the same body in each attempt', () => {
    const stage = batchStage({ maxEvents: 20, maxWait: 1000 });
    stage.add('a', 'b', 'c');
    stage.clock.advance(300);
    stage.add('c', 'a', 'd', 'a');
    stage.clock.advance(300);
    stage.add('d', 'b', 'e', 'a');
    stage.clock.advance(400);
    const order = 'a0 a1 a2 a3 b0 b1 c0 c1 d0 d1 e0';
    stage.answer(order, 503);
    stage.clock.advance(101);
    stage.answer(order, 200);
    const [first, second] = stage.sent;
    assert.equal(second?.text, first?.text);
    assert.equal(second?.headers.get('webhook-id'), first?.headers.get('webhook-id'));
    assert.equal(stage.figures.delivered, 11);
  });

  test('has no more bytes than it may; a larger event goes alone', () => {
    const measure = batchStage({});
    measure.add('a', 'b');
    const bytes = measure.sent[0]?.text.length ?? 0;
    for (const [maxBytes, expected] of [
      [bytes, ['a0 b0', 'c0']],
      [bytes - 1, ['a0', 'b0']],
      [10, ['a0', 'b0']],
    ] as const) {
      const stage = batchStage({ maxBytes });
      stage.add('a', 'b', 'c');
      assert.deepEqual(stage.onTheWay, expected);
      stage.transport.reply = (sent) => sent.answer(200);
      for (const sent of stage.open) sent.answer(200);
      stage.clock.endTurns();
      assert.equal(stage.figures.delivered, 3);
      assert.ok(stage.sent.every(({ text, events }) => events.length === 1 || text.length <= maxBytes));
    }
  });

  test('waits for more while it is not full, from its first event on', () => {
    const stage = batchStage({ maxWait: 1000 });
    stage.add('a');
    stage.clock.advance(600);
    stage.add('b', 'a');
    stage.clock.advance(399);
    assert.deepEqual(stage.onTheWay, []);
    stage.clock.advance(1);
    assert.deepEqual(stage.onTheWay, ['a0 a1 b0']);
    stage.add('a', 'c');
    stage.clock.advance(999);
    assert.equal(stage.open.length, 1);
    stage.clock.advance(1);
    assert.deepEqual(stage.onTheWay, ['a0 a1 b0', 'c0']);
  });

  test('goes at once when it is full', () => {
    const stage = batchStage({ maxWait: 1000 });
    stage.add('a');
    stage.add('b', 'a');
    stage.add('a');
    assert.deepEqual(stage.onTheWay, ['a0 a1 a2 b0']);
    stage.add('c', 'c', 'c', 'c', 'c');
    assert.deepEqual(stage.onTheWay, ['a0 a1 a2 b0', 'c0 c1 c2 c3']);
    stage.answer('c0 c1 c2 c3', 200);
    stage.answer('a0 a1 a2 b0', 200);
    stage.clock.advance(999);
    assert.equal(stage.open.length, 0);
    stage.clock.advance(1);
    assert.deepEqual(stage.onTheWay, ['c4']);
  });

  test('does not wait for more near the end', () => {
    const stage = batchStage({ maxWait: 60_000 });
    stage.add('a');
    stage.delivery.hurry();
    stage.clock.endTurns();
    assert.deepEqual(stage.onTheWay, ['a0']);
    stage.add('b');
    assert.deepEqual(stage.onTheWay, ['a0', 'b0']);
  });

  test('leaves out what is broken or too old', () => {
    const stage = batchStage({ maxWait: 10 }, { retry: { maxAge: 60_000 }, connection: { poolSize: 1 } });
    stage.add('x');
    stage.clock.advance(10);
    stage.add('a', 'b');
    stage.clock.advance(60_000);
    stage.add('b', 'c');
    stage.answer('x0', 200);
    stage.clock.advance(10);
    assert.deepEqual(stage.onTheWay, ['c0 b1']);
    assert.equal(stage.figures.deadLettered, 2);
    // And what becomes too old between attempts.
    stage.clock.advance(1000);
    stage.add('b');
    stage.answer('c0 b1', 503, { retryAfter: '59' });
    stage.clock.advance(59_010);
    assert.deepEqual(stage.onTheWay, ['b2']);
    assert.equal(stage.figures.deadLettered, 4);
    assert.equal(stage.letters.at(-1)?.reason, 'older than 1m: the endpoint answered with status 503');
  });
});

suite('a batch that is refused', () => {
  test('is halved until the culprit is alone; the others get through in order', () => {
    const stage = batchStage({ maxEvents: 100 }, { connection: { poolSize: 4 } });
    const culprits = new Set(['c5/1', 'c17/0', 'c17/1']);
    stage.transport.reply = (sent) =>
      sent.answer(sent.events.some((event) => culprits.has(event.client + event.payload)) ? 422 : 200);
    const clients = clientNames(25);
    stage.add(...clients, ...clients, ...clients);
    assert.equal(stage.figures.delivered, 72);
    assert.equal(stage.figures.deadLettered, 3);
    assert.deepEqual(
      stage.letters.map(({ status, reason }) => `${status} ${reason}`),
      Array.from({ length: 3 }, () => '422 refused with status 422'),
    );
    const got = stage.sent.filter(({ events }) => !events.some((event) => culprits.has(event.client + event.payload)));
    for (const client of clients) {
      const payloads = got.flatMap(({ events }) => events).filter((event) => event.client === client);
      const expected = ['0', '1', '2'].filter((payload) => !culprits.has(client + payload));
      assert.deepEqual(
        payloads.map(({ payload }) => payload),
        expected,
      );
    }
    assert.ok(stage.sent.length < 45, `${stage.sent.length} requests`);
    assert.equal(stage.figures.trouble, 'none');
  });

  test('of one client likewise, in about two requests for each level', () => {
    const stage = batchStage({ maxEvents: 512 });
    stage.transport.reply = (sent) => sent.answer(sent.events.some(({ payload }) => payload === '300') ? 400 : 200);
    stage.add(...Array.from({ length: 512 }, () => 'a'));
    assert.equal(stage.figures.delivered, 511);
    assert.equal(stage.letters.length, 1);
    const got = stage.sent.filter(({ events }) => events.every(({ payload }) => payload !== '300'));
    assert.deepEqual(
      got.flatMap(({ events }) => events.map(({ payload }) => Number(payload))),
      Array.from({ length: 512 }, (_, i) => i).filter((i) => i !== 300),
    );
    assert.ok(stage.sent.length < 60, `${stage.sent.length} requests`);
  });

  test('is halved also where one client has most of it', () => {
    const stage = batchStage({ maxEvents: 10 });
    stage.transport.reply = (sent) => sent.answer(sent.names.includes('c2') ? 422 : 200);
    stage.add('a', 'b', 'c', 'c', 'c', 'c', 'c');
    assert.equal(stage.figures.delivered, 6);
    assert.equal(stage.figures.deadLettered, 1);
    assert.deepEqual(stage.sent[1]?.names, 'a0 b0');
  });

  test('costs about one request for each event when all are refused', () => {
    const stage = batchStage({ maxEvents: 100 });
    stage.transport.reply = (sent) => sent.answer(400);
    stage.add(...Array.from({ length: 300 }, () => 'a'), ...clientNames(300));
    assert.equal(stage.figures.deadLettered, 600);
    assert.ok(stage.sent.length < 1000, `${stage.sent.length} requests`);
  });

  for (const status of [401, 403, 404, 410])
    test(`with ${status} is given up as a whole`, () => {
      const stage = batchStage({});
      stage.add('a', 'a', 'b', 'c', 'd');
      stage.answer('a0 a1 b0 c0', status);
      stage.answer('d0', 200);
      assert.equal(stage.sent.length, 2);
      assert.deepEqual(
        stage.letters.map((letter) => letter.status),
        [status, status, status, status],
      );
      assert.equal(stage.backlog.held.events, 0);
      assert.equal(stage.figures.deadLettered, 4);
    });
});
