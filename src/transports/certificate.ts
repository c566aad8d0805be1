import type { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from '../broker/ports.ts';

/** What hooks and webhooks are told of a client certificate. */
export function peerCertificate(certificate: X509Certificate): PeerCertificate {
  const names = certificate.toLegacyObject().subject.CN as string | readonly string[] | undefined;
  return {
    commonName: (typeof names === 'string' ? names : names?.at(-1)) ?? '',
    subject: subjectOf(certificate),
  };
}

/**
 * The subject as RFC 4514 writes it: the last name first. Node has one line for each name, in the certificate's order,
 * with the characters escaped that RFC 2253 (and 4514) wants escaped.
 */
function subjectOf({ subject }: X509Certificate): string {
  // An unescaped plus stands between the values of one name only.
  const names = (subject ?? '').split('\n').map((name) => name.replaceAll(' + ', '+'));
  return names.toReversed().join(',');
}

/** A value of a distinguished name, escaped as RFC 4514 wants it (section 2.4). */
export function escapeName(value: string): string {
  return value.replaceAll(/^[# ]|(?!^) $|[\\,+"<>;]/g, String.raw`\$&`).replaceAll('\0', String.raw`\00`);
}
