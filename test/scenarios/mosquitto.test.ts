import assert from 'node:assert/strict';
import { after, suite, test, type TestContext } from 'node:test';

import { localBroker } from '../kit/local-broker.ts';
import { type Mosquitto, mosquitto, withoutMosquitto } from '../kit/mosquitto.ts';
import { until } from '../kit/until.ts';

const broker = await localBroker();
after(() => broker[Symbol.asyncDispose]());
const subscribed = new Set<string>();
broker.broker.on('session.subscribed', (client) => subscribed.add(client.clientId));

let clients = 0;

/** A client identifier that no other test uses, good for a topic as well. */
function freshId(): string {
  return `scenario-${++clients}`;
}

function publish(t: TestContext, version: string, args: readonly string[], input?: string): Promise<string[]> {
  const where = ['-h', '127.0.0.1', '-p', String(broker.port), '-V', version];
  return mosquitto(t, 'pub', [...where, ...args], input).lines();
}

/** Starts a subscriber that writes "topic QoS retained payload" for each message; resolves when it has subscribed. */
async function subscribe(t: TestContext, version: string, args: readonly string[]): Promise<Mosquitto> {
  const id = freshId();
  const where = ['-h', '127.0.0.1', '-p', String(broker.port), '-V', version];
  const subscriber = mosquitto(t, 'sub', [...where, '-i', id, '-F', '%t %q %r %p', ...args]);
  await until(() => subscribed.has(id), `${id} to subscribe`);
  return subscriber;
}

for (const version of ['31', '311', '5'])
  suite(`mosquitto_pub and mosquitto_sub -V ${version}`, { skip: withoutMosquitto }, () => {
    for (const qos of ['0', '1', '2'])
      test(`a message with QoS ${qos}`, async (t) => {
        const topic = freshId();
        const subscriber = await subscribe(t, version, ['-t', `${topic}/#`, '-q', qos, '-C', '1']);
        await publish(t, version, ['-t', `${topic}/a`, '-q', qos, '-m', 'hello']);
        assert.deepEqual(await subscriber.lines(), [`${topic}/a ${qos} 0 hello`]);
      });

    test('a retained message, and none after it was cleared', async (t) => {
      const topic = freshId();
      await publish(t, version, ['-t', `${topic}/a`, '-q', '1', '-r', '-m', 'kept']);
      await publish(t, version, ['-t', `${topic}/b`, '-q', '1', '-r', '-m', 'not for long']);
      await publish(t, version, ['-t', `${topic}/b`, '-q', '1', '-r', '-n']);
      const subscriber = await subscribe(t, version, ['-t', `${topic}/+`, '-q', '2', '-C', '2']);
      await publish(t, version, ['-t', `${topic}/c`, '-q', '1', '-r', '-m', 'live']);
      assert.deepEqual(await subscriber.lines(), [`${topic}/a 1 1 kept`, `${topic}/c 1 0 live`]);
    });

    test('1,000 lines of standard input with QoS 1, in order', async (t) => {
      const topic = freshId();
      const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}`);
      const subscriber = await subscribe(t, version, ['-t', topic, '-q', '1', '-C', '1000', '-F', '%p']);
      await publish(t, version, ['-t', topic, '-q', '1', '-l'], `${lines.join('\n')}\n`);
      assert.deepEqual(await subscriber.lines(), lines);
    });

    test('the will of a client that was killed', async (t) => {
      const topic = freshId();
      const mourner = await subscribe(t, version, ['-t', `${topic}/will`, '-q', '1', '-C', '1']);
      const will = ['--will-topic', `${topic}/will`, '--will-payload', 'gone', '--will-qos', '1'];
      const victim = await subscribe(t, version, ['-t', topic, ...will]);
      await victim.kill();
      assert.deepEqual(await mourner.lines(), [`${topic}/will 1 0 gone`]);
    });

    test('the messages that a persistent session missed', async (t) => {
      const topic = freshId();
      const session = ['-i', topic, '-c', '-q', '1', '-t', `${topic}/+`, ...(version === '5' ? ['-x', '60'] : [])];
      const where = ['-h', '127.0.0.1', '-p', String(broker.port), '-V', version];
      await mosquitto(t, 'sub', [...where, ...session, '-E']).lines();
      await publish(t, version, ['-t', `${topic}/a`, '-q', '2', '-m', 'first']);
      await publish(t, version, ['-t', `${topic}/b`, '-q', '1', '-m', 'second']);
      const lines = await mosquitto(t, 'sub', [...where, ...session, '-C', '2', '-F', '%t %q %p']).lines();
      assert.deepEqual(lines, [`${topic}/a 1 first`, `${topic}/b 1 second`]);
    });

    test('a shared subscription gives each message to one of its members', async (t) => {
      const topic = freshId();
      const member = ['-t', `$share/group/${topic}`, '-q', '1', '-C', '50', '-F', '%p'];
      const members = await Promise.all([subscribe(t, version, member), subscribe(t, version, member)]);
      const lines = Array.from({ length: 100 }, (_, index) => String(index));
      await publish(t, version, ['-t', topic, '-q', '1', '-l'], `${lines.join('\n')}\n`);
      const got = await Promise.all(members.map((one) => one.lines()));
      assert.deepEqual(
        got.flat().toSorted((a, b) => Number(a) - Number(b)),
        lines,
      );
    });
  });

suite('mosquitto_pub and mosquitto_sub with what 5.0 adds', { skip: withoutMosquitto }, () => {
  test('properties of a message', async (t) => {
    const topic = freshId();
    const subscriber = await subscribe(t, '5', ['-t', topic, '-C', '1', '-F', '%p %C %R %D %P']);
    const properties = [
      '-D publish content-type text/plain',
      '-D publish response-topic answers/here',
      '-D publish correlation-data abc',
      '-D publish user-property unit K',
    ];
    await publish(t, '5', ['-t', topic, '-m', '294', ...properties.join(' ').split(' ')]);
    assert.deepEqual(await subscriber.lines(), ['294 text/plain answers/here abc unit:K']);
  });
});
