import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { generate, type Packet } from 'mqtt-packet';

import type { BrokerOptions } from '../../src/index.ts';
import { localBroker, type LocalBroker } from '../kit/local-broker.ts';
import { openClient, type TcpClient } from '../kit/tcp-client.ts';
import { until } from '../kit/until.ts';

const PAYLOAD_BYTES = 1024;

/** The message with this number, with so much payload that kernel buffers are filled soon. */
function flood(number: number, qos: 0 | 1): Buffer {
  const payload = Buffer.alloc(PAYLOAD_BYTES);
  payload.writeUInt32BE(number);
  return generate({
    cmd: 'publish',
    topic: 'flood',
    payload,
    qos,
    messageId: (number % 60_000) + 1,
    dup: false,
    retain: false,
  });
}

/** The numbers of the messages that a client has been sent so far. */
function numbers(client: TcpClient): number[] {
  return client.packets.flatMap((packet) =>
    packet.cmd === 'publish' && Buffer.isBuffer(packet.payload) ? [packet.payload.readUInt32BE()] : [],
  );
}

async function subscriber(local: LocalBroker, id: string, qos: 0 | 1): Promise<TcpClient> {
  const client = await openClient(local.port, id);
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'flood', qos }] });
  await client.next('suback');
  return client;
}

/** Publishes `count` messages and waits until the broker has taken all. */
async function publish(local: LocalBroker, count: number, qos: 0 | 1): Promise<void> {
  using publisher = await openClient(local.port, 'publisher');
  const start = local.broker.stats().messagesReceived;
  publisher.send(Buffer.concat(Array.from({ length: count }, (_, number) => flood(number, qos))));
  await until(() => local.broker.stats().messagesReceived === start + count, `${count} messages`);
}

/** Publishes 20,000 messages with QoS 0 as fast as `receiver` gets them; returns the milliseconds. */
async function publishTo(receiver: TcpClient, publisher: TcpClient): Promise<number> {
  const start = performance.now();
  receiver.packets.length = 0;
  for (let sent = 0; sent < 20_000; sent += 500) {
    publisher.send(Buffer.concat(Array.from({ length: 500 }, (_, index) => flood(sent + index, 0))));
    // oxlint-disable-next-line no-await-in-loop -- no faster than this
    await until(() => receiver.packets.length === sent + 500, 'the messages');
  }
  return Math.round(performance.now() - start);
}

/** A broker whose dropped messages are counted by receiver. */
async function brokerWithDrops(options: Partial<BrokerOptions> = {}) {
  const local = await localBroker(options);
  const drops = new Map<string | undefined, number>();
  local.broker.on('message.dropped', (_, receiver) =>
    drops.set(receiver?.clientId, (drops.get(receiver?.clientId) ?? 0) + 1),
  );
  return { local, drops };
}

function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));
}

suite('a client that does not read', () => {
  test('loses QoS 0 messages, which are counted; others get every one', async (t) => {
    const { local, drops } = await brokerWithDrops();
    await using _ = local;
    using publisher = await openClient(local.port, 'publisher');
    using fast = await subscriber(local, 'fast', 0);
    const alone = await publishTo(fast, publisher);
    using slow = await subscriber(local, 'slow', 0);
    slow.socket.pause();
    const beside = await publishTo(fast, publisher);
    t.diagnostic(`20,000 messages alone: ${alone} ms, beside a client that does not read: ${beside} ms`);

    assert.ok(isAscending(numbers(fast)));
    const dropped = local.broker.stats().dropped.receiver_slow;
    assert.ok(dropped > 0);
    assert.deepEqual([...drops], [['slow', dropped]]);

    slow.socket.resume();
    await until(() => numbers(slow).length === 20_000 - dropped, 'what was not dropped');
    assert.ok(isAscending(numbers(slow)));
  });

  test('loses QoS 1 messages beyond its queue only', async () => {
    const { local, drops } = await brokerWithDrops({ maxInflight: 100, maxQueuedMessages: 1000 });
    await using _ = local;
    using slow = await subscriber(local, 'slow', 1);
    slow.socket.pause();
    await publish(local, 5000, 1);
    assert.equal(local.broker.stats().dropped.queue_full, 5000 - 100 - 1000);
    assert.deepEqual([...drops], [['slow', 3900]]);

    slow.socket.on('data', () => acknowledge(slow));
    slow.socket.resume();
    await until(() => numbers(slow).length === 1100, 'what was not dropped');
    assert.deepEqual(
      numbers(slow),
      Array.from({ length: 1100 }, (_unused, index) => index),
    );
  });

  test('is not listened to either: what it asks for would wait in vain', async () => {
    await using local = await localBroker();
    using witness = await openClient(local.port, 'witness');
    await local.broker.publish({ topic: 'large', payload: Buffer.alloc(100_000), retain: true });
    let subscribed = 0;
    local.broker.on('session.subscribed', () => subscribed++);
    using rogue = await openClient(local.port, 'rogue');
    rogue.socket.pause();
    const subscribe = generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'large', qos: 0 }] });
    rogue.send(Buffer.concat(Array<Buffer>(100_000).fill(subscribe)));
    await until(() => subscribed > 0, 'the first subscription');
    await exchanges(witness, 100); // The broker has had its turns to read on.
    assert.ok(subscribed < 50_000, `${subscribed} subscriptions were handled`);
    rogue.vanish();
    await until(() => local.broker.stats().connections === 1, 'its end');
  });

  test('that vanishes leaves nothing behind', async () => {
    await using local = await localBroker();
    const slow = await subscriber(local, 'slow', 0);
    slow.socket.pause();
    await publish(local, 10_000, 0);
    slow.vanish();
    await until(() => local.broker.stats().connections === 0, 'its end');
    assert.equal(local.reasons.get('slow'), 'tcp_closed');
    const { sessions, subscriptions } = local.broker.stats();
    assert.deepEqual({ sessions, subscriptions }, { sessions: 0, subscriptions: 0 });
  });

  test('is read again when it reads again, with the smallest buffer that is allowed', async () => {
    await using local = await localBroker({ maxOutgoingBuffer: 65_536 });
    using client = await subscriber(local, 'echo', 0);
    for (let round = 0; round < 20; round++) {
      client.packets.length = 0;
      client.send(Buffer.concat(Array.from({ length: 500 }, (_, number) => flood(number, 0))));
      client.send({ cmd: 'pingreq' });
      // oxlint-disable-next-line no-await-in-loop -- one round after the other
      await until(() => client.packets.at(-1)?.cmd === 'pingresp', 'an answer');
    }
    const { messagesSent, dropped } = local.broker.stats();
    assert.equal(messagesSent + dropped.receiver_slow, 10_000);
  });
});

async function exchanges(client: TcpClient, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    client.send({ cmd: 'pingreq' });
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await client.next('pingresp');
  }
}

const acknowledged = new WeakMap<Packet, true>();

/** Acknowledges what has come and was not acknowledged. */
function acknowledge(client: TcpClient): void {
  for (const packet of client.packets) {
    if (packet.cmd !== 'publish' || packet.messageId === undefined || acknowledged.has(packet)) continue;
    acknowledged.set(packet, true);
    client.send({ cmd: 'puback', messageId: packet.messageId });
  }
}
