import assert from 'node:assert/strict';
import type { ConnackPacket } from '../../../src/codec/packets.ts';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** What CONNACK tells a client about the broker. */
async function told(scene: Scene): Promise<NonNullable<ConnackPacket['properties']>> {
  return (await (await scene.open()).connect()).properties ?? {};
}

/** A will of this QoS is refused. */
async function refusesWill(scene: Scene, qos: 1 | 2): Promise<void> {
  const client = await scene.open();
  client.sendConnect({ will: { qos } });
  await client.expectRefusal('qos_not_supported');
}

/** A PUBLISH above the Maximum QoS ends the connection. */
async function refusesPublish(scene: Scene, qos: 1 | 2): Promise<void> {
  const client = await scene.connect();
  client.publish('t', '', { qos });
  await client.expectEnd('qos_not_supported');
}

/** A SUBSCRIBE at any QoS is granted at most `maximum`, and messages come so. */
async function grants(scene: Scene, maximum: 0 | 1): Promise<void> {
  const client = await scene.connect();
  await each([0, 1, 2] as const, async (qos) => {
    assert.deepEqual(await client.subscribe('t', { qos }), [Math.min(qos, maximum)]);
    await scene.publish('t', '', { qos: 2 });
    const message = await client.next('publish');
    assert.equal(message.qos, Math.min(qos, maximum));
    if (message.qos === 1) client.ack('puback', message.packetId);
  });
}

/** What a broker that does not do everything says about it, and does about those who do not listen (section 3.2.2.3). */
export const capabilityCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.2.2-9'],
    'Maximum QoS is told where it is less than 2',
    ONLY_5,
    async (scene) => assert.equal((await told(scene)).maximumQoS, true),
    { broker: { maximumQoS: 1 } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-9'],
    'Maximum QoS 0 is told',
    ONLY_5,
    async (scene) => assert.equal((await told(scene)).maximumQoS, false),
    { broker: { maximumQoS: 0 } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-9'],
    'Maximum QoS is left out where it is 2: the property may not have that value',
    ONLY_5,
    async (scene) => assert.equal((await told(scene)).maximumQoS, undefined),
  ),
  statement(
    ['5.0:MQTT-3.2.2-10'],
    'a broker of QoS 0 grants every subscription at QoS 0',
    ONLY_5,
    (scene) => grants(scene, 0),
    { broker: { maximumQoS: 0 } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-10'],
    'a broker of QoS 1 grants every subscription at QoS 1 or less',
    ONLY_5,
    (scene) => grants(scene, 1),
    { broker: { maximumQoS: 1 } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-11'],
    'a PUBLISH above Maximum QoS 1 ends the connection with 0x9B',
    ONLY_5,
    (scene) => refusesPublish(scene, 2),
    { broker: { maximumQoS: 1 } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-11'],
    'a PUBLISH above Maximum QoS 0 ends the connection with 0x9B',
    ONLY_5,
    (scene) => each([1, 2] as const, (qos) => refusesPublish(scene, qos)),
    { broker: { maximumQoS: 0 } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-12'],
    'a will above Maximum QoS 1 is refused with 0x9B',
    ONLY_5,
    async (scene) => {
      await refusesWill(scene, 2);
      await scene.connect({ will: { qos: 1 } });
    },
    { broker: { maximumQoS: 1 } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-12'],
    'a will above Maximum QoS 0 is refused with 0x9B',
    ONLY_5,
    async (scene) => {
      await each([1, 2] as const, (qos) => refusesWill(scene, qos));
      await scene.connect({ will: { qos: 0 } });
    },
    { broker: { maximumQoS: 0 } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-13'],
    'a will to be retained is refused with 0x9A where messages are not retained',
    ONLY_5,
    async (scene) => {
      const client = await scene.open();
      client.sendConnect({ will: { retain: true } });
      await client.expectRefusal('retain_not_supported');
      await scene.connect({ will: { retain: false } });
    },
    { broker: { retainAvailable: false } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-14'],
    'where messages are not retained CONNACK says so, and a PUBLISH with RETAIN ends the connection with 0x9A',
    ONLY_5,
    async (scene) => {
      assert.equal((await told(scene)).retainAvailable, false);
      const client = await scene.connect();
      client.publish('t', '', { retain: true });
      await client.expectEnd('retain_not_supported');
    },
    { broker: { retainAvailable: false } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-15'],
    'a packet above the Maximum Packet Size of CONNACK ends the connection with 0x95, one of that size does not',
    ONLY_5,
    async (scene) => {
      assert.equal((await told(scene)).maximumPacketSize, 1000);
      const client = await scene.connect();
      const room = 1000 - 1 - 2 - 3 - 1;
      client.publish('t', Buffer.alloc(room));
      await client.expectNothing();
      client.publish('t', Buffer.alloc(room + 1));
      await client.expectEnd('packet_too_large');
    },
    { broker: { maxPacketSize: 1000 } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-17'],
    'an alias above the Topic Alias Maximum of CONNACK ends the connection with 0x94, the highest does not',
    ONLY_5,
    async (scene) => {
      assert.equal((await told(scene)).topicAliasMaximum, 5);
      const client = await scene.connect();
      client.publish('t', '', { properties: { topicAlias: 5 } });
      await client.expectNothing();
      client.publish('t', '', { properties: { topicAlias: 6 } });
      await client.expectEnd('topic_alias_invalid');
    },
    { broker: { topicAliasMaximum: 5 } },
  ),
  statement(
    ['5.0:MQTT-3.2.2-18'],
    'where the Topic Alias Maximum is 0 any alias ends the connection with 0x94',
    ONLY_5,
    async (scene) => {
      assert.ok(((await told(scene)).topicAliasMaximum ?? 0) === 0);
      const client = await scene.connect();
      client.publish('t', '', { properties: { topicAlias: 1 } });
      await client.expectEnd('topic_alias_invalid');
    },
    { broker: { topicAliasMaximum: 0 } },
  ),
];
