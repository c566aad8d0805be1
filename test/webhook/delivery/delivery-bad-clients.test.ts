import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientNames, Stage } from './delivery-stage.ts';

suite('one bad client', () => {
  for (const status of [0, 500, 429])
    test(`(${status}) does not stop the others`, () => {
      const stage = new Stage();
      stage.transport.reply = (sent) =>
        stage.clock.after(1, () => {
          if (sent.events[0]?.client === 'bad') sent.answer(status, { retryAfter: status === 429 ? '1' : undefined });
          else sent.answer(200);
        });
      stage.add(...Array.from({ length: 30 }, () => 'bad'));
      for (let i = 0; i < 200; i++) {
        stage.add('good');
        stage.clock.advance(1000);
        assert.equal(stage.figures.delivered, i + 1);
        assert.equal(stage.figures.breaker, 'closed');
      }
      assert.equal(stage.backlog.held.events, 30);
    });
});

suite('many bad clients', () => {
  for (const [status, longest] of [
    [500, 30],
    [503, 5010],
  ] as const)
    for (const maxEvents of [1, 100])
      test(`(${status}) do not keep new events from trying, ${maxEvents} in a batch`, () => {
        const stage = new Stage({ batch: { maxEvents }, retry: { maxAge: 3_600_000 } });
        stage.transport.reply = (sent) =>
          stage.clock.after(1, () => sent.answer(sent.names.includes('bad') ? status : 200));
        stage.add(...clientNames(20).map((name) => `bad${name}`));
        stage.clock.advance(120_000);
        assert.equal(stage.figures.breaker, 'open');
        for (let i = 1; i <= 20; i++) {
          stage.clock.advance(i * 1000);
          stage.add('good');
          // An old one may be on its way, and every fourth probe is of an old one.
          for (let waited = 0; stage.figures.delivered < i; waited++, stage.clock.advance(1))
            assert.ok(waited <= longest * 2, `${i}: ${waited} ms`);
        }
      });

  for (const status of [0, 500, 503])
    test(`(${status}), 200 of them, do not stop the others`, () => {
      const stage = new Stage({ connection: { poolSize: 32 } });
      stage.transport.reply = (sent) => sent.answer(sent.names.startsWith('bad') ? status : 200);
      const good = clientNames(20);
      for (let second = 1; second <= 120; second++) {
        stage.add(...good);
        if (second === 2) stage.add(...clientNames(200).map((name) => `bad${name}`));
        stage.clock.advance(1000);
      }
      assert.equal(stage.figures.delivered, 2400);
      assert.equal(stage.letters.length, 0);
      // Nor are the bad ones sent much more often than each for itself would be: every 22 seconds.
      assert.ok(stage.figures.retried < 3500, `${stage.figures.retried} requests failed`);
    });
});
