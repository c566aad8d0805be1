import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ReasonName, ReasonCode } from '../../src/codec/reason-codes.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

describe('a denial', () => {
  const codes: readonly [ReasonName, number, number][] = [
    // reason, code of 5.0, return code of the older versions
    ['server_busy', 0x89, 3],
    ['bad_username_or_password', 0x86, 4],
    ['client_identifier_not_valid', 0x85, 2],
    ['unspecified_error', 0x80, 3],
    ['use_another_server', 0x9c, 3],
    // What CONNACK may not carry [MQTT-3.2.2-8].
    ['no_matching_subscribers', 0x87, 5],
    ['keepalive_timeout', 0x87, 5],
    ['topic_filter_invalid', 0x87, 5],
    ['success', 0x87, 5],
  ];
  for (const [deny, code, returnCode] of codes)
    test(`${deny}: ${code}, ${returnCode} before 5.0`, () => {
      const scene = new Scene();
      const told: string[] = [];
      scene.broker.hook('client.authenticate', () => ({ deny }));
      scene.broker.on('client.connack', (_, reason) => told.push(reason));
      for (const version of VERSIONS) {
        const client = scene.open().sendConnect({ version });
        assert.equal(client.next('connack').reasonCode, version === 5 ? code : returnCode);
        assert.ok(client.ended);
      }
      const name = Object.entries(ReasonCode).find(([, value]) => value === code)?.[0];
      assert.deepEqual(told, [name, name, name]);
    });

  const texts: readonly [title: string, text: string | undefined, expected: string | undefined][] = [
    ['nothing', undefined, undefined],
    ['a text', 'not on Sundays', 'not on Sundays'],
    ['what no packet may hold', 'a\0b\ud800', 'ab\ufffd'],
    ['more than a person reads', 'x'.repeat(100_000), 'x'.repeat(1000)],
  ];
  for (const [title, text, expected] of texts)
    test(`says ${title}`, async () => {
      const scene = new Scene();
      const denial = { deny: 'banned', ...(text !== undefined && { text }) } as const;
      scene.broker.hook('client.authenticate', async () => denial);
      const client = scene.open().sendConnect({ version: 5 });
      await scene.clock.settle();
      assert.equal(client.next('connack').properties?.reasonString, expected);
    });

  test('is said to those, too, who want no problem information: in CONNACK it may be', () => {
    const scene = new Scene();
    scene.broker.hook('client.authenticate', () => ({ deny: 'banned', text: 'go away' }));
    const client = scene.open().sendConnect({ version: 5, properties: { requestProblemInformation: false } });
    assert.equal(client.next('connack').properties?.reasonString, 'go away');
  });

  test('a text harms no older client', () => {
    const scene = new Scene();
    scene.broker.hook('client.authenticate', () => ({ deny: 'banned', text: 'go away' }));
    for (const version of [3, 4] as const)
      assert.equal(scene.open().sendConnect({ version }).bytes().toString('hex'), '20020005');
  });
});

describe('a client about whom no hook has an opinion', () => {
  for (const allowAnonymous of [true, false])
    for (const hooks of [0, 1])
      for (const version of VERSIONS)
        test(`${version}: with ${hooks} hooks, allowAnonymous ${allowAnonymous}`, () => {
          const scene = new Scene({ allowAnonymous });
          if (hooks > 0) scene.broker.hook('client.authenticate', () => 'ignore');
          const client = scene.open().sendConnect({ version, username: 'u' });
          const no = version === 5 ? ReasonCode.not_authorized : 5;
          assert.equal(client.next('connack').reasonCode, allowAnonymous ? 0 : no);
          assert.equal(client.ended, !allowAnonymous);
        });

  test('is not asked for its opinion where a hook has one', () => {
    const scene = new Scene({ allowAnonymous: false });
    scene.broker.hook('client.authenticate', () => 'ignore');
    scene.broker.hook('client.authenticate', ({ username }) => (username === 'u' ? 'allow' : 'ignore'));
    scene.open().connect({ username: 'u' });
    assert.equal(scene.open().sendConnect({ username: 'v' }).next('connack').reasonCode, 5);
  });
});
