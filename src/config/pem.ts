import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Why the text of a PEM file cannot be used: `key` is to blame, or the `password` that should open it. */
export interface PemProblem {
  readonly blame: 'certificate' | 'key' | 'password';
  /** What completes `FILE: ...`; never a part of the text. */
  readonly message: string;
}

/** How a certificate in PEM form begins. */
const CERTIFICATE = /^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/;

/** The first certificate of a text, after reading all, where OpenSSL would do without those behind one that is broken. */
export function readCertificates(pem: string): X509Certificate | PemProblem {
  const texts = pem.split(/^(?=-----BEGIN )/m).filter((text) => CERTIFICATE.test(text));
  let first: X509Certificate | undefined;
  for (const [index, text] of texts.entries()) {
    try {
      const certificate = new X509Certificate(text);
      first ??= certificate;
    } catch {
      return { blame: 'certificate', message: `certificate ${index + 1} of the file is broken` };
    }
  }
  return first ?? { blame: 'certificate', message: 'holds no certificate in PEM form' };
}

/** The private key of a text. */
export function readPrivateKey(pem: string, password: string | undefined): KeyObject | PemProblem {
  const encrypted = pem.includes('ENCRYPTED');
  try {
    return createPrivateKey(password === undefined ? pem : { key: pem, passphrase: password });
  } catch {
    if (encrypted && password === undefined) return { blame: 'password', message: 'needs a password' };
    if (encrypted) return { blame: 'password', message: 'the password is wrong' };
    return { blame: 'key', message: 'holds no private key in PEM form' };
  }
}
