import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { Scene } from '../kit/scene.ts';

/** A client connects, and another with its identifier: a listener closes the broker when it hears of that. */
function closedBy(name: 'client.disconnected' | 'message.published' | 'client.connack', cleanStart: boolean) {
  const scene = new Scene();
  const identity = { version: 5, clientId: 'c', keepAlive: 10, properties: { sessionExpiryInterval: 10 } } as const;
  const first = scene.connect({ ...identity, cleanStart: false, will: { topic: 'will' } });
  const told: string[] = [];
  scene.broker.on('client.connack', ({ clientId }, reason) => told.push(`connack ${clientId} ${reason}`));
  scene.broker.on('client.connected', ({ clientId }) => told.push(`connected ${clientId}`));
  scene.broker.on('client.disconnected', ({ clientId }, reason) => told.push(`disconnected ${clientId} ${reason}`));
  scene.broker.on(name, () => void scene.broker.close());
  const second = scene.open().sendConnect({ ...identity, cleanStart });
  return { scene, told, first, second };
}

describe('a listener that closes the broker', () => {
  for (const cleanStart of [true, false])
    test(`when a client is taken over leaves nothing behind; clean start ${cleanStart}`, () => {
      const { scene, told, first, second } = closedBy('client.disconnected', cleanStart);
      assert.deepEqual(told.slice(0, 2), ['disconnected c session_taken_over', 'connack c server_unavailable']);
      assert.ok(!told.some((line) => line.startsWith('connected')), told.join());
      assert.equal(second.next('connack').reasonCode, ReasonCode.server_unavailable);
      second.expectNothing();
      assert.ok(first.ended && second.ended);
      const { clients, sessions, connections } = scene.broker.stats();
      assert.deepEqual([clients, sessions, connections, scene.clock.timers], [0, 0, 0, 0]);
    });

  test('when the will of a session that is thrown away is published', () => {
    const { scene, told, second } = closedBy('message.published', true);
    assert.ok(!told.some((line) => line.startsWith('connected')), told.join());
    assert.equal(second.next('connack').reasonCode, ReasonCode.server_unavailable);
    second.expectNothing();
    const { clients, sessions, connections } = scene.broker.stats();
    assert.deepEqual([clients, sessions, connections, scene.clock.timers], [0, 0, 0, 0]);
  });

  test('when it hears of CONNACK: the client is told as gone, and not as connected after that', () => {
    const { scene, told, second } = closedBy('client.connack', false);
    assert.equal(second.next('connack').reasonCode, 0);
    second.expectEnd('server_shutting_down');
    assert.ok(told.includes('disconnected c server_shutting_down'), told.join());
    assert.ok(!told.some((line) => line.startsWith('connected')), told.join());
    assert.equal(scene.broker.stats().clients, 0);
  });
});
