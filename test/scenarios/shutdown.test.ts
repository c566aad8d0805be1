import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';

import { type BrokerProcess, startBroker } from '../kit/broker-process.ts';
import { farewell, mqttClient } from '../kit/mqtt-client.ts';
import { type Answer, startReceiver } from '../kit/receiver.ts';
import { openClient } from '../kit/tcp-client.ts';
import { until } from '../kit/until.ts';

const SHUTTING_DOWN = 0x8b;
const MESSAGES = 100;

function config(url: string): string {
  const events = '[{ event = "on_message_publish" }, { event = "on_client_disconnected" }]';
  return `webhook { url = "${url}", events = ${events} }`;
}

/** A client publishes, and every message is acknowledged; it stays. */
async function publish(t: TestContext, broker: BrokerProcess): Promise<void> {
  const { client } = await mqttClient(t, broker.port, { clientId: 'publisher', protocolVersion: 5 });
  await Promise.all(
    Array.from({ length: MESSAGES }, (_, number) => client.publishAsync('t', String(number), { qos: 1 })),
  );
}

// What they do is mostly wait, each for a broker of its own.
suite('SIGTERM', { concurrency: true }, () => {
  test('tells 5.0 clients that the server shuts down, and just ends the older ones', async (t) => {
    await using broker = await startBroker();
    const { client } = await mqttClient(t, broker.port, { protocolVersion: 5 });
    using older = await openClient(broker.port, 'older');
    const told = farewell(client);
    assert.equal(await broker.terminate(), 0);
    assert.equal((await told).reasonCode, SHUTTING_DOWN);
    await older.ended();
    assert.equal(older.packets.length, 0);
  });

  test('does not wait long for a client that does not read', async () => {
    await using broker = await startBroker();
    using rogue = await openClient(broker.port, 'rogue');
    rogue.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 0 }] });
    await rogue.next('suback');
    rogue.socket.pause();
    using loud = await openClient(broker.port, 'loud');
    const payload = Buffer.alloc(500_000);
    for (let messageId = 1; messageId <= 40; messageId++)
      loud.send({ cmd: 'publish', topic: 't', payload, qos: 1, messageId, dup: false, retain: false });
    await until(() => loud.packets.length === 40, 'the acknowledgements');
    assert.equal(await broker.terminate(), 0);
  });

  test('sends the webhook events that are queued, those of the end included, before the end', async (t) => {
    await using receiver = await startReceiver({ answer: (): Answer => ({ delay: 5 }) });
    await using broker = await startBroker({ config: config(receiver.url) });
    await publish(t, broker);
    assert.ok(receiver.requests.length < MESSAGES, 'nothing was queued');
    assert.equal(await broker.terminate(), 0);
    assert.equal(receiver.requests.length, MESSAGES + 1);
    const { reason, clientid, action } = receiver.requests.at(-1)?.json ?? {};
    assert.deepEqual(
      { reason, clientid, action },
      { reason: 'server_shutting_down', clientid: 'publisher', action: 'client_disconnected' },
    );
    assert.doesNotMatch(broker.log, /lost/);
  });

  test('counts the webhook events that could not be sent', async (t) => {
    await using receiver = await startReceiver({ answer: (): Answer => ({ fault: 'hang' }) });
    await using broker = await startBroker({ config: config(receiver.url) });
    await publish(t, broker);
    assert.equal(await broker.terminate(), 0);
    assert.match(broker.log, new RegExp(`webhook events lost: ${MESSAGES + 1} not sent in time\n$`));
  });
});
