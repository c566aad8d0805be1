import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heapKeptBy } from '../kit/heap.ts';
import { Scene } from '../kit/scene.ts';

const MB = 1024 * 1024;
/** A topic of 128 levels: what it takes is its levels, not its characters. */
const deep = (index: number): string => `${index}${'/a'.repeat(127)}`;
/** One of the longest topics. */
const long = (index: number): string => String(index).padStart(8, '0') + 'x'.repeat(65_000);

describe('the bytes of retained messages', () => {
  test('are what they take, their levels included', () => {
    const scene = new Scene();
    let count = 0;
    const kept = heapKeptBy(() => {
      for (let i = 0; i < 1000; i++) scene.publish(deep(count++), 'x', { retain: true });
    });
    const { retained, retainedBytes } = scene.broker.stats();
    assert.equal(retained, 2000);
    const each = retainedBytes / retained;
    assert.ok(each > (kept / 1000) * 0.8 && each < (kept / 1000) * 1.5, `${each} counted, ${kept / 1000} taken`);
  });

  test('are bounded: one client with deep topics cannot take more', () => {
    const scene = new Scene({ maxRetainedBytes: MB });
    const client = scene.connect();
    for (let i = 0; i < 1000; i++) client.publish(deep(i), 'x', { retain: true });
    const { retained, retainedBytes, dropped } = scene.broker.stats();
    assert.ok(retainedBytes <= MB);
    assert.ok(retained > 70 && retained < 85, `${retained}`);
    assert.equal(dropped.retained_full, 1000 - retained);
  });

  test('leave room for a message that takes the place of another', () => {
    const scene = new Scene({ maxRetainedBytes: 500 });
    for (const text of ['a', 'b', 'c']) scene.publish('t/u', text.repeat(290), { retain: true });
    assert.deepEqual(scene.dropped, []);
    scene.publish('t/u', 'd'.repeat(298), { retain: true });
    assert.deepEqual(
      scene.dropped.map(({ reason }) => reason),
      ['retained_full'],
    );
    const subscriber = scene.connect();
    subscriber.subscribe('#');
    assert.deepEqual(subscriber.texts(), ['c'.repeat(290)]);
  });

  test('are none when nothing is retained any more, however it went', () => {
    const scene = new Scene();
    for (const text of ['old', 'longer than the old one', '']) scene.publish('a/b/c', text, { retain: true });
    scene.publish('d', 'x', { retain: true, properties: { messageExpiryInterval: 1 } });
    assert.ok(scene.broker.stats().retainedBytes > 0);
    scene.clock.advance(1000);
    scene.connect().subscribe('#');
    assert.equal(scene.broker.stats().retainedBytes, 0);
  });
});

test('the routes of very long topics are not remembered', () => {
  const scene = new Scene();
  const client = scene.connect();
  let count = 0;
  const kept = heapKeptBy(() => {
    for (let i = 0; i < 200; i++) client.publish(long(count++));
  });
  assert.ok(kept < 2 * MB, `${kept} bytes`);
});

test('a message comes to its subscribers, however long its topic is, and whoever subscribes or leaves', () => {
  const scene = new Scene();
  const [all, one, shared] = [scene.connect(), scene.connect(), scene.connect()];
  all.subscribe('#');
  scene.publish(long(1), 'first');
  one.subscribe(long(1));
  shared.subscribe(`$share/g/${long(1)}`);
  scene.publish(long(1), 'second');
  assert.deepEqual(all.texts(), ['first', 'second']);
  all.unsubscribe('#');
  scene.publish(long(1), 'third');
  for (const client of [one, shared]) assert.deepEqual(client.texts(), ['second', 'third']);
  all.expectNothing();
});

describe('a filter counts as several subscriptions', () => {
  test('where it is very long or deep; the bound is one of memory', () => {
    const scene = new Scene({ maxSubscriptions: 1000 });
    const client = scene.connect5();
    let granted = 0;
    const kept = heapKeptBy((round) => {
      if (round === 0) return;
      for (let i = 0; i < 200; i++) if (client.subscribe(long(i))[0] === 0) granted++;
    });
    assert.equal(granted, Math.floor(1000 / (1 + Math.floor((65_008 + 100) / 4096))));
    assert.ok(kept < 1000 * 8192, `${kept} bytes`);
    const other = scene.connect5();
    const codes = Array.from({ length: 300 }, (_, index) => other.subscribe(deep(index))[0]);
    assert.equal(codes.filter((code) => code === 0).length, 250);
    assert.equal(codes.at(-1), 0x97);
  });

  test('which become free with it, and count once where it is subscribed again', () => {
    const scene = new Scene({ maxSubscriptions: 5 });
    const client = scene.connect5();
    assert.deepEqual(client.subscribe([deep(0), 'a', 'b']), [0, 0, 0x97]);
    assert.deepEqual(client.subscribe([deep(0), 'a'], { qos: 1 }), [1, 1]);
    client.unsubscribe([deep(0), deep(1)]);
    assert.deepEqual(client.subscribe(['b', 'c', 'd', 'e', 'f']), [0, 0, 0, 0, 0x97]);
  });
});
