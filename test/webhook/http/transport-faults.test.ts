import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { until } from '../../kit/until.ts';
import { answerText, RawServer, TestTransport } from './transport-kit.ts';

const CLOSED = 'the connection was closed before there was an answer';

/** Whether the client has ended a connection. */
function hasEnded({ sockets }: RawServer, connection = 0): boolean {
  return sockets[connection]?.destroyed === true;
}

suite('a transport and a server that', () => {
  test('does not answer: no answer after `timeout`, and its connection is closed', async () => {
    await using server = await new RawServer(() => {}).listen();
    await using transport = new TestTransport(server.url, { timeout: 60 });
    const began = performance.now();
    const { status, error, duration } = await transport.send();
    assert.ok(performance.now() - began >= 59);
    assert.deepEqual([status, error, duration], [0, 'no answer within 60 ms', 0]);
    await until(() => hasEnded(server), 'the end of the connection');
  });

  test('answered while this thread was busy: the answer counts, although it is read late', async () => {
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const server = require('node:net').createServer((socket) => socket.on('data', () => {
         parentPort.postMessage('received');
         setTimeout(() => socket.write(${JSON.stringify(answerText(200))}), 50);
       }));
       server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
      { eval: true },
    );
    const [port] = await once(worker, 'message');
    await using transport = new TestTransport(`http://127.0.0.1:${port}/`, { timeout: 1000 });
    const received = once(worker, 'message');
    const answer = transport.send();
    await received;
    // Until long after both the answer and the time limit.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1200);
    assert.equal((await answer).status, 200);
    await worker.terminate();
  });

  test('does not end its answer: the status counts, the connection is closed after `timeout`', async () => {
    await using server = await new RawServer((socket) => {
      socket.write('HTTP/1.1 503 No\r\ncontent-length: 1000\r\n\r\nhalf');
    }).listen();
    await using transport = new TestTransport(server.url, { timeout: 50 });
    const { status, error, text } = await transport.send();
    assert.deepEqual([status, error, text], [503, null, 'half']);
    await until(() => hasEnded(server), 'the end of the connection');
  });

  test('answers without end: the status counts, and the connection is closed at once', async () => {
    await using server = await new RawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const more = (): void => {
        while (!socket.destroyed && socket.write(`1000\r\n${'x'.repeat(0x1000)}\r\n`));
      };
      socket.on('drain', more);
      more();
    }).listen();
    await using transport = new TestTransport(server.url, { timeout: 60_000 });
    const { status, error } = await transport.send();
    assert.deepEqual([status, error], [200, null]);
    await until(() => hasEnded(server), 'the end of the connection');
  });

  test('answers with 64 KB: its connection is used again', async () => {
    await using server = await new RawServer((socket) => socket.write(answerText(200, 'x'.repeat(65_536)))).listen();
    await using transport = new TestTransport(server.url);
    assert.deepEqual(await transport.statuses(3), [200, 200, 200]);
    assert.equal(server.sockets.length, 1);
  });

  test('resets the connection in the middle of an answer: its status counts once it is there', async () => {
    await using server = await new RawServer((socket, _requests, connection) => {
      if (connection === 0) socket.write('HTTP/1.1 204 OK\r\nx-more: ', () => socket.resetAndDestroy());
      else socket.write('HTTP/1.1 500 No\r\ncontent-length: 9\r\n\r\nhalf', () => socket.end());
    }).listen();
    await using transport = new TestTransport(server.url);
    const first = await transport.send();
    assert.deepEqual([first.status, first.error], [0, CLOSED]);
    const second = await transport.send();
    assert.deepEqual([second.status, second.error, second.text], [500, null, 'half']);
  });

  test('closes a new connection instead of an answer: that is a failure, at once', async () => {
    await using server = await new RawServer((socket) => socket.end()).listen();
    await using transport = new TestTransport(server.url);
    const { status, error } = await transport.send();
    assert.deepEqual([status, error], [0, CLOSED]);
    assert.equal(server.sockets.length, 1);
  });

  for (const [how, end] of [
    ['ends', 'end'],
    ['resets', 'resetAndDestroy'],
  ] as const) {
    test(`${how} an idle connection as the next request comes: another connection takes it`, async () => {
      await using server = await new RawServer((socket, requests) => {
        if (requests === 1) socket.write(answerText(200));
        else socket[end]();
      }).listen();
      await using transport = new TestTransport(server.url);
      assert.deepEqual(await transport.statuses(4), [200, 200, 200, 200]);
      assert.equal(server.sockets.length, 4);
    });
  }

  test('closes used connections and refuses new ones: the second try is the last', async () => {
    await using server = await new RawServer((socket, requests, connection) => {
      if (requests === 1 && connection === 0) socket.write(answerText(200));
      else socket.end();
    }).listen();
    await using transport = new TestTransport(server.url);
    assert.equal((await transport.send()).status, 200);
    const { status, error } = await transport.send();
    assert.deepEqual([status, error], [0, CLOSED]);
    assert.equal(server.sockets.length, 2);
  });

  test('says that it closes the connection: the next request gets another one', async () => {
    await using server = await new RawServer((socket) => {
      socket.end(answerText(200, '', 'connection: close\r\n'));
    }).listen();
    await using transport = new TestTransport(server.url);
    assert.deepEqual(await transport.statuses(3), [200, 200, 200]);
    assert.equal(server.sockets.length, 3);
  });

  for (const [name, bytes] of [
    ['not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['nonsense', '\0\xff\0\xff'.repeat(100)],
    ['a broken length', 'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n'],
    ['a change of protocol to none', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ] as const) {
    test(`answers ${name}: no answer`, async () => {
      await using server = await new RawServer((socket) => socket.write(bytes, 'latin1')).listen();
      await using transport = new TestTransport(server.url);
      const { status, error } = await transport.send();
      assert.deepEqual([status, error], [0, 'the answer is not HTTP']);
    });
  }

  test('answers with headers without end: no answer, and they are not kept', async () => {
    await using server = await new RawServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}`);
    }).listen();
    await using transport = new TestTransport(server.url);
    const { status, error } = await transport.send();
    assert.deepEqual([status, error], [0, "the answer's headers are too large"]);
  });

  for (const interim of ['100 Continue', '102 Processing', '103 Early Hints\r\nlink: </a>; rel=preload']) {
    test(`sends ${interim.slice(0, 3)} first: the final answer counts`, async () => {
      await using server = await new RawServer((socket) => {
        socket.write(`HTTP/1.1 ${interim}\r\n\r\n${answerText(201)}`);
      }).listen();
      await using transport = new TestTransport(server.url);
      assert.deepEqual(await transport.statuses(2), [201, 201]);
      assert.equal(server.sockets.length, 1);
    });
  }

  test('sends an interim answer and no other: no answer', async () => {
    await using server = await new RawServer((socket) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n')).listen();
    await using transport = new TestTransport(server.url, { timeout: 50 });
    const { status, error } = await transport.send();
    assert.deepEqual([status, error], [0, 'no answer within 50 ms']);
  });

  test('fails one of several requests on a connection: the others are sent again on another one', async () => {
    let answers = 0;
    await using server = await new RawServer((socket, requests, connection) => {
      if (connection > 0) for (; answers < requests; answers++) socket.write(answerText(200));
      else if (requests === 3) socket.end();
    }).listen();
    await using transport = new TestTransport(server.url, { poolSize: 1, pipelining: 3 });
    const all = await Promise.all([transport.send('0'), transport.send('1'), transport.send('2')]);
    assert.deepEqual(
      all.map(({ status }) => status),
      [0, 200, 200],
    );
  });
});
