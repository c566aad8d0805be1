import assert from 'node:assert/strict';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** A client with this Receive Maximum, a kept session and a subscription to `t`. */
async function limited(scene: Scene, receiveMaximum: number): Promise<Client> {
  const client = await scene.connectKept({ clientId: 'limited', properties: { receiveMaximum } });
  await client.subscribe('t', { qos: 2 });
  return client;
}

/** Publishes messages named by their numbers, from `from` to `to`. */
async function publish(scene: Scene, from: number, to: number, qos: 1 | 2): Promise<void> {
  for (let number = from; number <= to; number++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await scene.publish('t', String(number), { qos });
  }
}

/** Packet identifiers of what has come, which must be these texts. */
async function idsOf(client: Client, texts: readonly string[]): Promise<number[]> {
  const messages = await client.messages();
  assert.deepEqual(
    messages.map(({ payload }) => payload.toString()),
    texts,
  );
  return messages.map(({ packetId }) => packetId);
}

/** Flow control towards a client (section 4.9). */
export const flowControlCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-4.9.0-1', '5.0:MQTT-4.9.0-2'],
    'as many messages as the Receive Maximum are on their way, one at least; each PUBACK lets one more out',
    ONLY_5,
    async (scene) => {
      await each([1, 2, 5], async (maximum) => {
        const client = await limited(scene, maximum);
        await publish(scene, 1, 7, 1);
        const texts = ['1', '2', '3', '4', '5', '6', '7'];
        const ids = await idsOf(client, texts.slice(0, maximum));
        client.ack('puback', ids[0] ?? 0);
        await idsOf(client, [texts[maximum] as string]);
        await client.disconnect(0, { sessionExpiryInterval: 0 });
      });
    },
  ),
  statement(
    ['5.0:MQTT-4.9.0-2'],
    'at QoS 2 PUBCOMP lets one more out, and PUBREC of 0x80 or more; PUBREC below does not',
    ONLY_5,
    async (scene) => {
      const client = await limited(scene, 2);
      await publish(scene, 1, 4, 2);
      const [one, two] = (await idsOf(client, ['1', '2'])) as [number, number];
      client.ack('pubrec', one);
      await client.next('pubrel');
      await client.expectNothing();
      client.ack('pubcomp', one);
      await idsOf(client, ['3']);
      client.ack('pubrec', two, 0x80);
      await idsOf(client, ['4']);
    },
  ),
  statement(
    ['5.0:MQTT-4.9.0-2'],
    'acknowledgements that find nothing, or come twice, do not raise the quota',
    ONLY_5,
    async (scene) => {
      const client = await limited(scene, 2);
      await publish(scene, 1, 9, 1);
      const [one] = (await idsOf(client, ['1', '2'])) as [number];
      client.ack('puback', 1000).ack('puback', 1001);
      await client.expectNothing();
      client.ack('puback', one).ack('puback', one).ack('puback', one);
      await idsOf(client, ['3']);
    },
  ),
  statement(
    ['5.0:MQTT-4.9.0-1', '5.0:MQTT-4.9.0-2'],
    'each connection has a quota of its own: what is sent again counts',
    ONLY_5,
    async (scene) => {
      const client = await limited(scene, 3);
      await publish(scene, 1, 6, 1);
      await idsOf(client, ['1', '2', '3']);
      await scene.lose(client);
      const back = await scene.connectKept({ clientId: 'limited', properties: { receiveMaximum: 2 } });
      const ids = await idsOf(back, ['1', '2']);
      for (const id of ids) back.ack('puback', id);
      await idsOf(back, ['3', '4']);
      await scene.lose(back);
      const wider = await scene.connectKept({ clientId: 'limited', properties: { receiveMaximum: 65_535 } });
      await idsOf(wider, ['3', '4', '5', '6']);
    },
  ),
  statement(
    ['5.0:MQTT-4.9.0-1'],
    'without a Receive Maximum it is more than a few: the quota begins with at most 65,535',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 1 });
      await publish(scene, 1, 50, 1);
      assert.equal((await client.messages()).length, 50);
    },
  ),
  statement(
    ['5.0:MQTT-4.9.0-3'],
    'with the quota at 0 messages at QoS 0 still come, and every other packet is answered',
    ONLY_5,
    async (scene) => {
      const client = await limited(scene, 1);
      await publish(scene, 1, 2, 1);
      const [id] = (await idsOf(client, ['1'])) as [number];
      await scene.publish('t', 'at QoS 0', { qos: 0 });
      await idsOf(client, ['at QoS 0']);
      assert.deepEqual(await client.subscribe('u', { qos: 1 }), [1]);
      assert.deepEqual(await client.unsubscribe('u'), [0]);
      client.publish('other', '', { qos: 1, packetId: 8 });
      assert.equal((await client.next('puback')).packetId, 8);
      client.publish('other', '', { qos: 2, packetId: 9 });
      assert.equal((await client.next('pubrec')).packetId, 9);
      client.ack('pubrel', 9);
      assert.equal((await client.next('pubcomp')).packetId, 9);
      await client.expectNothing();
      client.ack('puback', id);
      await idsOf(client, ['2']);
    },
  ),
  statement(
    ['5.0:MQTT-4.9.0-3'],
    'with the quota at 0 the QoS 2 exchanges that are on their way go on',
    ONLY_5,
    async (scene) => {
      const client = await limited(scene, 2);
      await publish(scene, 1, 3, 2);
      const [one, two] = (await idsOf(client, ['1', '2'])) as [number, number];
      client.ack('pubrec', two).ack('pubrec', one);
      assert.equal((await client.next('pubrel')).packetId, two);
      assert.equal((await client.next('pubrel')).packetId, one);
      await client.expectNothing();
    },
  ),
];
