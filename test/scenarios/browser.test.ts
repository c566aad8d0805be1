import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import type { Page } from 'playwright-core';

import { Broker, tcp, websocket } from '../../src/index.ts';
import { browser, withoutBrowser } from '../kit/browser.ts';
import { mqttClient } from '../kit/mqtt-client.ts';

const LIBRARY = readFileSync(fileURLToPath(new URL('../../node_modules/mqtt/dist/mqtt.min.js', import.meta.url)));
const PAGE = '<!doctype html><title>MQTT in a page</title><script src="/mqtt.min.js"></script>';

/** A web site on loopback: one page, with MQTT.js in it. Returns its origin. */
async function site(t: TestContext): Promise<string> {
  const server = createServer(({ url }, response) => {
    if (url === '/mqtt.min.js') response.setHeader('Content-Type', 'text/javascript').end(LIBRARY);
    else response.setHeader('Content-Type', 'text/html').end(PAGE);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Runs JavaScript in the page, as the body of an async function; its result must be JSON. */
function run(page: Page, script: string): Promise<unknown> {
  return page.evaluate(`(async () => { ${script} })()`);
}

suite('MQTT.js in a page', { skip: withoutBrowser }, () => {
  test('publishes and receives over ws://, where its origin may connect', async (t) => {
    const origin = await site(t);
    const broker = new Broker();
    t.after(() => broker.close());
    const { port } = await broker.listen(websocket({ port: 0, origins: [origin] }));
    const overTcp = await mqttClient(t, (await broker.listen(tcp({ port: 0 }))).port);
    await overTcp.client.subscribeAsync('page/#', { qos: 1 });

    const page = await (await browser(t)).newPage();
    await page.goto(origin);
    await run(
      page,
      `globalThis.texts = [];
       globalThis.client = await mqtt.connectAsync('ws://127.0.0.1:${port}/mqtt', { protocolVersion: 5 });
       client.on('message', (topic, payload) => texts.push(topic + ': ' + payload));
       await client.subscribeAsync(['page/own', 'outside'], { qos: 1 });
       await client.publishAsync('page/own', 'hello from the page', { qos: 1 });`,
    );
    await overTcp.inbox.receive(1);
    await overTcp.client.publishAsync('outside', 'hello page', { qos: 1 });
    await page.waitForFunction('texts.length === 2');
    assert.deepEqual(await run(page, 'return texts;'), ['page/own: hello from the page', 'outside: hello page']);
    assert.deepEqual(overTcp.inbox.texts, ['hello from the page']);

    await page.goto(await site(t));
    const refused = await run(
      page,
      `const socket = new WebSocket('ws://127.0.0.1:${port}/mqtt', 'mqtt');
       return new Promise((resolve) => {
         socket.onopen = () => resolve('open');
         socket.onclose = () => resolve('refused');
       });`,
    );
    assert.equal(refused, 'refused', 'a page of another origin');
  });
});
