import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MessageVerdict } from '../../src/broker/hooks.ts';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

/** A scene and a witness of all wills. */
function willScene(options: ConstructorParameters<typeof Scene>[0] = {}): { scene: Scene; witness: RawClient } {
  const scene = new Scene(options);
  const witness = scene.connect5({ clientId: 'witness' });
  witness.subscribe('#', { retainAsPublished: true, qos: 2 });
  return { scene, witness };
}

const will = { topic: 'will', payload: 'gone' } as const;
const delayed = { ...will, properties: { willDelayInterval: 10 } };
const KEPT = { clientId: 'c', cleanStart: false } as const;

for (const version of VERSIONS)
  describe(`version ${version}: a will`, () => {
    test('is published when the connection just ends [MQTT-3.1.2-8]', () => {
      const { scene, witness } = willScene();
      scene.connect({ version, will }).cut();
      assert.deepEqual(witness.texts(), ['gone']);
    });

    test('is published at the keep-alive time-out', () => {
      const { scene, witness } = willScene();
      scene.connect({ version, will, keepAlive: 10 });
      scene.clock.advance(15_000);
      assert.deepEqual(witness.texts(), ['gone']);
    });

    test('is published after a protocol error', () => {
      const { scene, witness } = willScene();
      scene.connect({ version, will }).send('0000');
      assert.deepEqual(witness.texts(), ['gone']);
    });

    test('is published at take-over', () => {
      const { scene, witness } = willScene();
      scene.connect({ version, will, clientId: 'c' });
      scene.connect({ version, clientId: 'c' });
      assert.deepEqual(witness.texts(), ['gone']);
    });

    test('is published when the broker shuts down', async () => {
      const { scene } = willScene();
      const told: string[] = [];
      scene.broker.on('message.published', ({ topic }) => told.push(topic));
      scene.connect({ version, will });
      await scene.broker.close();
      assert.deepEqual(told, ['will']);
    });

    test('is not published after DISCONNECT [MQTT-3.14.4-3]', () => {
      const { scene, witness } = willScene();
      scene.connect({ version, will }).disconnect();
      scene.clock.advance(1e6);
      witness.expectNothing();
    });

    test('has its QoS and RETAIN flag, and is retained [MQTT-3.1.2-14,15]', () => {
      const { scene, witness } = willScene();
      scene.connect({ version, will: { ...will, qos: 2, retain: true } }).cut();
      const { qos, retain } = witness.next('publish');
      assert.deepEqual([qos, retain], [2, true]);
      const late = scene.connect();
      late.subscribe('will');
      assert.deepEqual(late.texts(), ['gone']);
    });

    test('is not published a second time', () => {
      const { scene, witness } = willScene();
      const identity = { ...KEPT, version, properties: { sessionExpiryInterval: 10 } };
      scene.connect({ ...identity, will }).cut();
      scene.connect(identity).cut();
      scene.clock.advance(1e6);
      assert.deepEqual(witness.texts(), ['gone']);
    });

    test('to $SYS or to a filter is refused with the CONNECT', () => {
      const refused = new Scene().open().sendConnect({ version, will: { ...will, topic: '$SYS/x' } });
      assert.equal(refused.next('connack').reasonCode, version === 5 ? ReasonCode.topic_name_invalid : 3);
      assert.ok(refused.ended);
      for (const topic of ['a/+', '#', '']) {
        const client = new Scene().open().sendConnect({ version, will: { ...will, topic } });
        if (version === 5) assert.equal(client.next('connack').reasonCode, ReasonCode.malformed_packet);
        client.expectNothing();
        assert.ok(client.ended);
      }
    });
  });

describe('DISCONNECT with a reason', () => {
  test('0x04 asks for the will [MQTT-3.1.2-10]', () => {
    const { scene, witness } = willScene();
    scene.connect5({ will }).disconnect(ReasonCode.disconnect_with_will_message);
    assert.deepEqual(witness.texts(), ['gone']);
  });

  test('so does any error', () => {
    const { scene, witness } = willScene();
    const reasons: string[] = [];
    scene.broker.on('client.disconnected', (_, reason) => reasons.push(reason));
    scene.connect5({ will }).disconnect(ReasonCode.implementation_specific_error);
    assert.deepEqual(witness.texts(), ['gone']);
    assert.deepEqual(reasons, ['implementation_specific_error']);
  });
});

