import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Client } from '../../src/broker/client.ts';
import type { AuthenticationStep, BrokerHooks } from '../../src/broker/hooks.ts';

/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677): an example of an authentication method, and the client for it. Without channel
 * binding, and with passwords that SASLprep does not change.
 */
export const SCRAM_SHA_256 = 'SCRAM-SHA-256';

/** What a server keeps of a password; nobody can log in with it. */
export interface ScramCredentials {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export function scramCredentials(
  password: string,
  salt: Buffer = randomBytes(16),
  iterations = 4096,
): ScramCredentials {
  const salted = saltedPassword(password, salt, iterations);
  return {
    salt,
    iterations,
    storedKey: sha256(hmac(salted, 'Client Key')),
    serverKey: hmac(salted, 'Server Key'),
  };
}

/** A hook for `client.authenticate.enhanced`; `nonce` is the server's part of the nonce. */
export function scramSha256(
  users: ReadonlyMap<string, ScramCredentials>,
  nonce: () => string = newNonce,
): BrokerHooks['client.authenticate.enhanced'] {
  const names = new WeakMap<Client, string>();
  // Who asks for an unknown user gets a challenge like any other, the same each time.
  const secret = randomBytes(32).toString('base64');
  const nobody = (name: string): ScramCredentials => scramCredentials(secret, sha256(secret + name).subarray(0, 16), 1);

  return (client, { method, data, again }) => {
    if (method !== SCRAM_SHA_256) return 'ignore';
    const first = parseClientFirst(text(data));
    // A client authenticates itself anew as whom it is.
    if (first === null || (again && names.get(client) !== first.name)) return DENIED;
    const known = users.get(first.name);
    const credentials = known ?? { ...nobody(first.name), iterations: 4096 };
    const both = first.nonce + nonce();
    const serverFirst = `r=${both},s=${credentials.salt.toString('base64')},i=${credentials.iterations}`;
    const next = (answer: Buffer | undefined): AuthenticationStep => {
      const final = parseClientFinal(text(answer));
      if (final === null || final.nonce !== both || final.binding !== first.header) return DENIED;
      const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`;
      if (!proves(final.proof, credentials.storedKey, authMessage) || known === undefined) return DENIED;
      names.set(client, first.name);
      return { allow: Buffer.from(`v=${hmac(credentials.serverKey, authMessage).toString('base64')}`) };
    };
    return { ask: Buffer.from(serverFirst), next };
  };
}

/** The client's side of one exchange. */
export class ScramClient {
  readonly #password: string;
  readonly #bare: string;
  #serverSignature = '';

  constructor(name: string, password: string, nonce = newNonce()) {
    this.#password = password;
    this.#bare = `n=${name.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  }

  /** The data of CONNECT, or of AUTH that begins anew. */
  first(): Buffer {
    return Buffer.from(`n,,${this.#bare}`);
  }

  /** The answer to the server's challenge. */
  final(serverFirst: Buffer | undefined): Buffer {
    const challenge = text(serverFirst);
    const [, nonce = '', salt = '', iterations = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge) ?? [];
    const withoutProof = `c=${Buffer.from('n,,').toString('base64')},r=${nonce}`;
    const authMessage = `${this.#bare},${challenge},${withoutProof}`;
    const salted = saltedPassword(this.#password, Buffer.from(salt, 'base64'), Number(iterations));
    const clientKey = hmac(salted, 'Client Key');
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), authMessage).toString('base64');
    const proof = xor(clientKey, hmac(sha256(clientKey), authMessage));
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`);
  }

  /** Whether the server has shown that it knows the password, too. */
  trusts(serverFinal: Buffer | undefined): boolean {
    return text(serverFinal) === `v=${this.#serverSignature}`;
  }
}

const DENIED = { deny: 'bad_username_or_password', text: 'SCRAM authentication failed' } as const;

function parseClientFirst(message: string): { header: string; bare: string; name: string; nonce: string } | null {
  const [, header = '', bare = '', name = '', nonce = ''] =
    /^([ny],,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+))$/.exec(message) ?? [];
  return bare === '' ? null : { header, bare, name: name.replaceAll('=2C', ',').replaceAll('=3D', '='), nonce };
}

function parseClientFinal(
  message: string,
): { withoutProof: string; binding: string; nonce: string; proof: Buffer } | null {
  const [, withoutProof = '', binding = '', nonce = '', proof = ''] =
    /^(c=([^,]+),r=([^,]+)),p=([^,]+)$/.exec(message) ?? [];
  if (withoutProof === '') return null;
  return {
    withoutProof,
    binding: Buffer.from(binding, 'base64').toString(),
    nonce,
    proof: Buffer.from(proof, 'base64'),
  };
}

function proves(proof: Buffer, storedKey: Buffer, authMessage: string): boolean {
  if (proof.length !== storedKey.length) return false;
  return timingSafeEqual(sha256(xor(proof, hmac(storedKey, authMessage))), storedKey);
}

function saltedPassword(password: string, salt: Buffer, iterations: number): Buffer {
  return pbkdf2Sync(password, salt, iterations, 32, 'sha256');
}

function hmac(key: Buffer, message: string): Buffer {
  return createHmac('sha256', key).update(message).digest();
}

function sha256(message: string | Buffer): Buffer {
  return createHash('sha256').update(message).digest();
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, at) => byte ^ (b[at] ?? 0)));
}

function newNonce(): string {
  return randomBytes(18).toString('base64');
}

function text(data: Buffer | undefined): string {
  return data?.toString() ?? '';
}
