import assert from 'node:assert/strict';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';
import { witnessOf } from './will.ts';

const PROPERTIES = {
  payloadFormatIndicator: true,
  contentType: 'text/plain',
  responseTopic: 'answer/here',
  correlationData: Buffer.from([0, 1, 2]),
  userProperties: [
    ['b', '1'],
    ['a', '2'],
    ['b', '3'],
    ['', ''],
    ['a', '2'],
  ] as [string, string][],
};

/** A client whose session is kept for `expiry` seconds, and whose will waits for `delay` seconds. */
function connectDelayed(scene: Scene, delay: number, expiry: number) {
  const will = { topic: 'will', payload: 'gone', properties: { willDelayInterval: delay } };
  return scene.connectKept({ clientId: 'a', will }, expiry);
}

/** What 5.0 adds to the will: delay, properties, DISCONNECT that keeps it (sections 3.1.2.5, 3.1.3.2). */
export const will5Cases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.1.2-8'],
    'the will waits for its delay, counted from the end of the connection',
    ONLY_5,
    async (scene) => {
      const witness = await witnessOf(scene);
      const client = await connectDelayed(scene, 10, 100);
      scene.advance(60);
      await scene.lose(client);
      scene.advance(9.9);
      await witness.expectNothing();
      scene.advance(0.2);
      assert.deepEqual(await witness.texts(), ['gone']);
      scene.advance(1000);
      await witness.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-8'],
    'the will comes with the end of the session where that is before the end of the delay',
    ONLY_5,
    async (scene) => {
      const witness = await witnessOf(scene);
      await scene.lose(await connectDelayed(scene, 100, 10));
      scene.advance(9.9);
      await witness.expectNothing();
      scene.advance(0.2);
      assert.deepEqual(await witness.texts(), ['gone']);
      scene.advance(1000);
      await witness.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-8'],
    'the will comes at once where the session ends with the connection, whatever its delay',
    ONLY_5,
    async (scene) => {
      const witness = await witnessOf(scene);
      await scene.lose(await connectDelayed(scene, 100, 0));
      assert.deepEqual(await witness.texts(), ['gone']);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-8'],
    'a clean start ends the session whose will waits, and the will comes',
    ONLY_5,
    async (scene) => {
      const witness = await witnessOf(scene);
      await scene.lose(await connectDelayed(scene, 100, 1000));
      await witness.expectNothing();
      await scene.connect({ clientId: 'a', cleanStart: true });
      assert.deepEqual(await witness.texts(), ['gone']);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.3-9'],
    'a connection that comes back before the delay has passed takes the will back',
    ONLY_5,
    async (scene) => {
      const witness = await witnessOf(scene);
      await scene.lose(await connectDelayed(scene, 10, 1000));
      scene.advance(9);
      const back = await scene.connectKept({ clientId: 'a' }, 1000);
      scene.advance(100);
      await witness.expectNothing();
      await scene.lose(back);
      scene.advance(2000);
      await witness.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.1.3-9'],
    'a connection that takes over the session takes the delayed will back',
    ONLY_5,
    async (scene) => {
      const witness = await witnessOf(scene);
      const first = await connectDelayed(scene, 10, 1000);
      await scene.connectKept({ clientId: 'a' }, 1000);
      await first.expectEnd('session_taken_over');
      scene.advance(100);
      await witness.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-8', '5.0:MQTT-3.1.2-10'],
    'DISCONNECT with any reason code but 0x00 leaves the will where it is',
    ONLY_5,
    async (scene) => {
      const witness = await witnessOf(scene);
      await each([0x04, 0x80, 0x81, 0x93, 0x98], async (reasonCode) => {
        const client = await scene.connect({ will: { topic: 'will', payload: 'gone' } });
        await client.disconnect(reasonCode);
        assert.deepEqual(await witness.texts(), ['gone']);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-9'],
    'the properties of the will are those of the message, but for the delay',
    ONLY_5,
    async (scene) => {
      const witness = await witnessOf(scene);
      const will = { topic: 'will', payload: 'gone', properties: { ...PROPERTIES, willDelayInterval: 0 } };
      await scene.lose(await scene.connect({ will }));
      assert.deepEqual((await witness.next('publish')).properties, PROPERTIES);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-9'],
    'the expiry interval of the will begins when it is published, not before',
    ONLY_5,
    async (scene) => {
      const away = await scene.connectKept({ clientId: 'away' });
      await away.subscribe('will', { qos: 1 });
      await away.disconnect();
      const properties = { messageExpiryInterval: 20, willDelayInterval: 60 };
      const client = await scene.connectKept({ clientId: 'a', will: { topic: 'will', qos: 1, properties } });
      scene.advance(100);
      await scene.lose(client);
      scene.advance(70); // Published ten seconds ago.
      const back = await scene.connectKept({ clientId: 'away' });
      assert.equal((await back.next('publish')).properties?.messageExpiryInterval, 10);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.3-10'],
    'the user properties of the will keep their order, those of one name and those that are equal as well',
    ONLY_5,
    async (scene) => {
      const witness = await witnessOf(scene);
      const { userProperties } = PROPERTIES;
      await scene.lose(await scene.connect({ will: { topic: 'will', properties: { userProperties } } }));
      assert.deepEqual((await witness.next('publish')).properties?.userProperties, userProperties);
    },
  ),
];