describe('a will that waits (5.0)', () => {
  test('is published after its delay [MQTT-3.1.3-9]', () => {
    const { scene, witness } = willScene();
    scene.connect5({ ...KEPT, will: delayed }, 100).cut();
    scene.clock.advance(9999);
    witness.expectNothing();
    scene.clock.advance(1);
    assert.deepEqual(witness.texts(), ['gone']);
  });

  test('is void when the client comes back before [MQTT-3.1.3-9]', () => {
    const { scene, witness } = willScene();
    scene.connect5({ ...KEPT, will: delayed }, 100).cut();
    scene.clock.advance(9999);
    scene.connect5(KEPT, 100);
    scene.clock.advance(1e6);
    witness.expectNothing();
  });

  test('has gone when the client comes back later', () => {
    const { scene, witness } = willScene();
    scene.connect5({ ...KEPT, will: delayed }, 100).cut();
    scene.clock.advance(10_001);
    scene.connect5(KEPT, 100);
    assert.deepEqual(witness.texts(), ['gone']);
  });

  test('does not wait longer than the session [MQTT-3.1.2-8]', () => {
    const { scene, witness } = willScene();
    scene.connect5({ ...KEPT, will: delayed }, 5).cut();
    scene.clock.advance(4999);
    witness.expectNothing();
    scene.clock.advance(1);
    assert.deepEqual(witness.texts(), ['gone']);
    scene.clock.advance(1e6);
    witness.expectNothing();
  });

  test('does not wait where the session ends with the connection', () => {
    const { scene, witness } = willScene();
    scene.connect5({ will: delayed }, 0).cut();
    assert.deepEqual(witness.texts(), ['gone']);
  });

  test('is due when a clean start ends the session', () => {
    const { scene, witness } = willScene();
    scene.connect5({ ...KEPT, will: delayed }, 100).cut();
    scene.connect5({ ...KEPT, cleanStart: true }, 100);
    assert.deepEqual(witness.texts(), ['gone']);
  });

  test('is void at a take-over that continues the session, and due at one that ends it', () => {
    const { scene, witness } = willScene();
    scene.connect5({ ...KEPT, will: delayed }, 100);
    scene.connect5({ ...KEPT, will: delayed }, 100);
    scene.clock.advance(1e6);
    witness.expectNothing();
    scene.connect5({ ...KEPT, cleanStart: true }, 100);
    assert.deepEqual(witness.texts(), ['gone']);
  });

  test('is replaced by that of the next CONNECT', () => {
    const { scene, witness } = willScene();
    scene.connect5({ ...KEPT, will: delayed }, 100).cut();
    scene.connect5({ ...KEPT, will: { ...delayed, payload: 'second' } }, 100).cut();
    scene.clock.advance(20_000);
    assert.deepEqual(witness.texts(), ['second']);
  });
});

test('the properties of a will go with it, the delay does not; its life begins when it is published', () => {
  const { scene, witness } = willScene();
  const properties = {
    payloadFormatIndicator: true,
    messageExpiryInterval: 60,
    contentType: 'text/plain',
    responseTopic: 'answer',
    correlationData: Buffer.from([1, 2]),
    userProperties: [
      ['b', '1'],
      ['a', '2'],
      ['b', '3'],
    ] as [string, string][],
  };
  const fields = { ...will, properties: { ...properties, willDelayInterval: 30 } };
  scene.connect5({ ...KEPT, will: fields }, 100).cut();
  scene.clock.advance(30_000);
  assert.deepEqual(witness.next('publish').properties, properties);
});

test('a will is asked about like any message, and told as its client’s', () => {
  const { scene, witness } = willScene();
  const asked: string[] = [];
  scene.broker.hook('client.authorize', ({ clientId }, { action, topic }) => {
    asked.push(`${clientId} ${action} ${topic}`);
    return 'deny';
  });
  scene.connect({ clientId: 'c', will }).cut();
  assert.deepEqual(asked, ['c publish will']);
  witness.expectNothing();
  assert.deepEqual(scene.dropped, [{ text: 'gone', receiver: null, reason: 'not_authorized' }]);
});

for (const slow of [false, true])
  test(`a will of which a hook makes nonsense is logged, and harms nobody${slow ? ': with a promise' : ''}`, async () => {
    const { scene, witness } = willScene();
    const nonsense = { change: null } as unknown as MessageVerdict;
    scene.broker.hook('message.publish', ({ topic }) =>
      topic === 'will' ? (slow ? Promise.resolve(nonsense) : nonsense) : 'ignore',
    );
    scene.connect({ clientId: 'c', will }).cut();
    await scene.clock.settle();
    assert.equal(scene.errors.length, 1);
    assert.match(scene.errors.join(), /^the will of client "c" could not be published: TypeError/);
    assert.equal(scene.broker.stats().sessions, 1);
    scene.publish('t', 'fence');
    assert.deepEqual(witness.texts(), ['fence']);
  });
