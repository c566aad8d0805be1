import assert from 'node:assert/strict';
import { type Case, NUMBERED, ONLY_311, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';

/** All characters that every server must allow in a client identifier. */
const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The client identifier (section 3.1.3.1) and the take-over (3.1.4). */
export const clientIdCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.1.3-5', '3.1.1:MQTT-3.1.3-5'],
    'client identifiers of 1 to 23 letters and digits are accepted, all 62 of them',
    VERSIONS,
    async (scene) => {
      await each(CHARACTERS, async (clientId) => void (await scene.connect({ clientId })));
      const long = [0, 23, 39].map((start) => CHARACTERS.slice(start, start + 23));
      await each(long, async (clientId) => void (await scene.connect({ clientId })));
      assert.equal(scene.broker.stats().clients, 65);
    },
  ),
  statement(
    ['3.1.1:MQTT-3.1.3-6'],
    'clients without an identifier have each a session of its own',
    ONLY_311,
    async (scene) => {
      const first = await scene.connect({ clientId: '' });
      const second = await scene.connect({ clientId: '' });
      await first.subscribe('first');
      await second.subscribe('second');
      await scene.publish('first', 'one');
      await scene.publish('second', 'two');
      assert.deepEqual([await first.texts(), await second.texts()], [['one'], ['two']]);
    },
  ),
  statement(
    ['3.1.1:MQTT-3.1.3-7', '3.1.1:MQTT-3.1.3-8'],
    'a client without an identifier that wants its session kept is told CONNACK 2, and the connection is closed',
    ONLY_311,
    async (scene) => {
      const client = await scene.open();
      client.sendConnect({ clientId: '', cleanStart: false });
      assert.equal((await client.nextBytes()).toString('hex'), '20020002');
      await client.expectEnd(null);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.3-6', '5.0:MQTT-3.1.3-7', '5.0:MQTT-3.2.2-16'],
    'a client without an identifier is given one that nobody else has, and is told which',
    ONLY_5,
    async (scene) => {
      const ids = new Set<string | undefined>();
      await each([true, false, true, false], async (cleanStart) => {
        const client = await scene.open();
        const connack = await client.connect({ clientId: '', cleanStart });
        assert.equal(connack.sessionPresent, false);
        ids.add(connack.properties?.assignedClientIdentifier);
      });
      assert.equal(ids.size, 4);
      assert.ok(!ids.has('') && !ids.has(undefined));
      assert.equal(scene.broker.stats().clients, 4);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.3-7'],
    'the identifier that was given counts as if the client had sent it: it comes back with it',
    ONLY_5,
    async (scene) => {
      const first = await scene.open();
      const properties = { sessionExpiryInterval: 100 };
      const connack = await first.connect({ clientId: '', cleanStart: false, properties });
      const clientId = connack.properties?.assignedClientIdentifier ?? '';
      await first.subscribe('t');
      await first.disconnect();
      const back = await scene.open();
      const again = await back.connect({ clientId, cleanStart: false });
      assert.equal(again.sessionPresent, true);
      assert.equal(again.properties?.assignedClientIdentifier, undefined);
      await scene.publish('t', 'text');
      assert.deepEqual(await back.texts(), ['text']);
    },
  ),
  statement(
    ['5.0:MQTT-3.1.3-8', '3.1.1:MQTT-3.1.3-9'],
    'a client identifier that is rejected is answered with 0x85 or 2, and the connection is closed',
    NUMBERED,
    async (scene) => {
      scene.broker.hook('client.authenticate', ({ clientId }) =>
        clientId === 'wrong' ? { deny: 'client_identifier_not_valid' } : 'allow',
      );
      const client = await scene.open();
      await client.sendConnect({ clientId: 'wrong' }).expectRefusal('client_identifier_not_valid');
    },
  ),
  statement(
    ['5.0:MQTT-3.1.4-3', '3.1.1:MQTT-3.1.4-2'],
    'the second client with an identifier takes the place of the first, which is told and disconnected',
    VERSIONS,
    (scene) =>
      each([true, false], async (cleanStart) => {
        const first = await scene.connect({ clientId: 'a' });
        const bystander = await scene.connect({ clientId: 'b' });
        const second = await scene.connect({ clientId: 'a', cleanStart });
        await first.expectEnd('session_taken_over');
        await second.expectNothing();
        await bystander.expectNothing();
        await second.disconnect();
        await bystander.disconnect();
      }),
  ),
  statement(
    ['5.0:MQTT-3.1.4-3', '3.1.1:MQTT-3.1.4-2'],
    'a client that is refused takes the place of nobody',
    VERSIONS,
    async (scene) => {
      const first = await scene.connect({ clientId: 'a' });
      scene.broker.hook('client.authenticate', () => 'deny');
      const second = await scene.open();
      await second.sendConnect({ clientId: 'a' }).expectRefusal('not_authorized');
      await first.expectNothing();
    },
  ),
];
