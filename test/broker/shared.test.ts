import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

/** Publishes the numbers from 0 to `count` - 1 to `t`. */
function publishNumbers(scene: Scene, count: number, qos: 0 | 1 | 2 = 0): void {
  for (let i = 0; i < count; i++) scene.publish('t', `${i}`, { qos });
}

const members = (scene: Scene, count: number, qos: 0 | 1 | 2 = 0): RawClient[] =>
  Array.from({ length: count }, () => {
    const member = scene.connect();
    member.subscribe('$share/g/t', { qos });
    return member;
  });

const KEPT = { clientId: 'kept', cleanStart: false } as const;

for (const version of VERSIONS)
  test(`version ${version}: the members of a group take turns`, () => {
    const scene = new Scene();
    const clients = [1, 2, 3].map(() => scene.connect({ version }));
    for (const client of clients) client.subscribe('$share/g/t', { qos: 1 });
    publishNumbers(scene, 7, 1);
    assert.deepEqual(
      clients.map((client) => client.texts()),
      [
        ['0', '3', '6'],
        ['1', '4'],
        ['2', '5'],
      ],
    );
  });

describe('a message', () => {
  test('goes to one member of each group, and to every subscription that is not shared', () => {
    const scene = new Scene();
    const [a, b, plain] = [scene.connect(), scene.connect(), scene.connect()];
    a.subscribe('$share/one/t');
    b.subscribe(['$share/two/t', '$share/two/#', '$share/one/+']);
    plain.subscribe('t');
    scene.publish('t', 'x');
    assert.deepEqual(
      [a, b, plain].map((client) => client.texts().length),
      [1, 3, 1],
    );
  });

  test('has the QoS, the RETAIN flag and the identifier that the member asked for', () => {
    const scene = new Scene();
    const [a, b] = [scene.connect5(), scene.connect5()];
    a.subscribe('$share/g/t', { qos: 1, subscriptionId: 5, retainAsPublished: true });
    b.subscribe('$share/g/t', { qos: 2 });
    for (let i = 0; i < 2; i++) scene.publish('t', 'x', { qos: 2, retain: true });
    const [first, second] = [a.next('publish'), b.next('publish')];
    assert.deepEqual([first.qos, first.retain, first.properties], [1, true, { subscriptionIdentifiers: [5] }]);
    assert.deepEqual([second.qos, second.retain, second.properties], [2, false, null]);
  });

  test('has a receiver if a group has one: PUBACK of 5.0 says so', () => {
    const scene = new Scene();
    const [member] = members(scene, 1);
    const publisher = scene.connect5();
    const code = (): number => publisher.publish('t', '', { qos: 1 }).next('puback').reasonCode;
    assert.equal(code(), 0);
    member?.cut();
    assert.equal(code(), 0x10);
  });

  test('of a member comes back to the group like any other', () => {
    const scene = new Scene();
    const [only] = members(scene, 1);
    only?.publish('t', 'own');
    assert.deepEqual(only?.texts(), ['own']);
  });
});

describe('a member', () => {
  test('that leaves gets no more, whether it unsubscribes or ends', () => {
    const scene = new Scene();
    const [a, b, c] = members(scene, 3);
    a?.unsubscribe('$share/g/t');
    b?.cut();
    publishNumbers(scene, 3);
    assert.deepEqual(c?.texts(), ['0', '1', '2']);
    c?.disconnect();
    publishNumbers(scene, 1);
    assert.equal(scene.broker.stats().subscriptions, 0);
  });

  test('that subscribes again is still one member, with its new options', () => {
    const scene = new Scene();
    const [a, b] = members(scene, 2);
    a?.subscribe('$share/g/t', { qos: 1 });
    publishNumbers(scene, 4, 1);
    assert.deepEqual(
      a?.messages().map(({ qos }) => qos),
      [1, 1],
    );
    assert.equal(b?.messages().length, 2);
    assert.equal(scene.broker.stats().subscriptions, 2);
  });

  test('that is slow is left out while others are not', () => {
    const scene = new Scene({ maxOutgoingBuffer: 1000 });
    const [slow, quick] = members(scene, 2);
    slow?.wire.stall();
    scene.publish('t', 'x'.repeat(2000));
    publishNumbers(scene, 50);
    assert.equal(quick?.messages().length, 50);
    assert.equal(scene.broker.stats().dropped.receiver_slow, 0);
  });

  test('whose window is full is left out while others have room', () => {
    const scene = new Scene({ maxInflight: 2 });
    const [silent, active] = members(scene, 2, 1);
    if (active !== undefined) active.acknowledges = true;
    for (let i = 0; i < 10; i++) {
      scene.publish('t', `${i}`, { qos: 1 });
      active?.packets();
    }
    assert.equal(silent?.messages().length, 2);
  });

  test('that is offline is left out while others are not', () => {
    const scene = new Scene();
    const absent = scene.connect(KEPT);
    absent.subscribe('$share/g/t', { qos: 1 });
    absent.disconnect();
    const [present] = members(scene, 1, 1);
    publishNumbers(scene, 3, 1);
    assert.deepEqual(present?.texts(), ['0', '1', '2']);
    scene.connect(KEPT).expectNothing();
  });

  test('that is busy is better than one that is offline', () => {
    const scene = new Scene({ maxInflight: 1 });
    const absent = scene.connect(KEPT);
    absent.subscribe('$share/g/t', { qos: 1 });
    absent.disconnect();
    const [busy] = members(scene, 1, 1);
    if (busy !== undefined) busy.acknowledges = true;
    publishNumbers(scene, 3, 1);
    assert.deepEqual(busy?.texts(), ['0', '1', '2']);
  });
});

describe('where all members are offline', () => {
  test('one of them keeps a QoS 1 message, in turn', () => {
    const scene = new Scene();
    for (const clientId of ['a', 'b']) {
      const client = scene.connect({ ...KEPT, clientId });
      client.subscribe('$share/g/t', { qos: 1 });
      client.disconnect();
    }
    publishNumbers(scene, 4, 1);
    const texts = ['a', 'b'].map((clientId) => scene.connect({ ...KEPT, clientId }).texts());
    assert.deepEqual(texts, [
      ['0', '2'],
      ['1', '3'],
    ]);
  });

  test('a QoS 0 message is dropped, counted and told, and so is one for QoS 0 members', () => {
    const scene = new Scene();
    const client = scene.connect(KEPT);
    client.subscribe(['$share/g/t', '$share/h/u'], { qos: 1 });
    client.subscribe('$share/h/u', { qos: 0 });
    client.disconnect();
    scene.publish('t', 'a');
    scene.publish('u', 'b', { qos: 1 });
    assert.deepEqual(scene.dropped, [
      { text: 'a', receiver: null, reason: 'offline' },
      { text: 'b', receiver: null, reason: 'offline' },
    ]);
    assert.equal(scene.broker.stats().dropped.offline, 2);
  });
});
