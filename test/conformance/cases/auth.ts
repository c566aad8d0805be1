import assert from 'node:assert/strict';
import { type AuthPacket, PacketType } from '../../../src/codec/packets.ts';
import { ReasonCode, type ReasonName } from '../../../src/codec/reason-codes.ts';
import { packet, properties } from '../../kit/packets.ts';
import { type Case, ONLY_311, ONLY_5, statement } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** An AUTH of method TEST for `Client.send`. */
function auth(code: 'continue_authentication' | 're_authenticate' | 'success', data = ''): AuthPacket {
  const authenticationData = Buffer.from(data);
  return {
    type: PacketType.auth,
    reasonCode: ReasonCode[code],
    properties: { authenticationMethod: 'TEST', authenticationData },
  };
}

/** Asks once, `question`; the right answer is `answer`, and `refused <reason>` is answered with that reason. */
function askOnce({ broker }: Scene): void {
  broker.hook('client.authenticate.enhanced', (_, { method }) => {
    if (method !== 'TEST') return 'ignore';
    return {
      ask: Buffer.from('question'),
      next: (data) => {
        const text = data?.toString() ?? '';
        if (text.startsWith('refused ')) return { deny: text.slice(8) as ReasonName };
        return text === 'answer' ? { allow: Buffer.from('proof') } : 'deny';
      },
    };
  });
}

/** A client that has authenticated itself by method TEST. */
async function authenticated(scene: Scene): Promise<Client> {
  const client = await scene.open();
  client.sendConnect({ properties: { authenticationMethod: 'TEST' } });
  await client.next('auth');
  client.send(auth('continue_authentication', 'answer'));
  assert.equal((await client.next('connack')).reasonCode, 0);
  return client;
}

/** The same, and it has been asked anew. */
async function askedAgain(scene: Scene): Promise<Client> {
  const client = await authenticated(scene);
  client.send(auth('re_authenticate'));
  assert.equal((await client.next('auth')).reasonCode, ReasonCode.continue_authentication);
  return client;
}

const METHOD = properties(0x15, 'TEST');

