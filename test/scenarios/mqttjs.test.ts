import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, suite, test, type TestContext } from 'node:test';

import type { IClientOptions } from 'mqtt';

import { startBroker } from '../kit/broker-process.ts';
import { breakOff, type Connected, farewell, mqttClient } from '../kit/mqtt-client.ts';

const broker = await startBroker();
after(() => broker[Symbol.asyncDispose]());

const QOS = [0, 1, 2] as const;
const VERSIONS: readonly { readonly name: string; readonly options: IClientOptions }[] = [
  { name: '3.1', options: { protocolId: 'MQIsdp', protocolVersion: 3 } },
  { name: '3.1.1', options: { protocolVersion: 4 } },
  { name: '5.0', options: { protocolVersion: 5 } },
];

let topics = 0;

/** A topic that no other test uses. */
function freshTopic(): string {
  return `scenario/${++topics}`;
}

function connect(t: TestContext, options: IClientOptions): Promise<Connected> {
  return mqttClient(t, broker.port, options);
}

/** Two clients of one version: the second has subscribed with `qos` to what the first publishes. */
async function pair(t: TestContext, options: IClientOptions, filter: string, qos: 0 | 1 | 2) {
  const [{ client: publisher }, { client: subscriber, inbox }] = await Promise.all([
    connect(t, options),
    connect(t, options),
  ]);
  await subscriber.subscribeAsync(filter, { qos });
  return { publisher, subscriber, inbox };
}

for (const { name, options } of VERSIONS)
  suite(`MQTT.js as a ${name} client`, () => {
    for (const qos of QOS)
      test(`publishes and subscribes with QoS ${qos}`, async (t) => {
        const topic = freshTopic();
        const { publisher, inbox } = await pair(t, options, topic, qos);
        const texts = Array.from({ length: 100 }, (_, index) => `message ${index}`);
        await Promise.all(texts.map((text) => publisher.publishAsync(topic, text, { qos })));
        await inbox.receive(texts.length);
        assert.deepEqual(inbox.texts, texts);
        assert.ok(inbox.all.every(({ packet }) => packet.qos === qos && !packet.dup && !packet.retain));
      });

    test('is sent a retained message until it is cleared', async (t) => {
      const topic = freshTopic();
      const { client } = await connect(t, options);
      await client.publishAsync(topic, 'kept', { qos: 1, retain: true });
      const first = await pair(t, options, topic, 1);
      const [message] = await first.inbox.receive(1);
      assert.equal(message?.payload.toString(), 'kept');
      assert.equal(message.packet.retain, true);
      await client.publishAsync(topic, '', { qos: 1, retain: true });
      const second = await pair(t, options, topic, 1);
      await second.publisher.publishAsync(topic, 'live', { qos: 1 });
      await second.inbox.receive(1);
      assert.deepEqual(second.inbox.texts, ['live']);
    });

    test('leaves a will when it breaks off, and none when it says goodbye', async (t) => {
      const topic = freshTopic();
      const { inbox } = await pair(t, options, `${topic}/+`, 1);
      const mourned = (id: string) =>
        connect(t, { ...options, will: { topic: `${topic}/${id}`, payload: Buffer.from(id), qos: 1, retain: false } });
      const { client: polite } = await mourned('polite');
      const { client: rude } = await mourned('rude');
      await polite.endAsync();
      await breakOff(rude);
      await inbox.receive(1);
      assert.deepEqual(inbox.texts, ['rude']);
    });

    test('comes back to its session and to the messages that it missed', async (t) => {
      const topic = freshTopic();
      const lasting: IClientOptions = { ...options, clean: false, clientId: `lasting-${name}` };
      if (name === '5.0') lasting.properties = { sessionExpiryInterval: 60 };
      const { client, connack } = await connect(t, lasting);
      assert.equal(connack.sessionPresent, false);
      await client.subscribeAsync(topic, { qos: 2 });
      await client.endAsync();
      const { client: publisher } = await connect(t, options);
      for (const text of ['one', 'two', 'three']) publisher.publish(topic, text, { qos: 1 });
      await publisher.publishAsync(topic, 'four', { qos: 2 });
      const back = await connect(t, lasting);
      // 3.1 has no such flag.
      assert.equal(back.connack.sessionPresent, name !== '3.1');
      await back.inbox.receive(4);
      assert.deepEqual(back.inbox.texts, ['one', 'two', 'three', 'four']);
    });

    for (const size of [64 * 1024, 1024 * 1024])
      test(`carries ${size / 1024} kB of payload`, async (t) => {
        const topic = freshTopic();
        const payload = randomBytes(size);
        const { publisher, inbox } = await pair(t, options, topic, 2);
        await Promise.all(QOS.map((qos) => publisher.publishAsync(topic, payload, { qos })));
        const messages = await inbox.receive(QOS.length);
        assert.ok(messages.every((message) => message.payload.equals(payload)));
      });

    test('uses topics in any script', async (t) => {
      const topic = `${freshTopic()}/Fühler/温度/ датчик №1/🌡`;
      const { publisher, inbox } = await pair(t, options, topic.replace('温度', '+'), 1);
      await publisher.publishAsync(topic, '21,5 °C', { qos: 1 });
      const [message] = await inbox.receive(1);
      assert.equal(message?.topic, topic);
      assert.equal(message.payload.toString(), '21,5 °C');
    });

    test('is sent nothing any more once it has unsubscribed', async (t) => {
      const topic = freshTopic();
      const { publisher, subscriber, inbox } = await pair(t, options, `${topic}/+`, 1);
      await subscriber.subscribeAsync(`${topic}/end/#`, { qos: 1 });
      await subscriber.unsubscribeAsync(`${topic}/+`);
      await publisher.publishAsync(`${topic}/a`, 'not wanted', { qos: 1 });
      await publisher.publishAsync(`${topic}/end/a`, 'wanted', { qos: 1 });
      await inbox.receive(1);
      assert.deepEqual(inbox.texts, ['wanted']);
    });
  });

