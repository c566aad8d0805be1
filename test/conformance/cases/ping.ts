import assert from 'node:assert/strict';
import { type Case, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';

/** PINGREQ and PINGRESP (5.0, sections 3.12 and 3.13). */
export const pingCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.12.4-1', '3.1.1:MQTT-3.12.4-1'],
    'each PINGREQ is answered with PINGRESP, as a packet without a body',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      client.send('c000 c000 c000');
      await each([1, 2, 3], async () => assert.equal((await client.nextBytes()).toString('hex'), 'd000'));
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.12.4-1', '3.1.1:MQTT-3.12.4-1'],
    'PINGREQ is answered while messages wait for the client, and in its turn among other packets',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t', { qos: 2 });
      await scene.publish('t', '', { qos: 2 });
      await client.next('publish');
      client.publish('other', '', { qos: 1, packetId: 1 }).send('c000').publish('other', '', { qos: 1, packetId: 2 });
      assert.equal((await client.next('puback')).packetId, 1);
      await client.next('pingresp');
      assert.equal((await client.next('puback')).packetId, 2);
    },
  ),
  statement(
    ['5.0:MQTT-3.12.4-1', '3.1.1:MQTT-3.12.4-1'],
    'a PINGREQ with a body ends the connection with 0x81, a PINGRESP of a client with 0x82',
    VERSIONS,
    async (scene) => {
      const long = await scene.connect();
      long.send('c001 00');
      await long.expectEnd('malformed_packet');
      const answering = await scene.connect();
      answering.send('d000');
      await answering.expectEnd('protocol_error');
    },
  ),
];
