import assert from 'node:assert/strict';
import type { PublishProperties } from '../../../src/codec/properties.ts';
import { bytes, packet, type Part, properties, u16, u32 } from '../../kit/packets.ts';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** Publishes at QoS 1 and waits for the answer, which must be yes. */
async function give(
  publisher: Client,
  payload: string | Buffer,
  list: PublishProperties,
  retain = false,
): Promise<void> {
  publisher.publish('t', payload, { qos: 1, retain, properties: list });
  assert.equal((await publisher.next('puback')).reasonCode, 0);
}

/** What comes of these properties by each way that a message can take: at once, retained, from the queue, again. */
async function byAllWays(scene: Scene, list: PublishProperties): Promise<(PublishProperties | null)[]> {
  const publisher = await scene.connect();
  const direct = await scene.connect();
  await direct.subscribe('t', { qos: 1 });
  const away = await scene.connectKept({ clientId: 'away' });
  await away.subscribe('t', { qos: 1 });
  await away.disconnect();
  await give(publisher, 'text', list, true);
  const late = await scene.connect();
  await late.subscribe('t');
  const received: (PublishProperties | null)[] = [];
  const take = async (client: Client): Promise<void> => {
    received.push((await client.next('publish')).properties);
    await scene.lose(client);
  };
  await each([direct, late], take);
  // The second time it is sent again.
  await each([1, 2], async () => take(await scene.connectKept({ clientId: 'away' })));
  return received;
}

/** The properties come as they were sent, by each way. */
function unaltered(list: PublishProperties): Case['run'] {
  return async (scene) => {
    for (const received of await byAllWays(scene, list)) assert.deepEqual(received, list);
  };
}

/** A PUBLISH with these properties ends the connection, and goes nowhere. */
function refused(lists: Readonly<Record<string, readonly Part[]>>, reason: 'malformed_packet' | 'protocol_error') {
  return async (scene: Scene): Promise<void> => {
    const witness = await scene.connect();
    await witness.subscribe('#');
    await each(Object.entries(lists), async ([, list]) => {
      const client = await scene.connect();
      client.send(packet(0x30, 't', properties(...list), bytes(0x78)));
      await client.expectEnd(reason);
    });
    await witness.expectNothing();
  };
}

const NOT_UTF8 = [u16(2), bytes(0xc3, 0x28)] as const;
const EVERYTHING: PublishProperties = {
  payloadFormatIndicator: true,
  contentType: 'text/plain',
  responseTopic: 'answers/here',
  correlationData: Buffer.from([0, 1, 0xff]),
  userProperties: [
    ['b', '2'],
    ['a', '1'],
    ['b', '1'],
    ['b', '2'],
    ['', ''],
    ['ä', 'ö'],
  ],
};

