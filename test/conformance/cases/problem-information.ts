import assert from 'node:assert/strict';
import type { Packet } from '../../../src/codec/packets.ts';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** Says no to everything, with a reason in words. */
function denyWithText(scene: Scene): void {
  scene.broker.hook('client.authorize', () => ({ deny: 'not_authorized', text: 'because' }));
}

/** Brings about every acknowledgement that says no; returns what came. */
async function provoke(client: Client): Promise<Packet[]> {
  client.publish('t', '', { qos: 1, packetId: 1 });
  client.publish('t', '', { qos: 2, packetId: 2 });
  client.sendSubscribe('t', { packetId: 3 });
  client.sendUnsubscribe('t', 4);
  client.ack('pubrec', 5).ack('pubrel', 6);
  return client.received();
}

function textOf(packet: Packet): unknown {
  const properties = 'properties' in packet ? packet.properties : null;
  return properties !== null && 'reasonString' in properties ? properties.reasonString : undefined;
}

/** Request Problem Information (section 3.1.2.11.7). */
export const problemInformationCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.1.2-29'],
    'a client that wants no problem information gets reason codes and nothing else',
    ONLY_5,
    async (scene) => {
      denyWithText(scene);
      const client = await scene.connect({ properties: { requestProblemInformation: false } });
      const packets = await provoke(client);
      assert.equal(packets.length, 6);
      for (const packet of packets) assert.equal('properties' in packet ? packet.properties : null, null);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-29'],
    'a client that wants it, or does not say, is told the reason in words',
    ONLY_5,
    async (scene) => {
      denyWithText(scene);
      await each([null, { requestProblemInformation: true }], async (properties) => {
        const packets = await provoke(await scene.connect({ properties }));
        assert.deepEqual(packets.slice(0, 3).map(textOf), ['because', 'because', 'because']);
        for (const packet of packets.slice(3)) assert.match(String(textOf(packet)), /no such/);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-29'],
    'user properties of messages are not problem information: they come all the same',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect({ properties: { requestProblemInformation: false } });
      await client.subscribe('t');
      await scene.publish('t', '', { properties: { userProperties: [['a', 'b']] } });
      assert.deepEqual((await client.next('publish')).properties?.userProperties, [['a', 'b']]);
    },
  ),
];
