import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { wantedBy, type Rule } from '../../../src/webhook/rules.ts';
import { startReceiver } from '../../kit/receiver.ts';
import { client, scene } from '../scene.ts';

const publish = 'on_message_publish';
const connack = { name: 'on_client_connack', hasTopic: false };
const message = { name: publish, hasTopic: true };
const subscribed = { name: 'on_session_subscribed', hasTopic: true };

/** Whether rules for messages want a topic, of a client that no pattern knows. */
function topicTest(rules: readonly Omit<Rule, 'event'>[], event = message): (topic: string) => boolean {
  const wanted = wantedBy(
    rules.map((rule) => ({ event: event.name, ...rule })),
    event,
  );
  assert.ok(wanted);
  return (topic) => {
    const verdict = wanted(topic, 'nobody', undefined);
    // The second verdict comes from memory.
    assert.equal(wanted(topic, 'nobody', undefined), verdict);
    return verdict;
  };
}

/** The topics that rules with these filters want. */
function topicsWanted(filters: readonly string[], topics: readonly string[], event = message): string[] {
  return topics.filter(
    topicTest(
      filters.map((topic) => ({ topic })),
      event,
    ),
  );
}

suite('rules', () => {
  test('match topics with + and #', () => {
    const topics = ['a', 'a/b', 'a/b/c', 'a/x/c', '/a', 'foo', 'foo/bar', 'foo/bar/baz', 'fo/bar', '$SYS/x', '$SYS'];
    assert.deepEqual(topicsWanted(['a/b/c', 'foo/#'], topics), ['a/b/c', 'foo', 'foo/bar', 'foo/bar/baz']);
    assert.deepEqual(topicsWanted(['a/+/c'], topics), ['a/b/c', 'a/x/c']);
    assert.deepEqual(topicsWanted(['+'], topics), ['a', 'foo']);
    assert.deepEqual(topicsWanted(['+/+'], topics), ['a/b', '/a', 'foo/bar', 'fo/bar']);
    assert.deepEqual(
      topicsWanted(['#'], topics),
      topics.filter((topic) => !topic.startsWith('$')),
    );
    assert.deepEqual(topicsWanted(['$SYS/#'], topics), ['$SYS/x', '$SYS']);
  });

  test('without a topic match every topic but those of $SYS', () => {
    const topics = ['a', 'b/c', '$SYSTEM/x', '$share', '$SYS/broker/uptime', '$SYS/brokers/client_status/c1', '$SYS'];
    assert.deepEqual(topics.filter(topicTest([{}])), topics.slice(0, 4));
    assert.deepEqual(topics.filter(topicTest([{ topic: 'a' }, {}])), topics.slice(0, 4));
    assert.deepEqual(topics.filter(topicTest([{ topic: '$SYS/brokers/#' }, {}])), [...topics.slice(0, 4), topics[5]]);
  });

  test('take the filter of a subscription for a topic', () => {
    const filters = ['a', 'a/b', 'a/#', 'a/+', 'a/+/c', '#', '+', '+/b', '$share/g/a/b', '$share/g/$SYS/x', '$SYS/#'];
    assert.deepEqual(topicsWanted(['a/#'], filters, subscribed), ['a', 'a/b', 'a/#', 'a/+', 'a/+/c', '$share/g/a/b']);
    assert.deepEqual(topicsWanted(['a/+'], filters, subscribed), ['a/b', 'a/#', 'a/+', '$share/g/a/b']);
    assert.deepEqual(topicsWanted(['a/b'], filters, subscribed), ['a/b', '$share/g/a/b']);
    assert.deepEqual(topicsWanted(['#'], filters, subscribed), filters.slice(0, 9));
    assert.deepEqual(filters.filter(topicTest([{}], subscribed)), filters);
    assert.deepEqual(topicsWanted(['$SYS/+'], filters, subscribed), ['$share/g/$SYS/x', '$SYS/#']);
    // A message's topic may begin so, and is not taken apart.
    assert.deepEqual(topicsWanted(['a/b'], ['$share/g/a/b']), []);
    assert.deepEqual(topicsWanted(['$share'], ['$share']), ['$share']);
  });

  test('do not look at the topic where the event has none', () => {
    assert.equal(wantedBy([{ event: 'on_client_connack', topic: 'a' }], connack), null);
    const some = wantedBy([{ event: 'on_client_connack', topic: 'a', clientid: 'x*' }], connack);
    assert.equal(some?.('', 'x1', undefined), true);
    assert.equal(some?.('', 'y1', undefined), false);
  });

  test('name their events, in any case', () => {
    assert.equal(wantedBy([], message), undefined);
    assert.equal(wantedBy([{ event: 'on_client_connack' }], message), undefined);
    assert.equal(wantedBy([{ event: 'ON_Client_Connack' }], connack), null);
  });

  test('match clients by their ids', () => {
    const wants = wantedBy([{ event: publish, topic: 'a/#', clientid: 'dev-??' }], message);
    assert.equal(wants?.('a/b', 'dev-12', 'me'), true);
    assert.equal(wants?.('a/b', 'dev-12', undefined), true);
    assert.equal(wants?.('a/b', 'dev-1', 'me'), false);
    assert.equal(wants?.('b', 'dev-12', 'me'), false);
    assert.equal(wants?.('$SYS/b', 'dev-12', 'me'), false);
    assert.equal(wants?.('a/b', '', 'me'), false, 'a message without a client');
  });

  test('match clients by their user names, those without one never', () => {
    const wants = wantedBy([{ event: connack.name, username: '*' }], connack);
    assert.equal(wants?.('', 'c', ''), true);
    assert.equal(wants?.('', 'c', '"quotes"\n\u{1f600}'), true);
    assert.equal(wants?.('', 'c', undefined), false);
    assert.equal(wants?.('', 'undefined', undefined), false);
  });

  test('want what one of them wants, and that one must want all of it', () => {
    const rules = [
      { event: publish, topic: 'a/#', clientid: 'x*', username: 'me' },
      { event: publish, topic: 'b/#', clientid: 'y*' },
      { event: publish, topic: 'c/#' },
    ];
    const wants = wantedBy(rules, message);
    const cases: readonly [topic: string, clientId: string, username: string | undefined, verdict: boolean][] = [
      ['a/1', 'x1', 'me', true],
      ['a/1', 'x1', 'you', false],
      ['a/1', 'x1', undefined, false],
      ['a/1', 'y1', 'me', false],
      ['b/1', 'y1', undefined, true],
      ['b/1', 'x1', 'me', false],
      ['c/1', 'z1', undefined, true],
      ['d/1', 'x1', 'me', false],
    ];
    for (const round of ['first', 'from memory'])
      for (const [topic, clientId, username, verdict] of cases)
        assert.equal(wants?.(topic, clientId, username), verdict, `${topic} ${clientId} ${username} ${round}`);
    const all = wantedBy([...rules, { event: publish }], message);
    assert.equal(all?.('d/1', 'z', undefined), true);
    assert.equal(all?.('$SYS/1', 'z', undefined), false);
  });

  test('do not remember every topic there ever was', () => {
    const wants = wantedBy(
      [
        { event: publish, topic: 'dev/+/up' },
        { event: publish, topic: 'x', clientid: 'y' },
      ],
      message,
    );
    assert.ok(wants);
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 300_000; i++) {
      assert.equal(wants(`dev/${i}/up`, 'c', undefined), true);
      assert.equal(wants(`dev/${i}/down`, 'c', undefined), false);
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
    assert.equal(stage.webhook.stats().matched, 2);
  });

  test('sends what the broker says of itself only where a rule names $SYS', async () => {
    await using receiver = await startReceiver();
    const events = [{ event: publish }, ...['#', '$SYS/broker/+'].map((topic) => ({ event: publish, topic }))];
    await using stage = scene({ url: receiver.url, events });
    stage.broker.publish({ topic: '$SYS/brokers/client_status/c1', payload: 'not wanted', publisher: null });
    stage.broker.publish({ topic: '$SYS/broker/uptime', payload: 'wanted', publisher: null });
    stage.broker.publish({ topic: 'a', payload: 'last', publisher: null });
    await receiver.waitFor(({ requests }) => requests.some(({ json }) => json['payload'] === 'last'));
    assert.deepEqual(
      receiver.requests.map(({ json }) => json['payload']),
      ['wanted', 'last'],
    );
    assert.equal(stage.webhook.stats().matched, 2);
  });

  test('listens only to events that have rules, until it is closed', async () => {
    await using receiver = await startReceiver();
    await using stage = scene({
      url: receiver.url,
      events: [{ event: 'on_client_disconnected' }],
    });
    assert.deepEqual(stage.broker.heard, ['client.disconnected']);
    stage.broker.tell('client.connack', client(), 'success');
    stage.broker.publish();
    assert.equal(stage.webhook.stats().matched, 0);
    await stage.webhook.close(0);
    assert.deepEqual(stage.broker.heard, []);
  });

  test('without rules sends nothing', async () => {
    await using stage = scene({ url: 'http://127.0.0.1:9/', events: [] });
    assert.deepEqual(stage.broker.heard, []);
  });
});
