import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindAddress, fileMode, origin, socketPath, webAddress } from '../../src/config/address-kinds.ts';
import type { Kind } from '../../src/config/kind.ts';
import {
  boolean,
  duration,
  enumeration,
  integer,
  list,
  map,
  number,
  object,
  size,
  text,
  textOrNone,
  url,
} from '../../src/config/kinds.ts';
import { named } from '../../src/config/named.ts';
import { byteRate, rate } from '../../src/config/rate-kinds.ts';
import { row } from '../../src/config/rows.ts';
import { readAs } from './reading.ts';

const port = integer({ min: 1, max: 65_535 });
const time = 'is not a duration such as 500ms, 60s, 5m, 1h or 1d';
const sizes = 'is not a size such as 10MB or a number of bytes';
const address = 'is not an address such as 0.0.0.0:1883, [::1]:1883, localhost:1883 or 1883';
const web = 'is not a URL such as http://host:port/path (http or https)';
const httpUrl = url({ schemes: ['http', 'https'] });
const encoding = enumeration(['plain', 'base64']);
const pair = object({
  name: row(text(), { doc: 'A name.', required: true }),
  count: row(integer(), { doc: 'A number.', default: 1 }),
});
const places = named({ bind: row(bindAddress(), { doc: 'Where.', required: true }) });

const paths = 'is not an address such as 0.0.0.0:8083/mqtt, [::1]:8083 or 8083';
const modes = 'is not a file mode in octal digits such as 0660';
const sockets = 'is not a path of at most 103 bytes such as /run/hookmq.sock';
const origins = 'is not an origin such as https://example.org or http://localhost:3000';
const rates = 'is not a rate above 0 such as 1000 or 1000/s, or unlimited';
const byteRates = 'is not a rate of bytes above 0 such as 1MB/s, or unlimited';
const switched = named(
  {
    bind: row(bindAddress(), { doc: 'Where.', required: true }),
    on: row(boolean(), { doc: 'Whether.', default: true }),
  },
  { switch: 'on' },
);

