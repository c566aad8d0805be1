import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';

import { generate, type Packet } from 'mqtt-packet';

import { tcp, websocket } from '../../src/index.ts';
import { connectPacket, openClient } from '../kit/tcp-client.ts';
import { until, within } from '../kit/until.ts';
import { portOf } from './kinds.ts';
import { localWebSocket } from './local-websocket.ts';
import { openListener } from './open-listener.ts';
import { openFrames } from './websocket-client.ts';
import { closing, frame, upgraded, upgradeRequest } from './websocket-request.ts';

const SUBSCRIBE: Packet = { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/b', qos: 0 }] };

function publish(payload: string | Buffer, qos: 0 | 1 = 0): Packet {
  return { cmd: 'publish', topic: 'a/b', payload, qos, messageId: 2, dup: false, retain: false };
}

const PINGREQ = generate({ cmd: 'pingreq' });
const PINGRESP = generate({ cmd: 'pingresp' }).toString('latin1');

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;

suite('packets and the frames that carry them [MQTT-6.0.0-2]', () => {
  test('a byte in each frame', async () => {
    await using local = await localWebSocket();
    using client = await openFrames(local.port);
    // Each costs more memory than it has bytes: only those that are still held count.
    const hello = connectPacket('c', { username: 'a'.repeat(1500) });
    for (const byte of Buffer.concat([hello, SUBSCRIBE, publish('hello')].map((packet) => generate(packet)))) {
      client.webSocket.send(Buffer.from([byte]));
      // oxlint-disable-next-line no-await-in-loop -- else the system would put them together
      await new Promise(setImmediate);
    }
    await client.next('connack');
    await client.next('suback');
    assert.equal((await client.next('publish')).payload.toString(), 'hello');
  });

  test('many packets in a frame', async () => {
    await using local = await localWebSocket();
    using client = await openFrames(local.port);
    const texts = Array.from({ length: 500 }, (_, i) => `message ${i}`);
    client.send(connectPacket('c'), SUBSCRIBE, ...texts.map((text) => publish(text)), { cmd: 'disconnect' });
    assert.equal((await client.ended()).code, 1000);
    assert.equal(local.reasons.get('c'), 'normal');
    const messages = client.packets.filter((packet) => packet.cmd === 'publish');
    assert.deepEqual(
      messages.map(({ payload }) => payload.toString()),
      texts,
    );
  });

  test('a message in fragments, with a ping in between, and frames without a byte', async () => {
    await using local = await localWebSocket();
    using client = await openFrames(local.port);
    const pongs: string[] = [];
    client.webSocket.on('pong', (data) => pongs.push(data.toString()));
    const hello = generate(connectPacket('c'));
    client.webSocket.send(Buffer.alloc(0));
    client.webSocket.send(hello.subarray(0, 5), { fin: false });
    client.webSocket.send(Buffer.alloc(0), { fin: false });
    client.webSocket.ping('are you there?');
    client.webSocket.send(hello.subarray(5), { fin: true });
    await client.next('connack');
    assert.deepEqual(pongs, ['are you there?']);
  });

  test('what is sent in one turn goes out as one frame', async () => {
    await using local = await localWebSocket();
    using client = await openFrames(local.port);
    await client.connect('c');
    client.send(SUBSCRIBE);
    await client.next('suback');
    client.send(...Array.from({ length: 100 }, () => publish('hello')));
    for (let i = 0; i < 100; i++) await client.next('publish'); // oxlint-disable-line no-await-in-loop -- in order
    assert.equal(client.sizes.length, 3, 'CONNACK, SUBACK, and all messages together');
  });

  for (const bytes of [125, 126, 65_535, 65_536, 3 * MEGABYTE])
    test(`${bytes} bytes of them arrive in a frame`, async () => {
      await using local = await localWebSocket();
      using client = await openFrames(local.port);
      await client.connect('c');
      client.send(SUBSCRIBE);
      await client.next('suback');
      const headers = generate(publish(Buffer.alloc(bytes))).length - bytes;
      const payload = Buffer.alloc(bytes - headers, 'payload');
      client.send(publish(payload));
      assert.ok(payload.equals(Buffer.from((await client.next('publish')).payload)));
      assert.equal(client.sizes.at(-1), generate(publish(payload)).length);
    });
});

suite('the end of a WebSocket', () => {
  test('comes with 1003 for a text frame, whose bytes do not count [MQTT-6.0.0-1]', async () => {
    await using local = await localWebSocket();
    using client = await openFrames(local.port);
    await client.connect('c');
    client.webSocket.send(generate({ cmd: 'disconnect' }).toString('latin1'));
    client.send({ cmd: 'disconnect' });
    assert.deepEqual(await client.ended(), { code: 1003, reason: 'MQTT comes in binary frames' });
    await until(() => local.reasons.has('c'), 'the end to be noticed');
    assert.equal(local.reasons.get('c'), 'tcp_closed');
  });

  test('comes with 1002 for a frame that is none', async () => {
    await using local = await localWebSocket();
    using client = await openFrames(local.port);
    await client.connect('c');
    using other = await openFrames(local.port);
    const { socket } = await upgraded(local.port);
    socket.resume().write(Buffer.from('83800000000000', 'hex'));
    await closing(socket);
    client.send({ cmd: 'pingreq' });
    await client.next('pingresp');
    await other.connect('other');
  });

  test('comes with 1009 for a message beyond maxMessageSize', async () => {
    await using local = await localWebSocket({}, { maxMessageSize: 1000 });
    using client = await openFrames(local.port);
    await client.connect('c');
    client.send(publish(Buffer.alloc(900), 1));
    await client.next('puback');
    client.webSocket.send(Buffer.alloc(900), { fin: false });
    client.webSocket.send(Buffer.alloc(101), { fin: true });
    assert.equal((await client.ended()).code, 1009);
    await until(() => local.reasons.get('c') === 'tcp_closed', 'the end to be noticed');
  });

  test('comes with 1009 for a megabyte that is held before CONNACK', async () => {
    await using local = await localWebSocket();
    using client = await openFrames(local.port);
    client.webSocket.send(Buffer.alloc(512 * KILOBYTE), { fin: false });
    client.webSocket.send(Buffer.alloc(600 * KILOBYTE), { fin: false });
    assert.deepEqual(await client.ended(), { code: 1009, reason: 'the first message is too large' });
    assert.equal(local.broker.stats().bytesReceived, 0);
  });

  test('leaves what comes behind those unread, after connectTimeout, too', async () => {
    await using local = await localWebSocket({ connectTimeout: 100 }, { maxMessageSize: 100 * MEGABYTE });
    const { socket } = await upgraded(local.port);
    socket.resume().write(frame(Buffer.alloc(0), { length: 80 * MEGABYTE }));
    const piece = Buffer.alloc(MEGABYTE);
    let taken = 0;
    for (let i = 0; i < 64; i++) socket.write(piece, (error) => void (taken += error ? 0 : 1));
    await until(() => local.broker.stats().connections === 0, 'the connection to be given up');
    await closing(socket);
    assert.ok(taken < 48, `${taken} MB were taken`);
  });

  test('comes for many small pieces that are held before CONNACK', async () => {
    await using local = await localWebSocket();
    const { socket } = await upgraded(local.port);
    const goodbye = once(socket, 'data');
    socket.write(frame(Buffer.alloc(0), { length: MEGABYTE }));
    let sent = 0;
    const drip = (): void => {
      if (socket.destroyed) return;
      socket.write('x');
      sent++;
      setImmediate(drip);
    };
    drip();
    const [bytes] = (await within(goodbye, 'the goodbye').finally(() => socket.destroy())) as [Buffer];
    assert.equal(bytes.readUInt16BE(2), 1009);
    assert.ok(sent < 100_000, `${sent} pieces`);
  });

  test('is the same whether the client says goodbye with a frame or not', async () => {
    await using local = await localWebSocket();
    using polite = await openFrames(local.port);
    await polite.connect('polite');
    polite.webSocket.close(1001);
    await until(() => local.reasons.get('polite') === 'tcp_closed', 'the end to be noticed');
    assert.equal((await polite.ended()).code, 1001);
    using rude = await openFrames(local.port);
    await rude.connect('rude');
    rude.webSocket.terminate();
    await until(() => local.reasons.get('rude') === 'tcp_closed', 'the end to be noticed');
    assert.equal(local.broker.stats().connections, 0);
  });

  test('is told with 1000 when the broker is closed', async () => {
    const local = await localWebSocket();
    using client = await openFrames(local.port);
    await client.connect('c');
    await within(local.broker.close(), 'the end of the broker');
    assert.equal((await client.ended()).code, 1000);
  });

  test('comes although the client has ended its side and reads nothing', async () => {
    const listener = await openListener(websocket({ port: 0 }));
    const socket = connect({ port: portOf(listener.address), host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {}); // A reset is an end as well.
    listener.clients.push(socket);
    socket.write(upgradeRequest());
    await once(socket, 'readable');
    await until(() => listener.accepted.length === 1, 'the wire');
    const [accepted] = listener.accepted;
    accepted?.wire.write(Buffer.alloc(32 * MEGABYTE));
    socket.end(frame(Buffer.from('goodbye')));
    await until(() => accepted?.received.toString() === 'goodbye', 'the last bytes');
    accepted?.wire.end();
    await until(() => accepted?.closed === 1, 'the end to be told');
    await listener[Symbol.asyncDispose]();
  });

  test('comes although the client does not answer', async () => {
    const local = await localWebSocket();
    const { socket } = await upgraded(local.port);
    socket.write(frame(generate(connectPacket('deaf'))));
    await until(() => local.broker.stats().clients === 1, 'the client to be connected');
    await within(local.broker.close(), 'the end of the broker');
    socket.destroy();
  });
});

suite('frames that bring no byte of MQTT', () => {
  for (const [what, opcode] of [
    ['empty messages', 0x82],
    ['pings', 0x89],
    ['pongs', 0x8a],
  ] as const)
    test(`a flood of ${what} ends with 1008`, async () => {
      await using local = await localWebSocket({}, { maxMessageSize: MEGABYTE });
      const { socket } = await upgraded(local.port);
      let received = Buffer.alloc(0);
      socket.on('data', (bytes: Buffer) => (received = Buffer.concat([received, bytes])));
      socket.write(frame(generate(connectPacket('idle'))));
      const some = Array.from({ length: 50 }, () => frame(Buffer.alloc(0), { opcode }));
      const goodbyeCame = (): boolean => received.includes('too many frames without MQTT');
      let sent = 0;
      for (let answers = 1; sent < 10_000 && !goodbyeCame(); answers++) {
        socket.write(Buffer.concat([...some, frame(PINGREQ)]));
        sent += some.length;
        const answered = (): boolean => received.toString('latin1').split(PINGRESP).length > answers;
        await until(() => answered() || goodbyeCame(), 'an answer'); // oxlint-disable-line no-await-in-loop -- in order
      }
      socket.destroy();
      const goodbye = received.indexOf('too many frames without MQTT') - 2;
      assert.ok(goodbye > 0, `${sent} frames, and no goodbye`);
      assert.equal(received.readUInt16BE(goodbye), 1008);
      assert.ok(sent > 1900, `${sent} frames`);
    });

  test('hundreds of them disturb nobody', async () => {
    await using local = await localWebSocket({}, { maxMessageSize: MEGABYTE });
    using client = await openFrames(local.port);
    await client.connect('c');
    for (let i = 0; i < 20; i++) {
      // More than 100 pings at once are too many for `ws`.
      for (let j = 0; j < 50; j++) client.webSocket.send(Buffer.alloc(0));
      for (let j = 0; j < 45; j++) client.webSocket.ping();
      client.send({ cmd: 'pingreq' });
      await client.next('pingresp'); // oxlint-disable-line no-await-in-loop -- in order
    }
  });

  test('fragments without end are as many as a message may have', async () => {
    await using local = await localWebSocket({}, { maxMessageSize: MEGABYTE });
    using client = await openFrames(local.port);
    await client.connect('c');
    const pieces = (count: number): void => {
      for (let i = 0; i < count; i++) client.webSocket.send(i === 0 ? PINGREQ : Buffer.alloc(0), { fin: false });
    };
    pieces(1023);
    client.webSocket.send(Buffer.alloc(0), { fin: true });
    await client.next('pingresp');
    pieces(1025);
    assert.equal((await client.ended()).code, 1008);
  });

  test('and so are the pieces in which the network brings it', async () => {
    await using local = await localWebSocket({}, { maxMessageSize: MEGABYTE });
    const { socket } = await upgraded(local.port);
    socket.write(frame(generate(connectPacket('c'))));
    await once(socket, 'data');
    const goodbye = once(socket, 'data');
    socket.write(frame(Buffer.alloc(0), { length: MEGABYTE }));
    let sent = 0;
    const drip = (): void => {
      if (socket.destroyed) return;
      socket.write('x');
      sent++;
      setImmediate(drip);
    };
    drip();
    const [bytes] = (await within(goodbye, 'the goodbye').finally(() => socket.destroy())) as [Buffer];
    assert.equal(bytes.readUInt16BE(2), 1008);
    assert.ok(sent >= 1024 && sent < 100_000, `${sent} pieces`);
  });
});

suite('a client that sends tiny frames as fast as it can', () => {
  test('has others wait for a few of them only', async () => {
    await using local = await localWebSocket();
    const { port } = await local.broker.listen(tcp({ port: 0 }));
    using other = await openClient(port, 'other');
    const { socket } = await upgraded(local.port);
    socket.write(frame(generate(connectPacket('fast'))));
    await until(() => local.broker.stats().clients === 2, 'the client to be connected');

    const before = local.broker.stats().bytesReceived;
    const bytes = Buffer.concat(Array.from({ length: 10_000 }, () => generate(publish('hello'))));
    socket.write(Buffer.concat(Array.from(bytes, (byte) => frame(Buffer.from([byte])))));
    await until(() => local.broker.stats().bytesReceived > before, 'the first frame');
    other.send({ cmd: 'pingreq' });
    await other.next('pingresp');
    assert.ok(local.broker.stats().bytesReceived < before + bytes.length / 2, 'the answer came in time');
    await until(() => local.broker.stats().messagesReceived === 10_000, 'all messages');
    socket.destroy();
  });
});
