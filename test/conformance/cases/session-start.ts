import assert from 'node:assert/strict';
import { type Case, NUMBERED, ONLY_311, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** A client that has left a subscription to `t`, a message that waits and a QoS 2 exchange half done behind. */
async function leaveState(scene: Scene): Promise<void> {
  const client = await scene.connectKept({ clientId: 'a' });
  await client.subscribe('t', { qos: 2 });
  client.publish('other', '', { qos: 2, packetId: 9 });
  await client.next('pubrec');
  await client.disconnect();
  await scene.publish('t', 'waited', { qos: 1 });
}

/** Nothing of what `leaveState` left is known any more. */
async function expectNoState(scene: Scene, client: Client): Promise<void> {
  await client.expectNothing();
  await scene.publish('t', 'now', { qos: 1 });
  await client.expectNothing();
  // PUBREL finds no exchange: 5.0 says so; the older versions answer all the same.
  client.ack('pubrel', 9);
  assert.equal((await client.next('pubcomp')).reasonCode, scene.version === 5 ? 0x92 : 0);
}

const CONNACK_PRESENT: Readonly<Record<number, boolean>> = { 3: false, 4: true, 5: true };

/** Clean Start, Clean Session and the life of the session (sections 3.1.2.4, 3.1.2.11.2). */
export const sessionStartCases: readonly Case[] = [
  statement(
    [
      '5.0:MQTT-3.1.2-4',
      '5.0:MQTT-3.1.4-4',
      '5.0:MQTT-3.2.2-2',
      '3.1.1:MQTT-3.1.2-6',
      '3.1.1:MQTT-3.1.4-3',
      '3.1.1:MQTT-3.2.2-1',
    ],
    'a clean start leaves nothing of the old session, and says so',
    VERSIONS,
    async (scene) => {
      await leaveState(scene);
      const client = await scene.open();
      const connack = await client.connect({ clientId: 'a', cleanStart: true });
      assert.equal(connack.sessionPresent, false);
      await expectNoState(scene, client);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-4', '3.1.1:MQTT-3.1.2-6'],
    'a clean start discards the session of a client that is still connected',
    VERSIONS,
    async (scene) => {
      const first = await scene.connectKept({ clientId: 'a' });
      await first.subscribe('t', { qos: 1 });
      const second = await scene.open();
      assert.equal((await second.connect({ clientId: 'a' })).sessionPresent, false);
      await scene.publish('t', 'text', { qos: 1 });
      await second.expectNothing();
    },
  ),
  statement(['3.1.1:MQTT-3.1.2-6'], 'nothing of a clean session is found by a later one', ONLY_311, async (scene) => {
    const clean = await scene.connect({ clientId: 'a' });
    await clean.subscribe('t', { qos: 1 });
    await clean.disconnect();
    const client = await scene.open();
    assert.equal((await client.connect({ clientId: 'a', cleanStart: false })).sessionPresent, false);
    await scene.publish('t', 'text', { qos: 1 });
    await client.expectNothing();
  }),
  statement(
    [
      '5.0:MQTT-3.1.2-5',
      '5.0:MQTT-3.1.4-4',
      '5.0:MQTT-3.2.2-3',
      '3.1.1:MQTT-3.1.2-4',
      '3.1.1:MQTT-3.1.2-5',
      '3.1.1:MQTT-3.2.2-2',
    ],
    'a session goes on: subscriptions, messages that waited, exchanges half done',
    VERSIONS,
    async (scene) => {
      await leaveState(scene);
      const client = await scene.open();
      const connack = await client.connect({ clientId: 'a', cleanStart: false });
      assert.equal(connack.sessionPresent, CONNACK_PRESENT[scene.version]);
      assert.deepEqual(await client.texts(), ['waited']);
      client.ack('pubrel', 9);
      assert.equal((await client.next('pubcomp')).reasonCode, 0);
      await scene.publish('t', 'now', { qos: 0 });
      assert.deepEqual(await client.texts(), ['now']);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-5', '3.1.1:MQTT-3.1.2-4'],
    'a session goes on after its connection was lost, and when another connection takes it over',
    VERSIONS,
    async (scene) => {
      const first = await scene.connectKept({ clientId: 'a' });
      await first.subscribe('t');
      await scene.lose(first);
      const second = await scene.connectKept({ clientId: 'a' });
      const third = await scene.connectKept({ clientId: 'a' });
      await second.expectEnd('session_taken_over');
      await scene.publish('t', 'text');
      assert.deepEqual(await third.texts(), ['text']);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-6', '5.0:MQTT-3.2.2-3', '3.1.1:MQTT-3.1.2-4', '3.1.1:MQTT-3.2.2-3'],
    'without a session to go on with there is a new one',
    VERSIONS,
    async (scene) => {
      const client = await scene.open();
      assert.equal((await client.connect({ cleanStart: false })).sessionPresent, false);
      await client.subscribe('t');
      await scene.publish('t', 'text');
      assert.deepEqual(await client.texts(), ['text']);
    },
  ),
  statement(
    ['3.1.1:MQTT-3.1.2-7'],
    'retained messages outlive the session of their publisher',
    ONLY_311,
    async (scene) => {
      const client = await scene.connect();
      client.publish('t', 'kept', { retain: true });
      await client.disconnect();
      const later = await scene.connect();
      await later.subscribe('t');
      assert.deepEqual(await later.texts(), ['kept']);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-23', '3.1.1:MQTT-3.1.2-5'],
    'messages at QoS 1 and 2 are kept for a client that is away, in their order',
    VERSIONS,
    async (scene) => {
      const away = await scene.connectKept({ clientId: 'a' });
      await away.subscribe('t', { qos: 2 });
      await away.disconnect();
      const publisher = await scene.connect();
      publisher.publish('t', 'one', { qos: 1 }).publish('t', 'two', { qos: 2 });
      await publisher.received();
      const back = await scene.connectKept({ clientId: 'a' });
      const messages = await back.messages();
      assert.deepEqual(
        messages.map(({ qos, payload }) => [qos, payload.toString()]),
        [
          [1, 'one'],
          [2, 'two'],
        ],
      );
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-23'],
    'the session is kept for its expiry interval after the connection, and not longer',
    ONLY_5,
    (scene) =>
      each(
        [
          [59, true],
          [61, false],
        ] as const,
        async ([seconds, present]) => {
          const client = await scene.connect({ clientId: 'a', properties: { sessionExpiryInterval: 60 } });
          scene.advance(100); // While it is connected no time counts.
          await client.disconnect();
          scene.advance(seconds);
          const back = await scene.open();
          assert.equal((await back.connect({ clientId: 'a', cleanStart: false })).sessionPresent, present);
          await back.disconnect();
        },
      ),
  ),
  statement(
    ['5.0:MQTT-3.1.2-23'],
    'a session without expiry interval, or with 0, ends with its connection',
    ONLY_5,
    (scene) =>
      each([null, { sessionExpiryInterval: 0 }], async (properties) => {
        const client = await scene.connect({ clientId: 'a', properties });
        await client.disconnect();
        const back = await scene.open();
        assert.equal((await back.connect({ clientId: 'a', cleanStart: false })).sessionPresent, false);
        await back.disconnect();
      }),
  ),
  statement(
    ['5.0:MQTT-3.1.2-23'],
    'a session with the expiry interval 0xFFFFFFFF does not expire',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect({ clientId: 'a', properties: { sessionExpiryInterval: 0xffff_ffff } });
      await client.disconnect();
      scene.advance(200 * 365 * 24 * 3600);
      const back = await scene.open();
      assert.equal((await back.connect({ clientId: 'a', cleanStart: false })).sessionPresent, true);
    },
    { broker: { maxSessionExpiry: Infinity } },
  ),
  statement(
    ['5.0:MQTT-3.1.3-2', '3.1.1:MQTT-3.1.3-2'],
    'client identifiers that differ in anything have sessions of their own',
    NUMBERED,
    async (scene) => {
      const ids = ['a', 'A', 'a ', 'á', 'a\u0301', 'aa', 'b'];
      await each(ids, async (clientId) => {
        const client = await scene.open();
        assert.equal((await client.connect({ clientId, cleanStart: false, properties: KEPT })).sessionPresent, false);
        await client.subscribe(`of/${clientId}`);
        await client.disconnect();
      });
      await each(ids, async (clientId) => {
        const client = await scene.open();
        assert.equal((await client.connect({ clientId, cleanStart: false, properties: KEPT })).sessionPresent, true);
        await scene.publish(`of/${clientId}`, clientId);
        assert.deepEqual(await client.texts(), [clientId]);
      });
    },
  ),
];

const KEPT = { sessionExpiryInterval: 3600 };
