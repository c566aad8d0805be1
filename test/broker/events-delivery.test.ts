import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

/** What is told of messages at their receivers, as short lines: text, receiver, QoS and RETAIN as it went out. */
function listen({ broker }: Scene): string[] {
  const told: string[] = [];
  for (const event of ['message.delivered', 'message.acked'] as const) {
    const name = event.slice('message.'.length);
    broker.on(event, ({ payload }, { clientId }, qos, retain) =>
      told.push(`${name} ${payload.toString().slice(0, 20)} ${clientId} ${qos}${retain ? ' retain' : ''}`),
    );
  }
  return told;
}

const KEPT = { version: 5, clientId: 'c', cleanStart: false, properties: { sessionExpiryInterval: 1000 } } as const;

interface Stage {
  readonly scene: Scene;
  readonly client: RawClient;
  readonly told: string[];
}

/** A client that subscribes to `t` at QoS 2. */
function stage(scene = new Scene()): Stage {
  const client = scene.connect(KEPT);
  client.subscribe('t', { qos: 2 });
  return { scene, client, told: listen(scene) };
}

for (const version of VERSIONS)
  describe(`version ${version}: message.delivered`, () => {
    test('is told for each receiver, with the QoS with which it gets the message', () => {
      const scene = new Scene();
      for (const qos of [0, 1, 2] as const) scene.connect({ version, clientId: `c${qos}` }).subscribe('t', { qos });
      const told = listen(scene);
      scene.connect({ version }).publish('t', 'x', { qos: 1 });
      assert.deepEqual(told, ['delivered x c0 0', 'delivered x c1 1', 'delivered x c2 1']);
    });

    test('has what was published: topic, time and who it was', () => {
      const scene = new Scene();
      scene.connect({ version, clientId: 'c' }).subscribe('t/#');
      scene.clock.advance(1234);
      const told: unknown[] = [];
      scene.broker.on('message.delivered', ({ topic, payload, qos, retain, publisher, timestamp }) =>
        told.push([topic, payload.length, qos, retain, publisher?.clientId, timestamp]),
      );
      const large = 'y'.repeat(20_000);
      scene.connect({ version, clientId: 'p' }).publish('t/x', large, { qos: 1, retain: true });
      assert.deepEqual(told, [['t/x', large.length, 1, true, 'p', scene.clock.date()]]);
    });

    test('is told for what is retained', () => {
      const scene = new Scene();
      for (const qos of [0, 1] as const) scene.publish(`t/${qos}`, `r${qos}`, { retain: true, qos });
      const client = scene.connect({ version, clientId: 'c' });
      const told = listen(scene);
      client.subscribe('t/#', { qos: 1 });
      assert.deepEqual(told.toSorted(), ['delivered r0 c 0 retain', 'delivered r1 c 1 retain']);
    });
  });

