import assert from 'node:assert/strict';
import { type AuthPacket, PacketType } from '../../../src/codec/packets.ts';
import { packet, properties } from '../../kit/packets.ts';
import { type Case, ONLY_5, statement } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

const METHOD = 'TEST';
const CONTINUE = 0x18;
const AGAIN = 0x19;

/** Asks two questions, each to be answered with `yes`; knows one method. */
function askTwice(scene: Scene): void {
  scene.broker.hook('client.authenticate.enhanced', (_, { method }) => {
    if (method !== METHOD) return 'ignore';
    return {
      ask: Buffer.from('first?'),
      next: (first) =>
        first?.toString() !== 'yes'
          ? 'deny'
          : {
              ask: Buffer.from('second?'),
              next: (second) => (second?.toString() === 'yes' ? { allow: Buffer.from('welcome') } : 'deny'),
            },
    };
  });
}

function auth(reasonCode: number, data: string | null = 'yes', method: string | null = METHOD): AuthPacket {
  return {
    type: PacketType.auth,
    reasonCode,
    properties: {
      ...(method !== null && { authenticationMethod: method }),
      ...(data !== null && { authenticationData: Buffer.from(data) }),
    },
  };
}

/** A client that was asked the first question. */
async function asked(scene: Scene): Promise<Client> {
  const client = await scene.open();
  client.sendConnect({ properties: { authenticationMethod: METHOD } });
  await client.next('auth');
  return client;
}

/** A client that has answered both. */
async function authenticated(scene: Scene): Promise<Client> {
  const client = await asked(scene);
  client.send(auth(CONTINUE));
  await client.next('auth');
  client.send(auth(CONTINUE));
  await client.next('connack');
  return client;
}

