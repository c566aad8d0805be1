import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { readProxyHeader } from '../../src/transports/proxy-header.ts';
import { binaryHeader, field, IPV4, IPV6, tlsField } from './proxy-headers.ts';

const AFTER = Buffer.from('\x10MQTT');

/** Lines of version 1 and the source that they tell. */
const LINES: readonly (readonly [string, { address: string; port: number } | null])[] = [
  ['PROXY TCP4 192.0.2.7 192.0.2.1 40007 1883', { address: '192.0.2.7', port: 40_007 }],
  ['PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535', { address: '255.255.255.255', port: 65_535 }],
  ['PROXY TCP6 2001:DB8:0:0:0:0:0:7 2001:db8::1 40007 0', { address: '2001:db8::7', port: 40_007 }],
  ['PROXY TCP6 ::ffff:192.0.2.7 ::1 1 1883', { address: '192.0.2.7', port: 1 }],
  [
    `PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535`,
    { address: `${'ffff:'.repeat(7)}ffff`, port: 65_535 },
  ],
  ['PROXY UNKNOWN', null],
  [`PROXY UNKNOWN ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535`, null],
];

/** What is no header, whatever follows. */
const MALFORMED: Readonly<Record<string, string | Buffer>> = {
  'an MQTT packet': Buffer.from('100c00044d5154540402003c0000', 'hex'),
  'a TLS hello': Buffer.from('16030100c8010000c40303', 'hex'),
  'an HTTP request': 'GET / HTTP/1.1\r\n\r\n',
  'a line in lower case': 'proxy TCP4 192.0.2.7 192.0.2.1 40007 1883\r\n',
  'an unknown protocol': 'PROXY UDP4 192.0.2.7 192.0.2.1 40007 1883\r\n',
  'no protocol': 'PROXY \r\n',
  'no destination': 'PROXY TCP4 192.0.2.7 40007 1883\r\n',
  'too many words': 'PROXY TCP4 192.0.2.7 192.0.2.1 40007 1883 1\r\n',
  'two spaces': 'PROXY TCP4  192.0.2.7 192.0.2.1 40007 1883\r\n',
  'a name as address': 'PROXY TCP4 localhost 192.0.2.1 40007 1883\r\n',
  'IPv6 where IPv4 was said': 'PROXY TCP4 ::1 ::1 40007 1883\r\n',
  'IPv4 where IPv6 was said': 'PROXY TCP6 192.0.2.7 192.0.2.1 40007 1883\r\n',
  'a port beyond 65,535': 'PROXY TCP4 192.0.2.7 192.0.2.1 65536 1883\r\n',
  'a port with a leading zero': 'PROXY TCP4 192.0.2.7 192.0.2.1 040 1883\r\n',
  'a port with a sign': 'PROXY TCP4 192.0.2.7 192.0.2.1 +40 1883\r\n',
  'a line without end': `PROXY UNKNOWN ${'x'.repeat(93)}`,
  'a line of 108 bytes': `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`,
  'version 3': binaryHeader({ first: 0x31, family: 0x11, rest: IPV4 }),
  'version 1 in binary': binaryHeader({ first: 0x11, family: 0x11, rest: IPV4 }),
  'an unknown command': binaryHeader({ first: 0x22, family: 0x11, rest: IPV4 }),
  'an unknown family': binaryHeader({ family: 0x41, rest: IPV4 }),
  'addresses that are cut off': binaryHeader({ family: 0x11, rest: IPV4.subarray(1) }),
  'IPv6 addresses that are cut off': binaryHeader({ family: 0x21, rest: IPV4 }),
  'a length beyond what is read': binaryHeader({ family: 0x11, rest: Buffer.concat([IPV4, Buffer.alloc(4085)]) }),
};

