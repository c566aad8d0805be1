import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { peerCertificate } from './certificate.ts';
import { awaitClientHello } from './client-hello.ts';
import type { Layer, Rising } from './listener.ts';
import { readSecureContext, type TlsOptions } from './tls-options.ts';

/** A layer of TLS whose certificate can be read again. */
export interface TlsLayer extends Layer {
  /** See `Reloadable`. */
  reload(): Promise<void>;
}

/** A listener whose certificate can be changed while it is open. */
export interface Reloadable {
  /**
   * Reads the files of certificate, key and authorities again: for new connections, those that are there stay. Rejects
   * with TlsError, and changes nothing, where they are not right.
   */
  reload(): Promise<void>;
}

/** The broker bounds the time of a handshake (`connectTimeout`): Node's own bound of two minutes is to stay out of it. */
const HANDSHAKE_TIMEOUT = 2 ** 31 - 1;

/** Connections whose handshake goes on, by name: who waits for its end. */
type Risings = Map<string, { readonly connection: Rising; readonly next: (stream: Socket) => void }>;

/** TLS; `protocol` is what the layer above speaks, for clients that ask for it by ALPN. */
export function tlsLayer(options: TlsOptions, protocol: string): TlsLayer {
  const risings: Risings = new Map();
  let server: Server | null = null;
  const reload = async (): Promise<void> => {
    const context = await readSecureContext(options);
    server ??= await createTlsServer(options, protocol, risings);
    server.setSecureContext(context);
  };
  return {
    open: reload,
    reload,
    rise(connection, next) {
      const { stream } = connection;
      const name = nameOf(stream);
      // A client that comes back from the same port has reset the connection of this name, whose end is yet to be told.
      risings.get(name)?.connection.stream.destroy();
      const rising = { connection, next };
      risings.set(name, rising);
      stream.once('close', () => risings.get(name) === rising && risings.delete(name));
      awaitClientHello(stream, () => server?.emit('connection', stream));
    },
  };
}

/** A server that does not listen: it is handed accepted sockets. */
async function createTlsServer(options: TlsOptions, protocol: string, risings: Risings): Promise<Server> {
  // Loaded here, so that only who uses it pays for it: four megabytes.
  const { createServer } = await import('node:tls');
  const server = createServer({
    ALPNProtocols: [protocol],
    requestCert: options.verifyPeer === true,
    rejectUnauthorized: options.failIfNoPeerCert === true,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
  });
  server.on('secureConnection', (stream) => {
    const name = nameOf(stream);
    const rising = risings.get(name);
    risings.delete(name);
    if (rising === undefined) return void stream.destroy();
    // A client that wants to negotiate anew, which costs us far more than it, is such an error and nothing more to Node.
    stream.on('error', () => stream.destroy());
    stream.disableRenegotiation();
    if (!identify(stream, rising.connection)) return void stream.destroy();
    rising.next(stream);
  });
  // A handshake that fails costs its connection and nothing else; Node has ended it.
  server.on('tlsClientError', () => {});
  return server;
}

/**
 * A name that no two open connections share: Node's TLS server, which is handed accepted sockets, does not say which of
 * them a TLS socket is made of.
 */
function nameOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

/** Tells the wire who the client is; false where it showed a certificate that does not verify. */
function identify(stream: TLSSocket, { wire, handler }: Rising): boolean {
  const certificate = stream.getPeerX509Certificate();
  if (certificate === undefined) return true;
  if (!stream.authorized) return false;
  wire.identify({ certificate: peerCertificate(certificate) }, handler);
  return true;
}
