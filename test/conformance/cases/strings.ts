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

/** The properties with a string, as PUBLISH may have them, each with `text` in it. */
function propertiesWith(text: Part): [name: string, list: Buffer][] {
  return [
    ['content type', properties(0x03, text)],
    ['response topic', properties(0x08, text)],
    ['name of a user property', properties(0x26, text, 'value')],
    ['value of a user property', properties(0x26, 'name', text)],
  ];
}

/** Strings (5.0, section 1.5.4; 3.1.1, section 1.5.3). */
export const stringCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-1.5.4-1', '3.1.1:MQTT-1.5.3-1'],
    'ill-formed UTF-8 in any string ends the connection',
    VERSIONS,
    (scene) => each(Object.entries(ILL_FORMED), ([, hex]) => refusesEverywhere(scene, binary(Buffer.from(hex, 'hex')))),
  ),
  statement(['5.0:MQTT-1.5.4-1'], 'ill-formed UTF-8 in a property ends the connection', ONLY_5, (scene) =>
    each(propertiesWith(binary(Buffer.from('61eda080', 'hex'))), async ([, list]) => {
      const client = await scene.connect();
      client.send(packet(0x30, 'topic', list, Buffer.from('payload')));
      await client.expectEnd('malformed_packet');
    }),
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
  statement(['5.0:MQTT-1.5.4-2', '5.0:MQTT-1.5.7-1'], 'U+0000 in a property ends the connection', ONLY_5, (scene) =>
    each(propertiesWith('a\0'), async ([, list]) => {
      const client = await scene.connect();
      client.send(packet(0x30, 'topic', list, Buffer.from('payload')));
      await client.expectEnd('malformed_packet');
    }),
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
