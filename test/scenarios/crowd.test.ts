import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { suite, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startBroker } from '../kit/broker-process.ts';
import { openClient } from '../kit/tcp-client.ts';

const COUNT = 10_000;
/** Connections, and what a process needs besides. */
const FILES_NEEDED = COUNT + 1000;

// Node raises its own limit, which the shell inherits.
const files = spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout.trim();
const skip =
  files !== 'unlimited' && Number(files) < FILES_NEEDED
    ? `${FILES_NEEDED} open files are needed, ${files} are allowed`
    : false;

/** A process with `COUNT` clients; `told` resolves when it tells that, and rejects when it tells anything else. */
function crowd(t: TestContext, port: number) {
  const child = fork(fileURLToPath(new URL('crowd-clients.ts', import.meta.url)), [String(port), String(COUNT)]);
  const gone = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  return async (what: string): Promise<void> => {
    const [message] = await once(child, 'message', { signal: AbortSignal.timeout(30_000) });
    assert.equal(message, what);
  };
}

suite('10,000 connections', { skip }, () => {
  test('are held, each gets its message and one for all, in little memory', async (t) => {
    await using broker = await startBroker();
    const before = broker.memory;
    const told = crowd(t, broker.port);
    await told('subscribed');
    const held = broker.memory;

    using publisher = await openClient(broker.port, 'publisher');
    const served = told('served');
    for (let number = 0; number < COUNT; number++)
      publisher.send({
        cmd: 'publish',
        topic: `crowd/${number}`,
        payload: String(number),
        qos: 0,
        dup: false,
        retain: false,
      });
    publisher.send({ cmd: 'publish', topic: 'all', payload: 'together', qos: 0, dup: false, retain: false });
    await served;

    if (before === undefined || held === undefined) return;
    const each = (held - before) / COUNT;
    t.diagnostic(`memory: ${each.toFixed(1)} kB per connection`);
    assert.ok(each < 20, `${each} kB per connection`);
  });
});
