import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { EndpointSettings } from '../../../src/webhook/settings.ts';
import { answerText, RawServer, TestTransport } from './transport-kit.ts';

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const OTHER = 'HTTP/1.1 102 Processing\r\n\r\n';

/** Sends these texts so that each of them is read alone. */
async function writeApart(socket: Socket, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await new Promise((resolve) => socket.write(text, resolve));
    // The client reads in the same thread.
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (let turn = 0; turn < 4; turn++) await setImmediate();
  }
}

/** The statuses of three requests to a server that answers each with these texts; they all take one connection. */
async function statusesOf(texts: readonly string[]): Promise<readonly number[]> {
  await using server = await new RawServer((socket) => void writeApart(socket, texts)).listen();
  await using transport = new TestTransport(server.url);
  const statuses = await transport.statuses(3);
  assert.equal(server.sockets.length, 1);
  return statuses;
}

suite('100 Continue that nobody asked for', () => {
  const answer = answerText(201);
  const sent: Readonly<Record<string, readonly string[]>> = {
    'in one piece with the answer': [CONTINUE + answer],
    'on its own': [CONTINUE, answer],
    'several times in one piece': [CONTINUE + CONTINUE + CONTINUE + answer],
    'behind another interim answer': [OTHER + CONTINUE + answer],
    'in front of another one': [CONTINUE + OTHER + answer],
    'behind one, on its own': [OTHER, CONTINUE, answer],
    'byte by byte': [...CONTINUE.split(''), answer],
  };
  for (const [name, texts] of Object.entries(sent))
    test(`${name}: the final answer counts`, async () => {
      assert.deepEqual(await statusesOf(texts), [201, 201, 201]);
    });

  for (let cut = 1; cut < 20; cut++)
    test(`cut after ${cut} bytes: the final answer counts`, async () => {
      const texts = [OTHER + CONTINUE.slice(0, cut), CONTINUE.slice(cut) + CONTINUE.slice(0, cut)];
      assert.deepEqual(await statusesOf([...texts, CONTINUE.slice(cut) + answer]), [201, 201, 201]);
    });

  test('before each of the answers to several requests, right behind the body of the one before', async () => {
    await using server = await new RawServer((socket, requests) => {
      if (requests === 3) socket.write([200, 503, 404].map((status) => CONTINUE + answerText(status, 'ok')).join(''));
    }).listen();
    await using transport = new TestTransport(server.url, { poolSize: 1, pipelining: 3 });
    const answers = await Promise.all([transport.send('0'), transport.send('1'), transport.send('2')]);
    assert.deepEqual(
      answers.map(({ status, text }) => [status, text]),
      [
        [200, ''],
        [503, 'ok'],
        [404, 'ok'],
      ],
    );
    assert.equal(server.sockets.length, 1);
  });

  test('what looks like the beginning of one is none', async () => {
    const body = 'H HTTP/1.1 10H';
    await using server = await new RawServer((socket) => {
      void writeApart(socket, [`HTTP/1.1 500 H\r\ncontent-length: ${body.length}\r\n\r\nH HTTP/1.1 `, '1', '0H']);
    }).listen();
    await using transport = new TestTransport(server.url);
    for (const { status, text } of await transport.inTurn(['1', '2'])) assert.deepEqual([status, text], [500, body]);
  });

  const redirected: Partial<EndpointSettings['connection']> = { followRedirects: 1 };
  test('of a server that is redirected to: the final answer counts', async () => {
    await using target = await new RawServer((socket) => socket.write(CONTINUE + answer)).listen();
    await using server = await new RawServer((socket) => {
      socket.write(answerText(307, '', `location: ${target.url}\r\n`));
    }).listen();
    await using transport = new TestTransport(server.url, redirected);
    assert.deepEqual(await transport.statuses(2), [201, 201]);
  });

  test('of a proxy, and of a server that it redirects to: the final answer counts', async () => {
    await using proxy = await new RawServer((socket, _requests, connection) => {
      const isFirst = proxy.received[connection]?.includes('POST http://one.example/') === true;
      const location = 'location: http://two.example/\r\n';
      socket.write(CONTINUE + (isFirst ? answerText(308, '', location) : answer));
    }).listen();
    const environment = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
    await using plain = new TestTransport('http://two.example/', {}, environment);
    assert.deepEqual(await plain.statuses(2), [201, 201]);
    await using following = new TestTransport('http://one.example/', redirected, environment);
    assert.deepEqual(await following.statuses(2), [201, 201]);
  });

  test('of a server that a NO_PROXY names: the final answer counts', async () => {
    await using server = await new RawServer((socket) => socket.write(CONTINUE + answer)).listen();
    const environment = { HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.1' };
    await using transport = new TestTransport(server.url, {}, environment);
    assert.deepEqual(await transport.statuses(2), [201, 201]);
  });
});
