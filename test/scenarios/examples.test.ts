import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { suite, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { mqttClient } from '../kit/mqtt-client.ts';

const FOLDER = new URL('../../examples/', import.meta.url);

/** An example that listens on a free port; `end` ends it as Ctrl-C does and returns the lines that it wrote. */
async function example(t: TestContext, name: string) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(name, FOLDER)), '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit', { signal: AbortSignal.timeout(20_000) });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const all = text(child.stdout);
  await once(child.stdout, 'data');
  const [, port] = /^mqtt:\/\/127\.0\.0\.1:(\d+)/.exec(output) ?? [];
  const end = async (): Promise<string[]> => {
    child.kill('SIGINT');
    assert.deepEqual(await exit, [0, null]);
    return (await all).trimEnd().split('\n').slice(1);
  };
  return { port: Number(port), end };
}

suite('examples', () => {
  test('ten-lines: hooks decide, events tell', async (t) => {
    const { port, end } = await example(t, 'ten-lines.ts');
    const { client } = await mqttClient(t, port, { clientId: 'ann' });
    await client.publishAsync('of/ann/mood', 'good', { qos: 1 });
    await client.publishAsync('of/bob/mood', 'none of her business', { qos: 1 });
    await client.endAsync();
    assert.deepEqual(await end(), ['ann is here', 'of/ann/mood: good', 'ann is gone: normal']);
  });

  test('webhook: the service gets a request for each event', async (t) => {
    const { port, end } = await example(t, 'webhook.ts');
    const { client } = await mqttClient(t, port, { clientId: 'ann' });
    await client.publishAsync('alarm/door', 'open', { qos: 1 });
    await client.publishAsync('mood', 'not wanted', { qos: 1 });
    await client.endAsync();
    const lines = await end();
    assert.match(lines[0] ?? '', /^POST \/events \{.*"clientid":"ann","action":"client_connack".*\}$/);
    assert.match(lines[1] ?? '', /^POST \/events \{.*"topic":"alarm\/door".*"payload":"open"\}$/);
    assert.deepEqual(lines.slice(2), ['2 events delivered, 0 lost']);
  });

  test('there are no others, which would not be tested here or in recipes.test.ts', () => {
    const recipes = ['devices-online.ts', 'receive-standard.ts', 'receive.go', 'receive.py', 'receive.ts'];
    assert.deepEqual(readdirSync(FOLDER).toSorted(), [...recipes, 'ten-lines.ts', 'webhook.ts']);
  });
});
