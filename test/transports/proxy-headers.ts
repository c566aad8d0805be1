/** The addresses of a client at 192.0.2.7:40007. */
export const IPV4 = Buffer.from([192, 0, 2, 7, 192, 0, 2, 1, 0x9c, 0x47, 0x07, 0x5b]);

/** The addresses of a client at [2001:db8::7]:40007. */
export const IPV6 = Buffer.from(`20010db8${'0'.repeat(23)}720010db8${'0'.repeat(23)}19c47075b`, 'hex');

/** A header of version 2; `first` is version and command, PROXY where it is left out. */
export function binaryHeader({ first = 0x21, family, rest }: { first?: number; family: number; rest: Buffer }): Buffer {
  const header = Buffer.concat([Buffer.from('0d0a0d0a000d0a515549540a', 'hex'), Buffer.alloc(4), rest]);
  header[12] = first;
  header[13] = family;
  header.writeUInt16BE(rest.length, 14);
  return header;
}

/** A type-length-value field. */
export function field(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 0xff]), value]);
}

/** The field about TLS; `flags` say that a certificate was shown, `verify` 0 that it is right. */
export function tlsField({ flags = 0x07, verify = 0, commonName }: TlsField): Buffer {
  const names = commonName === undefined ? [] : [field(0x22, Buffer.from(commonName))];
  const value = [Buffer.from([flags, 0, 0, 0, verify]), field(0x21, Buffer.from('TLSv1.3')), ...names];
  return field(0x20, Buffer.concat(value));
}

interface TlsField {
  readonly flags?: number;
  readonly verify?: number;
  readonly commonName?: string;
}
