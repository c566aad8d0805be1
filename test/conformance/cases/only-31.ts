import assert from 'node:assert/strict';
import { type Case, statement } from '../kit/case.ts';
import { each } from '../kit/each.ts';
import { openFrames } from '../kit/frames.ts';
import { Flag, rawConnect } from '../kit/raw-connect.ts';

const ONLY_31 = [3] as const;

/** What only MQTT 3.1 has; it numbers no statements. */
export const only31Cases: readonly Case[] = [
  statement([], 'the protocol name is MQIsdp: MQTT with version 3 is refused', ONLY_31, async (scene) => {
    const wrong = await scene.open();
    wrong.send(rawConnect(3, { name: 'MQTT' }));
    await wrong.expectRefusal('unsupported_protocol_version');
    const right = await scene.open();
    right.send(rawConnect(3));
    assert.equal((await right.nextBytes()).toString('hex'), '20020000');
  }),
  statement(
    [],
    'client identifiers have 1 to 23 characters; longer ones are taken as well, as the later versions have it',
    ONLY_31,
    (scene) =>
      each([1, 23, 24, 100, 1000], async (length) => {
        const clientId = 'x'.repeat(length);
        const first = await scene.connectKept({ clientId });
        await first.subscribe('t');
        await first.disconnect();
        const back = await scene.connectKept({ clientId });
        await scene.publish('t', 'text');
        assert.deepEqual(await back.texts(), ['text']);
      }),
  ),
  statement([], 'an empty client identifier is rejected with return code 2, clean or not', ONLY_31, (scene) =>
    each([true, false], async (cleanStart) => {
      const client = await scene.open();
      client.sendConnect({ clientId: '', cleanStart });
      await client.expectRefusal('client_identifier_not_valid');
    }),
  ),
  statement([], 'CONNACK does not tell whether there is a session: its first byte is 0', ONLY_31, async (scene) => {
    const first = await scene.connectKept({ clientId: 'a' });
    await first.subscribe('t');
    await first.disconnect();
    const back = await scene.open();
    back.sendConnect({ clientId: 'a', cleanStart: false });
    assert.equal((await back.nextBytes()).toString('hex'), '20020000');
    await scene.publish('t', 'text');
    assert.deepEqual(await back.texts(), ['text']);
  }),
  statement([], 'SUBSCRIBE, UNSUBSCRIBE and PUBREL may have the DUP flag', ONLY_31, async (scene) => {
    const client = await scene.connect();
    client.send('8a 06 0001 0001 74 01');
    assert.equal((await client.nextBytes()).toString('hex'), '9003000101');
    client.publish('t', 'text', { qos: 2, packetId: 9 });
    const [message] = (await client.received()).flatMap((packet) => ('payload' in packet ? [packet] : []));
    assert.equal(message?.payload.toString(), 'text');
    client.ack('puback', message.packetId).send('6a 02 0009');
    assert.equal((await client.nextBytes()).toString('hex'), '70020009');
    client.send('aa 05 0002 0001 74');
    assert.equal((await client.nextBytes()).toString('hex'), 'b0020002');
    await scene.publish('t', 'text');
    await client.expectNothing();
  }),
  statement(
    [],
    'a user name without password, and flags without fields: CONNECT is read as it came',
    ONLY_31,
    async (scene) => {
      const names: (string | undefined)[] = [];
      scene.broker.hook('client.authenticate', ({ username }) => {
        names.push(username);
        return 'allow';
      });
      const client = await scene.open();
      client.send(rawConnect(3, { flags: Flag.cleanStart | Flag.username, payload: ['raw', 'name'] }));
      assert.equal((await client.next('connack')).reasonCode, 0);
      assert.deepEqual(names, ['name']);
    },
  ),
  statement([], 'SUBACK grants the QoS that was asked for', ONLY_31, async (scene) => {
    const client = await scene.connect();
    assert.deepEqual(await client.subscribe(['a', 'b/+', '#'], { qos: 2 }), [2, 2, 2]);
  }),
  statement([], 'a PUBLISH that is not authorised is acknowledged all the same', ONLY_31, async (scene) => {
    scene.broker.hook('client.authorize', ({ clientId }) => (clientId === 'a' ? 'deny' : 'ignore'));
    const witness = await scene.connect({ clientId: 'witness' });
    await witness.subscribe('#');
    const client = await scene.connect({ clientId: 'a' });
    client.publish('t', '', { qos: 1, packetId: 5 });
    assert.equal((await client.next('puback')).packetId, 5);
    client.publish('t', '', { qos: 2, packetId: 6 });
    assert.equal((await client.next('pubrec')).packetId, 6);
    client.ack('pubrel', 6);
    assert.equal((await client.next('pubcomp')).packetId, 6);
    await witness.expectNothing();
  }),
  statement(
    [],
    'the WebSocket subprotocol mqttv3.1 of older clients is taken',
    ONLY_31,
    async (scene) => {
      const { client, socket } = await openFrames(scene, ['mqttv3.1']);
      assert.equal(socket.protocol, 'mqttv3.1');
      await client.connect();
      await client.disconnect();
    },
    { over: 'websocket' },
  ),
];
