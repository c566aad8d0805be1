import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene } from '../kit/scene.ts';

const FILTER = '$share/g/t';

/** Two members of a group, the first of which has what was published; 5.0, sessions kept for 100 seconds. */
function handoverScene(qos: 1 | 2) {
  const scene = new Scene();
  const first = scene.connect5({ clientId: 'first', cleanStart: false }, 100);
  first.subscribe(FILTER, { qos });
  scene.publish('t', 'a', { qos });
  assert.deepEqual(first.texts(), ['a']);
  const second = scene.connect5({ clientId: 'second' }, 100);
  second.subscribe(FILTER, { qos });
  return { scene, first, second };
}

/** Ends the first member's session for good. */
const ENDS: Record<string, (scene: Scene, first: RawClient) => void> = {
  'it expires': (scene, first) => {
    first.cut();
    scene.clock.advance(100_000);
  },
  'DISCONNECT ends it': (_, first) => first.disconnect(0, { sessionExpiryInterval: 0 }),
  'a clean start ends it': (scene) => void scene.connect5({ clientId: 'first', cleanStart: true }),
};

describe('a message that a member of a group has not acknowledged when its session ends', () => {
  for (const [how, end] of Object.entries(ENDS)) {
    test(`goes to another member at QoS 1: ${how}`, () => {
      const { scene, first, second } = handoverScene(1);
      end(scene, first);
      const { payload, qos, dup } = second.next('publish');
      assert.deepEqual({ text: payload.toString(), qos, dup }, { text: 'a', qos: 1, dup: false });
      second.expectNothing();
      assert.equal(scene.broker.stats().dropped.session_ended, 0);
    });

    test(`goes to nobody at QoS 2: ${how} [MQTT-4.8.2-5]`, () => {
      const { scene, first, second } = handoverScene(2);
      end(scene, first);
      second.expectNothing();
      assert.deepEqual(scene.dropped, [{ text: 'a', receiver: 'first', reason: 'session_ended' }]);
    });
  }

  test('stays with it as long as the session lives [MQTT-4.8.2-4]', () => {
    const { scene, first, second } = handoverScene(2);
    first.cut();
    scene.clock.advance(99_000);
    second.expectNothing();
    const again = scene.connect5({ clientId: 'first', cleanStart: false }, 100).next('publish');
    assert.deepEqual({ text: again.payload.toString(), dup: again.dup }, { text: 'a', dup: true });
  });

  test('is dropped where there is no other member', () => {
    const scene = new Scene();
    const only = scene.connect();
    only.subscribe(FILTER, { qos: 1 });
    scene.publish('t', 'a', { qos: 1 });
    only.cut();
    assert.equal(scene.dropped.length, 1);
    assert.equal(scene.dropped[0]?.reason, 'session_ended');
  });

  test('is nobody else’s when the member refused it [MQTT-4.8.2-6]', () => {
    const { scene, first, second } = handoverScene(1);
    first.ack('puback', 1, ReasonCode.unspecified_error);
    first.disconnect(0, { sessionExpiryInterval: 0 });
    second.expectNothing();
    assert.deepEqual(scene.dropped, []);
  });
});

test('what had only waited goes to another member, at QoS 2 as well, in its order', () => {
  const scene = new Scene({ maxInflight: 1 });
  const first = scene.connect5({ clientId: 'first' }, 100);
  first.subscribe(FILTER, { qos: 2 });
  for (const text of ['a', 'b', 'c']) scene.publish('t', text, { qos: 2 });
  assert.deepEqual(first.texts(), ['a']);
  const second = scene.connect5({ clientId: 'second' });
  second.subscribe(FILTER, { qos: 2 });
  second.acknowledges = true;
  first.disconnect(0, { sessionExpiryInterval: 0 });
  const texts = second.packets().flatMap((packet) => ('payload' in packet ? [packet.payload.toString()] : []));
  assert.deepEqual(texts, ['b', 'c']);
  assert.deepEqual(scene.dropped, [{ text: 'a', receiver: 'first', reason: 'session_ended' }]);
});

test('it goes to those who are in the group now, though the member had left it and nobody else was there', () => {
  const scene = new Scene({ maxInflight: 1 });
  const first = scene.connect();
  first.subscribe(FILTER, { qos: 1 });
  for (const text of ['a', 'b']) scene.publish('t', text, { qos: 1 });
  assert.deepEqual(first.texts(), ['a']);
  first.unsubscribe(FILTER);
  const second = scene.connect();
  second.subscribe(FILTER, { qos: 1 });
  second.acknowledges = true;
  first.cut();
  const texts = second.packets().flatMap((packet) => ('payload' in packet ? [packet.payload.toString()] : []));
  assert.deepEqual(texts, ['a', 'b']);
  assert.deepEqual(scene.dropped, []);
});

test('the end of the broker hands nothing on', async () => {
  const { scene, first, second } = handoverScene(1);
  await Promise.all([scene.broker.close(), scene.clock.settle()]);
  second.expectEnd('server_shutting_down');
  assert.ok(first.ended);
  assert.deepEqual(scene.dropped, [{ text: 'a', receiver: 'first', reason: 'session_ended' }]);
});
