import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Broker } from '../../src/broker/broker.ts';
import type { Listener } from '../../src/broker/ports.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { RawClient } from '../kit/raw-client.ts';
import { Scene } from '../kit/scene.ts';

describe('publish', () => {
  test('brings a message to its subscribers, with all that it has', async () => {
    const scene = new Scene();
    const client = scene.connect5();
    client.subscribe('t', { qos: 2, retainAsPublished: true });
    const properties = { contentType: 'text/plain' };
    const code = await scene.broker.publish({ topic: 't', payload: 'ä', qos: 2, retain: true, properties });
    assert.equal(code, 0);
    const message = client.next('publish');
    assert.deepEqual([message.payload.toString(), message.qos, message.retain], ['ä', 2, true]);
    assert.deepEqual(message.properties, properties);
  });

  test('is QoS 0 and not retained where nothing is said', async () => {
    const scene = new Scene();
    const client = scene.connect();
    client.subscribe('t', { qos: 2 });
    await scene.broker.publish({ topic: 't', payload: Buffer.from([0, 255]) });
    assert.equal(client.bytes().toString('hex'), '300500017400ff');
    assert.equal(scene.broker.stats().retained, 0);
  });

  test('says what a client would be told', async () => {
    const scene = new Scene();
    const publish = (): Promise<number> => scene.broker.publish({ topic: 't', payload: '' });
    assert.equal(await publish(), ReasonCode.no_matching_subscribers);
    scene.broker.hook('message.publish', () => Promise.resolve({ deny: 'quota_exceeded' }));
    assert.equal(await publish(), ReasonCode.quota_exceeded);
  });

  test('rejects for a topic that is none', async () => {
    const { broker } = new Scene();
    for (const topic of ['', 'a/+', '#', 'a\0'])
      await assert.rejects(broker.publish({ topic, payload: '' }), TypeError); // oxlint-disable-line no-await-in-loop -- one after the other
  });

  test('may go to $SYS, which clients subscribe to', async () => {
    const scene = new Scene();
    const client = scene.connect();
    client.subscribe('$SYS/#');
    await scene.broker.publish({ topic: '$SYS/uptime', payload: '1', retain: true });
    assert.deepEqual(client.texts(), ['1']);
  });
});

test('stats counts', () => {
  const scene = new Scene();
  const { dropped: none, limited: nothing, ...before } = scene.broker.stats();
  for (const counters of [before, none, nothing])
    for (const [name, count] of Object.entries(counters)) assert.equal(count, 0, name);
  scene.open();
  const a = scene.connect({ clientId: 'a', cleanStart: false });
  const b = scene.connect();
  a.subscribe(['t', '$share/g/t'], { qos: 1 });
  b.publish('t', 'x', { retain: true, qos: 1 }).publish('$SYS/x');
  a.cut();
  b.publish('t', 'yz', { qos: 1 });
  const { dropped, limited, ...rest } = scene.broker.stats();
  assert.deepEqual(rest, {
    connections: 2,
    clients: 1,
    clientsMaximum: 2,
    sessions: 2,
    subscriptions: 2,
    sharedSubscriptions: 1,
    retained: 1,
    retainedBytes: rest.retainedBytes,
    queued: 4,
    connectionsAccepted: 3,
    connectionsRefused: 0,
    bytesReceived: rest.bytesReceived,
    bytesSent: rest.bytesSent,
    packetsReceived: 6,
    packetsSent: 7,
    messagesReceived: 3,
    messageBytesReceived: 3,
    messagesSent: 2,
    messageBytesSent: 2,
  });
  assert.ok(rest.retainedBytes > 0);
  assert.equal(dropped.not_authorized, 1);
  for (const [name, count] of Object.entries(limited)) assert.equal(count, 0, name);
});

test('stats counts all bytes', () => {
  const scene = new Scene();
  const client = scene.open().sendConnect({ clientId: 'c' });
  assert.equal(client.bytes().length, 4);
  client.send('c000');
  assert.equal(client.bytes().length, 2);
  const { bytesReceived, bytesSent, packetsReceived, packetsSent } = scene.broker.stats();
  assert.deepEqual([bytesReceived, bytesSent, packetsReceived, packetsSent], [15 + 2, 4 + 2, 2, 2]);
});

/** Clients that are connected, and the most that were. */
function clientsOf(scene: Scene): [number, number] {
  const { clients, clientsMaximum } = scene.broker.stats();
  return [clients, clientsMaximum];
}

