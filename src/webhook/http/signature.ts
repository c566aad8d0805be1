import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/**
 * Signs requests as Standard Webhooks have it (standardwebhooks.com, "Signature scheme"): `v1,` and the base64 of an
 * HMAC-SHA256 over id, timestamp and body. With several secrets each makes a signature, the newest first, so that a
 * receiver that knows one of them can verify the request.
 */
export class Signer {
  readonly #keys: readonly KeyObject[];

  /** `secrets`: the raw bytes. */
  constructor(secrets: readonly Uint8Array[]) {
    this.#keys = secrets.map((secret) => createSecretKey(secret));
  }

  /** The value of `webhook-signature`, empty without secrets. `timestamp`: that of `webhook-timestamp`. */
  sign(id: string, timestamp: string, body: Buffer): string {
    const head = `${id}.${timestamp}.`;
    let signatures = '';
    for (const key of this.#keys) {
      if (signatures !== '') signatures += ' ';
      signatures += `v1,${createHmac('sha256', key).update(head).update(body).digest('base64')}`;
    }
    return signatures;
  }
}
