import assert from 'node:assert/strict';
import { encode } from '../../../src/codec/encode.ts';
import type { Packet } from '../../../src/codec/packets.ts';
import { connectPacket, publishPacket } from '../../kit/raw-client.ts';
import { type Case, NUMBERED, type StatementId, statement } from '../kit/case.ts';
import { each } from '../kit/each.ts';
import { openFrames, refusedWith } from '../kit/frames.ts';
import type { Scene } from '../kit/scene.ts';

const OVER_WEBSOCKET = { over: 'websocket' } as const;

/** A statement of section 6 has the same number in both specifications. */
function both(number: string): readonly StatementId[] {
  return [`5.0:MQTT-${number}`, `3.1.1:MQTT-${number}`];
}

/** The bytes of packets as the case's version has them, CONNECT of `frames` before them. */
function bytesOf({ version }: Scene, ...packets: readonly Packet[]): Buffer {
  const connect = connectPacket({ version, clientId: 'frames' });
  return Buffer.concat([connect, ...packets].map((packet) => encode(packet, version)));
}

const PUBLISHES = [
  publishPacket('t', 'one', { qos: 1, packetId: 1 }),
  publishPacket('t', 'two', { qos: 1, packetId: 2 }),
  publishPacket('t', '', { qos: 1, packetId: 3 }),
];

/** What is sent in `chunks`, each a frame of its own, must be understood as CONNECT and PUBLISHES. */
async function understands(scene: Scene, chunks: readonly Buffer[]): Promise<void> {
  const { client, socket } = await openFrames(scene);
  for (const chunk of chunks) socket.send(chunk);
  await client.next('connack');
  await each([1, 2, 3], async (packetId) => assert.equal((await client.next('puback')).packetId, packetId));
  await client.expectNothing();
  client.cut();
}

/** `bytes` cut into pieces of `size`. */
function pieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

/** MQTT over WebSocket (section 6). */
export const webSocketCases: readonly Case[] = [
  statement(
    both('6.0.0-1'),
    'a text frame closes the connection, and what is in it is not processed',
    NUMBERED,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('#');
      const { client, socket } = await openFrames(scene);
      await client.connect();
      // All of its bytes are ASCII: it would be a PUBLISH if it were binary.
      socket.send(encode(publishPacket('t', 'text'), scene.version).toString('latin1'));
      client.publish('t', 'too late');
      await client.expectEnd(null);
      await witness.expectNothing();
    },
    OVER_WEBSOCKET,
  ),
  statement(
    both('6.0.0-1'),
    'a text frame in place of CONNECT closes the connection, an empty one as well',
    NUMBERED,
    (scene) =>
      each(['', 'CONNECT', bytesOf(scene).toString('latin1')], async (text) => {
        const { client, socket } = await openFrames(scene);
        socket.send(text);
        await client.expectEnd(null);
      }),
    OVER_WEBSOCKET,
  ),
  statement(
    both('6.0.0-1'),
    'the broker sends binary frames',
    NUMBERED,
    async (scene) => {
      const { client, socket } = await openFrames(scene);
      const kinds: boolean[] = [];
      socket.on('message', (_, isBinary) => kinds.push(isBinary));
      await client.connect();
      await client.subscribe('t');
      client.publish('t', 'text').publish('t', Buffer.alloc(100_000));
      assert.equal((await client.messages()).length, 2);
      assert.ok(kinds.length >= 3);
      assert.ok(kinds.every((isBinary) => isBinary));
    },
    OVER_WEBSOCKET,
  ),
  statement(
    both('6.0.0-2'),
    'one frame may hold CONNECT and all that follows it',
    NUMBERED,
    (scene) => understands(scene, [bytesOf(scene, ...PUBLISHES)]),
    OVER_WEBSOCKET,
  ),
  statement(
    both('6.0.0-2'),
    'packets may be cut into frames anywhere, down to one byte in each',
    NUMBERED,
    (scene) => each([1, 2, 3, 7, 11], (size) => understands(scene, pieces(bytesOf(scene, ...PUBLISHES), size))),
    OVER_WEBSOCKET,
  ),
  statement(
    both('6.0.0-2'),
    'frames without a byte between the others mean nothing',
    NUMBERED,
    (scene) => {
      const empty = Buffer.alloc(0);
      return understands(scene, [empty, ...pieces(bytesOf(scene, ...PUBLISHES), 5).flatMap((piece) => [piece, empty])]);
    },
    OVER_WEBSOCKET,
  ),
  statement(
    both('6.0.0-2'),
    'a message of the WebSocket may come in fragments, with control frames between them',
    NUMBERED,
    async (scene) => {
      const { client, socket } = await openFrames(scene);
      for (const piece of pieces(bytesOf(scene, ...PUBLISHES), 4)) {
        socket.send(piece, { binary: true, fin: false });
        socket.ping();
      }
      socket.send(Buffer.alloc(0), { binary: true, fin: true });
      await client.next('connack');
      await each([1, 2, 3], async (packetId) => assert.equal((await client.next('puback')).packetId, packetId));
    },
    OVER_WEBSOCKET,
  ),
  statement(
    both('6.0.0-3'),
    'a client that does not offer "mqtt" is refused',
    NUMBERED,
    (scene) =>
      each([[], ['chat'], ['MQTT'], ['mqtt5', 'xmqtt']], async (subprotocols) => {
        assert.equal(await refusedWith(scene, subprotocols), 400);
      }),
    OVER_WEBSOCKET,
  ),
  statement(
    both('6.0.0-4'),
    'the subprotocol chosen is "mqtt", whatever else is offered, in any order',
    NUMBERED,
    (scene) =>
      each([['mqtt'], ['chat', 'mqtt'], ['mqtt', 'chat'], ['mqttv3.1', 'mqtt']], async (subprotocols) => {
        const { client, socket } = await openFrames(scene, subprotocols);
        assert.equal(socket.protocol, 'mqtt');
        await client.connect();
        await client.disconnect();
      }),
    OVER_WEBSOCKET,
  ),
];