describe('the clients that stats counts', () => {
  test('are those that were accepted', () => {
    const scene = new Scene();
    scene.open();
    scene.broker.hook('client.authenticate', ({ username }) => (username === 'bad' ? 'deny' : 'allow'));
    scene.open().sendConnect({ username: 'bad' });
    assert.deepEqual(clientsOf(scene), [0, 0]);
    scene.connect();
    assert.deepEqual(clientsOf(scene), [1, 1]);
  });

  for (const expiry of [0, 100])
    test(`fall with every kind of end; sessions are kept for ${expiry} s`, () => {
      const scene = new Scene();
      const ends: ((name: string) => void)[] = [
        (name) => scene.connect5({ clientId: name }, expiry).disconnect(),
        (name) => scene.connect5({ clientId: name }, expiry).cut(),
        (name) => scene.connect5({ clientId: name }, expiry).send('c100').expectEnd('malformed_packet'),
        (name) => {
          const client = scene.connect5({ clientId: name, keepAlive: 10 }, expiry);
          scene.clock.advance(15_000);
          assert.ok(client.ended);
        },
      ];
      for (const [index, end] of ends.entries()) {
        end(`c${index}`);
        assert.deepEqual(clientsOf(scene), [0, 1]);
      }
    });

  test('stay as many when one takes over its session', () => {
    const scene = new Scene();
    for (const cleanStart of [false, false, true, true, false]) {
      scene.connect5({ clientId: 'c', cleanStart }, cleanStart ? 0 : 100);
      assert.deepEqual(clientsOf(scene), [1, 1]);
    }
    scene.connect();
    assert.deepEqual(clientsOf(scene), [2, 2]);
  });

  test('count none that took no CONNACK', () => {
    const scene = new Scene();
    scene.open().sendConnect({ version: 5, properties: { maximumPacketSize: 1, sessionExpiryInterval: 100 } });
    assert.equal(scene.broker.stats().clients, 0);
  });

  test('are none after close', async () => {
    const scene = new Scene();
    scene.connect();
    scene.connect5({}, 100);
    await scene.broker.close();
    assert.deepEqual(clientsOf(scene), [0, 2]);
  });
});

describe('close', () => {
  test('tells 5.0 clients that the server shuts down, and ends all', async () => {
    const scene = new Scene();
    const [silent, old, modern] = [scene.open(), scene.connect(), scene.connect5()];
    await scene.broker.close();
    silent.expectEnd(null);
    old.expectEnd(null);
    modern.expectEnd('server_shutting_down');
  });

  test('answers a CONNECT that is being decided upon', async () => {
    const scene = new Scene();
    const { promise, resolve } = Promise.withResolvers<'allow'>();
    scene.broker.hook('client.authenticate', () => promise);
    const client = scene.open().sendConnect({ version: 5 });
    await scene.broker.close();
    resolve('allow');
    await scene.clock.settle();
    assert.equal(client.next('connack').reasonCode, ReasonCode.server_unavailable); // [MQTT-3.2.2-8]
    assert.ok(client.ended);
  });

  test('leaves no session, no subscription and no timer, and what was to come is told', async () => {
    const scene = new Scene();
    const kept = scene.connect5({ cleanStart: false, will: { properties: { willDelayInterval: 60 } } }, 100);
    kept.subscribe(['a', '$share/g/b']);
    kept.cut();
    const published: string[] = [];
    scene.broker.on('message.published', ({ topic }) => published.push(topic));
    scene.connect({ keepAlive: 10 }).subscribe('#');
    await scene.broker.close();
    const { connections, sessions, subscriptions } = scene.broker.stats();
    assert.deepEqual([connections, sessions, subscriptions], [0, 0, 0]);
    assert.equal(scene.clock.timers, 0);
    assert.deepEqual(published, ['will']);
  });

  test('closes its listeners and waits for them', async () => {
    const steps: string[] = [];
    const { broker, clock } = new Scene();
    const { promise, resolve } = Promise.withResolvers<void>();
    const listener: Listener = {
      name: 'test',
      open: () => Promise.resolve({ host: 'here', port: 1 }),
      close: () => {
        steps.push('listener closes');
        return promise;
      },
    };
    assert.deepEqual(await broker.listen(listener), { host: 'here', port: 1 });
    const closed = broker.close().then(() => steps.push('closed'));
    await clock.settle();
    assert.deepEqual(steps, ['listener closes']);
    resolve();
    await closed;
    assert.deepEqual(steps, ['listener closes', 'closed']);
  });
});

test('several brokers in one process know nothing of each other', () => {
  const [one, two] = [new Scene(), new Scene()];
  const client = two.connect({ clientId: 'c' });
  client.subscribe('#');
  one.connect({ clientId: 'c' }).publish('t', 'x', { retain: true });
  client.expectNothing();
  assert.equal(two.broker.stats().retained, 0);
});

test('without options it has its defaults and the time of the system', async () => {
  const broker = new Broker();
  const { clock } = new Scene();
  const client = new RawClient(broker, clock).sendConnect();
  await clock.settle();
  client.next('connack');
  await broker.close();
});
