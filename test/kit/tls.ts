import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';

import { until } from './until.ts';

/** The path of a file in `certificates`. */
export function certificateFile(name: string): string {
  return fileURLToPath(new URL(`certificates/${name}`, import.meta.url));
}

/** The certificate files of a server; see the README in `certificates`. */
export const SERVER_FILES = { certfile: certificateFile('server.pem'), keyfile: certificateFile('server.key') };

/** Asks clients for a certificate of the authority that is trusted. */
export const VERIFY_FILES = { ...SERVER_FILES, cacertfile: certificateFile('ca.pem'), verifyPeer: true };

const ca = readFileSync(certificateFile('ca.pem'));

/** What makes a client show the certificate of that name. */
export function showing(name: string): ConnectionOptions {
  return {
    cert: readFileSync(certificateFile(`${name}.pem`)),
    key: readFileSync(certificateFile(`${name}.key`)),
  };
}

const sessions = new WeakMap<TLSSocket, Buffer>();

/** The session of a client, to resume it: in TLS 1.3 it comes some time after the handshake. */
export async function sessionOf(socket: TLSSocket): Promise<Buffer> {
  await until(() => sessions.has(socket), 'a session');
  return sessions.get(socket) as Buffer;
}

/** A client that trusts the test authority only; resolves when its handshake is done. */
export async function openTls(
  to: { readonly port: number; readonly host?: string } | { readonly socket: Duplex },
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', ca, ...to, ...options });
  socket.on('session', (session) => sessions.set(socket, session));
  await once(socket, 'secureConnect');
  return socket;
}
