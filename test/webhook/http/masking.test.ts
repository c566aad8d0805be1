import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { httpTransport } from '../../../src/webhook/http/http-transport.ts';
import { maskerOf } from '../../../src/webhook/http/masking.ts';
import type { Answer } from '../../../src/webhook/http/transport.ts';
import { startReceiver } from '../../kit/receiver.ts';
import { endpointSettings } from '../endpoint.ts';

const url = 'https://example.org/in/path-secret?key=query%20secret&b=1';
const headers = ['Authorization', 'Bearer token"secret', 'x-no', 'yes', 'content-type', 'application/x', 'x-b', 'four'];
const mask = maskerOf({ url, headers });

suite('secrets in what an endpoint says', () => {
  const texts: readonly [said: string, masked: string][] = [
    ['no Bearer token"secret here', 'no ****** here'],
    ['{"authorization":"Bearer token\\"secret"}', '{"authorization":"******"}'],
    ['token"secret is unknown', '****** is unknown'],
    ['POST /in/path-secret?key=query%20secret&b=1 failed', 'POST ****** failed'],
    ['key: query secret', 'key: ******'],
    ['four and four', '****** and ******'],
    ['yes: application/x', 'yes: application/x'],
    ['Bearer of news: 1', 'Bearer of news: 1'],
    ['cut off: Bearer tok', 'cut off: ******'],
    ['', ''],
  ];
  for (const [said, masked] of texts)
    test(JSON.stringify(said), () => {
      assert.equal(mask(said), masked);
    });

  test('are masked in an answer that is kept', async () => {
    await using receiver = await startReceiver({
      answer: ({ path, headers: own }) => ({
        status: 400,
        body: `${path} ${own['x-key']} ${'.'.repeat(221)}${own['x-key']}`,
      }),
    });
    const settings = endpointSettings({ url: `${receiver.origin}/hidden`, headers: ['x-key', 'hidden-too'] });
    const transport = httpTransport(settings, {});
    const { promise, resolve } = Promise.withResolvers<Answer>();
    transport.send({ headers: ['x-key', 'hidden-too'], body: Buffer.from('{}') }, resolve);
    const { text } = await promise;
    await transport.close();
    assert.equal(receiver.requests[0]?.headers['x-key'], 'hidden-too');
    assert.equal(text, `****** ****** ${'.'.repeat(221)}******`);
  });

  test('a URL without path and query hides nothing', () => {
    assert.equal(
      maskerOf({ url: 'https://example.org', headers: [] })('GET / https://example.org/'),
      'GET / https://example.org/',
    );
  });
});
