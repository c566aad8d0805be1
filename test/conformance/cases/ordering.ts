import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Verdict } from '../../../src/index.ts';
import { type Case, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

const COUNT = 60;
const NUMBERS = Array.from({ length: COUNT }, (_, index) => String(index));

/** Identifiers of the packets of one type, in the order in which they came. */
async function idsOf(client: Client): Promise<string[]> {
  return (await client.received()).map((packet) => `${packet.type} ${'packetId' in packet ? packet.packetId : ''}`);
}

/** Takes `count` messages and acknowledges each, the later of two before the earlier; returns their texts. */
async function takeAll(client: Client, count: number): Promise<string[]> {
  const texts: string[] = [];
  let waiting: number | null = null;
  while (texts.length < count) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { payload, packetId, qos } = await client.next('publish');
    texts.push(payload.toString());
    if (qos === 0) continue;
    if (waiting === null && texts.length < count) {
      waiting = packetId;
      continue;
    }
    client.ack('puback', packetId);
    if (waiting !== null) client.ack('puback', waiting);
    waiting = null;
  }
  return texts;
}

/** A hook takes longer to decide about the first PUBLISH than about the others. */
function decideLate(scene: Scene): void {
  let asked = false;
  scene.broker.hook('client.authorize', async (_, { action }): Promise<Verdict> => {
    if (action === 'publish' && !asked) {
      asked = true;
      await setImmediate();
    }
    return 'allow';
  });
}

/** What keeps its order (section 4.6). */
export const orderingCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-4.6.0-2', '5.0:MQTT-4.6.0-3', '3.1.1:MQTT-4.6.0-2', '3.1.1:MQTT-4.6.0-3', '3.1.1:MQTT-4.6.0-6'],
    'PUBACK and PUBREC come in the order of their PUBLISH packets',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      const ids = [7, 3, 500, 1, 65_535, 2];
      for (const [index, packetId] of ids.entries())
        client.publish('t', '', { qos: index % 3 === 2 ? 2 : 1, packetId });
      assert.deepEqual(await idsOf(client), ['4 7', '4 3', '5 500', '4 1', '4 65535', '5 2']);
    },
  ),
  statement(
    ['5.0:MQTT-4.6.0-2', '5.0:MQTT-4.6.0-3', '3.1.1:MQTT-4.6.0-2', '3.1.1:MQTT-4.6.0-3', '3.1.1:MQTT-4.6.0-6'],
    'and so they do where a hook takes long to decide about one of them; its message does not overtake, nor is overtaken',
    VERSIONS,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('t');
      decideLate(scene);
      const client = await scene.connect();
      const ids = [7, 3, 500, 1];
      for (const [index, packetId] of ids.entries())
        client.publish('t', String(packetId), { qos: index === 1 ? 2 : 1, packetId });
      assert.deepEqual(await idsOf(client), ['4 7', '5 3', '4 500', '4 1']);
      assert.deepEqual(await witness.texts(), ['7', '3', '500', '1']);
    },
  ),
  statement(
    ['5.0:MQTT-4.6.0-4', '3.1.1:MQTT-4.6.0-4', '3.1.1:MQTT-4.6.0-6'],
    'PUBREL comes in the order of the PUBREC packets',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 2 });
      await each(NUMBERS.slice(0, 5), (text) => scene.publish('t', text, { qos: 2 }));
      const ids = (await client.messages()).map(({ packetId }) => packetId);
      const mixed = [3, 0, 4, 1, 2].map((index) => ids[index] as number);
      for (const id of mixed) client.ack('pubrec', id);
      assert.deepEqual(
        await idsOf(client),
        mixed.map((id) => `6 ${id}`),
      );
    },
  ),
  statement(
    ['5.0:MQTT-4.6.0-5', '5.0:MQTT-4.6.0-6', '3.1.1:MQTT-4.6.0-5', '3.1.1:MQTT-4.6.0-6'],
    'messages of a client reach every subscriber in their order, at each QoS, though windows are small and acknowledgements mixed up',
    VERSIONS,
    async (scene) => {
      const [first, second, publisher] = [await scene.connect(), await scene.connect(), await scene.connect()];
      await first.subscribe('t', { qos: 1 });
      await second.subscribe('#', { qos: 1 });
      for (const [index, text] of NUMBERS.entries()) publisher.publish('t', text, { qos: 1, packetId: index + 1 });
      assert.deepEqual(await takeAll(first, COUNT), NUMBERS);
      assert.deepEqual(await takeAll(second, COUNT), NUMBERS);
      for (const text of NUMBERS) publisher.publish('t', text);
      assert.deepEqual(await takeAll(first, COUNT), NUMBERS);
      assert.deepEqual(await takeAll(second, COUNT), NUMBERS);
    },
    { broker: { maxInflight: 3 } },
  ),
  statement(
    ['5.0:MQTT-4.6.0-5', '5.0:MQTT-4.6.0-6', '3.1.1:MQTT-4.6.0-5', '3.1.1:MQTT-4.6.0-6'],
    'messages at QoS 2 reach a subscriber in their order, and in that of PUBLISH, not of PUBREL',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 2 });
      const publisher = await scene.connect();
      for (const id of [1, 2, 3]) publisher.publish('t', String(id), { qos: 2, packetId: id });
      await publisher.received();
      for (const id of [3, 1, 2]) publisher.ack('pubrel', id);
      await publisher.received();
      assert.deepEqual(await client.texts(), ['1', '2', '3']);
    },
  ),
  statement(
    ['5.0:MQTT-4.6.0-5', '5.0:MQTT-4.6.0-6', '3.1.1:MQTT-4.6.0-5', '3.1.1:MQTT-4.6.0-6'],
    'the order holds across the end of a connection, and for each of two publishers',
    VERSIONS,
    async (scene) => {
      const away = await scene.connectKept({ clientId: 'away' });
      await away.subscribe('t', { qos: 1 });
      const [a, b] = [await scene.connect(), await scene.connect()];
      for (const id of [1, 2, 3]) a.publish('t', `a${id}`, { qos: 1, packetId: id });
      await a.received();
      await scene.lose(away);
      for (const id of [1, 2, 3]) b.publish('t', `b${id}`, { qos: 1, packetId: id });
      await b.received();
      for (const id of [4, 5]) a.publish('t', `a${id}`, { qos: 1, packetId: id });
      await a.received();
      const back = await scene.connectKept({ clientId: 'away' });
      const texts = await takeAll(back, 8);
      assert.deepEqual(
        texts.filter((text) => text.startsWith('a')),
        ['a1', 'a2', 'a3', 'a4', 'a5'],
      );
      assert.deepEqual(
        texts.filter((text) => text.startsWith('b')),
        ['b1', 'b2', 'b3'],
      );
    },
    { broker: { maxInflight: 2 } },
  ),
];
