import { Failure, UsageError } from './failure.ts';

/** Where to listen. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads a port; 0 lets the system choose.
 *
 * @throws UsageError when it is none.
 */
export function portNumber(option: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity;
  if (port > 65535) throw new UsageError(`${option} ${text}: a port is a number from 0 to 65535`);
  return port;
}

/** HOST:PORT as it stands in a url. */
function hostPort({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A url without what may be secret in it: user, password, path (with some services it is the secret), query. */
export function publicUrl(url: string): string {
  return new URL(url).origin;
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use by another program',
  EACCES: 'the port is not open to this user',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

/** What a failure to listen means, in one line that names the option to change it with; other errors as they are. */
export function listenFailure(error: unknown, address: Address, option: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const why = WHY[String(error.code)] ?? error.message;
  return new Failure(`cannot listen on ${hostPort(address)}: ${why}; choose another with ${option}`);
}
