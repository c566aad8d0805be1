import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PublishRequest } from '../../src/broker/broker.ts';
import { sysConfig } from '../../src/sys/config.ts';
import { attachSys } from '../../src/sys/sys.ts';
import { Scene } from '../kit/scene.ts';

const ONE = '$SYS/brokers/client_status/c1';
const CAME = '$SYS/brokers/connected';
const LEFT = '$SYS/brokers/disconnected';

/** A scene with presence on all its topics, and what is published of it when a client `c1` comes and goes. */
function spied(): { scene: Scene; comesAndGoes: () => string[] } {
  const scene = new Scene();
  const { broker } = scene;
  const published: string[] = [];
  const spy = {
    on: broker.on.bind(broker),
    stats: () => broker.stats(),
    hasAudience: (topic: string) => broker.hasAudience(topic),
    publish(request: PublishRequest) {
      published.push(request.topic);
      return broker.publish(request);
    },
  };
  attachSys(spy, sysConfig({ presence: 'both', interval: 'off' }), { version: '1', clock: scene.clock });
  const comesAndGoes = (): string[] => {
    published.length = 0;
    scene.connect({ clientId: 'c1' }).cut();
    return [...published];
  };
  return { scene, comesAndGoes };
}

suite('presence is made only where somebody looks', () => {
  test('a subscriber', () => {
    const { scene, comesAndGoes } = spied();
    const watcher = scene.connect();
    watcher.subscribe(['#', '+/brokers/#', '$SYS/broker/+', '$SYS/brokers/client_status/c2']);
    assert.deepEqual(comesAndGoes(), []);
    watcher.subscribe(ONE);
    assert.deepEqual(comesAndGoes(), [ONE, ONE]);
    assert.equal(watcher.texts().length, 2);
    watcher.unsubscribe(ONE);
    assert.deepEqual(comesAndGoes(), []);
    watcher.subscribe('$SYS/#');
    assert.deepEqual(comesAndGoes(), [ONE, CAME, ONE, LEFT]);
  });

  test('a shared subscription', () => {
    const { scene, comesAndGoes } = spied();
    const member = scene.connect();
    member.subscribe('$share/group/$SYS/brokers/connected');
    assert.deepEqual(comesAndGoes(), [CAME]);
    assert.equal(member.texts().length, 1);
  });

  test('a listener or a hook of messages', () => {
    const { scene, comesAndGoes } = spied();
    const all = [ONE, CAME, ONE, LEFT];
    const heard: string[] = [];
    const stopListening = scene.broker.on('message.published', ({ topic }) => heard.push(topic));
    assert.deepEqual(comesAndGoes(), all);
    assert.deepEqual(heard, all);
    stopListening();
    assert.deepEqual(comesAndGoes(), []);
    const asked: string[] = [];
    const stopAsking = scene.broker.hook('message.publish', ({ topic }) => {
      asked.push(topic);
      return 'ignore';
    });
    assert.deepEqual(comesAndGoes(), all);
    assert.deepEqual(asked, all);
    stopAsking();
    assert.deepEqual(comesAndGoes(), []);
  });
});
