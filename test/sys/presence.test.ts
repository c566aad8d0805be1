import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RawClient } from '../kit/raw-client.ts';
import { Scene } from '../kit/scene.ts';
import { attachPresence } from '../../src/sys/presence.ts';
import { Stage } from './stage.ts';

/** A stage without the tree, and somebody who watches the presence topics. */
function watched(presence = 'client_status', filters = ['$SYS/brokers/#']): { stage: Stage; watcher: RawClient } {
  const stage = new Stage({ presence, interval: 'off' });
  const watcher = stage.connect({ clientId: 'watcher' });
  watcher.subscribe(filters);
  return { stage, watcher };
}

/** What came: topic, QoS, RETAIN and the text of the payload. */
function seen(watcher: RawClient): [topic: string, text: string][] {
  return watcher.messages().map(({ topic, qos, retain, payload }) => {
    assert.deepEqual({ qos, retain }, { qos: 0, retain: false });
    return [topic, payload.toString()];
  });
}

/** What came as objects. */
function bodies(watcher: RawClient): Record<string, unknown>[] {
  return seen(watcher).map(([, text]) => JSON.parse(text) as Record<string, unknown>);
}

/** The bodies for a client `c1` at the clock's beginning; `status` is the key that the older topics do not have. */
function connectedBody(status: string): string {
  return (
    `{${status}"username":"undefined","ts":1767225600000,"proto_name":"MQTT","keepalive":0,"return_code":"0",` +
    '"proto_ver":4,"client_id":"c1","clean_start":1,"IPv4":"192.0.2.1"}'
  );
}

function disconnectedBody(status: string): string {
  return `{${status}"username":"undefined","ts":1767225600000,"reason_code":"0","client_id":"c1","IPv4":"192.0.2.1"}`;
}

/** Status, return code and version of a refused login in the newer and the older message. */
function refused(code: string, version: number): unknown[][] {
  return [
    ['refused', code, version],
    [undefined, code, version],
  ];
}

