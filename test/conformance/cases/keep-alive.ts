import assert from 'node:assert/strict';
import { until } from '../../kit/until.ts';
import { type Case, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** A client with a keep-alive of 10 seconds, to which messages come that it does not ask for. */
async function listener(scene: Scene): Promise<Client> {
  const client = await scene.connect({ keepAlive: 10 });
  await client.subscribe('t');
  return client;
}

/** The keep-alive (sections 3.1.2.10, 3.2.2.3.14). */
export const keepAliveCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.1.2-22', '5.0:MQTT-3.2.2-22', '3.1.1:MQTT-3.1.2-24'],
    'a client that says nothing for one and a half times its keep-alive is gone, and not before',
    VERSIONS,
    async (scene) => {
      const client = await scene.open();
      const { properties } = await client.connect({ keepAlive: 10 });
      assert.equal(properties?.serverKeepAlive, undefined);
      scene.advance(14.9);
      await client.expectNothing(); // Its PINGREQ starts the time anew.
      scene.advance(14.9);
      await client.expectNothing();
      scene.advance(15.1);
      await client.expectEnd('keepalive_timeout');
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-22', '3.1.1:MQTT-3.1.2-24'],
    'any packet counts, not only PINGREQ',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect({ keepAlive: 10 });
      const steps = [
        () => client.subscribe('other'),
        () => client.unsubscribe('other'),
        () => client.publish('t', '', { qos: 1 }).next('puback'),
        () => client.publish('t', '', { qos: 2 }).next('pubrec'),
        () => client.ack('pubrel', 1).next('pubcomp'),
      ];
      await each(steps, async (step) => {
        scene.advance(14);
        await step();
      });
      scene.advance(14);
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-22', '3.1.1:MQTT-3.1.2-24'],
    'what the broker sends does not count',
    VERSIONS,
    async (scene) => {
      const client = await listener(scene);
      await each([1, 2], async () => {
        scene.advance(7);
        await scene.publish('t', '');
        await client.next('publish');
      });
      scene.advance(2);
      await client.expectEnd('keepalive_timeout');
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-22', '3.1.1:MQTT-3.1.2-24'],
    'a packet that does not come to its end does not count',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect({ keepAlive: 10 });
      await client.expectNothing();
      await each(['30', '14', '00'], async (byte) => {
        const { bytesReceived } = scene.broker.stats();
        client.send(byte);
        await until(() => scene.broker.stats().bytesReceived > bytesReceived, 'the byte');
        scene.advance(7);
      });
      await client.expectEnd('keepalive_timeout');
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-22', '3.1.1:MQTT-3.1.2-24'],
    'without a keep-alive (0) nobody is gone',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect({ keepAlive: 0 });
      scene.advance(10 * 365 * 24 * 3600);
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-22', '3.1.1:MQTT-3.1.2-24'],
    'the longest keep-alive of 65,535 seconds holds',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect({ keepAlive: 65_535 });
      scene.advance(98_302);
      await client.expectNothing();
      scene.advance(98_303);
      await client.expectEnd('keepalive_timeout');
    },
  ),
  statement(
    ['5.0:MQTT-3.2.2-21', '5.0:MQTT-3.1.2-21'],
    'the broker goes by the Server Keep Alive that it has announced, for clients that want longer or none',
    ONLY_5,
    (scene) =>
      each([0, 11, 65_535], async (keepAlive) => {
        const client = await scene.open();
        const { properties } = await client.connect({ keepAlive });
        assert.equal(properties?.serverKeepAlive, 10);
        scene.advance(14.9);
        await client.expectNothing();
        scene.advance(15.1);
        await client.expectEnd('keepalive_timeout');
      }),
    { broker: { maxKeepAlive: 10 } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-22'],
    'a client with a shorter keep-alive than the longest keeps its own and is told no other',
    ONLY_5,
    async (scene) => {
      const client = await scene.open();
      const { properties } = await client.connect({ keepAlive: 4 });
      assert.equal(properties?.serverKeepAlive, undefined);
      scene.advance(5.9);
      await client.expectNothing();
      scene.advance(6.1);
      await client.expectEnd('keepalive_timeout');
    },
    { broker: { maxKeepAlive: 10 } },
  ),
];
