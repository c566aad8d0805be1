import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Access, MessageVerdict, Verdict } from '../../src/broker/hooks.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { Scene } from '../kit/scene.ts';

describe('client.authenticate', () => {
  const cases: readonly [answers: readonly Verdict[], code: number][] = [
    [[], 0],
    [['allow'], 0],
    [['ignore'], 0],
    [['deny'], ReasonCode.not_authorized],
    [[{ deny: 'banned' }], ReasonCode.banned],
    [['ignore', 'deny'], ReasonCode.not_authorized],
    [['ignore', 'allow', 'deny'], 0],
    [['deny', 'allow'], ReasonCode.not_authorized],
    [['ignore', 'ignore'], 0],
  ];
  for (const slow of [false, true])
    for (const [answers, code] of cases)
      test(`${slow ? 'promises of ' : ''}${JSON.stringify(answers)}: ${code}`, async () => {
        const scene = new Scene();
        for (const answer of answers)
          scene.broker.hook('client.authenticate', () => (slow ? Promise.resolve(answer) : answer));
        const client = scene.open().sendConnect({ version: 5 });
        await scene.clock.settle();
        assert.equal(client.next('connack').reasonCode, code);
        assert.equal(client.ended, code !== 0);
      });

  test('sees who it is and the password as it came', () => {
    const scene = new Scene();
    const seen: unknown[] = [];
    scene.broker.hook('client.authenticate', (...args) => {
      seen.push(args);
      return 'allow';
    });
    const fields = { clientId: 'c', username: 'u', password: Buffer.from([0, 255]), keepAlive: 9, cleanStart: false };
    scene.open().connect({ version: 3, ...fields });
    const client = {
      clientId: 'c',
      clientIdAssigned: false,
      username: 'u',
      protocolVersion: 3,
      keepAlive: 9,
      cleanStart: false,
      remoteAddress: '192.0.2.1',
      remotePort: 40_000,
      listener: 'memory',
      certificate: null,
    };
    assert.deepEqual(seen, [[client, Buffer.from([0, 255])]]);
  });

  test('a client whose connection ends meanwhile is not accepted any more', async () => {
    const scene = new Scene();
    scene.broker.hook('client.authenticate', () => Promise.resolve('allow'));
    scene.open().sendConnect().cut();
    await scene.clock.settle();
    assert.equal(scene.broker.stats().sessions, 0);
  });
});

describe('a hook that fails', () => {
  const failures: readonly [string, () => Promise<Verdict>][] = [
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ];
  for (const [title, fail] of failures) {
    test(`client.authenticate ${title}: denied and logged`, async () => {
      const scene = new Scene();
      scene.broker.hook('client.authenticate', fail);
      scene.broker.hook('client.authenticate', () => 'allow');
      const client = scene.open().sendConnect();
      await scene.clock.settle();
      assert.equal(client.next('connack').reasonCode, 5);
      assert.match(scene.errors.join(), /client\.authenticate.*broken/);
    });

    test(`client.authorize ${title}: denied and logged, and the client goes on`, async () => {
      const scene = new Scene();
      scene.broker.hook('client.authorize', fail);
      const client = scene.connect5();
      client.sendSubscribe('t').publish('t', 'x', { qos: 1 });
      await scene.clock.settle();
      assert.deepEqual(client.next('suback').reasonCodes, [ReasonCode.not_authorized]);
      assert.equal(client.next('puback').reasonCode, ReasonCode.not_authorized);
      assert.equal(scene.errors.length, 2);
    });

    test(`message.publish ${title}: denied and logged, for a will too`, async () => {
      const scene = new Scene();
      scene.broker.hook('message.publish', fail);
      const client = scene.connect5({ will: {} });
      client.publish('t', 'x', { qos: 1 });
      await scene.clock.settle();
      assert.equal(client.next('puback').reasonCode, ReasonCode.not_authorized);
      client.cut();
      await scene.clock.settle();
      assert.equal(scene.broker.stats().dropped.not_authorized, 2);
      assert.equal(scene.errors.length, 2);
    });
  }
});

