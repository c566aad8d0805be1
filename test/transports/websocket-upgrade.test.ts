import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { generate } from 'mqtt-packet';
import { WebSocket } from 'ws';

import { type Client, websocket } from '../../src/index.ts';
import { connectPacket } from '../kit/tcp-client.ts';
import { SERVER_FILES } from '../kit/tls.ts';
import { until } from '../kit/until.ts';
import { openRaw } from './kinds.ts';
import { localWebSocket } from './local-websocket.ts';
import { FrameClient, openFrames } from './websocket-client.ts';
import { answerTo, closing, frame, type Headers, upgraded, upgradeRequest } from './websocket-request.ts';

interface Bad {
  readonly title: string;
  readonly request: string;
  readonly status: number;
  readonly says: RegExp;
}

const BAD: readonly Bad[] = [
  {
    title: 'another path',
    request: upgradeRequest({}, 'GET /other?x=/mqtt HTTP/1.1'),
    status: 404,
    says: /MQTT over WebSocket is at \/mqtt\./,
  },
  {
    title: 'another path, as a page',
    request: upgradeRequest({ Upgrade: null, Connection: null }, 'GET / HTTP/1.1'),
    status: 404,
    says: /is at \/mqtt\./,
  },
  {
    title: 'no upgrade',
    request: upgradeRequest({ Upgrade: null, Connection: 'keep-alive' }),
    status: 426,
    says: /\r\nUpgrade: websocket\r\n.*connect with a WebSocket client/s,
  },
  {
    title: 'an upgrade to something else',
    request: upgradeRequest({ Upgrade: 'h2c' }),
    status: 426,
    says: /WebSocket/,
  },
  {
    title: 'a body',
    request: `${upgradeRequest({ Upgrade: null, Connection: null, 'Content-Length': '5' }, 'POST /mqtt HTTP/1.1')}hello`,
    status: 426,
    says: /WebSocket/,
  },
  {
    title: 'an upgrade by POST',
    request: upgradeRequest({}, 'POST /mqtt HTTP/1.1'),
    status: 400,
    says: /method/,
  },
  {
    title: 'no subprotocol [MQTT-6.0.0-3]',
    request: upgradeRequest({ 'Sec-WebSocket-Protocol': null }),
    status: 400,
    says: /must offer the subprotocol "mqtt"/,
  },
  {
    title: 'none of our subprotocols',
    request: upgradeRequest({ 'Sec-WebSocket-Protocol': 'MQTT, chat' }),
    status: 400,
    says: /must offer the subprotocol "mqtt"/,
  },
  {
    title: 'subprotocols that make no sense',
    request: upgradeRequest({ 'Sec-WebSocket-Protocol': 'mqtt,,mqtt' }),
    status: 400,
    says: /Sec-WebSocket-Protocol/,
  },
  {
    title: 'a page of another origin',
    request: upgradeRequest({ Origin: 'https://evil.example' }),
    status: 403,
    says: /Origin/,
  },
  {
    title: 'an Origin that is none',
    request: upgradeRequest({ Origin: 'page.example' }),
    status: 403,
    says: /Origin/,
  },
  {
    title: 'no key',
    request: upgradeRequest({ 'Sec-WebSocket-Key': null }),
    status: 400,
    says: /Sec-WebSocket-Key/,
  },
  {
    title: 'another version',
    request: upgradeRequest({ 'Sec-WebSocket-Version': '8' }),
    status: 426,
    says: /\r\nSec-WebSocket-Version: 13\r\n.*must be 13/s,
  },
  { title: 'no HTTP', request: '\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00', status: 400, says: /Bad Request/ },
  {
    title: 'a head beyond all measure',
    request: `GET /mqtt HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(10_000)}`,
    status: 431,
    says: /Too Large/,
  },
];

