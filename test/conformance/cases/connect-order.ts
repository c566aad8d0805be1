import assert from 'node:assert/strict';
import { packet } from '../../kit/packets.ts';
import { type Case, NUMBERED, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';
import { connectBody, Flag, rawConnect } from '../kit/raw-connect.ts';

/** CONNECT as the first packet, and once; its name, level and reserved flag (section 3.1.0, 3.1.2, 3.1.4). */
export const connectOrderCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.1.0-1', '3.1.1:MQTT-3.1.0-1'],
    'any first packet but CONNECT ends the connection without an answer',
    VERSIONS,
    async (scene) => {
      const publish = '3003 000161';
      const subscribe = '8206 0001 000161 00';
      const others = ['c000', 'e000', '40020001', '62020001', 'f000', '20020000', '0000'];
      await each([publish, subscribe, ...others], async (first) => {
        const client = await scene.open();
        client.send(first);
        await client.expectEnd(null);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.1.0-1', '3.1.1:MQTT-3.1.0-1'],
    'a PUBLISH before CONNECT has no effect, even with a good CONNECT behind it',
    VERSIONS,
    async (scene) => {
      const witness = await scene.connect();
      await witness.subscribe('#');
      const client = await scene.open();
      client.send(
        packet(0x31, 't', ...(scene.version === 5 ? [0] : []), Buffer.from('text')),
        rawConnect(scene.version),
      );
      await client.expectEnd(null);
      await witness.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.1.0-2', '5.0:MQTT-3.2.0-2', '3.1.1:MQTT-3.1.0-2'],
    'a second CONNECT ends the connection and gets no CONNACK',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      client.sendConnect();
      await client.expectEnd('protocol_error');
    },
  ),
  statement(
    ['5.0:MQTT-3.1.0-2', '3.1.1:MQTT-3.1.0-2'],
    'a second CONNECT before the answer to the first one ends the connection',
    VERSIONS,
    async (scene) => {
      scene.broker.hook('client.authenticate', async () => 'allow' as const);
      const client = await scene.open();
      client.send(rawConnect(scene.version), rawConnect(scene.version, { payload: ['other'] }));
      await client.next('connack');
      await client.expectEnd('protocol_error');
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-1', '3.1.1:MQTT-3.1.2-1'],
    'a protocol name that is none is not accepted',
    NUMBERED,
    (scene) =>
      each(['mqtt', 'MQTTX', 'MQT', 'MQTt', ' MQTT', 'HTTP', ''], async (name) => {
        const client = await scene.open();
        client.send(rawConnect(scene.version, { name }));
        await client.expectNoConnection('unsupported_protocol_version', 'protocol_error', 'malformed_packet');
      }),
  ),
  statement(
    ['5.0:MQTT-3.1.2-2', '3.1.1:MQTT-3.1.2-2'],
    'a protocol level that is none is answered with CONNACK 1, which any client understands, and the end',
    NUMBERED,
    (scene) =>
      each([0, 1, 2, 3, 6, 7, 0x45, 0x7f], async (level) => {
        const client = await scene.open(4);
        client.send(rawConnect(scene.version, { level }));
        assert.equal((await client.nextBytes()).toString('hex'), '20020001');
        await client.expectEnd(null);
      }),
  ),
  statement(
    ['5.0:MQTT-3.1.2-3', '3.1.1:MQTT-3.1.2-3'],
    'a CONNECT with the reserved connect flag is not accepted',
    VERSIONS,
    async (scene) => {
      const client = await scene.open();
      client.send(rawConnect(scene.version, { flags: Flag.cleanStart | 1 }));
      await client.expectNoConnection('malformed_packet');
    },
  ),
  statement(
    ['5.0:MQTT-3.1.4-1', '3.1.1:MQTT-3.1.4-1'],
    'a CONNECT that ends too early is not accepted, wherever it ends',
    NUMBERED,
    async (scene) => {
      const list = scene.version === 5 ? Buffer.from([0]) : Buffer.alloc(0);
      const flags = Flag.cleanStart | Flag.will | Flag.username | Flag.password;
      const whole = connectBody(scene.version, { flags, payload: ['id', list, 'topic', 'will', 'name', 'word'] });
      await each(whole.keys(), async (length) => {
        const client = await scene.open();
        client.send(packet(0x10, whole.subarray(0, length)));
        await client.expectNoConnection('malformed_packet');
      });
      const client = await scene.open();
      client.send(packet(0x10, whole));
      assert.equal((await client.next('connack')).reasonCode, 0);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.4-1', '3.1.1:MQTT-3.1.4-1'],
    'a CONNECT that is longer than its fields is not accepted',
    NUMBERED,
    async (scene) => {
      const client = await scene.open();
      client.send(rawConnect(scene.version, { payload: ['id', 0] }));
      await client.expectNoConnection('malformed_packet');
    },
  ),
  statement(
    ['5.0:MQTT-3.1.4-5', '5.0:MQTT-3.2.0-1', '3.1.1:MQTT-3.1.4-4', '3.1.1:MQTT-3.2.0-1'],
    'CONNACK is the first packet, although others were asked for in the same breath and the decision takes a while',
    VERSIONS,
    async (scene) => {
      scene.broker.hook('client.authenticate', async () => 'allow' as const);
      const client = await scene.open();
      const subscribe = packet(0x82, 0, 1, ...(scene.version === 5 ? [0] : []), 't', 0);
      client.send(rawConnect(scene.version), subscribe, 'c000');
      assert.equal((await client.next('connack')).reasonCode, 0);
      await client.next('suback');
      await client.next('pingresp');
    },
  ),
];
