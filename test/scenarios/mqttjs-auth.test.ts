import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';

import { connect, type IConnackPacket, type MqttClient } from 'mqtt';

import { type LocalBroker, localBroker } from '../kit/local-broker.ts';
import { SCRAM_SHA_256, ScramClient, scramCredentials, scramSha256 } from '../kit/scram.ts';
import { within } from '../kit/until.ts';

type AuthPacket = Parameters<MqttClient['handleAuth']>[0];

const USERS = new Map([['user', scramCredentials('pencil')]]);

async function scramBroker(t: TestContext): Promise<LocalBroker> {
  const local = await localBroker({ allowAnonymous: false });
  t.after(() => local[Symbol.asyncDispose]());
  local.broker.hook('client.authenticate.enhanced', scramSha256(USERS));
  return local;
}

/** An AUTH packet as MQTT.js takes it. */
function authPacket(reasonCode: number, authenticationData: Buffer): AuthPacket {
  return { cmd: 'auth', reasonCode, properties: { authenticationMethod: SCRAM_SHA_256, authenticationData } };
}

/** A client of MQTT.js on its way; `scram` answers what it is asked. */
function connecting(t: TestContext, { port }: LocalBroker, scram: ScramClient): MqttClient {
  const { properties } = authPacket(0, scram.first());
  const options = { protocolVersion: 5, reconnectPeriod: 0, ...(properties && { properties }) } as const;
  const client = connect(`mqtt://127.0.0.1:${port}`, options);
  t.after(() => client.endAsync(true));
  client.handleAuth = ({ reasonCode, properties: asked }, answer) => {
    if (reasonCode === 0) answer();
    else answer(undefined, authPacket(0x18, scram.final(asked?.authenticationData)));
  };
  return client;
}

suite('SCRAM-SHA-256 with MQTT.js', () => {
  test('lets in who knows the password; the client publishes and receives', async (t) => {
    const broker = await scramBroker(t);
    const scram = new ScramClient('user', 'pencil');
    const client = connecting(t, broker, scram);
    const accepted = new Promise<IConnackPacket>((resolve) => client.once('connect', resolve));
    const { properties } = await within(accepted, 'CONNACK');
    assert.equal(properties?.authenticationMethod, SCRAM_SHA_256);
    assert.ok(scram.trusts(properties.authenticationData));
    const arrived = new Promise<string>((resolve) =>
      client.once('message', (_, payload) => resolve(payload.toString())),
    );
    await client.subscribeAsync('t', { qos: 1 });
    await client.publishAsync('t', 'x', { qos: 1 });
    assert.equal(await within(arrived, 'the message'), 'x');
  });

  test('refuses who does not', async (t) => {
    const client = connecting(t, await scramBroker(t), new ScramClient('user', 'pen'));
    const refused = new Promise<Error>((resolve) => client.once('error', resolve));
    const error = await within(refused, 'the refusal');
    assert.equal((error as Error & { code?: number }).code, 0x86);
  });
});
