import assert from 'node:assert/strict';
import { bytes, packet, properties } from '../../kit/packets.ts';
import { isNamed } from '../../kit/raw-client.ts';
import { type Case, NUMBERED, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';

/** All identifiers with which the copies of one message came, in order, and at which QoS they came. */
async function copies(client: Client): Promise<{ ids: number[]; qos: number[] }> {
  const messages = await client.messages();
  const ids = messages.flatMap(({ properties: list }) => list?.subscriptionIdentifiers ?? []);
  return { ids: ids.toSorted((a, b) => a - b), qos: messages.map(({ qos }) => qos) };
}

/** Overlapping subscriptions and Subscription Identifiers (5.0, section 3.3.4). */
export const overlappingCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.3.4-2', '3.1.1:MQTT-3.3.5-1'],
    'a message that several subscriptions match comes at the highest QoS of them, and once at it',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('a/#', { qos: 0 });
      await client.subscribe('a/b', { qos: 2 });
      await client.subscribe('a/+', { qos: 1 });
      await scene.publish('a/b', '', { qos: 2 });
      await scene.publish('a/c', '', { qos: 2 });
      await scene.publish('a/c/d', '', { qos: 2 });
      await scene.publish('a/b', '', { qos: 1 });
      assert.deepEqual(
        (await client.messages()).map(({ topic, qos }) => [topic, qos]),
        [
          ['a/b', 2],
          ['a/c', 1],
          ['a/c/d', 0],
          ['a/b', 1],
        ],
      );
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-2', '3.1.1:MQTT-3.3.5-1'],
    'it is the highest QoS of the subscriptions that are left when one is gone',
    NUMBERED,
    async (scene) => {
      const client = await scene.connect();
      const qosNow = async (): Promise<number[]> => {
        await scene.publish('a/b', '', { qos: 2 });
        return (await copies(client)).qos;
      };
      await client.subscribe('a/b', { qos: 2 });
      await client.subscribe('a/#', { qos: 0 });
      assert.deepEqual(await qosNow(), [2]);
      await client.unsubscribe('a/b');
      assert.deepEqual(await qosNow(), [0]);
      await client.subscribe('a/+', { qos: 1 });
      assert.deepEqual(await qosNow(), [1]);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-3', '5.0:MQTT-3.3.4-4'],
    'a single copy has the identifiers of all subscriptions that match, and of no others',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('a/#', { subscriptionId: 1 });
      await client.subscribe('a/b', { subscriptionId: 268_435_455 });
      await client.subscribe('a/+', {});
      await client.subscribe('+/b', { subscriptionId: 77 });
      await client.subscribe('x', { subscriptionId: 5 });
      await scene.publish('a/b', '');
      assert.deepEqual(await copies(client), { ids: [1, 77, 268_435_455], qos: [0] });
      await scene.publish('a/c', '');
      assert.deepEqual(await copies(client), { ids: [1], qos: [0] });
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-3'],
    'without identifiers none is sent, and each client is sent its own',
    ONLY_5,
    async (scene) => {
      const plain = await scene.connect();
      await plain.subscribe('t');
      const first = await scene.connect();
      await first.subscribe('t', { subscriptionId: 1 });
      const second = await scene.connect();
      await second.subscribe('t', { subscriptionId: 2 });
      await scene.publish('t', '', { qos: 1 });
      assert.equal((await plain.next('publish')).properties, null);
      assert.deepEqual((await first.next('publish')).properties, { subscriptionIdentifiers: [1] });
      assert.deepEqual((await second.next('publish')).properties, { subscriptionIdentifiers: [2] });
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-3'],
    'a SUBSCRIBE gives its identifier to all of its filters, and a later one replaces it or takes it away',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe(['a', 'b'], { subscriptionId: 1 });
      const idsOf = async (topic: string): Promise<number[]> => {
        await scene.publish(topic, '');
        return (await copies(client)).ids;
      };
      assert.deepEqual([await idsOf('a'), await idsOf('b')], [[1], [1]]);
      await client.subscribe('a', { subscriptionId: 2 });
      assert.deepEqual([await idsOf('a'), await idsOf('b')], [[2], [1]]);
      await client.subscribe('a');
      assert.deepEqual([await idsOf('a'), await idsOf('b')], [[], [1]]);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-3'],
    'identifiers come with retained messages, with those that waited, and with those that come again',
    ONLY_5,
    async (scene) => {
      await scene.publish('t', 'retained', { retain: true });
      const client = await scene.connectKept({ clientId: 'a' });
      await client.subscribe('t', { subscriptionId: 9, qos: 1 });
      const { retain, properties: list } = await client.next('publish');
      assert.deepEqual([retain, list], [true, { subscriptionIdentifiers: [9] }]);
      await client.disconnect();
      await scene.publish('t', 'waited', { qos: 1 });
      await each([1, 2], async () => {
        const back = await scene.connectKept({ clientId: 'a' });
        assert.deepEqual((await back.next('publish')).properties, { subscriptionIdentifiers: [9] });
        await scene.lose(back);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-3'],
    'a retained message has the identifier of the subscription that asked for it',
    ONLY_5,
    async (scene) => {
      await scene.publish('a/b', 'text', { retain: true });
      const client = await scene.connect();
      await client.subscribe('a/#', { subscriptionId: 1 });
      assert.deepEqual((await copies(client)).ids, [1]);
      await client.subscribe('a/b', { subscriptionId: 2 });
      const { ids, qos } = await copies(client);
      assert.equal(qos.length, 1);
      assert.ok(ids.includes(2), ids.join(' '));
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-3', '5.0:MQTT-3.3.4-5'],
    'a shared subscription has a copy of its own, with its own identifier',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('$share/group/t', { subscriptionId: 3, qos: 1 });
      await client.subscribe('t', { subscriptionId: 4 });
      await client.subscribe('+', { subscriptionId: 5 });
      await scene.publish('t', '', { qos: 1 });
      const messages = await client.messages();
      assert.deepEqual(
        messages.map(({ qos, properties: list }) => `QoS ${qos}: ${list?.subscriptionIdentifiers?.join()}`).toSorted(),
        ['QoS 0: 4,5', 'QoS 1: 3'],
      );
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-4'],
    'the identifier of a no local subscription does not come with the own messages of the client',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { subscriptionId: 1, noLocal: true, qos: 2 });
      await client.subscribe('+', { subscriptionId: 2, qos: 0 });
      client.publish('t', 'own', { qos: 1 });
      const own = (await client.received()).find((received) => isNamed(received, 'publish'));
      assert.deepEqual([own?.qos, own?.properties?.subscriptionIdentifiers], [0, [2]]);
      await scene.publish('t', 'foreign', { qos: 1 });
      assert.deepEqual(await copies(client), { ids: [1, 2], qos: [1] });
    },
  ),
  statement(
    ['5.0:MQTT-3.3.4-6'],
    'a PUBLISH of a client with a Subscription Identifier ends the connection with 0x82, and goes nowhere',
    ONLY_5,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('#');
      await each([properties(0x0b, 1), properties(0x0b, 1, 0x0b, 2), properties(0x0b, 0)], async (list) => {
        const client = await scene.connect();
        client.send(packet(0x30, 't', list, bytes(0x78)));
        await client.expectEnd('protocol_error');
      });
      await witness.expectNothing();
    },
  ),
];
