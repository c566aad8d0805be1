import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { suite, test } from 'node:test';

import { generate } from 'mqtt-packet';

import { startBroker } from '../kit/broker-process.ts';
import { localBroker } from '../kit/local-broker.ts';
import { connectPacket } from '../kit/tcp-client.ts';
import { until } from '../kit/until.ts';

const CLIENTS = 1000;
const AT_ONCE = 50;
const WARM_UP_ROUNDS = 15;
const ROUNDS = 10;
/** What a broker may have grown by while so many more came and went, kB: less than 1 kB for each. */
const GROWTH = 10 * 1024;
/** A small heap, so that garbage is collected early and memory shows what is really held. */
const SMALL_HEAP = ['--max-old-space-size=48', '--max-semi-space-size=1'];

let visits = 0;

/** A client with an identifier and a topic of its own: connects, subscribes, publishes, gets its message, is gone. */
function visit(port: number): Promise<void> {
  const number = ++visits;
  const topic = `visitor/${number}/state`;
  const message = generate({ cmd: 'publish', topic, payload: 'here I am', qos: 0, dup: false, retain: false });
  const hello = Buffer.concat([
    generate(connectPacket(`visitor-${number}`, { keepalive: 60 })),
    generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1 }] }),
    message,
  ]);
  return new Promise((resolve, reject) => {
    let missing = 4 + 5 + message.length;
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(hello));
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      missing -= bytes.length;
      if (missing > 0) return;
      // Without DISCONNECT, and every other one with a reset.
      if (number % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
      resolve();
    });
  });
}

async function round(port: number): Promise<void> {
  const visitor = async (): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (let i = 0; i < CLIENTS / AT_ONCE; i++) await visit(port);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, visitor));
}

suite(`${CLIENTS} clients that connect, subscribe, publish and vanish`, () => {
  test('leave no connection, session or subscription', async () => {
    await using local = await localBroker();
    await round(local.port);
    await until(() => local.broker.stats().connections === 0, 'the last to be gone');
    const { sessions, subscriptions, retained, connectionsAccepted } = local.broker.stats();
    assert.deepEqual({ sessions, subscriptions, retained }, { sessions: 0, subscriptions: 0, retained: 0 });
    assert.equal(connectionsAccepted, CLIENTS);
    assert.equal(local.reasons.size, CLIENTS);
    assert.deepEqual([...new Set(local.reasons.values())], ['tcp_closed']);
  });

  test(`leave memory flat when they do it again ${ROUNDS} times`, async (t) => {
    await using broker = await startBroker({ nodeOptions: SMALL_HEAP });
    if (broker.memory === undefined) return t.skip('there is no /proc to read the memory of a process from');
    const memory: number[] = [];
    for (let i = 0; i <= WARM_UP_ROUNDS + ROUNDS; i++) {
      memory.push(broker.memory);
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await round(broker.port);
    }
    const [start = 0, ...later] = memory.slice(WARM_UP_ROUNDS);
    // Memory is given back in steps: the lowest of the last rounds is what is really held.
    const end = Math.min(...later.slice(-5));
    t.diagnostic(`kB every five rounds: ${memory.filter((_, index) => index % 5 === 0).join(', ')}`);
    assert.ok(end - start < GROWTH, `memory in kB, round by round: ${memory.join(', ')}`);
  });
});
