/** Why there was no answer: the part of the configuration that it is about, and one line for people. */
export interface FailureText {
  /** A key of an endpoint. */
  readonly key: 'url' | 'tls.cacertfile' | 'tls.certfile' | 'tls.sni';
  readonly text: string;
}

/** What the operating system says of a connection that it cannot make. */
const SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'no host has this name',
  EAI_AGAIN: 'the name server does not answer',
  ETIMEDOUT: 'no connection in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  // What waited for a connection that was then given up.
  UND_ERR_DESTROYED: 'no connection in time',
  EHOSTUNREACH: 'no way to this host',
  ENETUNREACH: 'no way to this network',
  EACCES: 'not allowed on this machine',
  EPERM: 'not allowed on this machine',
  EMFILE: 'this process has too many files open',
  EADDRNOTAVAIL: 'no local port is free',
};

/** What is wrong with a certificate that does not verify. */
const CERTIFICATE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'signed by an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'signed by an authority that is not known',
  UNABLE_TO_GET_ISSUER_CERT: 'signed by an authority that is not known',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'signed by an authority that is not known',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  CERT_UNTRUSTED: 'signed by an authority that is not trusted',
  CERT_REJECTED: 'rejected',
  INVALID_CA: 'signed by a certificate that is not of an authority',
  INVALID_PURPOSE: 'not a certificate for servers',
};

/** Nothing in the configuration can heal these. */
const EXPIRED: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
};

const NO_TLS = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_UNKNOWN_PROTOCOL',
]);

/** Alerts of a server that misses a client certificate, or does not like the one that it was shown. */
const CLIENT_CERTIFICATE =
  /^ERR_SSL_.*ALERT_(?:CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|NO_CERTIFICATE|UNSUPPORTED_CERT)/;

/** `url`: where the request went; only its origin is shown, the rest may be secret. `proxy`: the one in between. */
export function failureText(error: Error, url: URL, proxy: URL | null): FailureText {
  const cause = causeOf(error);
  const code = codeOf(cause);
  if (proxy !== null && isOfProxy(cause, code, proxy)) return { key: 'url', text: proxyText(cause, code, proxy, url) };
  const certificate = certificateText(cause, code, url);
  if (certificate !== null) return certificate;
  if (NO_TLS.has(code))
    return { key: 'url', text: `cannot connect to ${url.origin} (what answers there speaks no TLS)` };
  if (CLIENT_CERTIFICATE.test(code))
    return {
      key: 'tls.certfile',
      text: `${url.origin} does not accept this client certificate, or that there is none`,
    };
  if (code.endsWith('ALERT_HANDSHAKE_FAILURE'))
    return { key: 'url', text: `${url.origin} refuses TLS with this client; it may want a client certificate` };
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO')
    return { key: 'url', text: `cannot connect to ${url.origin} (TLS: ${reasonOf(cause)})` };
  return { key: 'url', text: plainText(cause, code, url) };
}

function plainText(cause: Error, code: string, url: URL): string {
  // Undici stumbles over an answer that changes the protocol (101) to none.
  if (cause.name === 'HTTPParserError' || code === 'ERR_ASSERTION') return 'the answer is not HTTP';
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return "the answer's headers are too large";
  const isConnecting = 'syscall' in cause && (cause.syscall === 'connect' || cause.syscall === 'getaddrinfo');
  if (!isConnecting && isEnded(cause)) return 'the connection was closed before there was an answer';
  const system = SYSTEM[code];
  if (system !== undefined) return `cannot connect to ${url.origin} (${system})`;
  return cause.message === '' ? (code === '' ? cause.name : code) : oneLine(cause.message);
}

function certificateText(cause: Error, code: string, { origin, hostname }: URL): FailureText | null {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const name = 'host' in cause ? String(cause.host) : hostname;
    return { key: name === hostname ? 'url' : 'tls.sni', text: `the certificate of ${origin} is not for ${name}` };
  }
  const why = CERTIFICATE[code] ?? EXPIRED[code];
  if (why === undefined) return null;
  const key = code in EXPIRED ? 'url' : 'tls.cacertfile';
  return { key, text: `the certificate of ${origin} does not verify (${why})` };
}

/** Whether a connection was closed by the other side, or broke. */
export function isEnded(error: Error): boolean {
  const code = codeOf(error);
  return (
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    code === 'UND_ERR_SOCKET' ||
    (code === 'UND_ERR_INFO' && error.message.includes('GOAWAY'))
  );
}

function isOfProxy(cause: Error, code: string, proxy: URL): boolean {
  if (code.startsWith('UND_ERR_PRX') || /\bproxy\b/i.test(cause.message)) return true;
  if ('hostname' in cause && cause.hostname === proxy.hostname) return true;
  const port = proxy.port === '' ? (proxy.protocol === 'https:' ? '443' : '80') : proxy.port;
  return 'port' in cause ? String(cause.port) === port : cause.message.includes(`${proxy.hostname}:${port}`);
}

function proxyText(cause: Error, code: string, proxy: URL, url: URL): string {
  const refused = /\((\d{3})\)/.exec(cause.message)?.[1];
  if (refused !== undefined) return `the proxy ${proxy.origin} does not connect to ${url.origin} (status ${refused})`;
  return `cannot connect to ${url.origin} through the proxy ${proxy.origin} (${SYSTEM[code] ?? 'it ended the connection'})`;
}

/** Several addresses were tried (localhost): what happened to the first says it. */
function causeOf(error: Error): Error {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  return first instanceof Error ? first : error;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : 'the handshake failed';
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 200);
}
