import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';

import { hookmq } from '../kit/cli.ts';

/** Command lines that cannot be understood, and the line that says so. */
const WRONG: readonly (readonly [line: string, stderr: string])[] = [
  ['', 'hookmq: a command is missing (hookmq --help lists the commands)'],
  ['strat', 'hookmq: unknown command strat, did you mean start? (hookmq --help lists the commands)'],
  ['fly', 'hookmq: unknown command fly (hookmq --help lists the commands)'],
  ['--prot', 'hookmq: unknown option --prot (hookmq --help lists the commands)'],
  ['dev --prot 1', 'hookmq: dev: unknown option --prot, did you mean --port? (hookmq dev --help lists the options)'],
  ['dev --colour', 'hookmq: dev: unknown option --colour (hookmq dev --help lists the options)'],
  ['dev now', 'hookmq: dev: "now" is not expected here (hookmq dev --help lists the options)'],
  ['dev --port', 'hookmq: dev: --port needs a value: --port PORT (hookmq dev --help lists the options)'],
  ['dev --port --no-inbox', 'hookmq: dev: --port needs a value: --port PORT (hookmq dev --help lists the options)'],
  ['dev --no-inbox=yes', 'hookmq: dev: --no-inbox takes no value (hookmq dev --help lists the options)'],
  [
    'dev --port 70000',
    'hookmq: dev: --port 70000: a port is a number from 0 to 65535 (hookmq dev --help lists the options)',
  ],
  ['start --conf a --conf=b', 'hookmq: start: --conf can be given once only (hookmq start --help lists the options)'],
  [
    'start --url 127.0.0.1:1883',
    'hookmq: start: --url 127.0.0.1:1883: not of the form nmq-tcp://HOST:PORT (hookmq start --help lists the options)',
  ],
  [
    'start --url quic://127.0.0.1:14567',
    'hookmq: start: --url quic://127.0.0.1:14567: unknown scheme quic, known are nmq-tcp, broker+tcp, tcp, mqtt, nmq-tls, nmq-tcp+tls, tls+nmq-tcp, ssl, tls, mqtts, nmq-ws, nmq+ws, ws, nmq-wss, nmq+wss, wss (hookmq start --help lists the options)',
  ],
  [
    'start --url nmq-tcp://127.0.0.1:1883/mqtt',
    'hookmq: start: --url nmq-tcp://127.0.0.1:1883/mqtt: only a WebSocket listener has a path (hookmq start --help lists the options)',
  ],
  [
    'start --url nmq-tcp://127.0.0.1:70000',
    'hookmq: start: --url nmq-tcp://127.0.0.1:70000: a port is a number from 0 to 65535 (hookmq start --help lists the options)',
  ],
  [
    'start --url nmq-ws://127.0.0.1:8083/a"b',
    'hookmq: start: --url nmq-ws://127.0.0.1:8083/a"b: the path has characters that no path of a URL has (hookmq start --help lists the options)',
  ],
  [
    'start --url nmq-tls://127.0.0.1:8883 --cert c.pem',
    'hookmq: start: nmq-tls and nmq-wss need --cert FILE and --key FILE (hookmq start --help lists the options)',
  ],
  [
    'start --cert c.pem --key k.pem',
    'hookmq: start: --cert goes with --url nmq-tls://... or nmq-wss://... (hookmq start --help lists the options)',
  ],
  [
    'start --url nmq-wss://127.0.0.1:8084 --cert c.pem --key k.pem --verify',
    'hookmq: start: --verify needs --cacert FILE (hookmq start --help lists the options)',
  ],
  [
    'start --url nmq-wss://127.0.0.1:8084 --cert c.pem --key k.pem --fail',
    'hookmq: start: --fail needs --verify (hookmq start --help lists the options)',
  ],
];

for (const [line, stderr] of WRONG) {
  test(`"hookmq ${line}" is answered with one line and status 2`, async (t) => {
    const cli = hookmq(t, line === '' ? [] : line.split(' '));
    assert.equal(await cli.end(), 2);
    assert.equal(cli.stderr, `${stderr}\n`);
    assert.equal(cli.stdout, '');
  });
}

test('--version prints the version of package.json', async (t) => {
  const cli = hookmq(t, ['--version']);
  assert.equal(await cli.end(), 0);
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.equal(cli.stdout, `${version}\n`);
});

test('--help lists the commands', async (t) => {
  const cli = hookmq(t, ['--help']);
  assert.equal(await cli.end(), 0);
  assert.match(cli.stdout, /^Usage: hookmq COMMAND/m);
  assert.match(cli.stdout, /^ {2}dev {2,}\S/m);
  assert.match(cli.stdout, /^ {2}start {2,}\S/m);
  assert.equal(cli.stderr, '');
});

const HELP = { dev: ['--port', '--inbox-port', '--no-inbox'], start: ['--conf', '--url', '--cert', '--key'] };
for (const [command, options] of Object.entries(HELP)) {
  test(`the help of ${command} lists its options and examples`, async (t) => {
    const cli = hookmq(t, [command, '--help']);
    assert.equal(await cli.end(), 0);
    for (const option of [...options, '--help']) assert.ok(cli.stdout.includes(option), `${command} ${option}`);
    assert.match(cli.stdout, /^Examples:\n {2}hookmq /m);
  });
}

const TOO_OLD = /^hookmq: needs Node 24\.20 or newer, this is (\d+\.\d+\.\d+); .*`npm run hookmq -- COMMAND`.*\n$/;

for (const version of ['24.19.9', '22.23.3', '12.22.0']) {
  test(`Node ${version}, which is too old, gets a sentence`, async (t) => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
    const cli = hookmq(t, ['--version'], {
      nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`],
    });
    assert.equal(await cli.end(), 1);
    assert.equal(TOO_OLD.exec(cli.stderr)?.[1], version);
    assert.equal(cli.stdout, '');
  });
}

const oldNode = findOldNode();

test('a real Node that is too old gets it too', { skip: oldNode === undefined }, async (t) => {
  const cli = hookmq(t, ['--version'], oldNode === undefined ? {} : { node: oldNode });
  assert.equal(await cli.end(), 1);
  assert.match(cli.stderr, TOO_OLD);
});

test('an error that nobody expected ends the process with one line', async (t) => {
  const bomb = "process.on('SIGUSR2', () => { throw new Error('boom\\nand more'); })";
  const cli = hookmq(t, ['dev', '--port', '0', '--inbox-port', '0'], {
    nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(bomb)}`],
  });
  await cli.output(/Ctrl-C/);
  cli.signal('SIGUSR2');
  assert.equal(await cli.end(), 1);
  assert.match(cli.stderr, /^hookmq: internal error: Error: boom; and more; .*\n$/);
});

/** A Node below 24 in the path: the system's, behind the one that npm put in front. */
function findOldNode(): string | undefined {
  const programs = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  return programs.find((program) => {
    try {
      const major = Number(execFileSync(program, ['-p', 'parseInt(process.versions.node)'], { stdio: 'pipe' }));
      return major >= 12 && major < 24;
    } catch {
      return false;
    }
  });
}
