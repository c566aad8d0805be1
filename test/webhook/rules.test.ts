import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { WEBHOOK_EVENTS } from '../../src/webhook/events.ts';
import { topicTest, type Rule } from '../../src/webhook/rules.ts';
import { startReceiver } from '../kit/receiver.ts';
import { client, scene } from './scene.ts';

const publish = 'on_message_publish';

function testOf(name: string, rules: readonly Rule[]) {
  const event = WEBHOOK_EVENTS.find((row) => row.name === name);
  assert.ok(event);
  return topicTest(rules, event);
}

/** The topics that a rule set for messages wants. */
function wanted(filters: readonly string[], topics: readonly string[]): string[] {
  const wants = testOf(
    publish,
    filters.map((topic) => ({ event: publish, topic })),
  );
  assert.ok(wants);
  // Twice: the second verdict comes from memory.
  const first = topics.filter((topic) => wants(topic));
  assert.deepEqual(
    topics.filter((topic) => wants(topic)),
    first,
  );
  return first;
}

suite('rules', () => {
  test('match topics with + and #', () => {
    const topics = ['a', 'a/b', 'a/b/c', 'a/x/c', '/a', 'foo', 'foo/bar', 'foo/bar/baz', 'fo/bar', '$SYS/x', '$SYS'];
    assert.deepEqual(wanted(['a/b/c', 'foo/#'], topics), ['a/b/c', 'foo', 'foo/bar', 'foo/bar/baz']);
    assert.deepEqual(wanted(['a/+/c'], topics), ['a/b/c', 'a/x/c']);
    assert.deepEqual(wanted(['+'], topics), ['a', 'foo']);
    assert.deepEqual(wanted(['+/+'], topics), ['a/b', '/a', 'foo/bar', 'fo/bar']);
    assert.deepEqual(
      wanted(['#'], topics),
      topics.filter((topic) => !topic.startsWith('$')),
    );
    assert.deepEqual(wanted(['$SYS/#'], topics), ['$SYS/x', '$SYS']);
  });

  test('without a topic match every topic but those of $SYS', () => {
    const topics = ['a', 'b/c', '$SYSTEM/x', '$share', '$SYS/broker/uptime', '$SYS/brokers/client_status/c1', '$SYS'];
    const all = testOf(publish, [{ event: publish }]);
    assert.deepEqual(
      topics.filter((topic) => all?.(topic)),
      topics.slice(0, 4),
    );
    const more = testOf(publish, [{ event: publish, topic: 'a' }, { event: publish }]);
    assert.deepEqual(
      topics.filter((topic) => more?.(topic)),
      topics.slice(0, 4),
    );
    const named = testOf(publish, [{ event: publish, topic: '$SYS/brokers/#' }, { event: publish }]);
    assert.deepEqual(
      topics.filter((topic) => named?.(topic)),
      [...topics.slice(0, 4), topics[5]],
    );
  });

  test('do not look at the topic where the event has none', () => {
    assert.equal(testOf('on_client_connack', [{ event: 'on_client_connack', topic: 'a' }]), null);
  });

  test('name their events', () => {
    assert.equal(testOf(publish, []), undefined);
    assert.equal(testOf(publish, [{ event: 'on_client_connack' }]), undefined);
  });

  test('do not remember every topic there ever was', () => {
    const wants = testOf(publish, [{ event: publish, topic: 'dev/+/up' }]);
    assert.ok(wants);
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 300_000; i++) {
      assert.equal(wants(`dev/${i}/up`), true);
      assert.equal(wants(`dev/${i}/down`), false);
    }
    const grown = process.memoryUsage().heapUsed - before;
    // All of them would be about 60 MB.
    assert.ok(grown < 30_000_000, `${grown} bytes`);
  });
});

suite('a webhook', () => {
  test('sends one request for an event, however many rules match', async () => {
    await using receiver = await startReceiver();
    const rules = ['a/b', 'a/+', '#', '+/b'].map((topic) => ({ event: publish, topic }));
    await using stage = scene({ url: receiver.url, events: rules });
    stage.broker.publish({ topic: 'a/b', payload: 'first' });
    stage.broker.publish({ topic: '$SYS/b', payload: 'nobody wants it' });
    stage.broker.publish({ topic: 'a/b', payload: 'last' });
    await receiver.waitFor(({ requests }) => requests.some(({ json }) => json['payload'] === 'last'));
    assert.deepEqual(
      receiver.requests.map(({ json }) => json['payload']),
      ['first', 'last'],
    );
    assert.equal(stage.webhook.stats().accepted, 2);
  });

  test('sends what the broker says of itself only where a rule names $SYS', async () => {
    await using receiver = await startReceiver();
    const events = [
      { event: publish, topic: undefined },
      ...['#', '$SYS/broker/+'].map((topic) => ({ event: publish, topic })),
    ];
    await using stage = scene({ url: receiver.url, events });
    stage.broker.publish({ topic: '$SYS/brokers/client_status/c1', payload: 'not wanted', publisher: null });
    stage.broker.publish({ topic: '$SYS/broker/uptime', payload: 'wanted', publisher: null });
    stage.broker.publish({ topic: 'a', payload: 'last', publisher: null });
    await receiver.waitFor(({ requests }) => requests.some(({ json }) => json['payload'] === 'last'));
    assert.deepEqual(
      receiver.requests.map(({ json }) => json['payload']),
      ['wanted', 'last'],
    );
    assert.equal(stage.webhook.stats().accepted, 2);
  });

  test('listens only to events that have rules, until it is closed', async () => {
    await using receiver = await startReceiver();
    await using stage = scene({
      url: receiver.url,
      events: [{ event: 'on_client_disconnected', topic: undefined }],
    });
    assert.deepEqual(stage.broker.heard, ['client.disconnected']);
    stage.broker.tell('client.connack', client(), 'success');
    stage.broker.publish();
    assert.equal(stage.webhook.stats().accepted, 0);
    await stage.webhook.close(0);
    assert.deepEqual(stage.broker.heard, []);
  });

  test('without rules sends nothing', async () => {
    await using stage = scene({ url: 'http://127.0.0.1:9/', events: [] });
    assert.deepEqual(stage.broker.heard, []);
  });
});