const table: readonly [kind: Kind<unknown>, value: string, result: unknown][] = [
  [text(), 'a b', 'a b'],
  [text(), '1.50', '1.50'],
  [text(), 'true', 'true'],
  [text(), '""', 'key: "" is not a text with at least one character'],
  [text(), 'null', 'key: null is not a text with at least one character'],
  [text('a topic filter'), '[]', 'key: a list [ ... ] is not a topic filter'],
  [text(), '{}', 'key: an object { ... } is not a text with at least one character'],
  [port, '1883', 1883],
  [port, '"1883"', 1883],
  [port, '1e3', 1000],
  [port, '0', 'key: 0 is not a whole number from 1 to 65535'],
  [port, '65536', 'key: 65536 is not a whole number from 1 to 65535'],
  [port, '1.5', 'key: 1.5 is not a whole number from 1 to 65535'],
  [port, 'many', 'key: "many" is not a whole number from 1 to 65535'],
  [port, '0x10', 'key: "0x10" is not a whole number from 1 to 65535'],
  [port, 'true', 'key: true is not a whole number from 1 to 65535'],
  [integer(), '-1', 'key: -1 is not a whole number from 0'],
  [integer(), '1e300', 'key: 1e300 is not a whole number from 0'],
  [number({ min: 1, max: 10 }), '1.25', 1.25],
  [number({ min: 1, max: 10 }), '0.5', 'key: 0.5 is not a number from 1 to 10'],
  [number(), '1e999', 'key: 1e999 is not a number from 0'],
  [boolean(), 'true', true],
  [boolean(), '"False"', false],
  [boolean(), 'yes', 'key: "yes" is not true or false'],
  [boolean(), '1', 'key: 1 is not true or false'],
  [encoding, 'BASE64', 'base64'],
  [encoding, 'base62', 'key: "base62" is not one of plain, base64'],
  [duration(), '500ms', 500],
  [duration(), '60s', 60_000],
  [duration(), '"5 m"', 300_000],
  [duration(), '1.5h', 5_400_000],
  [duration(), '1d', 86_400_000],
  [duration(), '0s', 0],
  [duration(), '60', `key: 60 ${time}`],
  [duration(), '5M', `key: "5M" ${time}`],
  [duration(), '-5s', `key: "-5s" ${time}`],
  [duration(), 'never', `key: "never" ${time}`],
  [duration(), '5 weeks', `key: "5 weeks" ${time}`],
  [duration({ bare: 's' }), '60', 60_000],
  [duration({ bare: 'ms' }), '60', 60],
  [duration({ bare: 'ms' }), 'x', `key: "x" ${time} or a number of milliseconds`],
  [duration({ endless: 'never', max: 1000 }), 'Never', Infinity],
  [duration({ endless: 'never' }), 'x', `key: "x" ${time} or never`],
  [duration({ min: 1000, max: 60_000 }), '500ms', 'key: "500ms" is not at least 1s'],
  [duration({ min: 1000, max: 90_000 }), '1h', 'key: "1h" is not at most 90s'],
  [size(), '10MB', 10 * 1024 * 1024],
  [size(), '512KB', 512 * 1024],
  [size(), '1gb', 1024 ** 3],
  [size(), '"1 KiB"', 1024],
  [size(), '4096', 4096],
  [size(), '100B', 100],
  [size(), '10XB', `key: "10XB" ${sizes}`],
  [size(), '-1', `key: -1 ${sizes}`],
  [size(), 'MB', `key: "MB" ${sizes}`],
  [size({ min: 1024 }), '1', 'key: 1 is not at least 1KB'],
  [size({ max: 1024 * 1024 }), '2MB', 'key: "2MB" is not at most 1MB'],
  [httpUrl, '"http://127.0.0.1:8888/a?b#c"', 'http://127.0.0.1:8888/a?b#c'],
  [httpUrl, '"https://[::1]/"', 'https://[::1]/'],
  [httpUrl, '"ftp://host/"', `key: "ftp://host/" ${web}`],
  [httpUrl, '"127.0.0.1:80"', `key: "127.0.0.1:80" ${web}`],
  [httpUrl, '"ftp://me:secret@host/"', `key: "ftp://***@host/" ${web}`],
  [url(), '"mqtt-tcp://host:1883"', 'mqtt-tcp://host:1883'],
  [url(), 'host', 'key: "host" is not a URL'],
  [bindAddress(), '"0.0.0.0:1883"', { host: '0.0.0.0', port: 1883 }],
  [bindAddress(), '"[::1]:1883"', { host: '::1', port: 1883 }],
  [bindAddress(), '"[fe80::1%eth0]:1883"', { host: 'fe80::1%eth0', port: 1883 }],
  [bindAddress(), '"localhost:0"', { host: 'localhost', port: 0 }],
  [bindAddress(), '1883', { host: '0.0.0.0', port: 1883 }],
  [bindAddress(), '"1883"', { host: '0.0.0.0', port: 1883 }],
  [bindAddress(), '"::1:1883"', `key: "::1:1883" ${address}`],
  [bindAddress(), '"host"', `key: "host" ${address}`],
  [bindAddress(), '"host:65536"', `key: "host:65536" ${address}`],
  [bindAddress(), '"http://host:80"', `key: "http://host:80" ${address}`],
  [webAddress(), '"0.0.0.0:8083/mqtt"', { host: '0.0.0.0', port: 8083, path: '/mqtt' }],
  [webAddress(), '"[::1]:8083/a/b"', { host: '::1', port: 8083, path: '/a/b' }],
  [webAddress(), '"localhost:8083"', { host: 'localhost', port: 8083, path: '/mqtt' }],
  [webAddress(), '8083', { host: '0.0.0.0', port: 8083, path: '/mqtt' }],
  [webAddress(), '"8083/"', { host: '0.0.0.0', port: 8083, path: '/' }],
  [webAddress(), '"host/mqtt"', `key: "host/mqtt" ${paths}`],
  [webAddress(), '"0.0.0.0:8083/mqtt?x"', `key: "0.0.0.0:8083/mqtt?x" ${paths}`],
  [webAddress(), '"0.0.0.0:8083/m q"', `key: "0.0.0.0:8083/m q" ${paths}`],
  [fileMode(), '0660', 0o660],
  [fileMode(), '"600"', 0o600],
  [fileMode(), '0o777', 0o777],
  [fileMode(), '0888', `key: "0888" ${modes}`],
  [fileMode(), '6', `key: 6 ${modes}`],
  [fileMode(), 'rw-rw----', `key: "rw-rw----" ${modes}`],
  [socketPath(), '/run/hookmq.sock', '/run/hookmq.sock'],
  [socketPath(), '""', `key: "" ${sockets}`],
  [socketPath(), '5', `key: 5 ${sockets}`],
  [socketPath(), `"/${'x'.repeat(103)}"`, `key: "/${'x'.repeat(59)}..." ${sockets}`],
  [origin(), '"https://example.org"', 'https://example.org'],
  [origin(), '"HTTP://localhost:3000"', 'HTTP://localhost:3000'],
  [origin(), '"capacitor://localhost"', 'capacitor://localhost'],
  [origin(), '"null"', 'null'],
  [origin(), 'null', `key: null ${origins}`],
  [origin(), '"http://host:99999"', `key: "http://host:99999" ${origins}`],
  [origin(), '"https://example.org/page"', `key: "https://example.org/page" ${origins}`],
  [origin(), 'example.org', `key: "example.org" ${origins}`],
  [origin(), '"*"', `key: "*" ${origins}`],
  [rate(), '1000', 1000],
  [rate(), '0.5', 0.5],
  [rate(), '1000/s', 1000],
  [rate(), '500/10s', 50],
  [rate(), '"60 / m"', 1],
  [rate(), '100/500ms', 200],
  [rate(), 'unlimited', Infinity],
  [rate(), 'Infinity', Infinity],
  [rate(), '0', `key: 0 ${rates}`],
  [rate(), '5/0s', `key: "5/0s" ${rates}`],
  [rate(), '5/week', `key: "5/week" ${rates}`],
  [rate(), '5/', `key: "5/" ${rates}`],
  [rate(), '/s', `key: "/s" ${rates}`],
  [rate(), '1MB/s', `key: "1MB/s" ${rates}`],
  [rate(), '-5', `key: -5 ${rates}`],
  [rate(), '[]', `key: a list [ ... ] ${rates}`],
  [byteRate(), '1MB/s', 1024 * 1024],
  [byteRate(), '100KB/10s', 10 * 1024],
  [byteRate(), '4096', 4096],
  [byteRate(), 'unlimited', Infinity],
  [byteRate(), '1XB/s', `key: "1XB/s" ${byteRates}`],
  [byteRate(), '0MB/s', `key: "0MB/s" ${byteRates}`],
  [integer({ unlimited: true }), 'Unlimited', Infinity],
  [integer({ min: 1, unlimited: true }), '0', 'key: 0 is not a whole number from 1, or unlimited'],
  [integer(), 'unlimited', 'key: "unlimited" is not a whole number from 0'],
  [duration({ endless: 'unlimited' }), 'never', `key: "never" ${time} or unlimited`],
  [textOrNone(), '""', ''],
  [textOrNone(), 'null', 'key: null is not a text'],
  [switched, '{ on = false }', {}],
  [switched, '{ on = FALSE, a { bind = 1 } }', { a: { bind: { host: '0.0.0.0', port: 1 }, on: true } }],
  [switched, '{ a { on = false, bind = x } }', {}],
  [map(text()), '{ content-type = x, "x.y" = 1 }', { 'content-type': 'x', 'x.y': '1' }],
  [map(port), '{ a = 0, "b c" = x }', {}],
  [map(text()), 'x', 'key: "x" is not an object { name = value ... }'],
  [list(port), '[1, 2]', [1, 2]],
  [list(port), '1', 'key: 1 is not a list [ ... ]'],
  [list(list(port)), '[[1], []]', [[1], []]],
  [
    list(pair),
    '[{ name = a }\n{ name = b, count = 2 }]',
    [
      { name: 'a', count: 1 },
      { name: 'b', count: 2 },
    ],
  ],
  [pair, '1', 'key: 1 is not an object { ... }'],
  [places, '{}', {}],
  [places, '{ bind = 1 }', { default: { bind: { host: '0.0.0.0', port: 1 } } }],
  [places, '{ lan { bind = 2 } }', { lan: { bind: { host: '0.0.0.0', port: 2 } } }],
  [places, '1', 'key: 1 is not an object { ... }'],
];

for (const [kind, value, result] of table) {
  test(`kind: ${JSON.stringify(value)} read as ${kind.expected}`, () => {
    assert.deepEqual(readAs(kind, value), result);
  });
}

test('kind: a long value is cut in the message', () => {
  assert.equal(readAs(port, 'x'.repeat(100)), `key: "${'x'.repeat(60)}..." is not a whole number from 1 to 65535`);
});

test('kind: a map may have keys that JavaScript has a meaning for', () => {
  const value = readAs(map(text()), '{ __proto__ = x, constructor = y }');
  assert.deepEqual(Object.entries(value), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
  assert.deepEqual(Object.entries(structuredClone(value)), Object.entries(value));
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

test('row: a default that its kind refuses is a mistake of the program', () => {
  assert.throws(() => row(port, { doc: 'A port.', default: 0 }), TypeError);
  assert.throws(() => row(size(), { doc: 'A size.', default: '10XB' }), /wrong default: "10XB" is not a size/);
});
