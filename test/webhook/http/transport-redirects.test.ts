import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Receiver, startReceiver } from '../../kit/receiver.ts';
import { TestTransport } from './transport-kit.ts';

function redirecting(status: number, location: (path: string) => string): Promise<Receiver> {
  return startReceiver({ answer: ({ path }) => ({ status, headers: { location: location(path) } }) });
}

suite('redirects', () => {
  test('are not followed unless asked', async () => {
    await using receiver = await redirecting(307, () => '/there');
    await using transport = new TestTransport(receiver.url);
    assert.equal((await transport.send()).status, 307);
    assert.equal(receiver.requests.length, 1);
  });

  for (const status of [307, 308]) {
    test(`with ${status} keep method, headers and body`, async () => {
      await using receiver = await startReceiver({
        answer: ({ path }) => (path === '/' ? { status, headers: { location: 'deep/er?q=1' } } : { status: 201 }),
      });
      await using transport = new TestTransport(receiver.url, { followRedirects: 1 });
      const { status: final } = await transport.send('body', ['authorization', 'Bearer x']);
      assert.equal(final, 201);
      const [, second] = receiver.requests;
      assert.deepEqual(
        [second?.method, second?.path, second?.text, second?.headers['authorization']],
        ['POST', '/deep/er?q=1', 'body', 'Bearer x'],
      );
    });
  }

  for (const status of [301, 302, 303]) {
    test(`with ${status} are failures: they would make a GET of it`, async () => {
      await using receiver = await redirecting(status, () => '/there');
      await using transport = new TestTransport(receiver.url, { followRedirects: 5 });
      assert.equal((await transport.send()).status, status);
      assert.equal(receiver.requests.length, 1);
    });
  }

  test('are followed as often as allowed, and each request begins anew', async () => {
    await using receiver = await redirecting(307, (path) => `${path}x`);
    await using transport = new TestTransport(receiver.url, { followRedirects: 3 });
    assert.deepEqual(await transport.statuses(2), [307, 307]);
    const paths = ['/', '/x', '/xx', '/xxx'];
    assert.deepEqual(
      receiver.requests.map(({ path }) => path),
      [...paths, ...paths],
    );
  });

  test('to another origin get the body, its signature and nothing that may be a secret', async () => {
    await using other = await startReceiver({ answer: () => ({ status: 202 }) });
    await using receiver = await redirecting(308, () => `${other.origin}/elsewhere`);
    await using transport = new TestTransport(receiver.url, { followRedirects: 1 });
    const kept = ['content-type', 'a/b', 'webhook-signature', 'v1,x', 'hookmq-run', 'r', 'user-agent', 'me'];
    const { status } = await transport.send('body', [...kept, 'Authorization', 's', 'cookie', 's', 'x-api-key', 's']);
    assert.equal(status, 202);
    const [request] = other.requests;
    assert.equal(request?.text, 'body');
    assert.equal(request?.path, '/elsewhere');
    const { host, connection, 'content-length': length, ...headers } = request?.headers ?? {};
    assert.deepEqual([host, connection, length], [`127.0.0.1:${other.port}`, 'keep-alive', '4']);
    const expected = { 'content-type': 'a/b', 'webhook-signature': 'v1,x', 'hookmq-run': 'r', 'user-agent': 'me' };
    assert.deepEqual(headers, expected);
    // The next request goes to the endpoint, with all of its headers.
    await transport.send('body', ['x-api-key', 's']);
    assert.equal(receiver.requests[1]?.headers['x-api-key'], 's');
  });

  test('to where nobody is: no answer', async () => {
    await using receiver = await redirecting(307, () => 'http://127.0.0.1:1/secret');
    await using transport = new TestTransport(receiver.url, { followRedirects: 1 });
    const { status, error } = await transport.send();
    assert.deepEqual([status, error], [0, 'cannot connect to http://127.0.0.1:1 (connection refused)']);
  });

  for (const location of ['ftp://127.0.0.1/', 'http://', 'javascript:0']) {
    test(`to ${location} are failures`, async () => {
      await using receiver = await redirecting(307, () => location);
      await using transport = new TestTransport(receiver.url, { followRedirects: 1 });
      assert.equal((await transport.send()).status, 307);
    });
  }
});
