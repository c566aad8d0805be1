import assert from 'node:assert/strict';
import { binary, properties, type Part } from '../../kit/packets.ts';
import { type Case, NUMBERED, ONLY_311, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';
import { Flag, rawConnect } from '../kit/raw-connect.ts';
import type { Scene } from '../kit/scene.ts';

/** What the broker understood of a CONNECT. */
interface Understood {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** What the broker understands of each CONNECT from now on. */
function listen(scene: Scene): Understood[] {
  const understood: Understood[] = [];
  scene.broker.hook('client.authenticate', ({ clientId, username }, password) => {
    understood.push({ clientId, username, password: password?.toString('hex') });
    return 'allow';
  });
  return understood;
}

/** A CONNECT with these flags, besides Clean Start, and this payload is not accepted. */
async function refuses(scene: Scene, flags: number, payload: readonly Part[]): Promise<void> {
  const client = await scene.open();
  client.send(rawConnect(scene.version, { flags: Flag.cleanStart | flags, payload }));
  await client.expectNoConnection('malformed_packet');
}

/** User name, password and the order of the payload (sections 3.1.2.8, 3.1.2.9, 3.1.3). */
export const credentialCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.1.2-16', '3.1.1:MQTT-3.1.2-18'],
    'a user name without its flag is not accepted',
    NUMBERED,
    (scene) => refuses(scene, 0, ['id', 'name']),
  ),
  statement(
    ['5.0:MQTT-3.1.2-17', '3.1.1:MQTT-3.1.2-19'],
    'the flag of the user name without one is not accepted',
    NUMBERED,
    (scene) => refuses(scene, Flag.username, ['id']),
  ),
  statement(
    ['5.0:MQTT-3.1.2-18', '3.1.1:MQTT-3.1.2-20'],
    'a password without its flag is not accepted',
    NUMBERED,
    (scene) => refuses(scene, Flag.username, ['id', 'name', 'word']),
  ),
  statement(
    ['5.0:MQTT-3.1.2-19', '3.1.1:MQTT-3.1.2-21'],
    'the flag of the password without one is not accepted',
    NUMBERED,
    (scene) => refuses(scene, Flag.username | Flag.password, ['id', 'name']),
  ),
  statement(['3.1.1:MQTT-3.1.2-22'], 'a password without a user name is not accepted', ONLY_311, (scene) =>
    refuses(scene, Flag.password, ['id', 'word']),
  ),
  statement(
    ['5.0:MQTT-3.1.2-16', '5.0:MQTT-3.1.2-19'],
    'a password may come without a user name',
    ONLY_5,
    async (scene) => {
      const understood = listen(scene);
      await scene.connect({ clientId: 'id', password: Buffer.from('word') });
      assert.deepEqual(understood, [{ clientId: 'id', username: undefined, password: '776f7264' }]);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.2-17', '5.0:MQTT-3.1.2-19', '3.1.1:MQTT-3.1.2-19', '3.1.1:MQTT-3.1.2-21'],
    'user name and password are read as they are, be they empty or (the password) binary',
    VERSIONS,
    async (scene) => {
      const understood = listen(scene);
      await scene.connect({ clientId: 'a', username: '', password: Buffer.alloc(0) });
      await scene.connect({ clientId: 'b', username: 'ü', password: Buffer.from([0, 0xff, 0xc0, 0x80]) });
      await scene.connect({ clientId: 'c', username: 'name' });
      await scene.connect({ clientId: 'd' });
      assert.deepEqual(understood, [
        { clientId: 'a', username: '', password: '' },
        { clientId: 'b', username: 'ü', password: '00ffc080' },
        { clientId: 'c', username: 'name', password: undefined },
        { clientId: 'd', username: undefined, password: undefined },
      ]);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.3-1', '5.0:MQTT-3.1.3-3', '3.1.1:MQTT-3.1.3-1', '3.1.1:MQTT-3.1.3-3'],
    'the fields of the payload are read in their order, the client identifier first',
    VERSIONS,
    async (scene) => {
      const understood = listen(scene);
      const witness = await scene.connect({ clientId: 'witness' });
      await witness.subscribe('#');
      const client = await scene.open();
      client.clientId = 'one';
      const list = scene.version === 5 ? [properties(0x03, 'type')] : [];
      const flags = Flag.cleanStart | Flag.will | Flag.username | Flag.password;
      client.send(rawConnect(scene.version, { flags, payload: ['one', ...list, 'two', 'three', 'four', 'five'] }));
      assert.equal((await client.next('connack')).reasonCode, 0);
      const password = Buffer.from('five').toString('hex');
      assert.deepEqual(understood[1], { clientId: 'one', username: 'four', password });
      await scene.lose(client);
      const { topic, payload, properties: received } = await witness.next('publish');
      assert.deepEqual([topic, payload.toString()], ['two', 'three']);
      if (scene.version === 5) assert.deepEqual(received, { contentType: 'type' });
    },
  ),
  statement(
    ['5.0:MQTT-3.1.3-3', '3.1.1:MQTT-3.1.3-3'],
    'a CONNECT without any client identifier is not accepted',
    NUMBERED,
    (scene) => refuses(scene, 0, []),
  ),
  statement(
    ['5.0:MQTT-3.1.3-4', '3.1.1:MQTT-3.1.3-4'],
    'a client identifier that is not UTF-8 is not accepted',
    VERSIONS,
    (scene) => refuses(scene, 0, [binary(Buffer.from('61ff', 'hex'))]),
  ),
  statement(
    ['5.0:MQTT-3.1.3-11', '3.1.1:MQTT-3.1.3-10'],
    'a will topic that is not UTF-8 is not accepted',
    VERSIONS,
    (scene) =>
      refuses(scene, Flag.will, [
        'id',
        ...(scene.version === 5 ? [0] : []),
        binary(Buffer.from('61ff', 'hex')),
        'payload',
      ]),
  ),
  statement(
    ['5.0:MQTT-3.1.3-12', '3.1.1:MQTT-3.1.3-11'],
    'a user name that is not UTF-8 is not accepted',
    VERSIONS,
    (scene) => refuses(scene, Flag.username, ['id', binary(Buffer.from('61ff', 'hex'))]),
  ),
  statement(
    ['5.0:MQTT-3.1.4-2', '5.0:MQTT-3.2.2-7', '3.1.1:MQTT-3.2.2-5'],
    'a client that a check refuses is told why, and its connection is closed',
    VERSIONS,
    (scene) =>
      each(['not_authorized', 'bad_username_or_password', 'server_unavailable', 'banned'] as const, async (reason) => {
        const off = scene.broker.hook('client.authenticate', () => ({ deny: reason }));
        const client = await scene.open();
        await client.sendConnect().expectRefusal(reason);
        assert.equal(scene.broker.stats().sessions, 0);
        off();
      }),
  ),
  statement(
    ['5.0:MQTT-3.1.4-6', '3.1.1:MQTT-3.1.4-5'],
    'what follows a CONNECT that is refused is not processed, be it refused at once or later',
    VERSIONS,
    (scene) =>
      each([() => 'deny' as const, async () => 'deny' as const], async (hook) => {
        const witness = await scene.connect();
        await witness.subscribe('#');
        const off = scene.broker.hook('client.authenticate', hook);
        const client = await scene.open();
        const publish = scene.version === 5 ? '3104 00017400' : '3103 000174';
        client.send(rawConnect(scene.version), publish);
        await client.expectRefusal('not_authorized');
        off();
        await witness.subscribe('t', { packetId: 2 });
        await witness.expectNothing();
      }),
  ),
];
