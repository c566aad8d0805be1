import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import type { TLSSocket } from 'node:tls';

import { tls, TlsError, type TlsOptions } from '../../src/index.ts';
import { certificateFile, openTls, SERVER_FILES, sessionOf, showing, VERIFY_FILES } from '../kit/tls.ts';
import { until } from '../kit/until.ts';
import { portOf, temporaryPath } from './kinds.ts';
import { type OpenListener, openListener } from './open-listener.ts';

const ENCRYPTED = { ...SERVER_FILES, keyfile: certificateFile('server-encrypted.key') };
const PASSWORD = 'open sesame';

const CA = readFileSync(certificateFile('ca.pem'), 'utf8');
/** Files whose second certificate is broken: cut off, and garbled. */
const CUT = temporaryFile(CA + CA.slice(0, CA.length / 2));
const GARBLED = temporaryFile(`${CA}${CA.replace(/\n\w{8}/, '\nAAAAAAAA')}${CA}`);

/** Options that are wrong: what is to blame, and what the message says. */
const WRONG: Readonly<Record<string, readonly [TlsOptions, keyof TlsOptions, RegExp]>> = {
  'a certificate file that is missing': [
    { ...SERVER_FILES, certfile: '/nowhere/server.pem' },
    'certfile',
    /^\/nowhere\/server\.pem: cannot be read: no such file$/,
  ],
  'a key file that is missing': [
    { ...SERVER_FILES, keyfile: '/nowhere/server.key' },
    'keyfile',
    /^\/nowhere\/server\.key: cannot be read: no such file$/,
  ],
  'a file of authorities that is missing': [
    { ...VERIFY_FILES, cacertfile: '/nowhere/ca.pem' },
    'cacertfile',
    /^\/nowhere\/ca\.pem: cannot be read: no such file$/,
  ],
  'a directory instead of a file': [{ ...SERVER_FILES, certfile: '/' }, 'certfile', /^\/: cannot be read: it is a dir/],
  'a key instead of a certificate': [
    { ...SERVER_FILES, certfile: SERVER_FILES.keyfile },
    'certfile',
    /server\.key: holds no certificate in PEM form$/,
  ],
  'a certificate instead of a key': [
    { ...SERVER_FILES, keyfile: SERVER_FILES.certfile },
    'keyfile',
    /server\.pem: holds no private key in PEM form$/,
  ],
  'a key instead of authorities': [
    { ...VERIFY_FILES, cacertfile: SERVER_FILES.keyfile },
    'cacertfile',
    /server\.key: holds no certificate in PEM form$/,
  ],
  'authorities of which one is cut off': [
    { ...VERIFY_FILES, cacertfile: CUT },
    'cacertfile',
    /: certificate 2 of the file is broken$/,
  ],
  'a chain of which one certificate is garbled': [
    { ...SERVER_FILES, certfile: GARBLED },
    'certfile',
    /: certificate 2 of the file is broken$/,
  ],
  'no version that it could speak': [
    { ...SERVER_FILES, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' },
    'minVersion',
    /^there is no version from TLSv1\.3 to TLSv1\.2$/,
  ],
  "another certificate's key": [
    { ...SERVER_FILES, keyfile: certificateFile('server-2.key') },
    'keyfile',
    /server-2\.key: is not the key of the certificate in .*server\.pem$/,
  ],
  'no password for an encrypted key': [ENCRYPTED, 'keyPassword', /server-encrypted\.key: needs a password$/],
  'a wrong password': [
    { ...ENCRYPTED, keyPassword: 'open barley' },
    'keyPassword',
    /server-encrypted\.key: the password is wrong$/,
  ],
  'an unknown cipher': [{ ...SERVER_FILES, ciphers: 'ROT13' }, 'ciphers', /^ROT13: no cipher match$/],
  'certificates that nothing can verify': [
    { ...SERVER_FILES, verifyPeer: true },
    'cacertfile',
    /cannot be verified without/,
  ],
  'certificates that are demanded and not asked for': [
    { ...SERVER_FILES, failIfNoPeerCert: true },
    'failIfNoPeerCert',
    /cannot be demanded where none is asked for/,
  ],
};

suite('a TLS listener does not open with', () => {
  for (const [title, [options, option, message]] of Object.entries(WRONG))
    test(title, async () => {
      await assert.rejects(tls({ port: 0, tls: options }).open(neverCalled), (error) => {
        assert.ok(error instanceof TlsError);
        assert.equal(error.option, option);
        assert.match(error.message, message);
        assert.ok(!error.message.includes('\n'));
        assert.ok(!error.message.includes('PRIVATE') && !error.message.includes('open barley'));
        return true;
      });
    });
});

test('a TLS listener opens with an encrypted key and its password', async () => {
  await using listener = await openListener(tls({ port: 0, tls: { ...ENCRYPTED, keyPassword: PASSWORD } }));
  (await openTls({ port: portOf(listener.address) })).destroy();
});

suite('the files of a TLS listener that is open', () => {
  test('are read again: new connections get the new certificate, old ones stay', async () => {
    await using scene = await reloadScene();
    const before = await scene.connect();
    assert.equal(subject(before), 'localhost');
    scene.use('server-2');
    await scene.reload();
    const after = await scene.connect();
    assert.equal(subject(after), 'second');
    before.write('still here');
    await until(() => scene.accepted[0]?.received.toString() === 'still here', 'what the old connection says');
    assert.equal(scene.accepted[0]?.closed, 0);
  });

  test('change nothing where they are wrong', async () => {
    await using scene = await reloadScene();
    writeFileSync(scene.files.certfile, 'half written');
    await assert.rejects(scene.reload(), { name: 'TlsError', option: 'certfile' });
    assert.equal(subject(await scene.connect()), 'localhost');
    copyFileSync(certificateFile('server-2.pem'), scene.files.certfile);
    await assert.rejects(scene.reload(), { name: 'TlsError', option: 'keyfile' });
    assert.equal(subject(await scene.connect()), 'localhost');
    copyFileSync(certificateFile('server-2.key'), scene.files.keyfile);
    await scene.reload();
    assert.equal(subject(await scene.connect()), 'second');
  });

  test('may name another authority, and a session of the old one does not count any more', async () => {
    await using scene = await reloadScene();
    const client = await scene.connect(showing('client'));
    assert.equal(scene.accepted[0]?.wire.peer.certificate?.commonName, 'sensor-1');
    const session = await sessionOf(client);
    copyFileSync(certificateFile('foreign-ca.pem'), scene.files.cacertfile);
    await scene.reload();
    const again = await scene.connect({ ...showing('client'), session }, false);
    again.write('hello');
    await until(() => scene.accepted[1]?.closed === 1, 'the end of the connection');
    assert.equal(scene.accepted[1]?.received.length, 0);
    await scene.connect(showing('foreign-client'));
    assert.equal(scene.accepted[2]?.wire.peer.certificate?.commonName, 'sensor-1');
  });
});

test('a TLS listener opens with key and certificate in one file', async () => {
  const both = temporaryFile(readFileSync(SERVER_FILES.keyfile, 'utf8') + readFileSync(SERVER_FILES.certfile, 'utf8'));
  await using listener = await openListener(tls({ port: 0, tls: { certfile: both, keyfile: both } }));
  (await openTls({ port: portOf(listener.address) })).destroy();
});

test('a TLS listener opens with several authorities, text between them and line ends of any kind', async () => {
  const cacertfile = temporaryFile(`first\r\n${CA.replaceAll('\n', '\r\n')}second\n${CA}`);
  await using listener = await openListener(tls({ port: 0, tls: { ...VERIFY_FILES, cacertfile } }));
  (await openTls({ port: portOf(listener.address) }, showing('client'))).destroy();
});

function temporaryFile(text: string): string {
  const path = temporaryPath();
  writeFileSync(path, text);
  return path;
}

interface ReloadScene extends OpenListener {
  readonly files: { readonly certfile: string; readonly keyfile: string; readonly cacertfile: string };
  /** Puts another certificate and key in the place of those that are there. */
  use(name: string): void;
  reload(): Promise<void>;
  /** A client that the listener has heard of, unless it is not `heard`. */
  connect(options?: Parameters<typeof openTls>[1], heard?: boolean): Promise<TLSSocket>;
}

async function reloadScene(): Promise<ReloadScene> {
  const files = { certfile: temporaryPath(), keyfile: temporaryPath(), cacertfile: temporaryPath() };
  const use = (name: string): void => {
    writeFileSync(files.certfile, readFileSync(certificateFile(`${name}.pem`)));
    writeFileSync(files.keyfile, readFileSync(certificateFile(`${name}.key`)));
  };
  use('server');
  copyFileSync(certificateFile('ca.pem'), files.cacertfile);
  const listener = tls({ port: 0, tls: { ...files, verifyPeer: true } });
  const open = await openListener(listener);
  return {
    ...open,
    files,
    use,
    reload: () => listener.reload(),
    async connect(options, heard = true) {
      const at = open.accepted.length;
      const socket = await openTls({ port: portOf(open.address) }, options);
      socket.on('error', () => {});
      open.clients.push(socket);
      if (heard) {
        socket.write('hello');
        await until(() => open.accepted[at]?.received.toString() === 'hello', 'the greeting');
        (open.accepted[at] ?? { received: null }).received = Buffer.alloc(0);
      }
      return socket;
    },
  };
}

/** The common name of the server. */
function subject(client: TLSSocket): string {
  return String(client.getPeerCertificate().subject.CN);
}

function neverCalled(): never {
  throw new Error('nobody can have connected');
}