describe('client.authorize', () => {
  test('is asked about each message and each filter, without its group', () => {
    const scene = new Scene();
    const asked: Access[] = [];
    scene.broker.hook('client.authorize', (_, access) => {
      asked.push(access);
      return 'allow';
    });
    const client = scene.connect();
    client.subscribe(['a/+', '$share/g/b', '$share/none'], { qos: 1 });
    client.publish('a/b', '', { qos: 2, retain: true });
    assert.deepEqual(asked, [
      { action: 'subscribe', topic: 'a/+', qos: 1, retain: false },
      { action: 'subscribe', topic: 'b', qos: 1, retain: false },
      { action: 'publish', topic: 'a/b', qos: 2, retain: true },
    ]);
  });

  test('denies one filter and not the others', () => {
    const scene = new Scene();
    scene.broker.hook('client.authorize', (_, { topic }) => (topic === 'b' ? 'deny' : 'ignore'));
    for (const [version, code] of [
      [5, 0x87],
      [4, 0x80],
    ] as const)
      assert.deepEqual(scene.connect({ version }).subscribe(['a', 'b', 'c']), [0, code, 0]);
  });

  test("is not asked about the embedder's messages", async () => {
    const scene = new Scene();
    scene.broker.hook('client.authorize', () => 'deny');
    const code = await scene.broker.publish({ topic: 't', payload: '' });
    assert.equal(code, ReasonCode.no_matching_subscribers);
  });
});

/** What a subscriber to everything gets of a message under a hook. */
async function through(verdict: MessageVerdict | Promise<MessageVerdict>) {
  const scene = new Scene();
  scene.broker.hook('message.publish', () => verdict);
  const subscriber = scene.connect5();
  subscriber.subscribe('#', { qos: 2, retainAsPublished: true });
  const properties = { userProperties: [['a', 'b']] as [string, string][] };
  scene.connect5().publish('t', 'x', { qos: 1, properties });
  await scene.clock.settle();
  return subscriber
    .messages()
    .map(({ topic, payload, qos, retain, properties: got }) => [topic, payload.toString(), qos, retain, got]);
}

describe('message.publish', () => {
  const properties = { userProperties: [['a', 'b']] };
  const changes: readonly [MessageVerdict, unknown[]][] = [
    ['allow', [['t', 'x', 1, false, properties]]],
    ['deny', []],
    [{ change: {} }, [['t', 'x', 1, false, properties]]],
    [{ change: { topic: 'u/v' } }, [['u/v', 'x', 1, false, properties]]],
    [{ change: { payload: Buffer.from('y') } }, [['t', 'y', 1, false, properties]]],
    [{ change: { qos: 2, retain: true } }, [['t', 'x', 2, true, properties]]],
    [{ change: { qos: 0 } }, [['t', 'x', 0, false, properties]]],
  ];
  for (const [verdict, expected] of changes)
    test(JSON.stringify(verdict), async () => {
      assert.deepEqual(await through(verdict), expected);
      assert.deepEqual(await through(Promise.resolve(verdict)), expected);
    });

  test('is asked after authorisation', () => {
    const scene = new Scene();
    scene.broker.hook('client.authorize', () => 'deny');
    scene.broker.hook('message.publish', () => assert.fail('asked all the same'));
    scene.connect().publish('t', 'x');
    assert.deepEqual(scene.errors, []);
  });

  test('a changed message is acknowledged with the QoS that it came with', () => {
    const scene = new Scene();
    scene.broker.hook('message.publish', () => ({ change: { qos: 0 } }));
    scene.connect().publish('t', 'x', { qos: 1 }).next('puback');
  });
});

const DENY = (): Verdict => 'deny';

test('a hook that is removed is not asked any more; the others are', () => {
  const scene = new Scene();
  const removers = [1, 2].map(() => scene.broker.hook('message.publish', DENY));
  const publisher = scene.connect5();
  const code = (): number => publisher.publish('t', '', { qos: 1 }).next('puback').reasonCode;
  assert.equal(code(), ReasonCode.not_authorized);
  removers[0]?.();
  removers[0]?.();
  assert.equal(code(), ReasonCode.not_authorized);
  removers[1]?.();
  assert.equal(code(), ReasonCode.no_matching_subscribers);
});
