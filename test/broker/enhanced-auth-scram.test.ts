import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PacketType } from '../../src/codec/packets.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene } from '../kit/scene.ts';
import { SCRAM_SHA_256, ScramClient, scramCredentials, scramSha256 } from '../kit/scram.ts';

/** The example of RFC 7677, section 3. */
const EXAMPLE = {
  clientNonce: 'rOprNGfwEbeRWgbNEkqO',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'),
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};

const USERS = new Map([
  ['user', scramCredentials('pencil', EXAMPLE.salt)],
  ['a=b,c', scramCredentials('other')],
]);

function scramScene(nonce?: () => string): Scene {
  const scene = new Scene({ allowAnonymous: false });
  scene.broker.hook('client.authenticate.enhanced', scramSha256(USERS, nonce));
  return scene;
}

function open(scene: Scene, data: Buffer, method = SCRAM_SHA_256): RawClient {
  const properties = { authenticationMethod: method, authenticationData: data };
  return scene.open().sendConnect({ version: 5, properties });
}

function sendAuth(client: RawClient, reasonCode: number, authenticationData: Buffer): RawClient {
  const properties = { authenticationMethod: SCRAM_SHA_256, authenticationData };
  return client.send({ type: PacketType.auth, reasonCode, properties });
}

/** Answers the challenge that has come. */
function prove(client: RawClient, scram: ScramClient, change: (final: string) => string = (final) => final): void {
  const { reasonCode, properties } = client.next('auth');
  assert.equal(reasonCode, ReasonCode.continue_authentication);
  const final = scram.final(properties?.authenticationData).toString();
  sendAuth(client, ReasonCode.continue_authentication, Buffer.from(change(final)));
}

/** A client that has proved to be `name`. */
function connect(scene: Scene, name = 'user', password = 'pencil'): RawClient {
  const scram = new ScramClient(name, password);
  const client = open(scene, scram.first());
  prove(client, scram);
  const { reasonCode, properties } = client.next('connack');
  assert.equal(reasonCode, 0);
  assert.ok(scram.trusts(properties?.authenticationData), 'the server has proved itself, too');
  return client;
}

describe('SCRAM-SHA-256', () => {
  test('goes as in the example of RFC 7677', () => {
    const client = open(
      scramScene(() => EXAMPLE.serverNonce),
      Buffer.from(EXAMPLE.clientFirst),
    );
    const challenge = client.next('auth').properties?.authenticationData?.toString();
    assert.equal(challenge, EXAMPLE.serverFirst);
    sendAuth(client, ReasonCode.continue_authentication, Buffer.from(EXAMPLE.clientFinal));
    const { reasonCode, properties } = client.next('connack');
    assert.equal(reasonCode, 0);
    assert.equal(properties?.authenticationMethod, SCRAM_SHA_256);
    assert.equal(properties?.authenticationData?.toString(), EXAMPLE.serverFinal);
  });

  test('the client says what the example says', () => {
    const scram = new ScramClient('user', 'pencil', EXAMPLE.clientNonce);
    assert.equal(scram.first().toString(), EXAMPLE.clientFirst);
    assert.equal(scram.final(Buffer.from(EXAMPLE.serverFirst)).toString(), EXAMPLE.clientFinal);
    assert.ok(scram.trusts(Buffer.from(EXAMPLE.serverFinal)));
    assert.ok(!scram.trusts(Buffer.from('v=rmF9pqV8S7suAoZWja4dJRkFsKQ=')));
  });

  test('lets in who knows the password, whatever the name', () => {
    const scene = scramScene();
    connect(scene);
    connect(scene, 'a=b,c', 'other').ping().next('pingresp');
  });

  const wrong: readonly [string, ScramClient, ((final: string) => string)?][] = [
    ['a wrong password', new ScramClient('user', 'pencils')],
    ['an unknown user', new ScramClient('nobody', 'pencil')],
    ['another nonce', new ScramClient('user', 'pencil'), (final) => final.replace(',r=', ',r=x')],
    ['another channel binding', new ScramClient('user', 'pencil'), (final) => final.replace('c=biws', 'c=eSws')],
    ['a proof that is too short', new ScramClient('user', 'pencil'), (final) => final.replace(/p=.*/, 'p=AAAA')],
    ['nonsense', new ScramClient('user', 'pencil'), () => 'nonsense'],
  ];
  for (const [title, scram, change] of wrong)
    test(`refuses ${title}`, () => {
      const scene = scramScene();
      const client = open(scene, scram.first());
      prove(client, scram, change);
      const { reasonCode, properties } = client.next('connack');
      assert.equal(reasonCode, ReasonCode.bad_username_or_password);
      assert.deepEqual(properties, { reasonString: 'SCRAM authentication failed' });
      assert.ok(client.ended);
      assert.equal(scene.broker.stats().sessions, 0);
    });

  test('refuses what is no first message', () => {
    for (const first of ['', 'n,,r=x,n=user', 'p=tls-exporter,,n=user,r=x', 'n,,m=x,n=user,r=x']) {
      const client = open(scramScene(), Buffer.from(first));
      assert.equal(client.next('connack').reasonCode, ReasonCode.bad_username_or_password, first);
    }
  });

  test('refuses another method: nobody has it', () => {
    const client = open(scramScene(), Buffer.from(EXAMPLE.clientFirst), 'SCRAM-SHA-1');
    assert.equal(client.next('connack').reasonCode, ReasonCode.bad_authentication_method);
    assert.ok(client.ended);
  });

  test('an unknown user gets the same salt each time, as a known one does', () => {
    const scene = scramScene();
    const saltOf = (name: string): string | undefined => {
      const client = open(scene, new ScramClient(name, '').first());
      return /,s=([^,]+),i=4096$/.exec(client.next('auth').properties?.authenticationData?.toString() ?? '')?.[1];
    };
    assert.notEqual(saltOf('nobody'), undefined);
    assert.equal(saltOf('nobody'), saltOf('nobody'));
    assert.notEqual(saltOf('nobody'), saltOf('somebody'));
  });

  test('a connected client proves itself anew', () => {
    const client = connect(scramScene());
    const scram = new ScramClient('user', 'pencil');
    sendAuth(client, ReasonCode.re_authenticate, scram.first());
    prove(client, scram);
    const { reasonCode, properties } = client.next('auth');
    assert.equal(reasonCode, ReasonCode.success);
    assert.ok(scram.trusts(properties?.authenticationData));
    client.ping().next('pingresp');
  });

  test('a connected client that cannot is disconnected', () => {
    const client = connect(scramScene());
    const scram = new ScramClient('user', 'pencils');
    sendAuth(client, ReasonCode.re_authenticate, scram.first());
    prove(client, scram);
    client.expectEnd('not_authorized');
  });

  test('a connected client does not become another one', () => {
    const client = connect(scramScene());
    sendAuth(client, ReasonCode.re_authenticate, new ScramClient('a=b,c', 'other').first());
    client.expectEnd('not_authorized');
  });
});
