import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Scene, VERSIONS } from '../kit/scene.ts';

const KEPT = { clientId: 'c', cleanStart: false } as const;

describe('our maximum packet size', () => {
  for (const version of VERSIONS)
    test(`version ${version}: a larger packet ends the connection, before its body has come [MQTT-3.2.2-15]`, () => {
      const scene = new Scene({ maxPacketSize: 100 });
      const witness = scene.connect();
      witness.subscribe('t');
      const client = scene.connect({ version });
      const overhead = 2 + 3 + (version === 5 ? 1 : 0);
      client.publish('t', 'x'.repeat(100 - overhead));
      assert.equal(witness.messages().length, 1);
      client.send('3063').expectEnd(version === 5 ? 'packet_too_large' : null);
      witness.expectNothing();
    });

  test('of CONNECT is 512 kB, whatever comes later', () => {
    const scene = new Scene();
    scene.open().send('10ffff7f').expectEnd(null);
    const client = scene.connect({ username: 'u'.repeat(65_535), password: Buffer.alloc(65_535) });
    client.publish('t', Buffer.alloc(1_000_000), { qos: 1 }).next('puback');
  });
});

describe("a client's maximum packet size", () => {
  const properties = { maximumPacketSize: 40 };
  const fits = 'x'.repeat(30);
  const tooLarge = 'x'.repeat(40);

  test('what is larger is not sent; it is dropped, counted and told [MQTT-3.1.2-24,25]', () => {
    const scene = new Scene();
    const client = scene.connect5({ clientId: 'c', properties });
    client.subscribe('t', { qos: 2 });
    for (const qos of [0, 1, 2] as const) {
      scene.publish('t', tooLarge, { qos });
      scene.publish('t', fits, { qos });
    }
    client.acknowledges = true;
    assert.equal(client.messages().length, 3);
    const dropped = { text: tooLarge, receiver: 'c', reason: 'too_large' };
    assert.deepEqual(scene.dropped, [dropped, dropped, dropped]);
    assert.equal(scene.broker.stats().dropped.too_large, 3);
  });

  test('counts every byte of the packet', () => {
    const scene = new Scene();
    const client = scene.connect5({ properties });
    client.subscribe('t');
    for (const length of [34, 35]) scene.publish('t', 'x'.repeat(length));
    assert.equal(client.bytes().length, 40);
    assert.equal(scene.dropped.length, 1);
  });

  test('also for payloads that are sent by reference', () => {
    const scene = new Scene();
    const client = scene.connect5({ properties: { maximumPacketSize: 9000 } });
    client.subscribe('t');
    for (const length of [8990, 9000]) scene.publish('t', Buffer.alloc(length));
    assert.equal(client.messages().length, 1);
  });

  test('takes no room in the window', () => {
    const scene = new Scene({ maxInflight: 1 });
    const client = scene.connect5({ properties });
    client.subscribe('t', { qos: 1 });
    for (let i = 0; i < 5; i++) scene.publish('t', tooLarge, { qos: 1 });
    scene.publish('t', fits, { qos: 1 });
    assert.deepEqual(client.texts(), [fits]);
  });

  test('holds for what waits, what is sent again and what is retained', () => {
    const scene = new Scene();
    const before = scene.connect5(KEPT, 100);
    before.subscribe('t', { qos: 1 });
    scene.publish('t', tooLarge, { qos: 1 });
    before.next('publish');
    before.cut();
    scene.publish('t', tooLarge, { qos: 1, retain: true });
    const after = scene.connect5({ ...KEPT, properties }, 100);
    after.subscribe('t');
    after.expectNothing();
    assert.equal(scene.broker.stats().dropped.too_large, 3);
    scene.publish('t', fits, { qos: 1 });
    assert.equal(after.messages().length, 1);
  });

  test('is nothing to other receivers', () => {
    const scene = new Scene();
    const small = scene.connect5({ properties });
    const large = scene.connect5();
    for (const client of [small, large]) client.subscribe('t');
    scene.publish('t', tooLarge);
    assert.deepEqual(large.texts(), [tooLarge]);
  });

  test('a reason string that does not fit is left out of DISCONNECT [MQTT-3.14.2-3]', () => {
    const [whole, short] = [30, 29].map((maximumPacketSize) => {
      const client = new Scene().connect5({ properties: { maximumPacketSize } });
      return client.publish('', 'x').bytes();
    });
    assert.equal(whole?.length, 30);
    assert.equal(short?.toString('hex'), 'e00182');
  });
});