/** Properties of PUBLISH that are the message's own (5.0, section 3.3.2.3). */
export const publishPropertyCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.3.2-4'],
    'Payload Format Indicator 1 is forwarded',
    ONLY_5,
    unaltered({ payloadFormatIndicator: true }),
  ),
  statement(
    ['5.0:MQTT-3.3.2-4'],
    'Payload Format Indicator 0 is forwarded',
    ONLY_5,
    unaltered({ payloadFormatIndicator: false }),
  ),
  statement(
    ['5.0:MQTT-3.3.2-4', '5.0:MQTT-3.4.2-1', '5.0:MQTT-3.5.2-1'],
    'a payload that is not what its format indicator says is answered with 0x99, and goes nowhere',
    ONLY_5,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('t', { qos: 2 });
      const client = await scene.connect();
      const wrong = Buffer.from([0xc3, 0x28]);
      const list = { payloadFormatIndicator: true };
      client.publish('t', wrong, { properties: list });
      await client.expectNothing();
      client.publish('t', wrong, { qos: 1, properties: list });
      assert.equal((await client.next('puback')).reasonCode, 0x99);
      client.publish('t', wrong, { qos: 2, properties: list });
      assert.equal((await client.next('pubrec')).reasonCode, 0x99);
      await witness.expectNothing();
      await give(client, wrong, { payloadFormatIndicator: false });
      assert.deepEqual((await witness.next('publish')).payload, wrong);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-4'],
    'where payloads are not checked one that is not what its format indicator says is forwarded as it is',
    ONLY_5,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('t');
      await give(await scene.connect(), Buffer.from([0xc3, 0x28]), { payloadFormatIndicator: true });
      const message = await witness.next('publish');
      assert.deepEqual(message.payload, Buffer.from([0xc3, 0x28]));
      assert.deepEqual(message.properties, { payloadFormatIndicator: true });
    },
    { broker: { checkPayloadFormat: false } },
  ),
  statement(['5.0:MQTT-3.3.2-15'], 'the Response Topic is forwarded', ONLY_5, unaltered({ responseTopic: 'a/ä' })),
  statement(
    ['5.0:MQTT-3.3.2-16'],
    'Correlation Data is forwarded, with bytes that are no text',
    ONLY_5,
    unaltered({ correlationData: Buffer.from([0, 0xff, 0xfe, 0]) }),
  ),
  statement(
    ['5.0:MQTT-3.3.2-16'],
    'empty Correlation Data is forwarded',
    ONLY_5,
    unaltered({ correlationData: Buffer.alloc(0) }),
  ),
  statement(
    ['5.0:MQTT-3.3.2-20'],
    'the Content Type is forwarded',
    ONLY_5,
    unaltered({ contentType: 'text/plain; charset=ä' }),
  ),
  statement(['5.0:MQTT-3.3.2-20'], 'an empty Content Type is forwarded', ONLY_5, unaltered({ contentType: '' })),
  statement(
    ['5.0:MQTT-3.3.2-17', '5.0:MQTT-3.3.2-18'],
    'user properties are forwarded in their order, with names that come twice and pairs that do',
    ONLY_5,
    unaltered({ userProperties: EVERYTHING.userProperties ?? [] }),
  ),
  statement(
    ['5.0:MQTT-3.3.2-4', '5.0:MQTT-3.3.2-15', '5.0:MQTT-3.3.2-16', '5.0:MQTT-3.3.2-17', '5.0:MQTT-3.3.2-20'],
    'all properties of a message are forwarded together',
    ONLY_5,
    unaltered(EVERYTHING),
  ),
  statement(
    ['5.0:MQTT-3.3.2-17'],
    'what was set on one receiver’s copy does not show on another’s',
    ONLY_5,
    async (scene) => {
      const numbered = await scene.connect({ properties: { topicAliasMaximum: 5 } });
      await numbered.subscribe('t', { subscriptionId: 7 });
      const plain = await scene.connect();
      await plain.subscribe('t');
      const old = await scene.connect({ version: 4 });
      await old.subscribe('t');
      const last = await scene.connect();
      await last.subscribe('t');
      await give(await scene.connect(), 'text', EVERYTHING);
      assert.deepEqual((await plain.next('publish')).properties, EVERYTHING);
      const { subscriptionIdentifiers, topicAlias: _, ...rest } = (await numbered.next('publish')).properties ?? {};
      assert.deepEqual(subscriptionIdentifiers, [7]);
      assert.deepEqual(rest, EVERYTHING);
      assert.equal((await old.next('publish')).payload.toString(), 'text');
      assert.deepEqual((await last.next('publish')).properties, EVERYTHING);
    },
  ),
  statement(
    ['5.0:MQTT-3.3.2-13', '5.0:MQTT-3.3.2-19'],
    'a Response Topic or Content Type that is no UTF-8 is malformed',
    ONLY_5,
    refused({ 'Response Topic': [0x08, ...NOT_UTF8], 'Content Type': [0x03, ...NOT_UTF8] }, 'malformed_packet'),
  ),
  statement(
    ['5.0:MQTT-3.3.2-14'],
    'a Response Topic with a wildcard ends the connection with 0x82',
    ONLY_5,
    refused({ '#': [0x08, '#'], 'a/+': [0x08, 'a/+'], 'a+b': [0x08, 'a+b'] }, 'protocol_error'),
  ),
  statement(
    ['5.0:MQTT-3.3.2-4', '5.0:MQTT-3.3.2-15', '5.0:MQTT-3.3.2-16', '5.0:MQTT-3.3.2-20'],
    'a property that comes twice, or has a value that it may not have, is a Protocol Error',
    ONLY_5,
    refused(
      {
        'Payload Format Indicator twice': [0x01, 1, 0x01, 1],
        'Payload Format Indicator 2': [0x01, 2],
        'Message Expiry Interval twice': [0x02, u32(9), 0x02, u32(9)],
        'Topic Alias twice': [0x23, u16(1), 0x23, u16(1)],
        'Response Topic twice': [0x08, 'a', 0x08, 'a'],
        'Correlation Data twice': [0x09, 'a', 0x09, 'a'],
        'Content Type twice': [0x03, 'a', 0x03, 'a'],
      },
      'protocol_error',
    ),
  ),
  statement(
    ['5.0:MQTT-3.3.2-4'],
    'a property that has no place in PUBLISH is malformed',
    ONLY_5,
    refused(
      {
        'Session Expiry Interval': [0x11, u32(1)],
        'Reason String': [0x1f, 'a'],
        'Will Delay Interval': [0x18, u32(1)],
        'Receive Maximum': [0x21, u16(1)],
        'Authentication Method': [0x15, 'a'],
        'identifier 0x7F': [0x7f, 1],
      },
      'malformed_packet',
    ),
  ),
  statement(
    ['5.0:MQTT-3.3.2-16', '5.0:MQTT-3.3.2-17', '5.0:MQTT-3.3.2-18'],
    'long lists and long values are forwarded whole',
    ONLY_5,
    unaltered({
      correlationData: Buffer.alloc(65_535, 7),
      userProperties: Array.from({ length: 3000 }, (_, index) => [`name ${index % 10}`, `${index}`]),
    }),
  ),
];