suite('a request for a WebSocket', () => {
  for (const { title, request, status, says } of BAD)
    test(`with ${title} is answered with ${status}, and the connection ends`, async () => {
      await using local = await localWebSocket({}, { origins: ['https://page.example'] });
      const answer = await answerTo(local.port, request);
      assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
      assert.match(answer, says);
      await until(() => local.broker.stats().connections === 0, 'the end to be noticed');
    });

  for (const [offered, taken] of [
    ['mqtt', 'mqtt'],
    ['mqttv3.1', 'mqttv3.1'],
    ['chat, mqttv3.1, mqtt', 'mqtt'],
  ] as const)
    test(`that offers ${offered} gets ${taken} [MQTT-6.0.0-4]`, async () => {
      await using local = await localWebSocket();
      const { socket, head } = await upgraded(local.port, { 'Sec-WebSocket-Protocol': offered });
      socket.destroy();
      assert.match(head, /^HTTP\/1\.1 101 /);
      assert.match(head, new RegExp(`\r\nSec-WebSocket-Protocol: ${taken}\r\n`));
      // Even where the client can do it: compression is not for small packets.
      assert.doesNotMatch(head, /Sec-WebSocket-Extensions/);
    });

  const GOOD: readonly (readonly [string, Headers])[] = [
    ['one of the origins', { Origin: 'https://page.example' }],
    ['one of the origins in capitals', { Origin: 'HTTPS://PAGE.EXAMPLE' }],
    ['one of the origins with its port', { Origin: 'http://127.0.0.1:8080' }],
    ["an app's origin", { Origin: 'capacitor://localhost' }],
    ['no Origin, as programs do', {}],
  ];
  for (const [title, headers] of GOOD)
    test(`may come with ${title}`, async () => {
      const origins = ['https://Page.example:443', 'http://127.0.0.1:8080/', 'capacitor://localhost'];
      await using local = await localWebSocket({}, { origins });
      const { socket, head } = await upgraded(local.port, headers);
      socket.destroy();
      assert.match(head, /^HTTP\/1\.1 101 /);
    });

  test('may come from any page where no origins are set', async () => {
    await using local = await localWebSocket();
    const { socket, head } = await upgraded(local.port, { Origin: 'https://any.example' });
    socket.destroy();
    assert.match(head, /^HTTP\/1\.1 101 /);
  });

  test('may have a query, and another path where one is set', async () => {
    await using local = await localWebSocket({}, { path: '/' });
    using client = await openFrames(local.port, '/?token=1');
    await client.connect('c');
  });

  test('may bring the first frames with it', async () => {
    await using local = await localWebSocket();
    const connect = frame(generate(connectPacket('hasty')));
    const socket = await openRaw({ host: '127.0.0.1', port: local.port });
    socket.write(Buffer.concat([Buffer.from(upgradeRequest()), connect]));
    await until(() => local.broker.stats().clients === 1, 'the client to be connected');
    socket.destroy();
  });
});

suite('a WebSocket that is opened slowly', () => {
  for (const [title, request] of [
    ['nothing', ''],
    ['half a request', upgradeRequest().slice(0, -10)],
  ] as const)
    test(`is ended after connectTimeout where ${title} was said`, async () => {
      await using local = await localWebSocket({ connectTimeout: 100 });
      const start = performance.now();
      const socket = await openRaw({ host: '127.0.0.1', port: local.port });
      await until(() => local.broker.stats().connections === 1, 'the connection to count');
      socket.on('error', () => {}); // A reset is an end as well.
      socket.resume().write(request);
      await closing(socket);
      assert.ok(performance.now() - start >= 99);
      await until(() => local.broker.stats().connections === 0, 'the end to be noticed');
    });

  test('is ended after connectTimeout where nothing was said in it', async () => {
    await using local = await localWebSocket({ connectTimeout: 100 });
    const start = performance.now();
    using client = await openFrames(local.port);
    assert.equal((await client.ended()).code, 1000);
    assert.ok(performance.now() - start >= 99);
    await until(() => local.broker.stats().connections === 0, 'the end to be noticed');
  });
});

suite('who the client of a WebSocket is', () => {
  test('is told by its connection, and not by headers that anybody can send', async () => {
    await using local = await localWebSocket();
    const clients: Client[] = [];
    local.broker.on('client.connected', (client) => clients.push(client));
    const headers = { 'X-Forwarded-For': '192.0.2.1', 'X-Real-IP': '192.0.2.1', Forwarded: 'for=192.0.2.1' };
    using client = new FrameClient(new WebSocket(`ws://127.0.0.1:${local.port}/mqtt`, 'mqtt', { headers }));
    await until(() => client.webSocket.readyState === WebSocket.OPEN, 'the WebSocket to open');
    await client.connect('c');
    assert.equal(clients[0]?.remoteAddress, '127.0.0.1');
    assert.equal(clients[0].listener, 'ws');
  });
});

suite('the options of a WebSocket listener', () => {
  for (const path of ['mqtt', '', '/mqtt?x', '/mq tt'])
    test(`the path ${JSON.stringify(path)} is none`, () => {
      assert.throws(() => websocket({ port: 0, path }), { name: 'TypeError', message: /is not a path such as/ });
    });
  for (const origin of ['page.example', 'https://', 'https://page.example/app', '*', 'https://a b'])
    test(`the origin ${JSON.stringify(origin)} is none`, () => {
      const origins = [origin];
      assert.throws(() => websocket({ port: 0, origins }), { name: 'TypeError', message: /is not an origin such as/ });
    });

  test('TLS is set up as in a TLS listener, certificates that can be read again included', async () => {
    assert.equal('reload' in websocket({ port: 0 }), false);
    const secure = websocket({ port: 0, tls: SERVER_FILES });
    await secure.reload();
    const broken = websocket({ port: 0, tls: { ...SERVER_FILES, certfile: 'missing.pem' } });
    const problem = { name: 'TlsError', message: /^missing\.pem: / };
    await assert.rejects(broken.reload(), problem);
    await assert.rejects(localWebSocket({}, { tls: { ...SERVER_FILES, certfile: 'missing.pem' } }), problem);
  });
});
