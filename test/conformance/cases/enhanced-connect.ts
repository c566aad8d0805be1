import assert from 'node:assert/strict';
import { PacketType } from '../../../src/codec/packets.ts';
import { ReasonCode } from '../../../src/codec/reason-codes.ts';
import { packet } from '../../kit/packets.ts';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** A client that the broker has asked something, by a method of the scene's, and that has no CONNACK yet. */
async function asked(scene: Scene): Promise<Client> {
  const client = await scene.open();
  client.sendConnect({ properties: { authenticationMethod: 'TEST' } });
  assert.equal((await client.next('auth')).reasonCode, ReasonCode.continue_authentication);
  return client;
}

function askOnce(scene: Scene): void {
  scene.broker.hook('client.authenticate.enhanced', () => ({
    ask: Buffer.from('question'),
    next: (data) => (data?.toString() === 'answer' ? { allow: null } : 'deny'),
  }));
}

const ANSWER = {
  type: PacketType.auth,
  reasonCode: ReasonCode.continue_authentication,
  properties: { authenticationMethod: 'TEST', authenticationData: Buffer.from('answer') },
} as const;

/** A CONNECT with an Authentication Method, until CONNACK (sections 3.1.2.11.9, 3.1.4). */
export const enhancedConnectCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.1.2-30'],
    'any packet but AUTH and DISCONNECT before CONNACK ends the connection, and has no effect',
    ONLY_5,
    (scene) => {
      askOnce(scene);
      const packets = {
        PUBLISH: '3104 00017400',
        SUBSCRIBE: '8207 0001 00 00017400',
        PINGREQ: 'c000',
        PUBREL: '62020001',
      };
      return each(Object.entries(packets), async ([, hex]) => {
        const witness = await scene.connect();
        await witness.subscribe('#');
        const client = await asked(scene);
        client.send(hex, ANSWER);
        await client.expectNoConnection('protocol_error');
        await witness.expectNothing();
      });
    },
  ),
  statement(['5.0:MQTT-3.1.2-30'], 'DISCONNECT instead of an answer ends the connection', ONLY_5, async (scene) => {
    askOnce(scene);
    const client = await asked(scene);
    await client.disconnect();
    assert.equal(scene.broker.stats().sessions, 0);
  }),
  statement(
    ['5.0:MQTT-3.1.2-30', '5.0:MQTT-3.2.0-1'],
    'AUTH and nothing else comes before CONNACK',
    ONLY_5,
    async (scene) => {
      const away = await scene.connectKept({ clientId: 'a' });
      await away.subscribe('t', { qos: 1 });
      await away.disconnect();
      await scene.publish('t', 'waited', { qos: 1 });
      askOnce(scene);
      const client = await scene.open();
      client.sendConnect({ clientId: 'a', cleanStart: false, properties: { authenticationMethod: 'TEST' } });
      await client.next('auth');
      client.send(ANSWER);
      assert.equal((await client.next('connack')).sessionPresent, true);
      assert.equal((await client.next('publish')).payload.toString(), 'waited');
    },
  ),
  statement(['5.0:MQTT-3.1.4-6'], 'what follows an answer that is refused is not processed', ONLY_5, async (scene) => {
    askOnce(scene);
    const witness = await scene.connect();
    await witness.subscribe('#');
    const client = await asked(scene);
    const wrong = { ...ANSWER.properties, authenticationData: Buffer.from('wrong') };
    client.send({ ...ANSWER, properties: wrong }, packet(0x31, 't', 0));
    await client.expectRefusal('not_authorized');
    await witness.expectNothing();
  }),
];
