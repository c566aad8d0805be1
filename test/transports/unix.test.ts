import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { suite, test } from 'node:test';

import { Broker, type Client, unix } from '../../src/index.ts';
import { TcpClient, connectPacket } from '../kit/tcp-client.ts';
import { openRaw, temporaryPath } from './kinds.ts';
import { until } from '../kit/until.ts';
import { openListener } from './open-listener.ts';

suite('a listener on a Unix domain socket', () => {
  test('serves MQTT to clients without address', async (t) => {
    const broker = new Broker();
    t.after(() => broker.close());
    const clients: Client[] = [];
    broker.on('client.connected', (client) => clients.push(client));
    const address = await broker.listen(unix({ path: temporaryPath(), name: 'local' }));
    using client = new TcpClient(await openRaw(address), 4);
    client.send(connectPacket('c'));
    await client.next('connack');
    assert.equal(clients[0]?.remoteAddress, '');
    assert.equal(clients[0].remotePort, 0);
    assert.equal(clients[0].listener, 'local');
  });

  for (const [mode, permissions] of [
    [undefined, 0o660],
    [0o600, 0o600],
    [0o666, 0o666],
  ] as const)
    test(`the file has the permissions ${permissions.toString(8)} where mode is ${mode?.toString(8)}`, async () => {
      const path = temporaryPath();
      await using _ = await openListener(unix({ path, ...(mode === undefined ? {} : { mode }) }));
      assert.equal(statSync(path).mode & 0o777, permissions);
    });

  test('removes the file as it closes', async () => {
    const path = temporaryPath();
    const listener = await openListener(unix({ path }));
    assert.ok(existsSync(path));
    await listener.close();
    assert.ok(!existsSync(path));
  });

  test('leaves a file alone that has come into its place', async () => {
    const path = temporaryPath();
    const old = await openListener(unix({ path }));
    unlinkSync(path);
    await using listener = await openListener(unix({ path }));
    await old.close();
    (await openRaw(listener.address)).destroy();
    await until(() => listener.accepted.length === 1, 'a connection');
    assert.deepEqual(
      readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path))),
      [basename(path)],
    );
  });

  test('replaces the socket of a process that was killed', async () => {
    const path = temporaryPath();
    const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok(statSync(path).isSocket());
    await using listener = await openListener(unix({ path }));
    (await openRaw(listener.address)).destroy();
  });

  test('rejects for a socket where somebody accepts, who goes on', async () => {
    const path = temporaryPath();
    await using listener = await openListener(unix({ path }));
    await assert.rejects(openListener(unix({ path })), { code: 'EADDRINUSE' });
    (await openRaw(listener.address)).destroy();
  });

  test('rejects for a file that is no socket, and leaves it alone', async () => {
    const path = temporaryPath();
    writeFileSync(path, 'precious');
    await assert.rejects(openListener(unix({ path })), { code: 'EADDRINUSE' });
    assert.equal(readFileSync(path, 'utf8'), 'precious');
  });

  test('rejects for a directory that is not there', async () => {
    await assert.rejects(openListener(unix({ path: `${temporaryPath()}/mqtt.sock` })), { code: 'EACCES' });
  });

  test('rejects for a path that is too long for a socket', async () => {
    await assert.rejects(openListener(unix({ path: `${temporaryPath()}${'x'.repeat(100)}` })), /E[A-Z]+/);
  });
});
