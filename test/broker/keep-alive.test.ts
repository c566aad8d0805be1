import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode } from '../../src/codec/encode.ts';
import { publishPacket } from '../kit/raw-client.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

for (const version of VERSIONS)
  describe(`version ${version}: keep-alive`, () => {
    test('a client that is silent for one and a half times its keep-alive is gone [MQTT-3.1.2-22]', () => {
      const scene = new Scene();
      const reasons: string[] = [];
      scene.broker.on('client.disconnected', (_, reason) => reasons.push(reason));
      const client = scene.connect({ version, keepAlive: 10 });
      scene.clock.advance(14_999);
      client.expectNothing();
      assert.ok(!client.ended);
      scene.clock.advance(1);
      client.expectEnd(version === 5 ? 'keepalive_timeout' : null);
      assert.deepEqual(reasons, ['keepalive_timeout']);
      assert.equal(scene.broker.stats().connections, 0);
    });

    test('PINGREQ is answered and keeps it alive [MQTT-3.12.4-1]', () => {
      const scene = new Scene();
      const client = scene.connect({ version, keepAlive: 10 });
      for (let i = 0; i < 10; i++) {
        scene.clock.advance(14_000);
        client.ping().next('pingresp');
      }
      scene.clock.advance(15_000);
      assert.ok(client.ended);
    });

    test('so does any other packet', () => {
      const scene = new Scene();
      const client = scene.connect({ version, keepAlive: 10 });
      for (let i = 0; i < 10; i++) {
        scene.clock.advance(14_000);
        client.publish('t');
      }
      assert.ok(!client.ended);
    });

    test('a packet that drips does not, a large one on its way does', () => {
      for (const bytes of [10, 2000]) {
        const scene = new Scene();
        const client = scene.connect({ version, keepAlive: 10 });
        const packet = encode(publishPacket('t', Buffer.alloc(100_000)), version);
        for (let i = 0; i < 5; i++) {
          scene.clock.advance(14_000);
          if (!client.ended) client.send(packet.subarray(i * bytes, (i + 1) * bytes));
        }
        assert.equal(client.ended, bytes === 10);
      }
    });

    test('what the broker sends does not', () => {
      const scene = new Scene();
      const client = scene.connect({ version, keepAlive: 10 });
      client.subscribe('t');
      scene.clock.advance(14_000);
      scene.publish('t', 'x');
      scene.clock.advance(1000);
      assert.ok(client.ended);
    });

    test('0 is for ever', () => {
      const scene = new Scene();
      const client = scene.connect({ version, keepAlive: 0 });
      assert.ok(client.wire.probed, 'the system looks after the peer');
      scene.clock.advance(365 * 24 * 3600 * 1000);
      assert.ok(!client.ended);
      assert.equal(scene.clock.timers, 0);
    });
  });

test('keepAliveMultiplier is the patience', () => {
  const scene = new Scene({ keepAliveMultiplier: 3 });
  const client = scene.connect({ keepAlive: 10 });
  scene.clock.advance(29_999);
  assert.ok(!client.ended);
  scene.clock.advance(1);
  assert.ok(client.ended);
});

test('many clients on one timer, each with its own end', () => {
  const scene = new Scene();
  const clients = Array.from({ length: 50 }, (_, index) => scene.connect({ keepAlive: ((index * 37) % 50) + 1 }));
  assert.equal(scene.clock.timers, 1);
  for (let seconds = 1; seconds <= 50; seconds++) {
    scene.clock.advance(1500);
    assert.equal(clients.filter(({ ended }) => !ended).length, 50 - seconds);
  }
  assert.equal(scene.clock.timers, 0);
});

test('a client that is not read because it reads slowly lives as long as it reads', () => {
  const scene = new Scene({ maxOutgoingBuffer: 100 });
  const client = scene.connect({ keepAlive: 10 });
  client.wire.stall();
  client.send(Buffer.from('c000'.repeat(100), 'hex'));
  assert.ok(client.wire.paused);
  for (let i = 0; i < 4; i++) {
    client.wire.drain(10);
    scene.clock.advance(15_000);
    assert.ok(!client.ended);
  }
  scene.clock.advance(15_000);
  assert.ok(client.ended, 'and no longer');
});
