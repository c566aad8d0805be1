import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startReceiver } from '../../kit/receiver.ts';
import { until } from '../../kit/until.ts';
import { httpTransport } from '../../../src/webhook/http/http-transport.ts';
import { endpointSettings } from '../endpoint.ts';
import { answerText, RawServer, TestTransport } from './transport-kit.ts';

suite('a transport', () => {
  test('sends method, path with query, headers and body, and tells of the answer', async () => {
    await using receiver = await startReceiver({ answer: () => ({ status: 202, body: 'thank you' }) });
    const settings = endpointSettings({ url: `${receiver.origin}/a/b?key=%20v&x`, method: 'PUT' });
    const transport = httpTransport(settings, {});
    const { promise, resolve } = Promise.withResolvers<unknown>();
    transport.send({ headers: ['x-one', '1', 'x-two', 'zwei'], body: Buffer.from('{"a":"ä"}') }, resolve);
    const { duration, ...answer } = (await promise) as { duration: number };
    await transport.close();

    assert.deepEqual(answer, { status: 202, retryAfter: undefined, text: '', error: null });
    assert.ok(duration > 0 && duration < 5000, String(duration));
    const [request] = receiver.requests;
    assert.equal(request?.method, 'PUT');
    assert.equal(request?.path, '/a/b?key=%20v&x');
    assert.equal(request?.headers['x-one'], '1');
    assert.equal(request?.headers['x-two'], 'zwei');
    assert.equal(request?.headers['content-length'], '10');
    assert.equal(request?.text, '{"a":"ä"}');
  });

  test('keeps Retry-After and the first 256 bytes of a bad answer, without half a character', async () => {
    const body = `${'a'.repeat(255)}äöü`;
    await using receiver = await startReceiver({
      answer: ({ text }) => ({ status: Number(text), body, headers: { 'retry-after': '7' } }),
    });
    await using transport = new TestTransport(receiver.url);
    const bad = await transport.inTurn(['503', '404', '302']);
    assert.deepEqual(
      bad.map(({ status, text, retryAfter }) => [status, text, retryAfter]),
      [503, 404, 302].map((status) => [status, 'a'.repeat(255), '7']),
    );
    const good = await transport.send('200');
    assert.deepEqual([good.status, good.text, good.retryAfter], [200, '', undefined]);
  });

  test('carries bodies of every size: none, 64 KB, 2 MB', async () => {
    await using receiver = await startReceiver();
    await using transport = new TestTransport(receiver.url);
    const bodies = [0, 1, 65_536, 2 * 2 ** 20].map((size) => Buffer.alloc(size, 'abc\0\xff', 'latin1'));
    await transport.inTurn(bodies);
    for (const [i, body] of bodies.entries())
      assert.ok(receiver.requests[i]?.bytes.equals(body), `${body.length} bytes`);
  });

  test('has pool_size connections at most, uses them again, and lets the rest wait', async () => {
    await using receiver = await startReceiver({ answer: () => ({ delay: 5 }) });
    await using transport = new TestTransport(receiver.url, { poolSize: 3 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => transport.send()));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(receiver.sockets, 3);
    assert.equal(receiver.mostOpen, 3);
  });

  test('needs one connection for what goes out one after the other', async () => {
    await using receiver = await startReceiver();
    await using transport = new TestTransport(receiver.url);
    assert.deepEqual(await transport.statuses(3), [200, 200, 200]);
    assert.equal(receiver.sockets, 1);
  });

  test('sends `pipelining` requests on a connection before there is an answer', async () => {
    await using server = await new RawServer((socket, requests) => {
      if (requests === 4) for (let i = 0; i < 4; i++) socket.write(answerText(200 + i));
    }).listen();
    await using transport = new TestTransport(server.url, { poolSize: 1, pipelining: 4 });
    const answers = await Promise.all(Array.from({ length: 4 }, () => transport.send()));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 201, 202, 203],
    );
    assert.equal(server.sockets.length, 1);
  });

  test('never answers within send, not even when the request cannot be made', async () => {
    await using receiver = await startReceiver();
    const transport = httpTransport(endpointSettings({ url: receiver.url }), {});
    let isSending = true;
    const answer = await new Promise<{ readonly status: number; readonly error: string | null }>((resolve, reject) => {
      transport.send({ headers: ['bad name\n', 'x'], body: Buffer.alloc(0) }, (told) =>
        isSending ? reject(new Error('answered within send')) : resolve(told),
      );
      isSending = false;
    });
    await transport.close();
    assert.equal(answer.status, 0);
    assert.match(answer.error ?? '', /header/);
  });

  test('a closed one answers what was on its way, and nothing stays open', async () => {
    await using server = await new RawServer(() => {}).listen();
    const transport = new TestTransport(server.url, { poolSize: 1 });
    const answers = [transport.send(), transport.send()];
    await until(() => server.received[0]?.includes('POST') === true, 'a request');
    await transport.transport.close();
    for (const { status, error } of await Promise.all(answers))
      assert.deepEqual([status, error], [0, 'the webhook is closed']);
    await until(() => server.sockets.every(({ destroyed }) => destroyed), 'the end of the connection');
  });
});
