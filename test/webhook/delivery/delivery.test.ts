import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { suite, test } from 'node:test';
import { startReceiver, type Answer, type Received } from '../../kit/receiver.ts';
import { client, scene, until, type FakeBroker } from '../scene.ts';

/** Publishes `count` messages of each client in turn; payloads are 0, 1, 2, ... */
function publishAll(broker: FakeBroker, clientIds: readonly string[], count: number): void {
  const publishers = clientIds.map((id) => client(id));
  for (let i = 0; i < count; i++) {
    for (const publisher of publishers) broker.publish({ publisher, payload: String(i) });
  }
}

function lanesOf(requests: readonly Received[]): Map<string, string[]> {
  const lanes = new Map<string, string[]>();
  for (const { json } of requests) {
    const id = String(json['from_client_id']);
    lanes.set(id, [...(lanes.get(id) ?? []), String(json['payload'])]);
  }
  return lanes;
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));
const names = (count: number): string[] => numbers(count).map((i) => `client-${i}`);

/** Answers the first requests as listed, later ones with 200. */
function script(...answers: Answer[]): () => Answer {
  let next = 0;
  return () => answers[next++] ?? {};
}

suite('delivery', () => {
  test("keeps each client's order, with many on their way and answers after any time", async () => {
    await using receiver = await startReceiver({ answer: () => ({ delay: Math.random() * 8 }) });
    await using stage = scene({ url: receiver.url, pool_size: 8 });
    const clients = names(20);
    publishAll(stage.broker, clients, 40);
    await receiver.waitFor(({ requests }) => requests.length === 800);
    const lanes = lanesOf(receiver.requests);
    assert.deepEqual([...lanes.keys()].toSorted(), clients.toSorted());
    for (const payloads of lanes.values()) assert.deepEqual(payloads, numbers(40));
    await until(() => stage.webhook.stats().delivered === 800, 'all are reported');
    assert.equal(receiver.requests.length, 800);
    assert.equal(receiver.mostOpen, 8, 'as many at a time as there are connections');
    // One more finds out at the start whether the endpoint is there.
    assert.equal(receiver.sockets, 9, 'connections are kept');
    const { matched, accepted, delivered, retried, deadLettered, lost, queued, lastError } = stage.webhook.stats();
    assert.deepEqual(
      { matched, accepted, delivered, retried, deadLettered, lost, queued, lastError },
      {
        matched: 800,
        accepted: 800,
        delivered: 800,
        retried: 0,
        deadLettered: 0,
        lost: 0,
        queued: { events: 0, bytes: 0, oldestAge: null },
        lastError: null,
      },
    );
    assert.deepEqual(stage.log.all, []);
  });

  test('sends one event of a client at a time', async () => {
    const open = new Map<unknown, number>();
    await using receiver = await startReceiver({
      answer({ json }) {
        const id = json['from_client_id'];
        const now = performance.now();
        assert.ok(now >= (open.get(id) ?? 0), 'the answer before was given');
        open.set(id, now + 8);
        return { delay: 10 };
      },
    });
    await using stage = scene({ url: receiver.url });
    publishAll(stage.broker, names(5), 20);
    await receiver.waitFor(({ requests }) => requests.length === 100);
  });

  test('gives each client its turn', async () => {
    await using receiver = await startReceiver();
    await using stage = scene({ url: receiver.url, pool_size: 1 });
    publishAll(stage.broker, ['busy'], 500);
    publishAll(stage.broker, ['quiet'], 3);
    stage.broker.publish({ publisher: null, payload: 'of the broker itself' });
    await receiver.waitFor(({ requests }) => requests.length === 504);
    const order = receiver.requests.map(({ json }) => json['from_client_id']);
    assert.deepEqual(order.slice(0, 8), ['busy', 'quiet', null, 'busy', 'quiet', 'busy', 'quiet', 'busy']);
  });

  test('answers are read, so that their connection can be used again', async () => {
    await using receiver = await startReceiver({ answer: () => ({ body: 'x'.repeat(50_000) }) });
    await using stage = scene({ url: receiver.url, pool_size: 2 });
    publishAll(stage.broker, names(4), 25);
    await receiver.waitFor(({ requests }) => requests.length === 100);
    assert.ok(receiver.sockets <= 3, `${receiver.sockets} connections`);
  });

  test('takes an endpoint that closes its connection after each answer', async () => {
    await using receiver = await startReceiver({ answer: () => ({ headers: { connection: 'close' } }) });
    await using stage = scene({ url: receiver.url, pool_size: 4 });
    publishAll(stage.broker, names(4), 25);
    await until(() => stage.webhook.stats().delivered === 100, 'all are delivered');
    assert.equal(receiver.requests.length, 100);
    assert.equal(stage.webhook.stats().retried, 0);
  });
});