describe('message.delivered', () => {
  test('is told again for what is sent again, but not for PUBREL', () => {
    const { scene, client, told } = stage();
    for (const text of ['a', 'b']) scene.publish('t', text, { qos: 2 });
    client.ack('pubrec', client.next('publish').packetId);
    client.cut();
    told.splice(0);
    const again = scene.connect(KEPT);
    again.next('pubrel');
    assert.equal(again.next('publish').dup, true);
    assert.deepEqual(told, ['delivered b c 2']);
  });

  test('is told when a message goes out, not while it waits', () => {
    const { scene, client, told } = stage(new Scene({ maxInflight: 1 }));
    for (const text of ['a', 'b']) scene.publish('t', text, { qos: 1 });
    assert.deepEqual(told, ['delivered a c 1']);
    client.ack('puback', client.next('publish').packetId);
    assert.deepEqual(told, ['delivered a c 1', 'acked a c 1', 'delivered b c 1']);
  });

  test('is not told for what is dropped', () => {
    const scene = new Scene({ maxOutgoingBuffer: 100 });
    const { told, client } = stage(scene);
    const small = scene.connect({ version: 5, clientId: 'small', properties: { maximumPacketSize: 50 } });
    small.subscribe('t', { qos: 2 });
    told.splice(0);
    scene.publish('t', `large${'.'.repeat(100)}`, { qos: 0 });
    assert.deepEqual(told.splice(0), [`delivered large${'.'.repeat(15)} c 0`]);
    client.texts();
    client.wire.stall();
    scene.publish('t', 'x'.repeat(100));
    scene.clock.endTurns();
    told.splice(0);
    scene.publish('t', 'slow');
    client.cut();
    scene.publish('t', 'offline');
    assert.deepEqual(told, ['delivered slow small 0', 'delivered offline small 0']);
    assert.deepEqual(
      scene.dropped.map(({ receiver, reason }) => [receiver, reason]),
      [
        ['small', 'too_large'],
        ['small', 'too_large'],
        ['c', 'receiver_slow'],
        ['c', 'offline'],
      ],
    );
  });

  test('is told for the member of a shared subscription that gets the message', () => {
    const scene = new Scene();
    for (const clientId of ['a', 'b']) scene.connect({ clientId }).subscribe('$share/g/t');
    const told = listen(scene);
    for (const text of ['1', '2']) scene.publish('t', text);
    assert.deepEqual(told, ['delivered 1 a 0', 'delivered 2 b 0']);
  });

  test('has RETAIN as the receiver wants it', () => {
    const scene = new Scene();
    for (const retainAsPublished of [true, false])
      scene.connect5({ clientId: `${retainAsPublished}` }).subscribe('t', { retainAsPublished });
    const told = listen(scene);
    scene.publish('t', 'x', { retain: true });
    assert.deepEqual(told, ['delivered x true 0 retain', 'delivered x false 0']);
  });

  test('a listener that publishes to the same client does not overtake what it was told of', () => {
    for (const qos of [0, 1] as const) {
      const { scene, client } = stage();
      scene.broker.on('message.delivered', ({ payload }) => {
        if (payload.toString() !== 'behind') scene.publish('t', 'behind', { qos });
      });
      scene.publish('t', 'first', { qos });
      assert.deepEqual(client.texts(), ['first', 'behind']);
    }
  });

  test('is not told where the wire is found dead when it gets the message', () => {
    const { scene, client, told } = stage();
    client.wire.writeAll = () => client.wire.cut();
    scene.publish('t', 'y'.repeat(1_000_000), { qos: 1 });
    assert.ok(client.ended);
    assert.deepEqual(told, []);
    assert.equal(scene.connect(KEPT).messages().length, 1);
  });

  test('is told for every PUBLISH that comes and for no other', () => {
    const scene = new Scene({ maxInflight: 3 });
    const told = listen(scene);
    let came = 0;
    for (let round = 0; round < 5; round++) {
      const client = scene.connect(KEPT);
      client.acknowledges = round % 2 === 0;
      client.sendSubscribe(['t', 'r/#'], { qos: 2 });
      scene.publish(`r/${round}`, 'retained', { retain: true, qos: 1 });
      for (const qos of [0, 1, 2] as const) scene.publish('t', `${round}`, { qos });
      came += client.packets().filter((packet) => 'topic' in packet).length;
      client.cut();
    }
    assert.ok(came >= 20, `${came}`);
    assert.equal(told.filter((line) => line.startsWith('delivered')).length, came);
  });
});

describe('message.acked', () => {
  test('is told at PUBACK', () => {
    const { scene, client, told } = stage();
    scene.publish('t', 'x', { qos: 1 });
    const { packetId } = client.next('publish');
    told.splice(0);
    client.ack('puback', packetId).ack('puback', packetId);
    assert.deepEqual(told, ['acked x c 1']);
  });

  test('is told at PUBREC, once, and not at PUBCOMP', () => {
    const { scene, client, told } = stage();
    scene.publish('t', 'x', { qos: 2 });
    const { packetId } = client.next('publish');
    told.splice(0);
    client.ack('pubrec', packetId);
    assert.deepEqual(told, ['acked x c 2']);
    client.ack('pubrec', packetId).ack('pubcomp', packetId).ack('pubrec', packetId);
    assert.deepEqual(told, ['acked x c 2']);
  });

  test('is told once where PUBREC comes again on a new connection', () => {
    const { scene, client, told } = stage();
    scene.publish('t', 'x', { qos: 2 });
    const { packetId } = client.next('publish');
    client.ack('pubrec', packetId).cut();
    scene.connect(KEPT).ack('pubrec', packetId);
    assert.deepEqual(told, ['delivered x c 2', 'acked x c 2']);
  });

  for (const [name, qos] of [
    ['puback', 1],
    ['pubrec', 2],
  ] as const)
    test(`is not told for ${name} with an error`, () => {
      const { scene, client, told } = stage();
      scene.publish('t', 'x', { qos });
      client.ack(name, client.next('publish').packetId, 0x80);
      client.expectNothing();
      assert.deepEqual(told, [`delivered x c ${qos}`]);
      assert.equal(scene.broker.stats().queued, 0);
    });

  test('is not told for identifiers that are not in use, nor for the wrong acknowledgement', () => {
    const { scene, client, told } = stage();
    scene.publish('t', 'x', { qos: 1 });
    client.ack('puback', 99).ack('pubrec', 98).ack('pubrec', client.next('publish').packetId);
    assert.ok(client.ended);
    assert.deepEqual(told, ['delivered x c 1']);
  });

  test('has RETAIN and QoS as the message was delivered', () => {
    const scene = new Scene();
    scene.publish('t', 'x', { qos: 2, retain: true });
    const client = scene.connect(KEPT);
    const told = listen(scene);
    client.subscribe('t', { qos: 1 });
    client.ack('puback', client.next('publish').packetId);
    assert.deepEqual(told, ['delivered x c 1 retain', 'acked x c 1 retain']);
  });
});
