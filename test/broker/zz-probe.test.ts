import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene } from '../kit/scene.ts';
import { publishPacket } from '../kit/raw-client.ts';

test('M1 backfill small buffer', () => {
  const s = new Scene({ maxOutgoingBuffer: 1000 });
  const p = s.connect();
  for (let i = 0; i < 5000; i++) p.publish(`r/${i}`, `m${i}`, { retain: true });
  const c = s.connect();
  c.subscribe('r/#');
  assert.equal(c.messages().length, 5000);
});
test('M1b throttled for ever', () => {
  const s = new Scene({ maxOutgoingBuffer: 100 });
  const p = s.connect();
  for (let i = 0; i < 10; i++) p.send('c000'.repeat(100));
  assert.equal(p.packets().length, 1000);
});
test('M2 publish in connack/connected', () => {
  for (const event of ['client.connack', 'client.connected'] as const) {
    const s = new Scene();
    const c = s.connect({ clientId: 'x', cleanStart: false });
    c.subscribe('t', { qos: 1 });
    c.publish('t', 'old', { qos: 1 });
    c.packets();
    c.cut();
    s.broker.on(event, () => void s.broker.publish({ topic: 't', payload: 'new', qos: 1 }));
    const d = s.open();
    d.sendConnect({ clientId: 'x', cleanStart: false });
    console.log(event, d.packets().map((p) => `${p.type} ${'payload' in p ? p.payload : ''} ${'dup' in p ? p.dup : ''}`));
  }
});
test('M4 trickle', () => {
  const s = new Scene();
  const c = s.open();
  for (let i = 0; i < 20; i++) {
    c.send(i === 0 ? '10ff' : '00');
    s.clock.advance(10_000);
  }
  assert.ok(c.ended);
});
