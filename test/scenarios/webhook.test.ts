import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { startBroker } from '../kit/broker-process.ts';
import { breakOff, mqttClient } from '../kit/mqtt-client.ts';
import { type Receiver, startReceiver } from '../kit/receiver.ts';

/** The bodies as NanoMQ's page of release 0.8.0 shows them, and with the time stamp that it shows. */
const PAGE = [
  `{
  "proto_ver": 4,
  "keepalive": 60,
  "conn_ack": "success",
  "username": "undefined",
  "clientid": "nanomq-6ecb0b61",
  "action": "client_connack"
}`,
  `{
  "ts": 1650609267000,
  "topic": "webhook/msg/123",
  "retain": false,
  "qos": 0,
  "action": "message_publish",
  "from_username": "undefined",
  "from_client_id": "nanomq-6ecb0b61",
  "payload": "hello"
}`,
  `{
  "reason": "normal",
  "username": "undefined",
  "clientid": "nanomq-6ecb0b61",
  "action": "client_disconnected"
}`,
];

/** The same configuration in the two dialects of NanoMQ's pages. */
const DIALECTS: readonly { readonly name: string; readonly config: (url: string) => string }[] = [
  {
    name: 'HOCON',
    config: (url) => `webhook {
      url = "${url}"
      headers.content-type = "application/json"
      body.encoding = plain
      pool_size = 32
      events = [
        { event = "on_client_connack" }
        { event = "on_client_disconnected" }
        { event = "on_message_publish", topic = "webhook/msg/#" }
      ]
    }`,
  },
  {
    name: 'flat lines',
    config: (url) => `web.hook.enable=true
web.hook.url=${url}
web.hook.headers.content-type=application/json
web.hook.body.encoding_of_payload_field=plain
web.hook.pool_size=32
web.hook.rule.client.connack.1={"action": "on_client_connack"}
web.hook.rule.client.disconnected.1={"action": "on_client_disconnected"}
web.hook.rule.message.publish.1={"action": "on_message_publish", "topic": "webhook/msg/#"}`,
  },
];

/** What bodies have behind the keys of the page. */
const ADDED = /,"ipaddress":"127\.0\.0\.1"(,"disconnected_at":\d+)?\}$/;

async function texts(receiver: Receiver, count: number): Promise<string[]> {
  await receiver.waitFor(({ requests }) => requests.length >= count);
  return receiver.requests.map(({ text }) => text);
}

for (const { name, config } of DIALECTS)
  suite(`a webhook configured in ${name}`, () => {
    test("sends the bodies of NanoMQ's page, byte for byte but for what is added at their end", async (t) => {
      await using receiver = await startReceiver();
      await using broker = await startBroker({ config: config(receiver.url) });
      const begun = Date.now();
      const { client } = await mqttClient(t, broker.port, { clientId: 'nanomq-6ecb0b61', keepalive: 60 });
      await client.publishAsync('not/wanted', 'by the rule');
      await client.publishAsync('webhook/msg/123', 'hello');
      await client.endAsync();
      const bodies = await texts(receiver, 3);

      const [, ts = ''] = /^\{"ts":(\d+),/.exec(bodies[1] ?? '') ?? [];
      assert.ok(Number(ts) >= begun && Number(ts) <= Date.now(), `${ts} is not a time in milliseconds of now`);
      const expected = PAGE.map((body) => JSON.stringify(JSON.parse(body.replace('1650609267000', ts))));
      assert.deepEqual(
        bodies.map((body) => body.replace(ADDED, '}')),
        expected,
      );
      const { method, headers } = receiver.requests[0] ?? {};
      assert.equal(method, 'POST');
      assert.equal(headers?.['content-type'], 'application/json');
    });
  });

suite('a webhook', () => {
  test('tells the real reason of a connection that broke off, the user, and wills as messages', async (t) => {
    await using receiver = await startReceiver();
    await using broker = await startBroker({ config: DIALECTS[0]?.config(receiver.url) ?? '' });
    const will = { topic: 'webhook/msg/will', payload: Buffer.from('gone'), qos: 1, retain: true } as const;
    const { client } = await mqttClient(t, broker.port, { clientId: 'c', username: 'ann', protocolVersion: 5, will });
    await breakOff(client);
    const bodies = await texts(receiver, 3);
    assert.equal(
      bodies[1]?.replace(ADDED, '}'),
      '{"reason":"tcp_closed","username":"ann","clientid":"c","action":"client_disconnected"}',
    );
    assert.equal(
      bodies[2]?.replace(/"ts":\d+/, '"ts":0'),
      '{"ts":0,"topic":"webhook/msg/will","retain":true,"qos":1,"action":"message_publish",' +
        '"from_username":"ann","from_client_id":"c","payload":"gone"}',
    );
  });

  test('sends one request for a message that several rules match', async (t) => {
    await using receiver = await startReceiver();
    const rules = ['#', 'a/#', 'a/b'].map((topic) => `{ event = "on_message_publish", topic = "${topic}" }`);
    const config = `webhook { url = "${receiver.url}", events = [${rules.join(', ')}] }`;
    await using broker = await startBroker({ config });
    const { client } = await mqttClient(t, broker.port);
    await client.publishAsync('a/b', 'once', { qos: 1 });
    await client.publishAsync('a/b', 'twice', { qos: 1 });
    const bodies = await texts(receiver, 2);
    assert.deepEqual(
      bodies.map((body) => JSON.parse(body).payload),
      ['once', 'twice'],
    );
  });
});
