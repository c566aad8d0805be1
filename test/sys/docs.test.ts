import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { sysConfig, sysSection } from '../../src/sys/config.ts';
import { attachSys } from '../../src/sys/sys.ts';
import { SYS_TOPICS } from '../../src/sys/topics.ts';
import { FIGURES_TOPIC, WEBHOOK_FIGURES } from '../../src/webhook/figures-table.ts';
import { load } from '../config/reading.ts';
import { localBroker } from '../kit/local-broker.ts';
import { mosquitto, withoutMosquitto } from '../kit/mosquitto.ts';
import { openClient } from '../kit/tcp-client.ts';
import { until } from '../kit/until.ts';
import { Stage } from './stage.ts';

const page = readFileSync(new URL('../../docs/sys-topics.md', import.meta.url), 'utf8');

/** The lines of the first code block in one language. */
function block(language: string): string[] {
  const [, text = ''] = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(page) ?? [];
  return text.split('\n').slice(0, -1);
}

/** The arguments of the example that begins like this, for a broker on `port`. */
function argumentsOf(command: string, port: number): string[] {
  const line = block('sh').find((candidate) => candidate.startsWith(command));
  assert.ok(line, command);
  return [...line.split(' ').slice(1), '-p', String(port), '-h', '127.0.0.1'].map((word) => word.replaceAll("'", ''));
}

suite('docs/sys-topics.md', () => {
  test('has every topic with what it says, and no other', () => {
    const shown = [...page.matchAll(/^\| `(\$SYS[^`]*)` \| (.*) \|$/gm)].map(([, topic, doc]) => `${topic}: ${doc}`);
    const figures = WEBHOOK_FIGURES.map(([name, doc]) => `${FIGURES_TOPIC}${name}: ${doc}`);
    const expected = [...SYS_TOPICS.map(([topic, doc]) => `${topic}: ${doc}`), ...figures];
    assert.deepEqual(shown.toSorted(), expected.toSorted());
  });

  test('shows the defaults', (t) => {
    assert.deepEqual(load(t, block('hocon').join('\n'), [sysSection]), { config: { sys: sysConfig() } });
  });

  test('shows presence as it is', () => {
    const stage = new Stage();
    const watcher = stage.connect();
    watcher.subscribe('$SYS/brokers/client_status/sensor-1');
    stage.connect({ clientId: 'sensor-1', username: 'ann', keepAlive: 60 }).disconnect();
    assert.deepEqual(watcher.texts(), block('json'));
  });

  test('has examples that work', { skip: withoutMosquitto }, async (t) => {
    await using local = await localBroker();
    const sys = attachSys(local.broker, sysConfig(), { version: '1.2.3' });
    t.after(() => sys.close());
    const subscribed = new Set<string>();
    local.broker.on('session.subscribed', (_client, filter) => subscribed.add(filter));

    const count = mosquitto(t, 'sub', argumentsOf("mosquitto_sub -t '$SYS/broker/clients", local.port));
    assert.deepEqual(await count.lines(), ['0']);

    const presence = mosquitto(t, 'sub', [
      ...argumentsOf("mosquitto_sub -t '$SYS/brokers/client", local.port),
      '-C',
      '1',
    ]);
    await until(() => subscribed.has('$SYS/brokers/client_status/#'), 'the watcher to subscribe');
    using client = await openClient(local.port, 'sensor-1');
    const [line = ''] = await presence.lines();
    assert.match(line, /^\$SYS\/brokers\/client_status\/sensor-1 \{"status":"online",.*\}$/);
    assert.ok(client);
  });
});