suite('an event that does not get through', { concurrency: 3 }, () => {
  const faults: [string, Answer][] = [
    ['503', { status: 503, body: 'later' }],
    ['a reset', { fault: 'reset' }],
    ['no answer in time', { fault: 'hang' }],
    ['an answer that is cut', { status: 500, fault: 'cut' }],
  ];
  for (const [name, answer] of faults) {
    test(`is repeated until it does: ${name}`, async () => {
      await using receiver = await startReceiver({ answer: script(answer, answer, {}) });
      await using stage = scene({ url: receiver.url, cancel_timeout: answer.fault === 'hang' ? 500 : 5000 });
      publishAll(stage.broker, ['a'], 3);
      await until(() => stage.webhook.stats().delivered === 3, 'all are delivered');
      assert.deepEqual(
        receiver.requests.map(({ json }) => json['payload']),
        ['0', '0', '0', '1', '2'],
      );
      const { retried, deadLettered, lastError } = stage.webhook.stats();
      assert.deepEqual({ retried, deadLettered }, { retried: 2, deadLettered: 0 });
      assert.notEqual(lastError, null);
      const [first, second, third] = receiver.requests.map(({ at }) => at);
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      // Half of the pauses of 100 and 200 ms is random.
      assert.ok(second - first >= 49, 'a pause before the second attempt');
      assert.ok(third - second >= 99, 'a longer one before the third');
    });
  }

  test('is not repeated when its answer was there in time but the thread was busy', async () => {
    await using receiver = await startReceiver();
    const lag = new URL('./lagging-worker.ts', import.meta.url);
    await using stage = scene({ url: receiver.url, cancel_timeout: 300 }, lag);
    publishAll(stage.broker, names(10), 1);
    const start = performance.now();
    await until(() => stage.webhook.stats().delivered === 10, 'all are delivered');
    assert.ok(performance.now() - start > 900, 'the thread was busy for a second');
    assert.equal(receiver.requests.length, 10);
    assert.equal(stage.webhook.stats().retried, 0);
  });

  test('is not repeated when the endpoint does not want it', async () => {
    const refusals = [400, 301, 404, 410, 413].map((status) => ({ status }));
    await using receiver = await startReceiver({ answer: script(...refusals) });
    await using stage = scene({ url: receiver.url });
    publishAll(stage.broker, ['a'], 5);
    await until(() => stage.webhook.stats().deadLettered === 5, 'all are refused');
    assert.equal(stage.webhook.stats().lastError, 'the endpoint answered with status 413');
    assert.match(stage.log.all[0] ?? '', /^warn webhook http:.* are refused and not retried \(.* status \d+\)$/);
    publishAll(stage.broker, ['a'], 1);
    await until(() => stage.webhook.stats().delivered === 1, 'the next one is delivered');
    assert.equal(receiver.requests.length, 6);
    assert.equal(stage.log.all.filter((line) => line.includes('refused')).length, 1);
  });

  test('is not repeated once its good status was seen', async () => {
    await using receiver = await startReceiver({ answer: script({ status: 200, fault: 'cut' }) });
    await using stage = scene({ url: receiver.url });
    publishAll(stage.broker, ['a'], 2);
    await until(() => stage.webhook.stats().delivered === 2, 'both are delivered');
    assert.equal(receiver.requests.length, 2);
  });

  test('waits as long as Retry-After says', async () => {
    await using receiver = await startReceiver({
      answer: script({ status: 429, headers: { 'retry-after': '1' } }),
    });
    await using stage = scene({ url: receiver.url });
    publishAll(stage.broker, ['a'], 1);
    await receiver.waitFor(({ requests }) => requests.length === 2);
    const [first, second] = receiver.requests.map(({ at }) => at);
    assert.ok(first !== undefined && second !== undefined);
    assert.ok(second - first >= 990, `${second - first} ms`);
  });

  test('does not hold up other clients', async () => {
    const bad: Answer[] = [{ status: 500 }, { fault: 'reset' }, { fault: 'hang' }];
    await using receiver = await startReceiver({
      answer({ json }) {
        const id = String(json['from_client_id']);
        return id.startsWith('bad') ? (bad[Number(id.slice(3))] ?? {}) : {};
      },
    });
    await using stage = scene({ url: receiver.url, pool_size: 4, cancel_timeout: 500 });
    publishAll(stage.broker, ['bad0', 'bad1', 'bad2', ...names(5)], 20);
    await until(() => stage.webhook.stats().delivered === 100, 'the others are delivered');
    await until(() => stage.webhook.stats().retried >= 6, 'the bad ones are repeated');
    const lanes = lanesOf(receiver.requests);
    for (const name of names(5)) assert.deepEqual(lanes.get(name), numbers(20));
    for (const name of ['bad0', 'bad1', 'bad2']) assert.deepEqual(new Set(lanes.get(name)), new Set(['0']));
    assert.equal(stage.webhook.stats().queued.events, 60);
  });
});

