import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrokerOptions } from '../../src/broker/options.ts';
import type { QoS } from '../../src/codec/packets.ts';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene } from '../kit/scene.ts';

/** A scene in which little is much. */
const tight = (options: Partial<BrokerOptions> = {}): Scene =>
  new Scene({ maxOutgoingBuffer: 1000, maxQueuedMessages: 2, ...options });

/** A client whose session is kept; `window` is its Receive Maximum. */
const connect = (scene: Scene, clientId: string, window = 1): RawClient =>
  scene.connect5({ clientId, cleanStart: false, properties: { receiveMaximum: window } }, 100);

/** The same as a member. */
function member(
  scene: Scene,
  clientId: string,
  { qos = 1, window = 1 }: { qos?: QoS; window?: number } = {},
): RawClient {
  const client = connect(scene, clientId, window);
  client.subscribe('$share/g/t', { qos });
  return client;
}

/** Reads no more, with more on its way than it may have. */
function clog(scene: Scene, client: RawClient, topic: string): void {
  client.subscribe(topic);
  client.wire.stall();
  scene.publish(topic, 'x'.repeat(2000));
  scene.clock.endTurns();
}

function publish(scene: Scene, texts: readonly string[], qos: QoS = 1): void {
  for (const text of texts) scene.publish('t', text, { qos });
}

/** What comes, each acknowledged before the next can. */
function takeAll(client: RawClient): string[] {
  client.acknowledges = true;
  return client.packets().flatMap((packet) => ('payload' in packet ? [packet.payload.toString()] : []));
}

describe('a message goes to a member', () => {
  test('with room in its queue rather than to one whose queue is full: nothing is dropped', () => {
    const scene = tight();
    const hung = member(scene, 'hung');
    const sound = member(scene, 'sound');
    sound.acknowledges = true;
    for (let i = 0; i < 20; i++) {
      publish(scene, [`${i}`, `${i}+`]);
      sound.packets();
    }
    assert.deepEqual(scene.dropped, []);
    assert.equal(hung.messages().length, 1);
    assert.equal(scene.broker.stats().queued, 3);
  });

  test('that is away and keeps it rather than to one that is there and would lose it', () => {
    const scene = tight();
    member(scene, 'away', { window: 10 }).disconnect();
    const slow = member(scene, 'slow', { qos: 0 });
    clog(scene, slow, 'slow');
    publish(scene, ['a', 'b']);
    assert.deepEqual(scene.dropped, []);
    publish(scene, ['c']);
    assert.equal(scene.dropped.length, 1);
    assert.deepEqual(connect(scene, 'away', 10).texts(), ['a', 'b']);
  });

  test('that is away with room rather than to one that is there with a full queue', () => {
    const scene = tight();
    const busy = member(scene, 'busy');
    publish(scene, ['1', '2', '3']);
    member(scene, 'away', { window: 10 }).disconnect();
    publish(scene, ['4', '5']);
    assert.deepEqual(scene.dropped, []);
    publish(scene, ['6']);
    assert.deepEqual(
      scene.dropped.map(({ text, reason }) => [text, reason]),
      [['6', 'queue_full']],
    );
    assert.deepEqual(busy.texts(), ['1']);
    assert.deepEqual(connect(scene, 'away', 10).texts(), ['4', '5']);
  });

  test('that is there and busy rather than to one that is away', () => {
    const scene = tight();
    const busy = member(scene, 'busy');
    member(scene, 'away').disconnect();
    publish(scene, ['1', '2', '3']);
    connect(scene, 'away').expectNothing();
    assert.deepEqual(takeAll(busy), ['1', '2', '3']);
  });

  test('at QoS 0 though its window is full: that is no bound of such messages', () => {
    const scene = tight();
    const [first, second] = [member(scene, 'first'), member(scene, 'second', { window: 10 })];
    publish(scene, ['window']);
    assert.deepEqual(first.texts(), ['window']);
    publish(scene, ['a', 'b', 'c', 'd'], 0);
    assert.deepEqual(
      [first.texts(), second.texts()],
      [
        ['b', 'd'],
        ['a', 'c'],
      ],
    );
  });

  test('that gets it at QoS 0 and is there rather than to one whose window is full', () => {
    const scene = tight();
    const full = member(scene, 'full');
    publish(scene, ['window']);
    const best = member(scene, 'best', { qos: 0 });
    publish(scene, ['a', 'b']);
    assert.deepEqual(best.texts(), ['a', 'b']);
    assert.deepEqual(full.texts(), ['window']);
  });

  test('in turn among those that are equally busy', () => {
    const scene = tight();
    const [one, two] = [member(scene, 'one'), member(scene, 'two')];
    publish(scene, ['1', '2', '3', '4', '5', '6']);
    assert.deepEqual(
      [one, two].map((client) => client.texts()),
      [['1'], ['2']],
    );
    assert.deepEqual(scene.dropped, []);
    for (const client of [one, two]) client.ack('puback', 1);
    assert.deepEqual(
      [one, two].map((client) => client.texts()),
      [['3'], ['4']],
    );
  });
});