/** AUTH (5.0, section 3.15). */
export const authCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.15.1-1'],
    'an AUTH with a reserved bit set is malformed and ends the connection, before CONNACK and after',
    ONLY_5,
    async (scene) => {
      askOnce(scene);
      await each([1, 2, 4, 8, 15], async (bits) => {
        const client = await authenticated(scene);
        client.send(packet(0xf0 | bits, 0x19, METHOD));
        await client.expectEnd('malformed_packet');
        const early = await scene.open();
        early.sendConnect({ properties: { authenticationMethod: 'TEST' } });
        await early.next('auth');
        early.send(packet(0xf0 | bits, 0x18, METHOD));
        await early.expectNoConnection('malformed_packet');
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.15.2-1'],
    'the broker asks with 0x18 and ends a re-authentication with 0x00, each with method and data',
    ONLY_5,
    async (scene) => {
      askOnce(scene);
      const client = await authenticated(scene);
      client.send(auth('re_authenticate'));
      const asked = await client.next('auth');
      assert.deepEqual(
        [asked.reasonCode, asked.properties?.authenticationMethod, asked.properties?.authenticationData?.toString()],
        [0x18, 'TEST', 'question'],
      );
      client.send(auth('continue_authentication', 'answer'));
      const done = await client.next('auth');
      assert.deepEqual(
        [done.reasonCode, done.properties?.authenticationMethod, done.properties?.authenticationData?.toString()],
        [0x00, 'TEST', 'proof'],
      );
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.15.2-1'],
    'an AUTH with a code that no AUTH has ends the connection with 0x82',
    ONLY_5,
    async (scene) => {
      askOnce(scene);
      await each([0x01, 0x10, 0x1a, 0x80, 0x87, 0x8c, 0xff], async (code) => {
        const client = await authenticated(scene);
        client.send(packet(0xf0, code, METHOD));
        await client.expectEnd(['protocol_error', 'malformed_packet']);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.15.2-1'],
    'codes that are not for a client, or not for now, end the connection with 0x82',
    ONLY_5,
    async (scene) => {
      askOnce(scene);
      const success = await authenticated(scene);
      success.send(auth('success'));
      await success.expectEnd('protocol_error');
      const bare = await authenticated(scene);
      bare.send('f000'); // 0x00 as well.
      await bare.expectEnd('protocol_error');
      const early = await authenticated(scene);
      early.send(auth('continue_authentication', 'answer'));
      await early.expectEnd('protocol_error');
      const twice = await askedAgain(scene);
      twice.send(auth('re_authenticate'));
      await twice.expectEnd('protocol_error');
    },
  ),
  statement(
    ['5.0:MQTT-3.15.2-1'],
    'an AUTH without its method, with another one, or of a client without any ends the connection with 0x82',
    ONLY_5,
    async (scene) => {
      askOnce(scene);
      await each(
        [properties(), properties(0x15, 'OTHER'), properties(0x15, 'test'), properties(0x16, 'data')],
        async (list) => {
          const client = await authenticated(scene);
          client.send(packet(0xf0, 0x19, list));
          await client.expectEnd('protocol_error');
        },
      );
      const without = await authenticated(scene);
      without.send(packet(0xf0, 0x19));
      await without.expectEnd('protocol_error');
      const plain = await scene.connect();
      plain.send(auth('re_authenticate'));
      await plain.expectEnd('protocol_error');
    },
  ),
  statement(
    ['5.0:MQTT-3.15.2-1'],
    'an AUTH with a property twice is a Protocol Error, with one that has no place there malformed',
    ONLY_5,
    async (scene) => {
      askOnce(scene);
      const wrong = [
        [properties(0x15, 'TEST', 0x15, 'TEST'), 'protocol_error'],
        [properties(0x15, 'TEST', 0x16, 'a', 0x16, 'a'), 'protocol_error'],
        [properties(0x15, 'TEST', 0x01, 1), 'malformed_packet'],
      ] as const;
      await each(wrong, async ([list, reason]) => {
        const client = await authenticated(scene);
        client.send(packet(0xf0, 0x19, list));
        await client.expectEnd(reason);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.15.2-1', '5.0:MQTT-3.14.2-1'],
    'a re-authentication that is refused ends the connection with the code of the hook, 0x87 in place of those that DISCONNECT has not',
    ONLY_5,
    async (scene) => {
      askOnce(scene);
      const reasons = {
        not_authorized: 0x87,
        bad_authentication_method: 0x8c,
        quota_exceeded: 0x97,
        administrative_action: 0x98,
        bad_username_or_password: 0x87,
        banned: 0x87,
        success: 0x87,
      };
      await each(Object.entries(reasons), async ([reason, code]) => {
        const client = await askedAgain(scene);
        client.send(auth('continue_authentication', `refused ${reason}`));
        assert.equal((await client.next('disconnect')).reasonCode, code);
        await client.expectEnd(null);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.15.2-1'],
    'other packets go both ways while a client authenticates itself anew',
    ONLY_5,
    async (scene) => {
      askOnce(scene);
      const client = await askedAgain(scene);
      await client.subscribe('t', { qos: 1 });
      client.publish('other', '', { qos: 1, packetId: 8 });
      assert.equal((await client.next('puback')).packetId, 8);
      await scene.publish('t', 'text');
      assert.deepEqual(await client.texts(), ['text']);
      client.send(auth('continue_authentication', 'answer'));
      assert.equal((await client.next('auth')).reasonCode, 0);
    },
  ),
  statement(
    ['3.1.1:MQTT-2.2.2-2'],
    'there is no packet of type 15 before 5.0: it ends the connection',
    ONLY_311,
    async (scene) => {
      const client = await scene.connect();
      client.send('f000');
      await client.expectEnd(null);
    },
  ),
  statement(
    ['5.0:MQTT-3.15.2-1'],
    'AUTH of the broker has no data where the method has none, and empty data where it has',
    ONLY_5,
    async (scene) => {
      await each([null, Buffer.alloc(0)], async (ask) => {
        const off = scene.broker.hook('client.authenticate.enhanced', () => ({ ask, next: () => 'deny' }));
        const client = await scene.open();
        client.sendConnect({ properties: { authenticationMethod: 'TEST' } });
        const { properties: list } = await client.next('auth');
        assert.deepEqual(list, { authenticationMethod: 'TEST', ...(ask !== null && { authenticationData: ask }) });
        off();
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.15.2-1'],
    'an AUTH with a Reason String and User Properties is taken',
    ONLY_5,
    async (scene) => {
      askOnce(scene);
      const client = await authenticated(scene);
      const list = properties(0x26, 'a', 'b', 0x15, 'TEST', 0x1f, 'text', 0x26, 'a', 'b');
      client.send(packet(0xf0, 0x19, list));
      assert.equal((await client.next('auth')).reasonCode, ReasonCode.continue_authentication);
    },
  ),
];