suite('an endpoint that is not there', () => {
  test('is found again, with everything in order and nothing twice', async () => {
    const first = await startReceiver();
    const { port, url } = first;
    await first.close();
    await using stage = scene({ url });
    publishAll(stage.broker, names(50), 10);
    await until(() => stage.webhook.stats().retried > 3, 'attempts are refused');
    assert.match(stage.webhook.stats().lastError ?? '', /refused/);
    await using receiver = await startReceiver({ port });
    await receiver.waitFor(({ requests }) => requests.length === 500);
    await until(() => stage.webhook.stats().delivered === 500, 'all are reported');
    assert.equal(receiver.requests.length, 500);
    for (const payloads of lanesOf(receiver.requests).values()) assert.deepEqual(payloads, numbers(10));
  });

  test('is not hammered', async () => {
    await using receiver = await startReceiver({ answer: () => ({ fault: 'reset' }) });
    await using stage = scene({ url: receiver.url, pool_size: 8 });
    publishAll(stage.broker, names(1000), 2);
    const start = performance.now();
    await receiver.waitFor(() => performance.now() - start > 700);
    // Eight at first, one after each failure but the tenth, then one after 0.1, 0.3, 0.7 and 1.5 seconds, or at the earliest
    // half of that. A connection that breaks off may be tried again at once, which doubles it at most.
    assert.ok(receiver.requests.length <= 2 * (8 + 9 + 4), `${receiver.requests.length} requests`);
    receiver.answer = () => ({});
    await until(() => stage.webhook.stats().delivered === 2000, 'all are delivered');
    for (const payloads of lanesOf(receiver.requests.slice(-1900)).values()) assert.equal(payloads.at(-1), '1');
  });

  test('is told of once, and once when it is back', async () => {
    await using receiver = await startReceiver({ answer: () => ({ status: 503 }) });
    await using stage = scene({ url: receiver.url });
    publishAll(stage.broker, names(10), 3);
    await until(() => stage.log.all.length > 0, 'the operator is told');
    receiver.answer = () => ({});
    await until(() => stage.webhook.stats().delivered === 30, 'all are delivered');
    assert.deepEqual(stage.log.all, [
      `warn webhook ${receiver.origin}: events do not get through (the endpoint answered with status 503); retrying`,
    ]);
  });
});

suite('an endpoint that is no proper HTTP server', () => {
  const answers: [string, string][] = [
    ['nothing', ''],
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['half a head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['an endless head', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`],
    ['an interim answer only', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'],
    ['an unexpected 100', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
    ['a wrong length', 'HTTP/1.1 503 No\r\ncontent-length: x\r\n\r\n'],
  ];
  test('is tried again', async () => {
    await using server = await startRawServer(answers.flatMap(([, answer]) => [answer, GOOD]));
    await using stage = scene({ url: server.url });
    for (const [index, [name]] of answers.entries()) {
      publishAll(stage.broker, [name], 1);
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await until(() => stage.webhook.stats().delivered === index + 1, `it is delivered after ${name}`);
      assert.equal(stage.webhook.stats().retried, index + 1, name);
    }
    assert.deepEqual(stage.log.all, []);
  });

  test('cannot answer an event that was not sent yet', async () => {
    await using server = await startRawServer([GOOD + GOOD + GOOD, 'HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n']);
    await using stage = scene({ url: server.url });
    publishAll(stage.broker, ['a'], 2);
    await until(() => stage.webhook.stats().delivered === 1, 'the first is delivered');
    await until(() => stage.webhook.stats().deadLettered === 1, 'the second is refused');
  });
});

const GOOD = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

/** A server that gives each connection on which something came the next of `answers` as it stands, and hangs up. */
async function startRawServer(answers: readonly string[]) {
  let next = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answers[next++] ?? ''));
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
