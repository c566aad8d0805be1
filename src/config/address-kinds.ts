import type { Kind } from './kind.ts';
import { scalar } from './kinds.ts';

/** Where to listen. */
export interface BindAddress {
  readonly host: string;
  readonly port: number;
}

/** Where to listen for WebSockets: the path begins with a slash. */
export interface WebAddress extends BindAddress {
  readonly path: string;
}

/** `host:port`, `[IPv6]:port`, or a port alone for all IPv4 interfaces. Port 0 takes any free one. */
export function bindAddress(): Kind<BindAddress> {
  const expected = 'an address such as 0.0.0.0:1883, [::1]:1883, localhost:1883 or 1883';
  return scalar(expected, ({ text }) => parseBind(text));
}

/** As `bindAddress`, with the path that clients must ask for: `host:port/path`; without one it is `/mqtt`. */
export function webAddress(): Kind<WebAddress> {
  const expected = 'an address such as 0.0.0.0:8083/mqtt, [::1]:8083 or 8083';
  return scalar(expected, ({ text }) => {
    const slash = text.indexOf('/');
    const bind = parseBind(slash === -1 ? text : text.slice(0, slash));
    const path = slash === -1 ? '/mqtt' : text.slice(slash);
    return bind !== undefined && isWebPath(path) ? { ...bind, path } : undefined;
  });
}

/** Whether a request's path can be so, as it is written there. */
export function isWebPath(path: string): boolean {
  return /^\/[\w/.~!$&'()*+,;=:@%-]*$/.test(path);
}

/** Who may use a file, in the octal digits of chmod: `0660`. */
export function fileMode(): Kind<number> {
  return scalar('a file mode in octal digits such as 0660', ({ text }) =>
    /^(?:0o)?[0-7]{3,4}$/.test(text) ? Number.parseInt(text.replace('0o', ''), 8) : undefined,
  );
}

/**
 * A path for a Unix domain socket. The system takes 107 bytes of it (103 on macOS) and cuts the rest off, so that the
 * socket would be somewhere else.
 */
export function socketPath(): Kind<string> {
  return scalar('a path of at most 103 bytes such as /run/hookmq.sock', ({ text, value }) =>
    typeof value === 'string' && text !== '' && Buffer.byteLength(text) <= 103 && !text.includes('\0')
      ? text
      : undefined,
  );
}

/**
 * What a browser says of the page that connects: `https://example.org`, with a port where it is not the usual one; the
 * text `null` for pages without, such as files.
 */
export function origin(): Kind<string> {
  return scalar('an origin such as https://example.org or http://localhost:3000', ({ text, value }) =>
    value === 'null' || (/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+\/?$/i.test(text) && URL.canParse(text)) ? text : undefined,
  );
}

function parseBind(text: string): BindAddress | undefined {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]|([\w.-]+))?:)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? NaN);
  return match !== null && port <= 65_535 ? { host: match[1] ?? match[2] ?? '0.0.0.0', port } : undefined;
}