/** Enhanced authentication (section 4.12); older versions do not have it. */
export const authenticationCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-4.12.0-1'],
    'a method that nobody has is refused with 0x8C, with hooks for others and without any',
    ONLY_5,
    async (scene) => {
      await each(['without', 'with'], async (hooks) => {
        if (hooks === 'with') askTwice(scene);
        await each(['NONE', '', 'test'], async (authenticationMethod) => {
          const client = await scene.open();
          client.sendConnect({ properties: { authenticationMethod } });
          await client.expectRefusal('bad_authentication_method');
        });
      });
      assert.equal(scene.broker.stats().sessions, 0);
    },
  ),
  statement(
    ['5.0:MQTT-4.12.0-2', '5.0:MQTT-4.12.0-5'],
    'each question comes in AUTH 0x18 with the method of CONNECT, and CONNACK names it, too',
    ONLY_5,
    async (scene) => {
      askTwice(scene);
      const client = await scene.open();
      client.sendConnect({ properties: { authenticationMethod: METHOD } });
      const question = (data: string) => packet(0xf0, CONTINUE, properties(0x15, METHOD, 0x16, data)).toString('hex');
      assert.equal((await client.nextBytes()).toString('hex'), question('first?'));
      client.send(auth(CONTINUE));
      assert.equal((await client.nextBytes()).toString('hex'), question('second?'));
      client.send(auth(CONTINUE));
      const connack = await client.next('connack');
      assert.equal(connack.reasonCode, 0);
      assert.equal(connack.properties?.authenticationMethod, METHOD);
      assert.equal(connack.properties?.authenticationData?.toString(), 'welcome');
    },
  ),
  statement(['5.0:MQTT-4.12.0-5'], 'CONNACK names the method where no question was asked', ONLY_5, async (scene) => {
    scene.broker.hook('client.authenticate.enhanced', () => ({ allow: null }));
    const client = await scene.open();
    const connack = await client.connect({ properties: { authenticationMethod: METHOD } });
    assert.equal(connack.properties?.authenticationMethod, METHOD);
    assert.equal(connack.properties.authenticationData, undefined);
  }),
  statement(
    ['5.0:MQTT-4.12.0-3'],
    'an answer with another reason code than 0x18 ends the connection',
    ONLY_5,
    async (scene) => {
      askTwice(scene);
      await each([0x00, AGAIN, 0x80, 0x01], async (code) => {
        const client = await asked(scene);
        client.send(auth(code));
        await client.expectNoConnection('protocol_error', 'malformed_packet');
      });
    },
  ),
  statement(
    ['5.0:MQTT-4.12.0-5'],
    'an answer with another method, or without one, ends the connection',
    ONLY_5,
    async (scene) => {
      askTwice(scene);
      await each(['OTHER', null, ''], async (method) => {
        const client = await asked(scene);
        client.send(auth(CONTINUE, 'yes', method));
        await client.expectNoConnection('protocol_error', 'bad_authentication_method');
      });
    },
  ),
  statement(
    ['5.0:MQTT-4.12.0-4'],
    'a refusal at any step is a CONNACK of 0x80 or more and the end of the connection',
    ONLY_5,
    async (scene) => {
      askTwice(scene);
      await each([0, 1], async (right) => {
        const client = await asked(scene);
        if (right === 1) {
          client.send(auth(CONTINUE));
          await client.next('auth');
        }
        client.send(auth(CONTINUE, 'no'));
        await client.expectRefusal('not_authorized');
      });
      scene.broker.hook('client.authenticate.enhanced', (_, { method }) =>
        method === 'NEVER' ? { deny: 'banned' } : 'ignore',
      );
      const client = await scene.open();
      client.sendConnect({ properties: { authenticationMethod: 'NEVER' } });
      await client.expectRefusal('banned');
      assert.equal(scene.broker.stats().sessions, 0);
    },
  ),
  statement(
    ['5.0:MQTT-4.12.0-6'],
    'a client that names no method gets no AUTH, and no method in CONNACK',
    ONLY_5,
    async (scene) => {
      askTwice(scene);
      const client = await scene.open();
      const { properties: told } = await client.connect();
      assert.equal(told?.authenticationMethod, undefined);
      assert.equal(told?.authenticationData, undefined);
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-4.12.0-7'],
    'AUTH of a client that named no method ends the connection',
    ONLY_5,
    async (scene) => {
      askTwice(scene);
      await each([CONTINUE, AGAIN, 0x00], async (code) => {
        const client = await scene.connect();
        client.send(auth(code));
        await client.expectEnd('protocol_error');
      });
    },
  ),
  statement(
    ['5.0:MQTT-4.12.1-1', '5.0:MQTT-4.12.0-5'],
    'a client authenticates itself anew, any number of times, and hears so in AUTH 0x00 with its method',
    ONLY_5,
    async (scene) => {
      askTwice(scene);
      const client = await authenticated(scene);
      await client.subscribe('t');
      await each([1, 2], async () => {
        client.send(auth(AGAIN));
        const first = await client.next('auth');
        assert.deepEqual([first.reasonCode, first.properties?.authenticationMethod], [CONTINUE, METHOD]);
        // Other packets go their way meanwhile.
        client.publish('t', 'text');
        assert.deepEqual(await client.texts(), ['text']);
        client.send(auth(CONTINUE));
        assert.equal((await client.next('auth')).reasonCode, CONTINUE);
        client.send(auth(CONTINUE));
        const last = await client.next('auth');
        assert.deepEqual([last.reasonCode, last.properties?.authenticationMethod], [0, METHOD]);
      });
      client.publish('t', 'still here');
      assert.deepEqual(await client.texts(), ['still here']);
    },
  ),
  statement(
    ['5.0:MQTT-4.12.1-1'],
    'to do so with another method, or without one, ends the connection',
    ONLY_5,
    async (scene) => {
      askTwice(scene);
      await each(['OTHER', null], async (method) => {
        const client = await authenticated(scene);
        client.send(auth(AGAIN, null, method));
        await client.expectEnd(['protocol_error', 'bad_authentication_method']);
      });
    },
  ),
  statement(
    ['5.0:MQTT-4.12.1-2'],
    'where it fails DISCONNECT says why and the connection ends, and nothing that follows counts',
    ONLY_5,
    async (scene) => {
      askTwice(scene);
      const witness = await scene.connect();
      await witness.subscribe('t');
      await each([0, 1], async (right) => {
        const client = await authenticated(scene);
        client.send(auth(AGAIN));
        await client.next('auth');
        if (right === 1) {
          client.send(auth(CONTINUE));
          await client.next('auth');
        }
        client.send(auth(CONTINUE, 'no')).publish('t', 'too late');
        await client.expectEnd('not_authorized');
        await witness.expectNothing();
      });
    },
  ),
];
