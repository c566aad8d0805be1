import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { httpTransport } from '../../../src/webhook/http/http-transport.ts';
import { within } from '../../kit/until.ts';
import { endpointSettings } from '../endpoint.ts';
import { RawServer, TestTransport } from './transport-kit.ts';

suite('the check of a connection', () => {
  test('is null when there is one, and sends nothing', async () => {
    await using server = await new RawServer(() => {}).listen();
    await using transport = new TestTransport(server.url);
    assert.equal(await transport.check(), null);
    await transport.check();
    assert.equal(server.sockets.length, 2);
    assert.deepEqual(server.received, ['', '']);
  });

  test('begins with the key of the URL, and shows nothing of it that may be secret', async () => {
    await using transport = new TestTransport('http://127.0.0.1:1/hook/secret?token=secret');
    assert.equal(await transport.check(), 'webhook.url: cannot connect to http://127.0.0.1:1 (connection refused)');
    const settings = endpointSettings({ name: 'audit', url: 'http://localhost:1/' });
    const named = httpTransport(settings, {});
    assert.equal(
      await within(named.check(), 'the check'),
      'webhook.audit.url: cannot connect to http://localhost:1 (connection refused)',
    );
    await named.close();
  });

  test('says that there is no such host', async () => {
    await using transport = new TestTransport('http://nobody.invalid/');
    // Without a network the name server does not say that there is none.
    assert.match(
      (await transport.check()) ?? '',
      /^webhook\.url: cannot connect to http:\/\/nobody\.invalid \((?:no host has this name|the name server does not answer)\)$/,
    );
  });

  test('ends after connect_timeout', async () => {
    await using server = await new RawServer(() => {}).listen();
    await using transport = new TestTransport(server.url.replace('http', 'https'), { connectTimeout: 50 });
    const origin = `https://127.0.0.1:${server.port}`;
    assert.equal(await transport.check(), `webhook.url: cannot connect to ${origin} (no connection in time)`);
  });

  test('says that there is no TLS', async () => {
    await using server = await new RawServer((socket) => socket.end('HTTP/1.1 400 Bad\r\n\r\n')).listen();
    await using transport = new TestTransport(server.url.replace('http', 'https'));
    const origin = `https://127.0.0.1:${server.port}`;
    assert.equal(
      await transport.check(),
      `webhook.url: cannot connect to ${origin} (what answers there speaks no TLS)`,
    );
  });
});
