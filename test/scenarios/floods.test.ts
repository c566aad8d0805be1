import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { connect as connectSocket, type Socket } from 'node:net';
import { suite, test } from 'node:test';

import { generate, type IPublishPacket } from 'mqtt-packet';

import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { type ListenerPolicy, tcp } from '../../src/index.ts';
import { type LocalBroker, localBroker } from '../kit/local-broker.ts';
import { connectPacket, openClient, openSocket, type TcpClient } from '../kit/tcp-client.ts';
import { until } from '../kit/until.ts';

function publishOf(topic: string, payload: string | Buffer): IPublishPacket {
  return { cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false };
}

async function subscribe(client: TcpClient, topic: string): Promise<void> {
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 0 }] });
  await client.next('suback');
}

/** Two clients that answer each other's messages for as long as they are not told to stop: the others. */
class PingPong {
  /** Messages that went there and back. */
  rounds = 0;
  readonly #ping: TcpClient;
  readonly #pong: TcpClient;
  readonly #running: Promise<void>;
  #stopped = false;

  constructor(ping: TcpClient, pong: TcpClient) {
    this.#ping = ping;
    this.#pong = pong;
    this.#running = this.#run();
    this.#running.catch(() => {}); // `stop` tells.
  }

  /** Waits until so many more messages went there and back. */
  async more(rounds: number): Promise<void> {
    const target = this.rounds + rounds;
    await Promise.race([until(() => this.rounds >= target, `${rounds} more messages`), this.#running]);
  }

  /** Rejects if a message was lost or the order was wrong. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    this.#ping.vanish();
    this.#pong.vanish();
  }

  async #run(): Promise<void> {
    /* oxlint-disable no-await-in-loop -- one after the other */
    while (!this.#stopped) {
      await pass(this.#ping, this.#pong, 'ping', this.rounds);
      await pass(this.#pong, this.#ping, 'pong', this.rounds);
      this.rounds++;
    }
    /* oxlint-enable no-await-in-loop */
  }
}

async function pass(from: TcpClient, to: TcpClient, topic: string, number: number): Promise<void> {
  from.send(publishOf(topic, String(number)));
  const { topic: arrivedBy, payload } = await to.next('publish');
  assert.deepEqual([arrivedBy, String(payload)], [topic, String(number)]);
}

async function pingPong(port: number): Promise<PingPong> {
  const [ping, pong] = [await openClient(port, 'ping'), await openClient(port, 'pong')];
  await subscribe(ping, 'pong');
  await subscribe(pong, 'ping');
  return new PingPong(ping, pong);
}

/** One more listener with a policy of its own; returns its port. */
async function guarded(local: LocalBroker, policy: Partial<ListenerPolicy>): Promise<number> {
  return (await local.broker.listen(tcp({ port: 0, name: 'guarded' }), policy)).port;
}

/** Both ends of a connection are files of this process. Node raises its own limit, which the shell inherits. */
function halfOpenCount(): number {
  const files = Number(spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout.trim());
  return Number.isNaN(files) ? 5000 : Math.min(5000, Math.floor((files - 1000) / 2));
}

const HALF_OPEN = halfOpenCount();
const MAX_CONNECTIONS = 500;
/** Connections beyond the limit that are kept to be told why. */
const REFUSED_KEPT = 256;

suite(`${HALF_OPEN} half-open connections`, { skip: HALF_OPEN < 1000 && 'too few files may be open' }, () => {
  test('are held to the limit; clients that are connected notice nothing', async (t) => {
    await using local = await localBroker({ maxConnections: MAX_CONNECTIONS, connectTimeout: 600_000 });
    const others = await pingPong(local.port);
    const silent = new Crowd(local.port);
    t.after(() => silent.vanish());

    await silent.open(HALF_OPEN);
    const held = MAX_CONNECTIONS - 2 + REFUSED_KEPT;
    await until(() => silent.ended === HALF_OPEN - held, 'the others to be ended', 30_000);
    await others.more(50);
    const { connections, connectionsAccepted, connectionsRefused, limited, clients } = local.broker.stats();
    assert.deepEqual([connections, connectionsAccepted, clients], [MAX_CONNECTIONS, MAX_CONNECTIONS, 2]);
    assert.deepEqual([connectionsRefused, limited.connections], [HALF_OPEN - MAX_CONNECTIONS + 2, connectionsRefused]);
    assert.equal(silent.ended, HALF_OPEN - held);
    t.diagnostic(`${others.rounds} messages went there and back`);

    silent.vanish();
    await until(() => local.broker.stats().connections === 2, 'the room to be free again');
    using late = await openClient(local.port, 'late');
    late.send({ cmd: 'pingreq' });
    await late.next('pingresp');
    await others.stop();
  });

  test('leave no room for others, who are told so', async (t) => {
    await using local = await localBroker({ maxConnections: 100, connectTimeout: 600_000 });
    const silent = new Crowd(local.port);
    t.after(() => silent.vanish());
    await silent.open(100);
    using modern = await openSocket(local.port, 5);
    modern.send(connectPacket('modern', { protocolVersion: 5 }));
    assert.equal((await modern.next('connack')).reasonCode, ReasonCode.quota_exceeded);
    await modern.ended();
    using old = await openSocket(local.port);
    old.send(connectPacket('old'));
    assert.equal((await old.next('connack')).returnCode, 3);
    await old.ended();
    assert.equal(silent.ended, 0);
  });

  test('run out of time and make room', async (t) => {
    await using local = await localBroker({ maxConnections: 100, connectTimeout: 1000 });
    const silent = new Crowd(local.port);
    t.after(() => silent.vanish());
    await silent.open(100);
    await until(() => silent.ended === 100, 'the end of their time');
    assert.equal(local.broker.stats().limited.connect_timeout, 100);
    using late = await openClient(local.port, 'late');
    late.send({ cmd: 'pingreq' });
    await late.next('pingresp');
  });
});

/** Many connections on which nothing is said. */
class Crowd {
  /** Those that the broker has ended. */
  ended = 0;
  readonly #port: number;
  readonly #sockets: Socket[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** Opens as many; some at a time, so that the system does not make them wait. */
  async open(count: number): Promise<void> {
    const next = async (): Promise<void> => {
      while (this.#sockets.length < count) await this.#openOne(); // oxlint-disable-line no-await-in-loop -- in turn
    };
    await Promise.all(Array.from({ length: 50 }, next));
  }

  vanish(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #openOne(): Promise<void> {
    const socket = connectSocket({ port: this.#port, host: '127.0.0.1' });
    this.#sockets.push(socket);
    socket.on('error', () => {}); // 'close' follows.
    socket.once('close', () => this.ended++);
    socket.resume();
    return new Promise((resolve) => {
      socket.once('connect', resolve);
      socket.once('close', () => resolve());
    });
  }
}

/** Waits for so many messages of the flood, which must come in order. */
async function receive(client: TcpClient, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    const { payload } = await client.next('publish'); // oxlint-disable-line no-await-in-loop -- in order
    assert.equal(String(payload), String(number));
  }
}

suite('a client that floods', () => {
  const COUNT = 5000;
  const flood = Buffer.concat(
    Array.from({ length: COUNT }, (_, number) => generate(publishOf('flood', String(number)))),
  );

  test('is disconnected at its limit; the others get all their messages', async () => {
    await using local = await localBroker();
    const port = await guarded(local, { maxMessageRate: 1000 });
    const others = await pingPong(local.port);
    using witness = await openClient(local.port, 'witness');
    await subscribe(witness, 'flood');
    using rogue = await openClient(port, 'rogue', { protocolVersion: 5 });
    rogue.send(
      Buffer.concat(
        Array.from({ length: COUNT }, (_, number) =>
          generate(publishOf('flood', String(number)), { protocolVersion: 5 }),
        ),
      ),
    );
    assert.equal((await rogue.next('disconnect')).reasonCode, ReasonCode.message_rate_too_high);
    await rogue.ended();
    assert.equal(local.reasons.get('rogue'), 'message_rate_too_high');
    await receive(witness, 1000);
    await others.more(20);
    await others.stop();
    const { limited, messagesReceived } = local.broker.stats();
    assert.equal(limited.message_rate, 1);
    assert.ok(messagesReceived - 2 * others.rounds < COUNT);
  });

  test('of 3.1.1 is cut', async () => {
    await using local = await localBroker();
    using rogue = await openClient(await guarded(local, { maxByteRate: 10_000 }), 'rogue');
    rogue.send(flood);
    await rogue.ended();
    assert.equal(local.reasons.get('rogue'), 'message_rate_too_high');
    assert.equal(local.broker.stats().limited.byte_rate, 1);
  });

  for (const [title, policy] of [
    ['messages', { maxMessageRate: 2000 }],
    ['bytes', { maxByteRate: Math.floor(flood.length / 2.5) }],
  ] as const)
    test(`is read from at its rate of ${title}: nothing is lost, and the others are as quick as ever`, async () => {
      await using local = await localBroker();
      const port = await guarded(local, { ...policy, rateAction: 'throttle' });
      const others = await pingPong(local.port);
      using witness = await openClient(local.port, 'witness');
      await subscribe(witness, 'flood');
      using eager = await openClient(port, 'eager');
      const begin = performance.now();
      eager.send(flood);
      eager.send({ cmd: 'pingreq' });
      const before = others.rounds;
      await receive(witness, COUNT);
      const took = performance.now() - begin;
      const rounds = others.rounds - before;
      await eager.next('pingresp');
      await others.stop();
      // A second's worth may come at once, and there were two and a half.
      assert.ok(took >= 1400, `${took} ms`);
      assert.ok(rounds >= 20, `${rounds} messages there and back`);
      assert.ok(local.broker.stats().limited[title === 'bytes' ? 'byte_rate' : 'message_rate'] > 0);
    });
});

test('a client that subscribes to 10,000 filters gets no one more; the others notice nothing', async () => {
  await using local = await localBroker();
  const others = await pingPong(local.port);
  using greedy = await openClient(local.port, 'greedy', { protocolVersion: 5 });
  const ask = async (first: number, count: number): Promise<readonly number[]> => {
    const subscriptions = Array.from({ length: count }, (_, index) => ({
      topic: `many/${first + index}`,
      qos: 0 as const,
    }));
    greedy.send({ cmd: 'subscribe', messageId: 1, subscriptions });
    return (await greedy.next('suback')).granted as number[];
  };
  for (let first = 0; first < 10_000; first += 1000) {
    const granted = await ask(first, 1000); // oxlint-disable-line no-await-in-loop -- one after the other
    assert.deepEqual(new Set(granted), new Set([0]));
  }
  assert.deepEqual(await ask(10_000, 1), [ReasonCode.quota_exceeded]);
  assert.deepEqual(await ask(9999, 1), [0]);
  await local.broker.publish({ topic: 'many/10000', payload: '' });
  await local.broker.publish({ topic: 'many/9999', payload: 'x' });
  assert.equal(String((await greedy.next('publish')).payload), 'x');
  const { limited, subscriptions } = local.broker.stats();
  assert.deepEqual([limited.subscriptions, subscriptions], [1, 10_000 + 2]);
  await others.more(20);
  greedy.vanish();
  await until(() => local.broker.stats().subscriptions === 2, 'its subscriptions to be gone');
  await others.more(20);
  await others.stop();
});

suite('a will to a forbidden topic', () => {
  test('is not published, and counted', async () => {
    await using local = await localBroker();
    local.broker.hook('client.authorize', (_, { action, topic }) =>
      action === 'publish' && topic === 'forbidden' ? 'deny' : 'allow',
    );
    const others = await pingPong(local.port);
    using witness = await openClient(local.port, 'witness');
    await subscribe(witness, '+');
    for (const [index, topic] of ['forbidden', 'allowed'].entries()) {
      const will = { topic, payload: Buffer.from(topic), qos: 0 as const, retain: false };
      const client = await openClient(local.port, topic, { will }); // oxlint-disable-line no-await-in-loop -- in order
      client.vanish();
      await until(() => local.reasons.size === index + 1, 'the broker to notice'); // oxlint-disable-line no-await-in-loop -- in order
    }
    const wills = (): string[] =>
      witness.packets.flatMap((packet) =>
        packet.cmd === 'publish' && !packet.topic.startsWith('p') ? [String(packet.payload)] : [],
      );
    await until(() => wills().length > 0, 'a will');
    assert.deepEqual(wills(), ['allowed']);
    assert.equal(local.broker.stats().dropped.not_authorized, 1);
    await others.stop();
  });

  test('of the broker itself is refused', async () => {
    await using local = await localBroker();
    using client = await openSocket(local.port, 5);
    const will = { topic: '$SYS/brokers/x', payload: Buffer.from('x'), qos: 0 as const, retain: false };
    client.send(connectPacket('c', { protocolVersion: 5, will }));
    assert.equal((await client.next('connack')).reasonCode, ReasonCode.topic_name_invalid);
    await client.ended();
    assert.equal(local.broker.stats().clients, 0);
  });
});