suite('the header of the PROXY protocol', () => {
  for (const [line, source] of LINES)
    test(`version 1: ${line}`, () => {
      const header = Buffer.from(`${line}\r\n`);
      assert.deepEqual(readProxyHeader(Buffer.concat([header, AFTER])), {
        length: header.length,
        source,
        commonName: null,
      });
    });

  for (const [title, header, source] of [
    ['IPv4', binaryHeader({ family: 0x11, rest: IPV4 }), { address: '192.0.2.7', port: 40_007 }],
    ['IPv6', binaryHeader({ family: 0x21, rest: IPV6 }), { address: '2001:db8::7', port: 40_007 }],
    ['a Unix domain socket', binaryHeader({ family: 0x31, rest: Buffer.alloc(216, 'x') }), { address: '', port: 0 }],
    ['of no family', binaryHeader({ family: 0, rest: Buffer.alloc(0) }), null],
    ['of no family, with more', binaryHeader({ family: 0, rest: Buffer.alloc(300) }), null],
    ['LOCAL', binaryHeader({ first: 0x20, family: 0, rest: Buffer.alloc(0) }), null],
    ['LOCAL, with addresses', binaryHeader({ first: 0x20, family: 0x11, rest: IPV4 }), null],
    ['LOCAL, with less than addresses', binaryHeader({ first: 0x20, family: 0x11, rest: Buffer.alloc(3) }), null],
    [
      'with fields',
      binaryHeader({ family: 0x11, rest: Buffer.concat([IPV4, field(4, Buffer.alloc(900))]) }),
      { address: '192.0.2.7', port: 40_007 },
    ],
    [
      'as long as may be',
      binaryHeader({ family: 0x11, rest: Buffer.concat([IPV4, Buffer.alloc(4084)]) }),
      { address: '192.0.2.7', port: 40_007 },
    ],
  ] as const)
    test(`version 2: ${title}`, () => {
      assert.deepEqual(readProxyHeader(Buffer.concat([header, AFTER])), {
        length: header.length,
        source,
        commonName: null,
      });
    });

  for (const [title, fields, commonName] of [
    ['a client certificate that was verified', [tlsField({ commonName: 'sensor-1' })], 'sensor-1'],
    ['one of an earlier connection of the session', [tlsField({ flags: 0x05, commonName: 'sensor-1' })], 'sensor-1'],
    ['behind another field', [field(4, Buffer.alloc(9)), tlsField({ commonName: 'sensor-1' })], 'sensor-1'],
    ['one that was not verified', [tlsField({ verify: 1, commonName: 'sensor-1' })], null],
    ['none', [tlsField({ flags: 0x01, commonName: 'sensor-1' })], null],
    ['one without a common name', [tlsField({})], null],
    ['a field that is cut off', [tlsField({ commonName: 'sensor-1' }).subarray(0, -1)], null],
    ['a field that says more than it holds', [Buffer.from([0x20, 0, 200, 7, 0, 0, 0, 0])], null],
    ['a field that is too short', [field(0x20, Buffer.from([7, 0, 0, 0]))], null],
  ] as const)
    test(`version 2 tells of TLS: ${title}`, () => {
      const header = readProxyHeader(binaryHeader({ family: 0x11, rest: Buffer.concat([IPV4, ...fields]) }));
      assert.ok(typeof header === 'object');
      assert.equal(header.commonName, commonName);
    });

  test('is awaited until it is complete, byte by byte', () => {
    const headers = [
      ...LINES.map(([line]) => Buffer.from(`${line}\r\n`)),
      binaryHeader({ family: 0x11, rest: IPV4 }),
      binaryHeader({ family: 0x21, rest: Buffer.concat([IPV6, tlsField({ commonName: 'sensor-1' })]) }),
    ];
    for (const header of headers) {
      for (let length = 0; length < header.length; length++)
        assert.equal(readProxyHeader(header.subarray(0, length)), 'more');
      assert.equal(typeof readProxyHeader(header), 'object');
    }
  });

  for (const [title, bytes] of Object.entries(MALFORMED))
    test(`is not ${title}`, () => {
      assert.equal(readProxyHeader(Buffer.from(bytes as string)), 'malformed');
    });

  test('is known to be none by the first byte', () => {
    assert.equal(readProxyHeader(Buffer.from([0x10])), 'malformed');
  });

  test('is not read beyond its bounds: no length of version 2 makes us wait for more than 4 KiB', () => {
    for (let length = 0; length <= 0xffff; length += 13) {
      const header = binaryHeader({ family: 0, rest: Buffer.alloc(0) });
      header.writeUInt16BE(length, 14);
      const read = readProxyHeader(header);
      assert.equal(read, length === 0 ? read : length <= 4096 ? 'more' : 'malformed');
    }
  });
});
