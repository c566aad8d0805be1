import { readCertificates, readPrivateKey } from '../config/pem.ts';
import { readTextFile } from '../config/read-file.ts';
import type { WebhookConfig } from './config.ts';
import type { TlsSettings } from './settings.ts';

type TlsConfig = WebhookConfig['tls'];

/** Why a key's file cannot be used; the message is one line that names the file. */
interface TlsProblem {
  readonly key: keyof TlsConfig;
  readonly message: string;
}

/** Reads the files that a configuration names, and tries what they hold. */
export function tlsSettings(config: TlsConfig): TlsSettings | { readonly problems: readonly TlsProblem[] } {
  const problems: TlsProblem[] = [];
  const files = new PemFiles(config, problems);
  const ca = files.read('cacertfile');
  const cert = files.read('certfile');
  const key = files.read('keyfile');
  if (ca !== undefined) files.certificateOf('cacertfile', ca);
  if (cert !== undefined && key !== undefined) files.checkPair(cert, key);
  if (problems.length > 0) return { problems };
  const { key_password: passphrase, sni, verify } = config;
  return {
    verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(sni === undefined ? {} : { sni }),
  };
}

type FileKey = 'cacertfile' | 'certfile' | 'keyfile';

/** The files of a configuration, and what is wrong with them. */
class PemFiles {
  readonly #config: TlsConfig;
  readonly #problems: TlsProblem[];

  constructor(config: TlsConfig, problems: TlsProblem[]) {
    this.#config = config;
    this.#problems = problems;
  }

  /** The text of a file; undefined where there is none to read, or no way to. */
  read(key: FileKey): string | undefined {
    const path = this.#config[key];
    if (path === undefined) return undefined;
    const content = readTextFile(path);
    if ('text' in content) return content.text;
    this.#blame(key, key, content.failure);
    return undefined;
  }

  certificateOf(key: 'cacertfile' | 'certfile', pem: string) {
    const certificate = readCertificates(pem);
    if (!('blame' in certificate)) return certificate;
    this.#blame(key, key, certificate.message);
    return undefined;
  }

  /** Whether a private key can be used, and is the one of the certificate. */
  checkPair(cert: string, pem: string): void {
    const certificate = this.certificateOf('certfile', cert);
    const key = readPrivateKey(pem, this.#config.key_password);
    if ('blame' in key) this.#blame(key.blame === 'password' ? 'key_password' : 'keyfile', 'keyfile', key.message);
    else if (certificate?.checkPrivateKey(key) === false)
      this.#blame('keyfile', 'keyfile', `is not the key of the certificate in ${this.#config.certfile}`);
  }

  #blame(key: keyof TlsConfig, file: FileKey, message: string): void {
    this.#problems.push({ key, message: `${this.#config[file]}: ${message}` });
  }
}
