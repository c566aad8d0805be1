import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientNames, Stage } from './delivery-stage.ts';
import type { EndpointFields } from '../endpoint.ts';

function batchStage(batch: EndpointFields['batch'], fields: EndpointFields = {}): Stage {
  return new Stage({ connection: { poolSize: 2 }, ...fields, batch: { maxEvents: 4, ...batch } });
}

suite('a batch that fails again and again', () => {
  test('with the same status is halved, so that the events of others flow around the culprit', () => {
    const stage = batchStage({ maxEvents: 64 });
    stage.transport.reply = (sent) =>
      stage.clock.after(1, () => sent.answer(sent.events.some(({ client }) => client === 'c40/') ? 500 : 200));
    stage.add(...clientNames(64));
    stage.clock.advance(1000);
    assert.equal(stage.figures.delivered, 63);
    assert.equal(stage.figures.deadLettered, 0);
    stage.add(...clientNames(64));
    stage.clock.advance(60_000);
    assert.equal(stage.figures.delivered, 126);
    assert.equal(stage.backlog.held.events, 2);
    assert.equal(stage.figures.breaker, 'closed');
    assert.equal(stage.figures.trouble, 'failing');
    stage.transport.reply = (sent) => sent.answer(200);
    stage.clock.advance(31_000);
    assert.equal(stage.figures.delivered, 128);
  });

  test('and has had its attempts is not given up before the culprit is alone', () => {
    const stage = batchStage({ maxEvents: 16 }, { retry: { maxAttempts: 2 } });
    stage.transport.reply = (sent) =>
      stage.clock.after(1, () => sent.answer(sent.events.some(({ client }) => client === 'c7/') ? 500 : 200));
    stage.add(...clientNames(16));
    stage.clock.advance(5000);
    assert.equal(stage.figures.delivered, 15);
    assert.equal(stage.figures.deadLettered, 1);
    const attempts = stage.sent
      .filter(({ names }) => names.includes('c7/'))
      .map(({ headers }) => headers.get('hookmq-attempt'));
    assert.deepEqual(
      attempts,
      attempts.map((_, i) => String(i + 1)),
    );
    assert.match(stage.letters[0]?.reason ?? '', /^given up after \d attempts: the endpoint answered with status 500$/);
  });

  /** All that an endpoint may do when it gets the event that it crashes on. */
  const crashes: [string, (turn: number) => number][] = [
    ['the same answer', () => 500],
    ['no answer', () => 0],
    ['a gateway that has none', () => 502],
    ['one answer or another', (turn) => (turn % 2 === 0 ? 500 : 502)],
  ];
  for (const [what, status] of crashes)
    for (const maxAttempts of [2, 5, Infinity])
      test(`does not take the others along: ${what}, ${maxAttempts} attempts`, () => {
        const stage = batchStage({ maxEvents: 100 }, { retry: { maxAttempts, maxAge: 3_600_000 } });
        let turn = 0;
        stage.transport.reply = (sent) =>
          sent.answer(sent.events.some(({ client }) => client === 'poison') ? status(turn++) : 200);
        stage.add('poison', ...clientNames(50));
        stage.clock.advance(5000);
        assert.equal(stage.figures.delivered, 50);
        assert.equal(stage.figures.breaker, 'closed');
        stage.clock.advance(3_700_000);
        assert.equal(stage.letters.length, 1);
        assert.match(
          stage.letters[0]?.reason ?? '',
          maxAttempts === Infinity ? /^older than 1h: / : /^given up after /,
        );
      });

  test('without an answer while nobody has one is given up after its attempts', () => {
    const stage = batchStage({}, { retry: { maxAttempts: 2 } });
    stage.transport.reply = (sent) => sent.answer(0);
    stage.add('a', 'b', 'c', 'd');
    stage.clock.advance(60_000);
    assert.equal(stage.figures.deadLettered, 4);
    assert.match(stage.letters[0]?.reason ?? '', /^given up after [2-5] attempts: connection refused$/);
  });
});
