import assert from 'node:assert/strict';
import { binary, bytes, packet, type Part, properties, u16 } from '../../kit/packets.ts';
import { type Case, NUMBERED, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';
import { Flag, rawConnect } from '../kit/raw-connect.ts';
import type { Scene } from '../kit/scene.ts';

/** Bytes that look like UTF-8 and are none. */
const ILL_FORMED = {
  'a surrogate': 'eda080',
  'the last surrogate': 'edbfbf',
  'a pair of surrogates': 'eda081edb080',
  'a continuation byte alone': '61806162',
  'a sequence that is too short': '61e282',
  'U+0000 in two bytes': 'c080',
  'a slash in two bytes': 'c0af',
  'beyond U+10FFFF': 'f4908080',
  'a byte of no meaning': 'ff',
} as const;

/** Packets of a connected client with `text` (its length included) where a string belongs. */
function packetsWith(version: number, text: Buffer): Buffer[] {
  const list = version === 5 ? properties() : Buffer.alloc(0);
  return [
    packet(0x30, text, list, Buffer.from('payload')),
    packet(0x32, text, u16(1), list, Buffer.from('payload')),
    packet(0x82, u16(1), list, text, 0),
    packet(0xa2, u16(1), list, text),
  ];
}

/** CONNECT packets with `text` where a string belongs. */
function connectsWith(version: 3 | 4 | 5, text: Buffer): Buffer[] {
  const list = version === 5 ? properties() : Buffer.alloc(0);
  return [
    rawConnect(version, { payload: [text] }),
    rawConnect(version, { flags: Flag.cleanStart | Flag.will, payload: ['c', list, text, 'will'] }),
    rawConnect(version, { flags: Flag.cleanStart | Flag.username, payload: ['c', text] }),
  ];
}

async function refusesEverywhere(scene: Scene, text: Buffer): Promise<void> {
  await each(packetsWith(scene.version, text), async (wrong) => {
    const client = await scene.connect();
    client.send(wrong);
    await client.expectEnd('malformed_packet');
  });
  await each(connectsWith(scene.version, text), async (wrong) => {
    const client = await scene.open();
    client.send(wrong);
    await client.expectNoConnection('malformed_packet');
  });
}

/** Packets of a connected 5.0 client with `text` in a property. */
function propertiesWith(text: Part): Record<string, Buffer> {
  const pairs = { name: properties(0x26, text, 'value'), value: properties(0x26, 'name', text) };
  const reason = properties(0x1f, text);
  return {
    'content type': packet(0x30, 'topic', properties(0x03, text)),
    'response topic': packet(0x30, 'topic', properties(0x08, text)),
    'name in PUBLISH': packet(0x30, 'topic', pairs.name),
    'value in PUBLISH': packet(0x30, 'topic', pairs.value),
    'value in SUBSCRIBE': packet(0x82, u16(1), pairs.value, 'filter', 0),
    'name in UNSUBSCRIBE': packet(0xa2, u16(1), pairs.name, 'filter'),
    'reason in PUBACK': packet(0x40, u16(1), 0, reason),
    'reason in PUBREC': packet(0x50, u16(1), 0, reason),
    'reason in PUBREL': packet(0x62, u16(1), 0, reason),
    'reason in PUBCOMP': packet(0x70, u16(1), 0, reason),
    'reason in DISCONNECT': packet(0xe0, 0, reason),
  };
}

/** None of the packets that `propertiesWith` makes of `text` is accepted. */
function refusesInProperties(text: Part): Case['run'] {
  return (scene) =>
    each(Object.entries(propertiesWith(text)), async ([, wrong]) => {
      const client = await scene.connect();
      client.send(wrong);
      await client.expectEnd('malformed_packet');
    });
}

/** Strings (5.0, section 1.5.4; 3.1.1, section 1.5.3). */
export const stringCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-1.5.4-1', '3.1.1:MQTT-1.5.3-1'],
    'ill-formed UTF-8 in any string ends the connection',
    VERSIONS,
    (scene) => each(Object.entries(ILL_FORMED), ([, hex]) => refusesEverywhere(scene, binary(Buffer.from(hex, 'hex')))),
  ),
  statement(
    ['5.0:MQTT-1.5.4-1'],
    'ill-formed UTF-8 in a property ends the connection',
    ONLY_5,
    refusesInProperties(binary(Buffer.from('61eda080', 'hex'))),
  ),
  statement(
    ['5.0:MQTT-1.5.4-1', '3.1.1:MQTT-1.5.3-1'],
    'characters of one to four bytes pass unchanged',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect({ clientId: 'Grüße-€-𝄞' });
      const topic = 'ü/€/𝄞/\u{fffd}/\u{10ffff}';
      await client.subscribe(topic);
      client.publish(topic, 'text');
      const bytesOfPublish = await client.nextBytes();
      assert.ok(bytesOfPublish.includes(bytes(topic)));
    },
  ),
  statement(['5.0:MQTT-1.5.4-2', '3.1.1:MQTT-1.5.3-2'], 'U+0000 in any string ends the connection', VERSIONS, (scene) =>
    each(['\0', 'a\0b', 'a\0'], (text) => refusesEverywhere(scene, bytes(text))),
  ),
  statement(
    ['5.0:MQTT-1.5.4-2', '5.0:MQTT-1.5.7-1'],
    'U+0000 in a property ends the connection',
    ONLY_5,
    refusesInProperties('a\0'),
  ),
  statement(
    ['5.0:MQTT-1.5.4-3', '3.1.1:MQTT-1.5.3-3'],
    'EF BB BF at the beginning of a topic and within it is kept, and tells topics apart',
    VERSIONS,
    async (scene) => {
      const marked = '\ufeffa/\ufeff';
      const client = await scene.connect();
      const other = await scene.connect();
      await client.subscribe(marked);
      await other.subscribe(['a/', 'a/\ufeff', '\ufeffa/']);
      client.publish(marked, 'text');
      assert.equal((await client.nextBytes()).toString('hex', 2, 12), '0008efbbbf612fefbbbf');
      await other.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-1.5.4-3', '3.1.1:MQTT-1.5.3-3'],
    'a client identifier that begins with EF BB BF is another one than without it',
    NUMBERED,
    async (scene) => {
      const plain = await scene.connect({ clientId: 'a' });
      const marked = await scene.connect({ clientId: '\ufeffa' });
      await plain.expectNothing();
      await marked.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-1.5.7-1'],
    'both strings of a pair must be well-formed UTF-8, in PUBLISH and in CONNECT',
    ONLY_5,
    async (scene) => {
      const wrong = binary(Buffer.from('61c080', 'hex'));
      const lists = [properties(0x26, wrong, 'value'), properties(0x26, 'name', wrong)];
      await each(lists, async (list) => {
        const client = await scene.connect();
        client.send(packet(0x30, 'topic', list));
        await client.expectEnd('malformed_packet');
      });
      await each(lists, async (list) => {
        const client = await scene.open();
        client.send(rawConnect(5, { properties: list }));
        await client.expectNoConnection('malformed_packet');
      });
    },
  ),
];
