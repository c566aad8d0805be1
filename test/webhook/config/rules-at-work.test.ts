import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { webhookConfig, type WebhookSettings } from '../../../src/webhook/config.ts';
import { attachWebhooks } from '../../../src/webhook/webhook.ts';
import { localBroker } from '../../kit/local-broker.ts';
import { type Connected, mqttClient } from '../../kit/mqtt-client.ts';
import { startReceiver } from '../../kit/receiver.ts';

// Rules between a real broker with clients of MQTT.js and real endpoints.

type Rules = NonNullable<WebhookSettings['events']>;

/** A broker whose endpoints have these rules each; `bodies`: what an endpoint got of all that its rules want. */
async function stageOf(rules: Readonly<Record<string, Rules>>) {
  const broker = await localBroker();
  const receiver = await startReceiver();
  const configs = Object.entries(rules).map(([name, events]) => [
    name,
    webhookConfig({ url: `${receiver.url}${name}`, pool_size: 1, events }),
  ]);
  const webhooks = attachWebhooks(broker.broker, Object.fromEntries(configs));
  return {
    port: broker.port,
    async bodies(name: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
      // What matched a rule is counted at once: nothing else can come.
      const { matched } = webhooks.endpoints.get(name)?.stats() ?? { matched: NaN };
      const own = () => receiver.requests.filter(({ path }) => path === `/${name}`);
      await receiver.waitFor(() => own().length >= matched);
      return own().map(({ json }) => json);
    },
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await webhooks.close(0);
      await receiver.close();
    },
  };
}

/** Resolves when the broker has it. */
function publishItsName({ client }: Connected): Promise<unknown> {
  return client.publishAsync('t/x', client.options.clientId ?? '', { qos: 1 });
}

suite('rules at work', () => {
  test('subscriptions are chosen by their filters, shared ones without their share', async (t) => {
    const subscribed = 'on_session_subscribed';
    await using stage = await stageOf({
      level: [{ event: subscribed, topic: 'a/+' }],
      tree: [
        { event: subscribed, topic: 'a/#' },
        { event: 'on_client_unsubscribe', topic: '$SYS/#' },
      ],
      all: [{ event: subscribed }, { event: 'on_client_unsubscribe' }],
    });
    const { client } = await mqttClient(t, stage.port, { clientId: 'c', protocolVersion: 5 });
    const filters = ['a/b', 'a/#', 'a/b/c', 'b/#', '$SYS/#', '$share/g/a/x', '$share/g/b/x'];
    await client.subscribeAsync(filters);
    await client.unsubscribeAsync(['$SYS/#', 'a/b']);
    const topics = async (name: string) =>
      (await stage.bodies(name)).map(({ action, topic }) => `${String(action)} ${String(topic)}`);
    const some = async (name: string) => (await topics(name)).map((line) => line.replace(/^\w+ (?:\$share\/g\/)?/, ''));
    assert.deepEqual(await some('level'), ['a/b', 'a/#', 'a/x']);
    assert.deepEqual(await some('tree'), ['a/b', 'a/#', 'a/b/c', 'a/x', '$SYS/#']);
    assert.deepEqual(await some('all'), ['a/b', 'a/#', 'a/b/c', 'b/#', '$SYS/#', 'a/x', 'b/x', '$SYS/#', 'a/b']);
    assert.equal((await topics('tree')).at(-1), 'client_unsubscribe $SYS/#');
  });

  test('clients are chosen by their ids and user names, publishers and receivers alike', async (t) => {
    await using stage = await stageOf({
      ids: [{ event: 'client.connected', clientid: 'dev-?' }],
      names: [{ event: 'client.connected', username: '*e' }],
      sent: [{ event: 'message.publish', topic: 't/#', clientid: 'dev-1' }],
      got: [{ event: 'message.delivered', clientid: 'dev-*', username: 'me' }],
    });
    const options = { protocolVersion: 5 } as const;
    const one = await mqttClient(t, stage.port, { ...options, clientId: 'dev-1', username: 'me' });
    const two = await mqttClient(t, stage.port, { ...options, clientId: 'dev-2' });
    const other = await mqttClient(t, stage.port, { ...options, clientId: 'other-1', username: 'Joe' });
    const all = [one, two, other];
    await Promise.all(all.map(({ client }) => client.subscribeAsync('t/#')));
    await Promise.all(all.map(publishItsName));
    await one.client.publishAsync('u/x', 'nobody asked for it', { qos: 1 });
    await Promise.all(all.map(({ inbox }) => inbox.receive(3)));
    const told = async (name: string, key: string) =>
      (await stage.bodies(name)).map((body) => String(body[key])).toSorted();
    assert.deepEqual(await told('ids', 'clientid'), ['dev-1', 'dev-2']);
    assert.deepEqual(await told('names', 'clientid'), ['dev-1', 'other-1']);
    assert.deepEqual(await told('sent', 'payload'), ['dev-1']);
    assert.deepEqual(await told('got', 'clientid'), ['dev-1', 'dev-1', 'dev-1']);
    assert.deepEqual(await told('got', 'payload'), ['dev-1', 'dev-2', 'other-1']);
  });
});
