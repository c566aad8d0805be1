import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { suite, test } from 'node:test';

import { Broker, tls } from '../../src/index.ts';
import { FakeClock } from '../kit/fake-clock.ts';
import { connectPacket, TcpClient } from '../kit/tcp-client.ts';
import { openTls, SERVER_FILES } from '../kit/tls.ts';
import { until } from '../kit/until.ts';

const COUNT = 5000;
const AT_ONCE = 200;
/** Both ends of the connections are in this process. */
const FILES_NEEDED = 2 * COUNT + 500;
/** Milliseconds in which CONNECT must have come. */
const CONNECT_TIMEOUT = 10_000;
/** Kilobytes of memory for both ends of one connection. */
const SMALL = 30;

/** What those say that do not go on: nothing, the begin of a record, most of a record that is as large as they come. */
const BEGINNINGS = [
  Buffer.alloc(0),
  Buffer.from([22, 3, 1]),
  Buffer.concat([Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), Buffer.alloc(500)]),
];

const files = spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout.trim();
const skip =
  files !== 'unlimited' && Number(files) < FILES_NEEDED
    ? `${FILES_NEEDED} open files are needed, ${files} are allowed`
    : false;

suite(`${COUNT} TLS handshakes that do not go on`, { skip }, () => {
  test('cost little memory, disturb nobody, and are over after connectTimeout', async (t) => {
    const clock = new FakeClock();
    const broker = new Broker({ clock, connectTimeout: CONNECT_TIMEOUT });
    const { port } = await broker.listen(tls({ port: 0, tls: SERVER_FILES }));
    const sockets: Socket[] = [];
    t.after(async () => {
      for (const socket of sockets) socket.destroy();
      await broker.close();
    });
    /** `until` with turns that end. */
    const untilTurned = (condition: () => boolean, what: string): Promise<void> =>
      until(() => (clock.endTurns(), condition()), what, 30_000);

    const before = process.memoryUsage.rss();
    let ended = 0;
    while (sockets.length < COUNT) {
      for (let i = 0; i < AT_ONCE; i++) {
        const socket = connect({ port, host: '127.0.0.1' });
        socket.on('error', () => {});
        socket.on('close', () => ended++);
        socket.write(BEGINNINGS[sockets.length % BEGINNINGS.length] ?? '');
        sockets.push(socket);
      }
      // oxlint-disable-next-line no-await-in-loop -- not more at once than the system holds for us
      await untilTurned(() => broker.stats().connections === sockets.length, 'the connections');
    }
    const each = (process.memoryUsage.rss() - before) / 1024 / COUNT;
    t.diagnostic(`memory: ${each.toFixed(1)} kB for both ends of a connection`);
    assert.ok(each < SMALL, `${each} kB for both ends of a connection`);

    const other = new TcpClient(await openTls({ port }), 4);
    sockets.push(other.socket);
    other.send(connectPacket('other'));
    await untilTurned(() => other.packets.length === 1, 'CONNACK');
    assert.equal((await other.next('connack')).returnCode, 0);

    clock.advance(CONNECT_TIMEOUT + 1000);
    await untilTurned(() => ended === COUNT, 'the end of the others');
    other.send({ cmd: 'pingreq' });
    await untilTurned(() => other.packets.length === 1, 'PINGRESP');
    assert.equal(broker.stats().connections, 1);
  });
});
