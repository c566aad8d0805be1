import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { plainAddress } from './peer.ts';

/** What the header of the PROXY protocol tells. */
interface ProxyHeader {
  /** Bytes of the header: what follows is the connection's own. */
  readonly length: number;
  /** Of the client; empty where it has none (a Unix domain socket). Null: the proxy speaks for itself. */
  readonly source: { readonly address: string; readonly port: number } | null;
  /** The common name of the client certificate that the proxy has verified; null where there is none. */
  readonly commonName: string | null;
}

/** The header is not complete (`more`), or there is none that may be trusted (`malformed`). */
export type ProxyReading = ProxyHeader | 'more' | 'malformed';

/** Bytes of a header of version 1 at most, its line's end included (section 2.1 of HAProxy's specification). */
const LONGEST_LINE = 107;
/** Bytes that may follow the fixed part of version 2: addresses and room for what load balancers add. */
const LONGEST_REST = 4096;

const LINE_START = Buffer.from('PROXY ');
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** Reads the header at the begin of a connection; the bytes are all that have come so far. */
export function readProxyHeader(bytes: Buffer): ProxyReading {
  if (beginsLike(bytes, SIGNATURE)) return bytes.length < 16 ? 'more' : readBinary(bytes);
  if (beginsLike(bytes, LINE_START)) return readLine(bytes);
  return 'malformed';
}

/** Whether what is there of `bytes` is the begin of `expected`, or begins with it. */
function beginsLike(bytes: Buffer, expected: Buffer): boolean {
  const length = Math.min(bytes.length, expected.length);
  return bytes.subarray(0, length).equals(expected.subarray(0, length));
}

/** Version 1: a line such as `PROXY TCP4 192.0.2.1 192.0.2.2 40000 1883`. */
function readLine(bytes: Buffer): ProxyReading {
  const end = bytes.subarray(0, LONGEST_LINE).indexOf('\r\n');
  if (end === -1) return bytes.length < LONGEST_LINE ? 'more' : 'malformed';
  const length = end + 2;
  const [, family, source = '', destination = '', port = '', destinationPort = '', ...rest] = bytes
    .toString('latin1', 0, end)
    .split(' ');
  if (family === 'UNKNOWN') return { length, source: null, commonName: null };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : null;
  if (isAddress === null || rest.length > 0) return 'malformed';
  if (!isAddress(source) || !isAddress(destination) || !isPort(port) || !isPort(destinationPort)) return 'malformed';
  const address = family === 'TCP4' ? source : shortIPv6(source);
  return { length, source: { address, port: Number(port) }, commonName: null };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** As the system writes it, so that one address has one name. */
function shortIPv6(address: string): string {
  return plainAddress(new SocketAddress({ address, family: 'ipv6' }).address);
}

/** Version 2: 16 bytes that tell how much follows, then addresses and type-length-value fields. */
function readBinary(bytes: Buffer): ProxyReading {
  const [versionAndCommand = 0, familyAndTransport = 0] = bytes.subarray(12, 14);
  const command = versionAndCommand & 0x0f;
  const family = familyAndTransport >> 4;
  const rest = bytes.readUInt16BE(14);
  const sizeOfAddresses = ADDRESS_BYTES[family];
  if (versionAndCommand >> 4 !== 2 || command > 1 || sizeOfAddresses === undefined) return 'malformed';
  if (rest > LONGEST_REST) return 'malformed';
  const length = 16 + rest;
  // LOCAL: the proxy looks after us; what it says of addresses does not count.
  if (command === 1 && rest < sizeOfAddresses) return 'malformed';
  if (bytes.length < length) return 'more';
  if (command === 0) return { length, source: null, commonName: null };
  const addresses = bytes.subarray(16, 16 + sizeOfAddresses);
  const commonName = readCommonName(bytes.subarray(16 + sizeOfAddresses, length));
  return { length, source: readSource(family, addresses), commonName };
}

/** Bytes of both addresses and ports, by family: none, IPv4, IPv6, Unix domain socket. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 12, 2: 36, 3: 216 };

function readSource(family: number, addresses: Buffer): ProxyHeader['source'] {
  if (family === 1) return { address: addresses.subarray(0, 4).join('.'), port: addresses.readUInt16BE(8) };
  if (family === 2) {
    const groups = addresses.toString('hex', 0, 16).match(/.{4}/g) ?? [];
    return { address: shortIPv6(groups.join(':')), port: addresses.readUInt16BE(32) };
  }
  return family === 3 ? { address: '', port: 0 } : null;
}

/** Types of fields: TLS between client and proxy, and the common name in it. */
const TYPE_TLS = 0x20;
const TYPE_COMMON_NAME = 0x22;
/** Bits of the flags in the former: the client showed a certificate, on this connection or earlier in its session. */
const SHOWED_CERTIFICATE = 0x02 | 0x04;

/** The common name of a client certificate, where one was shown and the proxy has verified it (0). */
function readCommonName(fields: Buffer): string | null {
  const tls = findField(fields, TYPE_TLS);
  if (tls === null || tls.length < 5) return null;
  if (((tls[0] ?? 0) & SHOWED_CERTIFICATE) === 0 || tls.readUInt32BE(1) !== 0) return null;
  return findField(tls.subarray(5), TYPE_COMMON_NAME)?.toString('utf8') ?? null;
}

/** The value of the first field of `type`; null where there is none before the fields make no sense. */
function findField(fields: Buffer, type: number): Buffer | null {
  let at = 0;
  while (at + 3 <= fields.length) {
    const end = at + 3 + fields.readUInt16BE(at + 1);
    if (end > fields.length) return null;
    if (fields[at] === type) return fields.subarray(at + 3, end);
    at = end;
  }
  return null;
}
