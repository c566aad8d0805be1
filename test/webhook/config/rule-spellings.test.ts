import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { WEBHOOK_EVENTS } from '../../../src/webhook/events.ts';
import { complaint, complaints, endpoint, load, rulesOf } from './config-kit.ts';

const names = WEBHOOK_EVENTS.map(({ name }) => name);
const all = names.join(', ');
const old = (text: string): string => `web.hook.url=http://x\nweb.hook.rule.message.publish.1=${text}`;

const topicRule = (topic: string): string | null =>
  complaint(`events = [ { event = on_message_publish, topic = "${topic}" } ]`);
const clientRule = (pattern: string): string | null =>
  complaint(`events = [ { event = on_client_connack, clientid = "${pattern}" } ]`);

suite('rules in a config file', () => {
  test('name every event in all its spellings', () => {
    for (const name of names) {
      const [, group = '', event = ''] = /^on_([a-z]+)_([a-z]+)$/.exec(name) ?? [];
      for (const spelling of [
        name,
        name.toUpperCase(),
        `${group}_${event}`,
        `${group}.${event}`,
        `On_${group}.${event}`,
      ])
        assert.deepEqual(rulesOf(endpoint(`events = [{ event = "${spelling}" }]`)), [{ event: name }], spelling);
      const flat = load(`web.hook.url=http://x\nweb.hook.rule.${group}.${event}.1={"action": "${name}"}`);
      assert.deepEqual(rulesOf(flat), [{ event: name }]);
      assert.deepEqual(rulesOf(endpoint(`rule.${group}.${event}.1 = {}`)), [{ event: name }]);
    }
  });

  test('with a name that is none are told which ones there are', () => {
    assert.equal(
      complaint('events = [{ event = on_publish }]'),
      `3: webhook.events[0].event: "on_publish" is not one of ${all}`,
    );
    assert.equal(
      complaint('events = [{ event = on_message_publis }]'),
      `3: webhook.events[0].event: "on_message_publis" is not an event; did you mean on_message_publish? There are ${all}`,
    );
    assert.deepEqual(complaints('web.hook.url=http://x\nweb.hook.rule.message.flown.1={}'), [
      `2: webhook.events[0].event: "on_message_flown" is not one of ${all}`,
    ]);
    assert.equal(
      complaint('events = [{ topic = a }]'),
      `3: webhook.events[0].event: missing; it must be one of ${all}`,
    );
  });

  test('with a topic filter that is none are refused', () => {
    assert.equal(topicRule('a/#'), null);
    for (const topic of ['a#', 'a/#/b', 'a+', '$share/g/a', ''])
      assert.match(topicRule(topic) ?? '', /^3: webhook\.events\[0\]\.topic: /, topic);
  });

  test('with a pattern that is too long, or empty, are refused', () => {
    assert.equal(clientRule('x'.repeat(256)), null);
    assert.match(clientRule('x'.repeat(257)) ?? '', /events\[0\]\.clientid: has more than 256 characters$/);
    assert.match(clientRule('') ?? '', /events\[0\]\.clientid: "" is not a pattern such as dev-\*/);
  });

  test('below their events and numbers, as older versions of NanoMQ have them', () => {
    const config = endpoint(`
      rule.client.connack.1 = { action = on_client_connack, clientid = "dev-*" }
      rule.message.publish { 1 { topic = "a/#" }, 2 { action = message.publish, topic = b, username = me } }
    `);
    assert.deepEqual(rulesOf(config), [
      { event: 'on_client_connack', clientid: 'dev-*' },
      { event: 'on_message_publish', topic: 'a/#' },
      { event: 'on_message_publish', topic: 'b', username: 'me' },
    ]);
    const flat = load('web.hook.url=http://x\nwebhook.rule.message.publish.1 = {"topic": "a/#"}');
    assert.deepEqual(rulesOf(flat), [{ event: 'on_message_publish', topic: 'a/#' }]);
  });

  test('below an event and number that make no rule are refused', () => {
    assert.equal(
      complaint('rule.message.flown.1 {}'),
      `3: webhook.rule.message.flown.1.event: "on_message_flown" is not one of ${all}`,
    );
    assert.match(
      complaint('rule.message.publish.1 { topik = a }') ?? '',
      /^3: webhook\.rule\.message\.publish\.1\.topik: unknown/,
    );
    assert.match(
      complaint('rule.message.publish.1 { topic = "a#" }') ?? '',
      /^3: webhook\.rule\.message\.publish\.1\.topic: /,
    );
    assert.equal(
      complaint('rule.message.publish.1 { action = on_client_connack }'),
      '3: webhook.rule.message.publish.1: the action "on_client_connack" is not that of the key, on_message_publish',
    );
    for (const keys of ['rule.message.publish = on', 'rule.message = 1', 'rule.message.publish.1 = []'])
      assert.match(
        complaint(keys) ?? '',
        /^3: webhook\.rule\.message.* is not a rule such as message\.publish\.1 = /,
        keys,
      );
    assert.match(complaint('rule = 5') ?? '', /^3: webhook\.rule: 5 is not a list \[ \.\.\. \]$/);
    assert.match(complaint('rule {}, events = []') ?? '', /^3: webhook\.rule: is another name of webhook\.events/);
  });

  test('in older lines must fit their keys', () => {
    assert.deepEqual(complaints(old('{"action": "on_client_connack"}')), [
      '2: web.hook.rule.message.publish.1: the action "on_client_connack" is not that of the key, on_message_publish',
    ]);
    assert.match(complaints(old('on'))[0] ?? '', /must be a JSON object/);
    assert.deepEqual(rulesOf(load(old('{"action": "message.publish"}'))), [{ event: 'on_message_publish' }]);
  });
});