suite('what MQTT.js can only do as a 5.0 client', () => {
  const options: IClientOptions = { protocolVersion: 5 };

  test('passes properties on [MQTT-3.3.2-4,15,16,17,20]', async (t) => {
    const topic = freshTopic();
    const { publisher, inbox } = await pair(t, options, topic, 1);
    const userProperties = { unit: '°C', many: ['b', 'a'] };
    const properties = {
      payloadFormatIndicator: true,
      contentType: 'text/plain',
      responseTopic: 'answers/here',
      correlationData: Buffer.from([0, 1, 255]),
    };
    await publisher.publishAsync(topic, '21', { qos: 1, properties: { ...properties, userProperties } });
    const [message] = await inbox.receive(1);
    const { userProperties: arrived, ...others } = message?.packet.properties ?? {};
    assert.deepEqual(others, properties);
    assert.deepEqual({ ...arrived }, userProperties);
  });

  test('publishes by topic alias', async (t) => {
    const topic = freshTopic();
    const { inbox } = await pair(t, options, topic, 0);
    const { client } = await connect(t, { ...options, autoAssignTopicAlias: true });
    for (let i = 0; i < 10; i++) client.publish(topic, `message ${i}`);
    const messages = await inbox.receive(10);
    assert.ok(messages.every((message) => message.topic === topic));
  });

  test('is told by its subscription identifier why it gets a message [MQTT-3.3.4-3]', async (t) => {
    const topic = freshTopic();
    const { client, inbox } = await connect(t, options);
    await client.subscribeAsync(topic, { qos: 1, properties: { subscriptionIdentifier: 7 } });
    await client.publishAsync(topic, 'x', { qos: 1 });
    const [message] = await inbox.receive(1);
    assert.equal(message?.packet.properties?.subscriptionIdentifier, 7);
  });

  test('is told the identifier that it was given', async (t) => {
    const { connack } = await connect(t, { ...options, clientId: '' });
    assert.match(connack.properties?.assignedClientIdentifier ?? '', /^hookmq-/);
  });

  test('is told that another connection took its session over [MQTT-3.1.4-3]', async (t) => {
    const taken: IClientOptions = { ...options, clientId: 'taken-over' };
    const { client } = await connect(t, taken);
    const told = farewell(client);
    await connect(t, taken);
    assert.equal((await told).reasonCode, 0x8e);
  });
});
