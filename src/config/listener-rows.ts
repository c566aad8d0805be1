import type { Kind } from './kind.ts';
import { origin } from './address-kinds.ts';
import { boolean, enumeration, integer, list, size, text } from './kinds.ts';
import { byteRate, rate } from './rate-kinds.ts';
import { row } from './rows.ts';
import type { Row, Rows } from './rows.ts';

/** What every listener may have otherwise than the section `mqtt` says. */
export const policyRows = {
  proxy_protocol: row(boolean(), {
    doc: 'Whether connections begin with the header of the PROXY protocol, version 1 or 2; then those without it are closed.',
    default: false,
  }),
  allow_anonymous: row(boolean(), { doc: 'As `auth.allow_anonymous`, for this listener.' }),
  max_connections: row(integer({ min: 1, unlimited: true }), {
    doc: 'Connections at the same time of this listener, besides the bound of all.',
  }),
  max_connections_per_ip: row(integer({ min: 1, unlimited: true }), {
    doc: 'Connections at the same time from one address to this listener, besides the bound of all.',
  }),
  max_connect_rate: row(rate(), { doc: 'New connections per second of this listener, besides the bound of all.' }),
  max_message_rate: row(rate(), { doc: 'As `mqtt.max_message_rate`, for clients of this listener.' }),
  max_byte_rate: row(byteRate(), { doc: 'As `mqtt.max_byte_rate`, for clients of this listener.' }),
  rate_action: row(enumeration(['disconnect', 'throttle']), {
    doc: 'As `mqtt.rate_action`, for clients of this listener.',
  }),
  max_packet_size: row(size({ min: 128, max: 256 * 1024 * 1024 }), {
    doc: 'As `mqtt.max_packet_size`, for clients of this listener.',
  }),
};

/** The versions of TLS that there are to choose from. */
export const tlsVersions = ['tlsv1.2', 'tlsv1.3'] as const;

/** Certificates, and what TLS asks of clients. Who opens a listener with them needs certificate and key. */
export const tlsRows = {
  certfile: row(text('the path of a PEM file'), {
    doc: 'The certificate, with those that signed it behind it where clients need them.',
    legacy: ['tls.certfile', 'tls.cert'],
  }),
  keyfile: row(text('the path of a PEM file'), {
    doc: 'The private key of the certificate.',
    legacy: ['tls.keyfile', 'tls.key'],
  }),
  key_password: row(text(), {
    doc: 'The password of the private key, if it has one.',
    secret: true,
    legacy: ['tls.key_password', 'tls.keypass'],
  }),
  cacertfile: row(text('the path of a PEM file'), {
    doc: 'The certificates that client certificates must be signed with.',
    legacy: ['tls.cacertfile', 'tls.cacert'],
  }),
  verify_peer: row(boolean(), {
    doc: 'Whether clients are asked for a certificate; one that `cacertfile` does not vouch for is refused.',
    default: false,
    legacy: ['tls.verify_peer'],
  }),
  fail_if_no_peer_cert: row(boolean(), {
    doc: 'Whether a client without a certificate is refused.',
    default: false,
    legacy: ['tls.fail_if_no_peer_cert'],
  }),
  tls_versions: row(versions(), { doc: 'The versions of TLS that are spoken.', default: tlsVersions }),
};

/** What WebSocket listeners have besides. */
export const webRows = {
  origins: row(list(origin()), {
    doc: 'The origins of the pages that browsers may connect from; empty for any. Programs that are no browsers name none and are let in.',
    default: [],
  }),
};

type Inherited<R extends Rows> = { readonly [K in keyof R]: R[K] extends Row<infer T> ? Row<T | undefined> : never };

function versions(): Kind<readonly (typeof tlsVersions)[number][]> {
  const kind = list(enumeration(tlsVersions));
  return {
    ...kind,
    read(node, place) {
      if (node.type !== 'array' || node.items.length > 0) return kind.read(node, place);
      place.problem(node.at, `an empty list is not a list of ${tlsVersions.join(', ')}`);
      return undefined;
    },
  };
}

/** Rows of which each is somebody else's where it is absent: without defaults, and nothing is required. */
export function inherited<R extends Readonly<Record<string, Row<unknown>>>>(rows: R): Inherited<R> {
  const entries = Object.entries(rows);
  const free = entries.map(([key, one]) => [key, { ...one, default: undefined, required: false, legacy: [] }]);
  // The mapped type is what the line above builds; TypeScript cannot follow it.
  return Object.fromEntries(free) as Inherited<R>;
}
