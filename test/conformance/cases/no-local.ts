import assert from 'node:assert/strict';
import { type Case, ONLY_5, statement } from '../kit/case.ts';

/** No Local (5.0, section 3.8.3.1). */
export const noLocalCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.8.3-3'],
    'with no local the own messages do not come, those of others do',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { noLocal: true, qos: 2 });
      const other = await scene.connect();
      await other.subscribe('t', { noLocal: true, qos: 2 });
      client.publish('t', 'from client');
      await client.expectNothing();
      other.publish('t', 'from other');
      await other.next('publish');
      assert.deepEqual(await client.texts(), ['from other']);
      await other.expectNothing();
    },
  ),
  statement(['5.0:MQTT-3.8.3-3'], 'without no local the own messages come', ONLY_5, async (scene) => {
    const client = await scene.connect();
    await client.subscribe('t', { noLocal: true });
    await client.subscribe('t', { noLocal: false });
    client.publish('t', 'own');
    assert.deepEqual(await client.texts(), ['own']);
  }),
  statement(
    ['5.0:MQTT-3.8.3-3'],
    'no local goes by the client identifier: over a new connection, for the will, and for what is retained',
    ONLY_5,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'a', will: { topic: 'will' } });
      await client.subscribe(['t', 'will'], { noLocal: true, qos: 1 });
      const witness = await scene.connect();
      await witness.subscribe('#');
      client.publish('t', 'own', { qos: 1, retain: true });
      await client.next('puback');
      await scene.lose(client);
      assert.deepEqual(await witness.texts(), ['own', 'gone']);
      const back = await scene.connectKept({ clientId: 'a' });
      await back.expectNothing();
      await back.subscribe('t', { noLocal: true });
      await back.expectNothing();
      const other = await scene.connect();
      await other.subscribe('t', { noLocal: true });
      assert.deepEqual(await other.texts(), ['own']);
    },
  ),
  statement(
    ['5.0:MQTT-3.8.3-4'],
    'no local on a shared subscription ends the connection with 0x82, and subscribes to nothing',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      client.sendSubscribe(['t', '$share/group/t'], { noLocal: true });
      await client.expectEnd('protocol_error');
      assert.equal(scene.broker.stats().subscriptions, 0);
    },
  ),
];