suite('presence', () => {
  test("is NanoMQ's JSON, byte for byte", () => {
    const { stage, watcher } = watched();
    stage.clock.advance(1500);
    const client = stage.connect({ clientId: 'c1', username: 'ann', keepAlive: 60 });
    stage.clock.advance(500);
    client.disconnect();
    const old = stage.connect({ clientId: 'c1', version: 3, cleanStart: false });
    old.disconnect();
    const topic = '$SYS/brokers/client_status/c1';
    assert.deepEqual(seen(watcher), [
      [
        topic,
        '{"status":"online","username":"ann","ts":1767225601500,"proto_name":"MQTT","keepalive":60,"return_code":"0",' +
          '"proto_ver":4,"client_id":"c1","clean_start":1,"IPv4":"192.0.2.1"}',
      ],
      [
        topic,
        '{"status":"offline","username":"ann","ts":1767225602000,"reason_code":"0","client_id":"c1","IPv4":"192.0.2.1"}',
      ],
      [
        topic,
        '{"status":"online","username":"undefined","ts":1767225602000,"proto_name":"MQIsdp","keepalive":0,' +
          '"return_code":"0","proto_ver":3,"client_id":"c1","clean_start":0,"IPv4":"192.0.2.1"}',
      ],
      [
        topic,
        '{"status":"offline","username":"undefined","ts":1767225602000,"reason_code":"0","client_id":"c1",' +
          '"IPv4":"192.0.2.1"}',
      ],
    ]);
  });

  test('has the older topics for those who want them, or both, or none', () => {
    const newer = ['$SYS/brokers/client_status/c1', connectedBody('"status":"online",')];
    const newerEnd = ['$SYS/brokers/client_status/c1', disconnectedBody('"status":"offline",')];
    const older = ['$SYS/brokers/connected', connectedBody('')];
    const olderEnd = ['$SYS/brokers/disconnected', disconnectedBody('')];
    const expected = {
      client_status: [newer, newerEnd],
      connected: [older, olderEnd],
      both: [newer, older, newerEnd, olderEnd],
      off: [],
    };
    for (const [presence, messages] of Object.entries(expected)) {
      const { stage, watcher } = watched(presence);
      stage.connect({ clientId: 'c1' }).disconnect();
      assert.deepEqual(seen(watcher), messages, presence);
    }
  });

  test('tells refused logins, in the codes of their own version', () => {
    const { stage, watcher } = watched('both');
    stage.broker.hook('client.authenticate', (client) => (client.clientId === 'bad' ? 'deny' : 'ignore'));
    for (const version of [3, 4, 5] as const) stage.open().sendConnect({ clientId: 'bad', version }).next('connack');
    const found = bodies(watcher).map(({ status, return_code, proto_ver }) => [status, return_code, proto_ver]);
    assert.deepEqual(found, [...refused('5', 3), ...refused('5', 4), ...refused('87', 5)]);
  });

  test('tells why a connection ended', () => {
    const { stage, watcher } = watched();
    const endings: Record<string, (client: RawClient) => void> = {
      '0': (client) => client.disconnect(),
      '4': (client) => client.disconnect(0x04),
      '80': (client) => client.cut(),
      '82': (client) => client.sendConnect({ version: 5 }),
      '8d': () => stage.clock.advance(15_000),
      '8e': () => stage.connect({ clientId: 'c1', version: 5 }).cut(),
    };
    const found = Object.values(endings).map((end) => {
      const client = stage.connect({ clientId: 'c1', version: 5, keepAlive: 10 });
      watcher.ping().packets();
      end(client);
      const [first] = bodies(watcher);
      assert.equal(first?.['status'], 'offline');
      return first?.['reason_code'];
    });
    assert.deepEqual(found, Object.keys(endings));
  });

  test('tells a take-over in its order, and the end of the broker', async () => {
    const { stage, watcher } = watched();
    stage.connect({ clientId: 'c1' });
    stage.connect({ clientId: 'c1', cleanStart: false });
    const statuses = bodies(watcher).map(({ status, reason_code, return_code }) => [
      status,
      reason_code ?? return_code,
    ]);
    assert.deepEqual(statuses, [
      ['online', '0'],
      ['offline', '8e'],
      ['online', '0'],
    ]);
    const reasons: string[] = [];
    stage.broker.on('message.published', ({ payload }) =>
      reasons.push(String(JSON.parse(payload.toString()).reason_code)),
    );
    await stage.broker.close();
    assert.deepEqual(reasons, ['8b', '8b']);
  });

  test('is valid JSON whatever a client is called, and its topic is one', () => {
    const { stage, watcher } = watched('client_status', ['$SYS/brokers/client_status/#']);
    const names = ['a/b', 'a+b#c', '100%', '"\\\n\u{1f41d}', '$SYS/x', 'x'.repeat(300), 'y'.repeat(30_000)];
    for (const name of names) {
      stage.connect({ clientId: name, username: `${name}"}` });
      const [[topic, text] = ['', '']] = seen(watcher);
      const asTopic = name === 'a+b#c' ? 'a%2Bb%23c' : name;
      assert.equal(topic, `$SYS/brokers/client_status/${asTopic}`);
      const { client_id: id, username } = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual([id, username], [name, `${name}"}`]);
    }
    assert.deepEqual(stage.lines, []);
  });

  test('has no topic for an identifier that is too long for one', () => {
    const { stage, watcher } = watched('both');
    stage.connect({ clientId: 'x'.repeat(65_535) });
    assert.deepEqual(
      seen(watcher).map(([topic]) => topic),
      ['$SYS/brokers/connected'],
    );
    assert.deepEqual(stage.lines, ['debug a client whose identifier is too long for a topic has no presence topic']);
  });

  test('has its topics however tight the limits for those of clients are', () => {
    const stage = new Stage({ presence: 'both', interval: 'off' }, { maxTopicLength: 30, maxTopicLevels: 3 });
    const watcher = stage.connect({ clientId: 'watcher' });
    watcher.subscribe('$SYS/brokers/#');
    stage.connect({ clientId: 'a/b/and-a-long-name' });
    assert.deepEqual(
      seen(watcher).map(([topic]) => topic),
      ['$SYS/brokers/client_status/a/b/and-a-long-name', '$SYS/brokers/connected'],
    );
    assert.deepEqual(stage.lines, []);
  });

  test('that cannot be published is no error of ours: clients choose what they are called', async () => {
    const scene = new Scene();
    const { broker, clock } = scene;
    const lines: string[] = [];
    const say = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
    const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
    const stub = {
      on: broker.on.bind(broker),
      hasAudience: () => true,
      publish: () => Promise.reject(new Error('no')),
    };
    attachPresence(stub, 'connected', clock, log);
    scene.connect();
    await clock.settle();
    assert.deepEqual(lines, ['debug $SYS/brokers/connected could not be published: Error: no']);
  });

  test('shows the address, of whatever kind', () => {
    const { stage, watcher } = watched();
    for (const address of ['2001:db8::1', '']) {
      const client = new RawClient(stage.broker, stage.clock, { address });
      client.connect({ clientId: 'c1' });
      client.disconnect();
    }
    assert.deepEqual(
      bodies(watcher).map(({ IPv4 }) => IPv4),
      ['2001:db8::1', '2001:db8::1', '', ''],
    );
  });

  test('comes to subscribers of $SYS only, and ends when it is closed', () => {
    const { stage, watcher } = watched();
    const all = stage.connect();
    all.subscribe(['#', '+/brokers/#']);
    const one = stage.connect();
    one.subscribe('$SYS/brokers/client_status/c1');
    watcher.packets();
    stage.connect({ clientId: 'c1' });
    stage.connect({ clientId: 'c2' });
    assert.equal(one.texts().length, 1);
    assert.equal(watcher.texts().length, 2);
    all.expectNothing();
    stage.sys.close();
    stage.connect({ clientId: 'c1' });
    one.expectNothing();
    watcher.expectNothing();
  });
});
