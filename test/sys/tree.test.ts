import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sysConfig } from '../../src/sys/config.ts';
import { attachSys } from '../../src/sys/sys.ts';
import { SYS_TOPICS, topicOf } from '../../src/sys/topics.ts';
import { FakeClock } from '../kit/fake-clock.ts';
import { Scene } from '../kit/scene.ts';
import { Stage } from './stage.ts';

const NODE = '$SYS/brokers/hookmq@127.0.0.1';

/** The topics of the table, those of reasons and limits with `counts` only. */
function topics(node: string): string[] {
  return SYS_TOPICS.map((row) => topicOf(row, node)).filter(
    (topic) => !/^\$SYS\/broker\/(?:dropped|limited)\//.test(topic),
  );
}

/** The values of some topics below `parent`. */
function below(parent: string, values: ReadonlyMap<string, string>, names: readonly string[]): (string | undefined)[] {
  return names.map((name) => values.get(`${parent}/${name}`));
}

suite('the $SYS tree', () => {
  test('is there, all of it and retained, as soon as the broker is', () => {
    const stage = new Stage({ node: 'edge$&' });
    assert.equal(new Set(topics('edge$&')).size, 75);
    assert.deepEqual([...stage.retained().keys()].toSorted(), topics('edge$&').toSorted());
    assert.equal(stage.retained('$SYS/brokers/+/version').get('$SYS/brokers/edge$&/version'), '1.2.3');
    const client = stage.connect({ version: 5 });
    client.subscribe('$SYS/broker/version', { qos: 2 });
    const { qos, retain, payload } = client.next('publish');
    assert.deepEqual({ qos, retain, text: payload.toString() }, { qos: 0, retain: true, text: 'HookMQ version 1.2.3' });
  });

  test('tells name, version, time and uptime', () => {
    const stage = new Stage({ interval: '1m' });
    assert.equal(stage.retained().get('$SYS/broker/uptime'), '0 seconds');
    stage.clock.advance(185_000);
    const values = stage.retained();
    assert.equal(values.get('$SYS/broker/uptime'), '180 seconds');
    assert.equal(values.get('$SYS/brokers'), 'hookmq@127.0.0.1');
    assert.deepEqual(below(NODE, values, ['version', 'sysdescr', 'uptime', 'datetime']), [
      '1.2.3',
      'HookMQ',
      '180000',
      '2026-01-01T00:03:00.000Z',
    ]);
    assert.ok(Number(values.get('$SYS/broker/heap/current')) > 1_000_000);
    assert.ok(Number(values.get('$SYS/broker/heap/maximum')) >= Number(values.get('$SYS/broker/heap/current')));
  });

  test('counts clients, sessions and subscriptions', () => {
    const stage = new Stage();
    const first = stage.connect({ clientId: 'first', cleanStart: false });
    first.subscribe(['a/+', '$share/g/b', '$share/g/c']);
    const second = stage.connect();
    second.subscribe('a/b');
    const third = stage.connect();
    third.disconnect();
    first.cut();
    stage.clock.advance(10_000);
    const values = stage.retained();
    const clients = ['total', 'connected', 'active', 'disconnected', 'inactive', 'maximum'].map(
      (name) => `clients/${name}`,
    );
    assert.deepEqual(below('$SYS/broker', values, clients), ['2', '1', '1', '1', '1', '3']);
    assert.deepEqual(below('$SYS/broker', values, ['subscriptions/count', 'shared_subscriptions/count']), ['4', '2']);
    assert.equal(values.get('$SYS/broker/connections/socket/count'), '3');
    const counts = ['connections/count', 'connections/max', 'live_connections/count', 'live_connections/max'];
    assert.deepEqual(below(`${NODE}/stats`, values, counts), ['1', '3', '1', '3']);
    const others = ['sessions/count', 'subscriptions/count', 'subscriptions/shared/count'];
    assert.deepEqual(below(`${NODE}/stats`, values, others), ['2', '4', '2']);
  });

  test('counts packets, messages and bytes', () => {
    const stage = new Stage({ presence: 'off' });
    const client = stage.connect();
    client.subscribe('a');
    client.publish('a', '12345').publish('b', '123');
    assert.deepEqual(client.texts(), ['12345']);
    const { bytesReceived, bytesSent } = stage.broker.stats();
    stage.clock.advance(10_000);
    const values = stage.retained();
    const packets = ['messages/received', 'messages/sent', 'publish/messages/received', 'publish/messages/sent'];
    assert.deepEqual(below('$SYS/broker', values, packets), ['4', '3', '2', '1']);
    assert.deepEqual(below('$SYS/broker', values, ['publish/bytes/received', 'publish/bytes/sent']), ['8', '5']);
    const bytes = [String(bytesReceived), String(bytesSent)];
    assert.deepEqual(below('$SYS/broker', values, ['bytes/received', 'bytes/sent']), bytes);
    assert.deepEqual(below(`${NODE}/metrics`, values, ['bytes/received', 'bytes/sent']), bytes);
    assert.deepEqual(below(`${NODE}/metrics`, values, ['packets/received', 'packets/sent']), ['4', '3']);
    const messages = ['packets/publish/received', 'packets/publish/sent', 'messages/received', 'messages/sent'];
    assert.deepEqual(below(`${NODE}/metrics`, values, messages), ['2', '1', '2', '1']);
  });

  test('counts what is retained and what waits, and what was dropped by reason', () => {
    const stage = new Stage();
    const away = stage.connect({ clientId: 'away', cleanStart: false });
    away.subscribe('a/#', { qos: 1 });
    away.cut();
    stage.publish('a/1', 'kept', { retain: true, qos: 1 });
    stage.publish('a/2', 'for nobody');
    stage.publish('a/3', 'for nobody');
    stage.clock.advance(10_000);
    const { retained, retainedBytes } = stage.broker.stats();
    const values = stage.retained();
    const stored = ['store/messages/count', 'messages/stored', 'retained messages/count', 'store/messages/bytes'];
    // The topics that were published with these values for the first time are not in them yet.
    assert.deepEqual(below('$SYS/broker', values, stored), [
      '77',
      '77',
      '76',
      values.get('$SYS/broker/store/messages/bytes'),
    ]);
    assert.equal(retained, 77);
    assert.ok(Number(values.get('$SYS/broker/store/messages/bytes')) <= retainedBytes);
    assert.ok(Number(values.get('$SYS/broker/store/messages/bytes')) > 75 * 10);
    assert.equal(values.get(`${NODE}/stats/retained/count`), '76');
    assert.deepEqual(below('$SYS/broker', values, ['publish/messages/dropped', 'dropped/offline']), ['2', '2']);
    assert.equal(values.get(`${NODE}/metrics/messages/dropped`), '2');
    assert.equal(values.has('$SYS/broker/dropped/expired'), false);
  });

  test('counts what a limit refused, once it has', () => {
    const { broker, clock } = new Scene();
    const published = new Map<string, unknown>();
    let refused = 0;
    const stub = {
      on: broker.on.bind(broker),
      hasAudience: () => false,
      publish: (request: { topic: string; payload: unknown }) => {
        published.set(request.topic, request.payload);
        return Promise.resolve(0);
      },
      stats() {
        const stats = broker.stats();
        return { ...stats, limited: { ...stats.limited, connect_rate: refused } };
      },
    };
    attachSys(stub, sysConfig({ presence: 'off' }), { version: '1', clock });
    assert.equal(published.has('$SYS/broker/limited/connect_rate'), false);
    refused = 7;
    clock.advance(10_000);
    assert.equal(published.get('$SYS/broker/limited/connect_rate'), '7');
    assert.equal(published.has('$SYS/broker/limited/sessions'), false);
  });

  test('publishes again only what has changed', () => {
    const stage = new Stage();
    const watcher = stage.connect({ clientId: 'watcher' });
    watcher.subscribe(['$SYS/broker/clients/+', '$SYS/broker/uptime', '$SYS/broker/version', `${NODE}/stats/#`]);
    watcher.packets();
    stage.clock.advance(9_999);
    watcher.expectNothing();
    stage.clock.advance(1);
    const first = watcher.messages();
    assert.ok(first.every(({ retain }) => !retain));
    assert.deepEqual(
      first.map(({ topic, payload }) => `${topic.replace(NODE, 'N')} ${payload.toString()}`),
      [
        '$SYS/broker/uptime 10 seconds',
        ...['total', 'connected', 'active', 'maximum'].map((name) => `$SYS/broker/clients/${name} 1`),
        ...['connections/count', 'connections/max', 'live_connections/count', 'live_connections/max'].map(
          (name) => `N/stats/${name} 1`,
        ),
        'N/stats/sessions/count 1',
        'N/stats/subscriptions/count 4',
        'N/stats/retained/count 75',
      ],
    );
    stage.clock.advance(10_000);
    assert.deepEqual(watcher.texts(), ['20 seconds']);
  });

  test('averages loads as Mosquitto does, a minute', () => {
    const stage = new Stage();
    const client = stage.connect();
    for (let i = 0; i < 100; i++) client.publish('a', 'x');
    const loads = ['1min', '5min', '15min'].map((period) => `load/publish/received/${period}`);
    assert.deepEqual(below('$SYS/broker', stage.retained(), loads), ['0.00', '0.00', '0.00']);
    stage.clock.advance(10_000);
    const values = stage.retained();
    // 100 in ten seconds are 600 a minute: 600 * (1 - e^(-10/60)), and with 300 and 900 seconds.
    assert.deepEqual(below('$SYS/broker', values, loads), ['92.11', '19.67', '6.63']);
    // Two connections: 12 a minute.
    const connections = ['load/sockets/1min', 'load/connections/1min'];
    assert.deepEqual(below('$SYS/broker', values, connections), ['1.84', '1.84']);
    stage.clock.advance(10_000);
    assert.deepEqual(below('$SYS/broker', stage.retained(), loads), ['77.97', '19.03', '6.56']);
    stage.clock.advance(3_600_000);
    assert.deepEqual(below('$SYS/broker', stage.retained(), loads), ['0.00', '0.00', '0.12']);
  });

  test('does not take what was before it for a load', () => {
    const scene = new Scene();
    const client = scene.connect();
    for (let i = 0; i < 100; i++) client.publish('a', 'x');
    attachSys(scene.broker, sysConfig(), { version: '1', clock: scene.clock });
    scene.clock.advance(10_000);
    client.subscribe('$SYS/broker/load/publish/received/1min');
    assert.deepEqual(client.texts(), ['0.00']);
  });

  test('can be switched off, and ends when it is closed', () => {
    const off = new Stage({ interval: 'off' });
    assert.deepEqual([...off.retained().keys()], []);
    off.clock.advance(60_000);
    assert.deepEqual([...off.retained().keys()], []);

    const stage = new Stage();
    assert.equal(stage.clock.timers, 1);
    stage.sys.close();
    assert.equal(stage.clock.timers, 0);
    stage.clock.advance(60_000);
    assert.equal(stage.retained().get('$SYS/broker/uptime'), '0 seconds');
  });

  test('is there and takes no room from clients, however tight their limits are', () => {
    const options = { maxTopicLength: 10, maxTopicLevels: 2, maxRetained: 1, maxRetainedBytes: 500 };
    const stage = new Stage({ presence: 'off' }, options);
    assert.deepEqual([...stage.retained().keys()], [...new Stage().retained().keys()]);
    const client = stage.connect();
    for (const topic of ['a', 'b']) client.publish(topic, 'x', { retain: true });
    stage.clock.advance(10_000);
    assert.equal(stage.retained().get('$SYS/broker/uptime'), '10 seconds');
    assert.deepEqual([...stage.retained('+').keys()], ['a']);
    assert.deepEqual(stage.dropped, [{ text: 'x', receiver: null, reason: 'retained_full' }]);
    client.publish('a', '', { retain: true });
    client.publish('b', 'x'.repeat(1000), { retain: true });
    assert.deepEqual([...stage.retained('+').keys()], []);
    client.publish('b', 'x', { retain: true });
    assert.deepEqual([...stage.retained('+').keys()], ['b']);
    assert.deepEqual(stage.lines, []);
  });

  test("is nobody's to write, and no part of #", () => {
    const stage = new Stage();
    const all = stage.connect();
    all.subscribe(['#', '+/broker/uptime']);
    stage.connect().publish('$SYS/broker/uptime', 'for ever', { retain: true });
    stage.clock.advance(10_000);
    all.expectNothing();
    assert.equal(stage.retained().get('$SYS/broker/uptime'), '10 seconds');
  });

  test('goes on when a message cannot be published', async () => {
    const { broker } = new Scene();
    const clock = new FakeClock();
    const errors: string[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (line: string) => void errors.push(line) };
    const stub = {
      on: broker.on.bind(broker),
      hasAudience: () => false,
      stats: () => broker.stats(),
      publish: () => Promise.reject(new Error('no')),
    };
    attachSys(stub, sysConfig({ presence: 'off' }), { version: '1', clock, log });
    await clock.settle();
    assert.equal(errors.length, 75);
    assert.equal(errors[1], '$SYS/broker/uptime could not be published: Error: no');
    clock.advance(10_000);
    await clock.settle();
    assert.ok(errors.length > 75);
  });
});
