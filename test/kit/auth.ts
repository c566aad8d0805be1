import assert from 'node:assert/strict';
import type { AuthenticationStep, BrokerHooks } from '../../src/broker/hooks.ts';
import { type AuthPacket, PacketType } from '../../src/codec/packets.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import type { ConnectFields, RawClient } from './raw-client.ts';
import { Scene } from './scene.ts';

type Hook = BrokerHooks['client.authenticate.enhanced'];

export const METHOD = 'HOW';
export const CONTINUE = ReasonCode.continue_authentication;
export const AGAIN = ReasonCode.re_authenticate;

/** An AUTH packet; `data` undefined has none. */
export function auth(reasonCode: number, data?: string, authenticationMethod: string | null = METHOD): AuthPacket {
  const properties = {
    ...(authenticationMethod !== null && { authenticationMethod }),
    ...(data !== undefined && { authenticationData: Buffer.from(data) }),
  };
  return { type: PacketType.auth, reasonCode, properties };
}

/** Sends CONNECT with the method. */
export function begin(scene: Scene, data?: string, fields: ConnectFields = {}): RawClient {
  const { properties } = auth(CONTINUE, data);
  return scene.open().sendConnect({ version: 5, ...fields, properties: { ...properties, ...fields.properties } });
}

/** What the client's next AUTH says, which must carry the method. */
export function said(client: RawClient): [reasonCode: number, data: string | undefined] {
  const { reasonCode, properties } = client.next('auth');
  assert.equal(properties?.authenticationMethod, METHOD);
  return [reasonCode, properties?.authenticationData?.toString()];
}

/** Asks for the words of a list, one after the other; then allows. */
export function askFor(words: readonly string[], slow = false): Hook {
  const step = (at: number): AuthenticationStep | Promise<AuthenticationStep> => {
    const word = words[at];
    if (word === undefined) return answer({ allow: Buffer.from('welcome') });
    return answer({
      ask: Buffer.from(`${word}?`),
      next: (data) => (data?.toString() === word ? step(at + 1) : answer({ deny: 'banned', text: `not ${word}` })),
    });
  };
  const answer = (what: AuthenticationStep) => (slow ? Promise.resolve(what) : what);
  return () => step(0);
}

export function enhanced(hook: Hook, options = {}): Scene {
  const scene = new Scene(options);
  scene.broker.hook('client.authenticate.enhanced', hook);
  return scene;
}

/** A client that is connected by `hook`'s first answer, `allow`; what it is asked later is `again`'s. */
export function connected(again: Hook, options = {}, fields: ConnectFields = {}): { scene: Scene; client: RawClient } {
  const scene = enhanced((who, start) => (start.again ? again(who, start) : { allow: null }), options);
  const client = begin(scene, undefined, fields);
  assert.equal(client.next('connack').reasonCode, 0);
  return { scene, client };
}
