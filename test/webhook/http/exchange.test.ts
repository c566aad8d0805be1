import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exchange } from '../../../src/webhook/http/exchange.ts';
import type { Answer } from '../../../src/webhook/http/transport.ts';

const controller = {
  abort() {},
  pause() {},
  resume() {},
  get paused() {
    return false;
  },
  get aborted() {
    return false;
  },
  get reason() {
    return null;
  },
};

// As when another request on the same connection is given up.
test('an exchange that undici sends again has nothing of the answer that had begun', () => {
  const answers: Answer[] = [];
  const exchange = new Exchange('POST', (own, error) => own.tell(error?.message ?? null, String));
  exchange.begin({ headers: [], body: Buffer.from('{}') }, (answer) => answers.push(answer));
  exchange.dispatched(performance.now());
  exchange.onRequestStart(controller);
  exchange.onResponseStart(controller, 307, { 'retry-after': '7', location: '/there' });
  exchange.onResponseData(controller, Buffer.from('half an '));
  assert.equal(exchange.location, '/there');

  exchange.onRequestStart(controller);
  assert.deepEqual([exchange.status, exchange.location], [0, undefined]);
  exchange.onResponseStart(controller, 503, {});
  exchange.onResponseData(controller, Buffer.from('answer'));
  exchange.onResponseEnd();
  const told = answers.map(({ status, retryAfter, text, error }) => [status, retryAfter, text, error]);
  assert.deepEqual(told, [[503, undefined, 'answer', null]]);
});
