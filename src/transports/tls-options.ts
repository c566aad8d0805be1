import type { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SecureContextOptions } from 'node:tls';
import { readCertificates, readPrivateKey } from '../config/pem.ts';

/** What TLS needs; the files are in PEM form. */
export interface TlsOptions {
  /** File of the server's certificate, followed by those of the authorities between it and the root. */
  readonly certfile: string;
  /** File of the certificate's private key. */
  readonly keyfile: string;
  /** Password of the private key, where it is encrypted. */
  readonly keyPassword?: string;
  /** File of the authorities that client certificates must come from; `verifyPeer` needs it. */
  readonly cacertfile?: string;
  /**
   * Clients are asked for a certificate. One that does not verify ends the connection; a client without one is
   * accepted, unless `failIfNoPeerCert` says otherwise. False where it is left out.
   */
  readonly verifyPeer?: boolean;
  /** A client without certificate is refused. False where it is left out. */
  readonly failIfNoPeerCert?: boolean;
  /** The oldest version that is spoken: TLS 1.2 where it is left out. */
  readonly minVersion?: TlsVersion;
  /** The newest: TLS 1.3 where it is left out. */
  readonly maxVersion?: TlsVersion;
  /** Ciphers in OpenSSL's words, best first; Node's own choice where they are left out. */
  readonly ciphers?: string;
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** TLS cannot be set up as the options say; the message is one line that names the file and the reason. */
export class TlsError extends Error {
  /** The option that is wrong. */
  readonly option: keyof TlsOptions;

  constructor(option: keyof TlsOptions, message: string) {
    super(message);
    this.name = 'TlsError';
    this.option = option;
  }
}

/** Reads the files and tries what they hold. Throws TlsError; a private key never comes into its message. */
export async function readSecureContext(options: TlsOptions): Promise<SecureContextOptions> {
  const { certfile, keyfile, cacertfile, keyPassword, ciphers } = options;
  if (options.verifyPeer === true && cacertfile === undefined)
    throw new TlsError('cacertfile', 'client certificates cannot be verified without a file of their authorities');
  if (options.failIfNoPeerCert === true && options.verifyPeer !== true)
    throw new TlsError('failIfNoPeerCert', 'a client certificate cannot be demanded where none is asked for');
  const { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' } = options;
  if (minVersion > maxVersion)
    throw new TlsError('minVersion', `there is no version from ${minVersion} to ${maxVersion}`);
  const cert = await readPem('certfile', certfile);
  const key = await readPem('keyfile', keyfile);
  const ca = cacertfile === undefined ? undefined : await readPem('cacertfile', cacertfile);
  checkKey(certificateOf('certfile', certfile, cert), key, options);
  if (cacertfile !== undefined && ca !== undefined) certificateOf('cacertfile', cacertfile, ca);
  const context: SecureContextOptions = {
    cert,
    key,
    minVersion,
    maxVersion,
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword }),
    ...(ca === undefined ? {} : { ca }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
  const { createSecureContext } = await import('node:tls');
  try {
    createSecureContext(context);
  } catch (error) {
    if (ciphers === undefined) throw new TlsError('certfile', `${certfile}: ${reasonOf(error)}`);
    throw new TlsError('ciphers', `${ciphers}: ${reasonOf(error)}`);
  }
  return context;
}

async function readPem(option: 'certfile' | 'keyfile' | 'cacertfile', file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : reasonOf(error);
    throw new TlsError(option, `${file}: cannot be read: ${CAUSES[code] ?? code}`);
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

function certificateOf(option: 'certfile' | 'cacertfile', file: string, pem: Buffer): X509Certificate {
  const found = readCertificates(pem.toString('latin1'));
  if ('blame' in found) throw new TlsError(option, `${file}: ${found.message}`);
  return found;
}

function checkKey(certificate: X509Certificate, pem: Buffer, { certfile, keyfile, keyPassword }: TlsOptions): void {
  const key = readPrivateKey(pem.toString('latin1'), keyPassword);
  if ('blame' in key)
    throw new TlsError(key.blame === 'password' ? 'keyPassword' : 'keyfile', `${keyfile}: ${key.message}`);
  if (!certificate.checkPrivateKey(key))
    throw new TlsError('keyfile', `${keyfile}: is not the key of the certificate in ${certfile}`);
}

/** The words of OpenSSL's message, for example `error:0A0000B9:SSL routines::no cipher match`. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0]?.split('::').at(-1) ?? '';
}
