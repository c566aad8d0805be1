// Many clients in a process of their own, because of file descriptors: connects PORT COUNT clients, each subscribed to
// `crowd/NUMBER` and `all`, and tells the parent when all are subscribed, and when each has got a message of each topic.
import { connect, type Socket } from 'node:net';

import { generate } from 'mqtt-packet';

const HANDSHAKES_AT_ONCE = 200;

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
const CONNACK_BYTES = 4;
const SUBACK_BYTES = 6;
let begun = 0;
let subscribed = 0;
let served = 0;

function tell(what: string): void {
  process.send?.(what);
}

function begin(): void {
  if (begun === count) return;
  const number = begun++;
  const expected = Buffer.concat([message(`crowd/${number}`, String(number)), message('all', 'together')]);
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', (error) => fail(`client ${number}: ${error.message}`));
  socket.on('close', () => fail(`client ${number} was disconnected`));
  socket.write(hello(number));
  read(socket, CONNACK_BYTES + SUBACK_BYTES, () => {
    begin();
    if (++subscribed === count) tell('subscribed');
    read(socket, expected.length, (bytes) => {
      if (!bytes.equals(expected)) fail(`client ${number} got ${bytes.toString('latin1')}`);
      if (++served === count) tell('served');
    });
  });
}

function hello(number: number): Buffer {
  const topics = [`crowd/${number}`, 'all'];
  return Buffer.concat([
    generate({ cmd: 'connect', clientId: `crowd-${number}`, protocolId: 'MQTT', protocolVersion: 4, clean: true }),
    generate({ cmd: 'subscribe', messageId: 1, subscriptions: topics.map((topic) => ({ topic, qos: 0 })) }),
  ]);
}

function message(topic: string, payload: string): Buffer {
  return generate({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false });
}

/** Calls `then` with the next `length` bytes; what comes with them must be awaited by then. */
function read(socket: Socket, length: number, then: (bytes: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  const more = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length < length) return;
    socket.off('data', more);
    then(bytes.subarray(0, length));
    if (bytes.length > length) socket.emit('data', bytes.subarray(length));
  };
  socket.on('data', more);
}

function fail(reason: string): never {
  tell(reason);
  process.exit(1);
}

process.on('disconnect', () => process.exit());
for (let i = 0; i < HANDSHAKES_AT_ONCE; i++) begin();
