import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { proxiesOf, proxyTo } from '../../../src/webhook/http/proxy.ts';

/** Which of these URLs go through the proxy with this NO_PROXY. */
function proxied(noProxy: string, urls: readonly string[]): string[] {
  const proxies = proxiesOf({ HTTP_PROXY: 'http://proxy.example:8080', NO_PROXY: noProxy });
  assert.ok(proxies !== null && !('problem' in proxies));
  return urls.filter((url) => proxyTo(new URL(url), proxies) !== null);
}

const urls = [
  'http://a.example/',
  'https://b.a.example/',
  'http://xa.example:81/',
  'http://10.0.0.1/',
  'http://[::1]/',
];

suite('NO_PROXY', () => {
  const entries: readonly [noProxy: string, proxied: readonly number[]][] = [
    ['', [0, 1, 2, 3, 4]],
    ['*', []],
    ['other.example,*', []],
    ['a.example', [2, 3, 4]],
    ['.a.example', [2, 3, 4]],
    ['*.a.example', [0, 2, 3, 4]],
    ['A.Example.', [2, 3, 4]],
    ['a.example:80', [1, 2, 3, 4]],
    ['a.example:443', [0, 2, 3, 4]],
    ['xa.example:80 10.0.0.1', [0, 1, 2, 4]],
    ['example', [3, 4]],
    ['example:81', [0, 1, 3, 4]],
    ['10.0.0.1,::1', [0, 1, 2]],
    ['[::1]', [0, 1, 2, 3]],
    ['[::1]:80', [0, 1, 2, 3]],
    ['[::1]:81', [0, 1, 2, 3, 4]],
    ['10.0.0.0/8', [0, 1, 2, 3, 4]],
    ['*:81', [0, 1, 3, 4]],
  ];
  for (const [noProxy, through] of entries)
    test(JSON.stringify(noProxy), () => {
      assert.deepEqual(
        proxied(noProxy, urls),
        through.map((index) => urls[index]),
      );
    });
});
