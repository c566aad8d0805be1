import assert from 'node:assert/strict';
import { ReasonCode, type ReasonName } from '../../../src/codec/reason-codes.ts';
import { packet } from '../../kit/packets.ts';
import { type Case, NUMBERED, ONLY_311, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';

/** The codes of CONNACK that say no (5.0, section 3.2.2.2). */
const REFUSALS = new Set([
  0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b, 0x9c,
  0x9d, 0x9f,
]);

/** All reasons that a hook may name, also those that fit no CONNACK. */
const REASONS = Object.keys(ReasonCode) as ReasonName[];

/** CONNACK (section 3.2). */
export const connackCases: readonly Case[] = [
  statement(
    [
      '5.0:MQTT-3.2.2-1',
      '5.0:MQTT-3.2.2-2',
      '5.0:MQTT-3.2.2-3',
      '3.1.1:MQTT-3.2.2-1',
      '3.1.1:MQTT-3.2.2-2',
      '3.1.1:MQTT-3.2.2-3',
    ],
    'the acknowledge flags are 1 with a session to go on with, else 0, and no other bit is set',
    NUMBERED,
    async (scene) => {
      const flags: number[] = [];
      await each([true, false, false, true, false], async (cleanStart) => {
        const client = await scene.open();
        client.sendConnect({ clientId: 'a', cleanStart, properties: { sessionExpiryInterval: 10 } });
        flags.push((await client.nextBytes())[2] ?? -1);
        await client.disconnect();
      });
      // Before 5.0 the session of a clean start ends with its connection.
      assert.deepEqual(flags, scene.version === 5 ? [0, 1, 1, 0, 1] : [0, 0, 1, 0, 0]);
    },
  ),
  statement(
    ['5.0:MQTT-3.2.2-6', '5.0:MQTT-3.2.2-7', '3.1.1:MQTT-3.2.2-4', '3.1.1:MQTT-3.2.2-5'],
    'a refusal says that there is no session although there is one, and the connection is closed',
    NUMBERED,
    async (scene) => {
      await (await scene.connectKept({ clientId: 'a' })).disconnect();
      scene.broker.hook('client.authenticate', () => 'deny');
      const client = await scene.open();
      client.sendConnect({ clientId: 'a', cleanStart: false, properties: { sessionExpiryInterval: 10 } });
      assert.equal((await client.nextBytes())[2], 0);
      await client.expectEnd(null);
    },
  ),
  statement(
    ['5.0:MQTT-3.2.2-8', '3.1.1:MQTT-3.2.2-5'],
    'a refusal has a code that CONNACK may have, whatever reason a hook names',
    NUMBERED,
    (scene) =>
      each(REASONS, async (reason) => {
        const off = scene.broker.hook('client.authenticate', () => ({ deny: reason }));
        const client = await scene.open();
        client.sendConnect();
        const { reasonCode } = await client.next('connack');
        const allowed = scene.version === 5 ? REFUSALS : new Set([1, 2, 3, 4, 5]);
        assert.ok(allowed.has(reasonCode), `0x${reasonCode.toString(16)}`);
        // A code that fits is the one that is sent.
        if (scene.version === 5 && REFUSALS.has(ReasonCode[reason])) assert.equal(reasonCode, ReasonCode[reason]);
        await client.expectEnd(null);
        off();
      }),
  ),
  statement(
    ['5.0:MQTT-3.2.0-1', '3.1.1:MQTT-3.2.0-1'],
    'CONNACK comes before the messages that waited',
    VERSIONS,
    async (scene) => {
      const away = await scene.connectKept({ clientId: 'a' });
      await away.subscribe('t', { qos: 2 });
      await scene.lose(away);
      await scene.publish('t', 'waited', { qos: 2 });
      const back = await scene.open();
      back.sendConnect({ clientId: 'a', cleanStart: false });
      await back.next('connack');
      assert.equal((await back.next('publish')).payload.toString(), 'waited');
    },
  ),
  statement(
    ['5.0:MQTT-3.2.2-19'],
    'the reason in words is left out of a CONNACK that would be too large with it',
    ONLY_5,
    async (scene) => {
      scene.broker.hook('client.authenticate', () => ({ deny: 'banned', text: 'x'.repeat(200) }));
      const small = await scene.open();
      small.sendConnect({ properties: { maximumPacketSize: 100 } });
      assert.equal((await small.expectRefusal('banned')).properties?.reasonString, undefined);
      const large = await scene.open();
      large.sendConnect({ properties: { maximumPacketSize: 300 } });
      assert.equal((await large.expectRefusal('banned')).properties?.reasonString, 'x'.repeat(200));
    },
  ),
  statement(
    ['3.1.1:MQTT-3.2.2-6'],
    'what no return code stands for (a CONNECT that is malformed) is answered with the end and no CONNACK',
    ONLY_311,
    async (scene) => {
      const client = await scene.open();
      client.send(packet(0x10, 'MQTT', 4, 2, 0));
      await client.expectEnd(null);
    },
  ),
];
