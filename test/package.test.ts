import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { publint } from 'publint';

// The package as npm would publish it: built, without the sources, installed into somebody's node_modules.

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
let home = '';
let installed = '';

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'hookmq-package-'));
  installed = join(home, 'node_modules', 'hookmq');
  await mkdir(installed, { recursive: true });
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  await run(tsc, ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(installed, 'dist')]);
  const { files } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const others = [...files, 'package.json', 'README.md', 'LICENSE'].filter((name) => name !== 'dist');
  await Promise.all(others.map((name) => cp(join(root, name), join(installed, name), { recursive: true })));
  await symlink(join(root, 'node_modules', 'undici'), join(home, 'node_modules', 'undici'));
});

after(() => rm(home, { recursive: true, force: true }));

test('the package is well formed', async () => {
  const { messages } = await publint({ pkgDir: installed, pack: false, strict: true });
  assert.deepEqual(messages, []);
});

test('a program imports the library from the package, with a webhook in its worker thread', async () => {
  const program = join(home, 'program.mjs');
  await writeFile(
    program,
    `import { createServer } from 'node:http';
     import { attachWebhook, Broker, tcp, webhookConfig } from 'hookmq';
     const endpoint = createServer((request, response) => {
       request.on('data', (bytes) => process.stdout.write(bytes)).on('end', () => response.end());
     }).listen(0, '127.0.0.1', async () => {
       const broker = new Broker();
       const url = \`http://127.0.0.1:\${endpoint.address().port}/\`;
       const webhook = attachWebhook(broker, webhookConfig({ url, events: [{ event: 'on_message_publish' }] }));
       await broker.listen(tcp({ port: 0 }));
       await broker.publish({ topic: 'from/the/package', payload: 'hi' });
       await webhook.close(5000);
       await broker.close();
       endpoint.close();
     });`,
  );
  const { stdout } = await run(process.execPath, [program]);
  assert.match(stdout, /"topic":"from\/the\/package"/);
});

test('every link of the README leads somewhere', async () => {
  const readme = await readFile(join(installed, 'README.md'), 'utf8');
  // CONTRIBUTING.md is about the sources, which are not in the package.
  const links = Array.from(readme.matchAll(/\]\((?!https?:|#|CONTRIBUTING)([^)#]+)/g), ([, target = '']) => target);
  const examples = Array.from(readme.matchAll(/`(examples\/[\w-]+\.\w+)`/g), ([, target = '']) => target);
  assert.ok(links.length > 5 && examples.length > 0);
  await Promise.all([...links, ...examples].map((target) => access(join(installed, target))));
});

test('the executable of the package runs', async () => {
  const { stdout } = await run(process.execPath, [join(installed, 'bin', 'hookmq.js'), '--version']);
  assert.match(stdout, /^(hookmq )?\d+\.\d+\.\d+/i);
});
