import assert from 'node:assert/strict';
import type { QoS } from '../../../src/codec/packets.ts';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

const FILTER = '$share/group/t';

/** A member of the group whose session is kept for an hour. */
async function member(scene: Scene, clientId: string, qos: QoS): Promise<Client> {
  const client = await scene.connectKept({ clientId });
  assert.deepEqual(await client.subscribe(FILTER, { qos }), [qos]);
  return client;
}

/** Two members, the first of which has got `text` and not acknowledged it. */
async function halfDelivered(scene: Scene, qos: 1 | 2) {
  const first = await member(scene, 'first', qos);
  await scene.publish('t', 'text', { qos });
  const { packetId } = await first.next('publish');
  return { first, packetId, second: await member(scene, 'second', qos) };
}

/** Filters that begin with $share/ and are no shared subscriptions. */
const BAD = ['$share/', '$share/group', '$share//t', '$share/group/', '$share/+/t', '$share/#/t', '$share/g+/t'];

/** Shared subscriptions (section 4.8.2); 3.1.1 does not know them. */
export const sharedSubscriptionCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-4.8.2-1', '5.0:MQTT-4.8.2-2'],
    'without a share name, with a wildcard in it or without a filter it ends the connection',
    ONLY_5,
    (scene) =>
      each([...BAD, '$share/#', '$share/g#/t', '$share/group/a#', '$share/group/+b'], async (filter) => {
        const client = await scene.connect();
        client.sendSubscribe(filter);
        await client.expectEnd('malformed_packet');
        assert.equal(scene.broker.stats().subscriptions, 0);
      }),
  ),
  statement(
    ['5.0:MQTT-4.8.2-1', '5.0:MQTT-4.8.2-2'],
    'a share name of one character is enough, and any but the three may be in it',
    ONLY_5,
    async (scene) => {
      const names = ['g', ' ', 'ü', '$', '$share', 'a.b:c', 'G'];
      const clients = await Promise.all(names.map(() => scene.connect()));
      await each(names.entries(), async ([index, name]) => {
        assert.deepEqual(await clients[index]?.subscribe(`$share/${name}/t`), [0]);
      });
      // Each is a group of its own: all get the message.
      await scene.publish('t', 'text');
      await each(clients, async (client) => assert.deepEqual(await client.texts(), ['text']));
    },
  ),
  statement(
    ['5.0:MQTT-4.8.2-1'],
    'a filter that does not begin with $share/ is not shared, however much it looks like it',
    ONLY_5,
    async (scene) => {
      const [first, second] = [await scene.connect(), await scene.connect()];
      const topics = ['$Share/g/t', '/$share/g/t', 'share/g/t', '$shared/g/t', '$share'];
      await each([first, second], async (client) => {
        await client.subscribe(topics);
      });
      await each(topics, (topic) => scene.publish(topic, topic));
      await each([first, second], async (client) => assert.deepEqual(await client.texts(), topics));
    },
  ),
  statement(
    ['5.0:MQTT-4.8.2-2'],
    'what follows the share name is a topic filter: wildcards, empty levels and all',
    ONLY_5,
    async (scene) => {
      const filters = ['a/+', '#', '/', 'a//b', '$SYS/#'];
      const topics = ['a/x', 'z/z', '/', 'a//b', '$SYS/x'];
      await each(filters.entries(), async ([index, filter]) => {
        const client = await scene.connect();
        await client.subscribe(`$share/g/${filter}`);
        await scene.publish(topics[index] as string, 'text');
        assert.deepEqual(await client.texts(), ['text']);
        await client.disconnect();
      });
    },
  ),
  statement(
    ['5.0:MQTT-4.8.2-2', '5.0:MQTT-4.7.2-1'],
    '# after the share name does not match a topic that begins with $',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe(['$share/g/#', '$share/h/+/x']);
      await scene.publish('$SYS/x', 'text');
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-4.8.2-3'],
    'a message comes at the lower of its QoS and that granted to the member',
    ONLY_5,
    (scene) =>
      each([0, 1, 2] as const, async (granted) => {
        const client = await scene.connect();
        await client.subscribe(FILTER, { qos: granted });
        await each([0, 1, 2] as const, async (qos) => {
          await scene.publish('t', '', { qos });
          assert.equal((await client.next('publish')).qos, Math.min(qos, granted));
        });
        await client.disconnect();
      }),
  ),
  statement(
    ['5.0:MQTT-4.8.2-3'],
    'members of one group may have different QoS: each gets its messages at its own, and each message goes to one',
    ONLY_5,
    async (scene) => {
      const clients = [await member(scene, 'a', 0), await member(scene, 'b', 1), await member(scene, 'c', 2)];
      await each(Array.from({ length: 9 }).keys(), (index) => scene.publish('t', String(index), { qos: 2 }));
      const all: string[] = [];
      await each(clients.entries(), async ([granted, client]) => {
        const messages = await client.messages();
        assert.ok(messages.length > 0, 'every member has its turn');
        assert.ok(messages.every(({ qos }) => qos === granted));
        all.push(...messages.map(({ payload }) => payload.toString()));
      });
      assert.deepEqual(
        all.toSorted(),
        Array.from({ length: 9 }, (_, index) => String(index)),
      );
    },
  ),
  statement(
    ['5.0:MQTT-4.8.2-4'],
    'a QoS 2 message whose PUBREC did not come is delivered to the same member when it is back',
    ONLY_5,
    async (scene) => {
      const { first, packetId, second } = await halfDelivered(scene, 2);
      await scene.lose(first);
      await second.expectNothing();
      const back = await scene.connectKept({ clientId: 'first' });
      const again = await back.next('publish');
      assert.deepEqual([again.payload.toString(), again.packetId, again.dup], ['text', packetId, true]);
      back.ack('pubrec', packetId);
      await back.next('pubrel');
      back.ack('pubcomp', packetId);
      await back.expectNothing();
      await second.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-4.8.2-4'],
    'one whose PUBCOMP did not come is completed by the same member when it is back',
    ONLY_5,
    async (scene) => {
      const { first, packetId, second } = await halfDelivered(scene, 2);
      first.ack('pubrec', packetId);
      await first.next('pubrel');
      await scene.lose(first);
      const back = await scene.connectKept({ clientId: 'first' });
      assert.equal((await back.next('pubrel')).packetId, packetId);
      await back.expectNothing();
      await second.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-4.8.2-5'],
    'if the session ends before, by its expiry, by DISCONNECT or by a clean start, the QoS 2 message goes to nobody else',
    ONLY_5,
    async (scene) => {
      const ends: Record<string, (first: Client) => Promise<unknown>> = {
        expiry: async (first) => {
          await scene.lose(first);
          scene.advance(3601);
        },
        DISCONNECT: (first) => first.disconnect(0, { sessionExpiryInterval: 0 }),
        'a clean start': () => scene.connect({ clientId: 'first', cleanStart: true }),
      };
      await each(Object.entries(ends), async ([, end]) => {
        const { first, second } = await halfDelivered(scene, 2);
        await end(first);
        await second.expectNothing();
        await second.disconnect(0, { sessionExpiryInterval: 0 });
      });
    },
  ),
  statement(
    ['5.0:MQTT-4.8.2-6'],
    'a message that is refused with 0x80 or more is discarded: nobody else gets it, then or later',
    ONLY_5,
    async (scene) => {
      await each([0x80, 0x83, 0x87, 0x97], (code) =>
        each([1, 2] as const, async (qos) => {
          const { first, packetId, second } = await halfDelivered(scene, qos);
          first.ack(qos === 1 ? 'puback' : 'pubrec', packetId, code);
          await first.expectNothing();
          await second.expectNothing();
          await first.disconnect(0, { sessionExpiryInterval: 0 });
          await second.expectNothing();
          await second.disconnect(0, { sessionExpiryInterval: 0 });
        }),
      );
    },
  ),
];
