import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReasonCode } from '../../src/codec/reason-codes.ts';
import { heapKeptBy } from '../kit/heap.ts';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene, VERSIONS } from '../kit/scene.ts';

/** Refused wires that are kept to be told why. */
const REFUSED_KEPT = 256;

/** The address of a client becomes known. */
function identify(client: RawClient): RawClient {
  client.wire.identify({ address: '198.51.100.7' });
  return client;
}

/** Sends CONNECT, which must be refused with this reason. */
function expectRefusal(client: RawClient, reason: keyof typeof ReasonCode): void {
  client.sendConnect({ version: 5, clientId: 'refused' });
  assert.equal(client.next('connack').reasonCode, ReasonCode[reason]);
  client.expectNothing();
  assert.ok(client.ended);
}

describe('connections beyond the limit', () => {
  for (const version of VERSIONS)
    test(`version ${version}: are told so when CONNECT comes, and ended`, () => {
      const scene = new Scene({ maxConnections: 1 });
      const told: string[] = [];
      scene.broker.on('client.connack', (client, reason) => told.push(`${client.clientId} connack ${reason}`));
      scene.broker.on('client.connected', (client) => told.push(`${client.clientId} connected`));
      scene.broker.on('client.disconnected', (client) => told.push(`${client.clientId} disconnected`));
      scene.broker.hook('client.authenticate', (client) => {
        told.push(`${client.clientId} authenticate`);
        return 'ignore';
      });
      const first = scene.connect({ clientId: 'first' });
      told.length = 0;
      const second = scene.open();
      second.expectNothing();
      assert.ok(!second.ended);
      const connack = second.sendConnect({ version, clientId: 'second' }).next('connack');
      assert.equal(connack.reasonCode, version === 5 ? ReasonCode.quota_exceeded : 3);
      second.expectNothing();
      assert.ok(second.ended);
      assert.deepEqual(told, ['second connack quota_exceeded']);
      first.ping().next('pingresp');
    });

  test('count nowhere but among the refused', () => {
    const scene = new Scene({ maxConnections: 1 });
    const first = scene.connect();
    const refused = [scene.open(), scene.open()];
    for (const client of refused) client.sendConnect();
    const { connections, sessions, clients, connectionsAccepted, connectionsRefused, limited } = scene.broker.stats();
    assert.deepEqual([connections, sessions, clients], [1, 1, 1]);
    assert.deepEqual([connectionsAccepted, connectionsRefused, limited.connections], [1, 2, 2]);
    first.disconnect();
    scene.connect();
    assert.equal(scene.broker.stats().connections, 1);
  });

  test('take nothing from the connection that has the identifier', () => {
    const scene = new Scene({ maxConnections: 1 });
    const first = scene.connect5({ clientId: 'c' });
    expectRefusal(scene.open(), 'quota_exceeded');
    scene.open().sendConnect({ version: 5, clientId: 'c' });
    first.ping().next('pingresp');
  });

  test('make room for nobody when they end', () => {
    const scene = new Scene({ maxConnections: 1 });
    const first = scene.connect();
    scene.open().cut();
    expectRefusal(scene.open(), 'quota_exceeded');
    first.cut();
    scene.connect();
  });

  test('are kept in a bounded number, the others are ended at once', () => {
    const scene = new Scene({ maxConnections: 1 });
    scene.connect();
    const kept = Array.from({ length: REFUSED_KEPT }, () => scene.open());
    const over = scene.open();
    assert.ok(over.ended);
    assert.ok(kept.every((client) => !client.ended));
    over.sendConnect().expectNothing();
    kept[0]?.cut();
    const next = scene.open();
    assert.ok(!next.ended);
    expectRefusal(next, 'quota_exceeded');
    assert.equal(scene.broker.stats().connectionsRefused, REFUSED_KEPT + 2);
    assert.equal(scene.broker.stats().limited.connections, REFUSED_KEPT + 2);
  });

  test('have the same time for CONNECT, and end with the broker', async () => {
    const scene = new Scene({ maxConnections: 1, connectTimeout: 3000 });
    scene.connect();
    const silent = scene.open();
    scene.clock.advance(2999);
    assert.ok(!silent.ended);
    scene.clock.advance(1);
    silent.expectEnd(null);
    assert.equal(scene.broker.stats().limited.connect_timeout, 0, 'it was refused for another reason already');
    const last = scene.open();
    await scene.broker.close();
    last.expectEnd(null);
    assert.equal(scene.clock.timers, 0);
  });

  test('are not worth the memory of a large CONNECT', () => {
    const scene = new Scene({ maxConnections: 1 });
    const fields = { username: 'u', password: Buffer.alloc(65_000), will: { payload: Buffer.alloc(65_000) } };
    scene.connect(fields);
    scene.open().sendConnect(fields).expectEnd(null);
    expectRefusal(scene.open(), 'quota_exceeded');
  });

  test('that do not begin with CONNECT are just ended', () => {
    const scene = new Scene({ maxConnections: 0 });
    scene.open().send('474554202f').expectEnd(null);
  });
});

describe('connections of one address', () => {
  const networks: readonly [string, readonly string[], string][] = [
    ['a network of 64 bits', ['2001:db8::1', '2001:db8:0:0:ffff::5', '2001:DB8::1:2:3:4'], '2001:db8:0:1::1'],
    ['a link and its zone', ['fe80::1%eth0', 'fe80::a:b%eth0'], 'fe80::1%eth1'],
    ['the end of it', ['1:2:3:4:5:6:7:8', '1:2:3:4::', '1:2:3:4:5:6:1.2.3.4'], '1:2:3::4'],
    ['the middle of it', ['1:2:0:4::1', '1:2::4:5:6:7:8', '1:2::4:5:6:1.2.3.4'], '1:2::4:5:6:7'],
    ['this machine', ['::1', '::2', '::'], '0:0:0:1::'],
    ['IPv4', ['192.0.2.1', '192.0.2.1'], '192.0.2.2'],
  ];
  for (const [title, same, other] of networks)
    test(`are those of ${title}: ${same.join(' ')}; but not ${other}`, () => {
      const scene = new Scene({ maxConnectionsPerAddress: same.length - 1 });
      const [first, ...rest] = same.slice(0, -1).map((address) => scene.open({ address }));
      expectRefusal(scene.open({ address: same.at(-1) ?? '' }), 'quota_exceeded');
      scene.open({ address: other }).connect({ clientId: 'other' });
      first?.cut();
      scene.open({ address: same.at(-1) ?? '' }).connect({ clientId: 'next' });
      assert.ok(rest.every((client) => !client.ended));
    });

  test('are bounded; other addresses are not concerned', () => {
    const scene = new Scene({ maxConnectionsPerAddress: 2 });
    const [one, two] = [scene.open(), scene.open()];
    expectRefusal(scene.open(), 'quota_exceeded');
    scene.open({ address: '192.0.2.2' }).connect();
    const { limited, connectionsRefused } = scene.broker.stats();
    assert.deepEqual([limited.connections_per_address, limited.connections, connectionsRefused], [1, 0, 1]);
    one.cut();
    scene.open().connect({ clientId: 'one more' });
    expectRefusal(scene.open(), 'quota_exceeded');
    two.connect({ clientId: 'two' });
  });

  test('without an address have no bound', () => {
    const scene = new Scene({ maxConnectionsPerAddress: 1 });
    for (let i = 0; i < 10; i++) scene.open({ address: '' }).connect({ clientId: `c${i}` });
    assert.equal(scene.broker.stats().clients, 10);
  });

  test('that become known later count from then on', () => {
    const scene = new Scene({ maxConnectionsPerAddress: 1 });
    const [one, two, three] = [scene.open({ address: '' }), scene.open({ address: '' }), scene.open({ address: '' })];
    identify(one).connect({ clientId: 'one' });
    identify(two);
    assert.equal(scene.broker.stats().connections, 2);
    expectRefusal(two, 'quota_exceeded');
    assert.equal(scene.broker.stats().connections, 2);
    one.cut();
    identify(three).connect({ clientId: 'three' });
    const { connections, connectionsRefused, limited } = scene.broker.stats();
    assert.deepEqual([connections, connectionsRefused, limited.connections_per_address], [1, 1, 1]);
    three.cut();
    scene.open({ address: '198.51.100.7' }).connect();
  });

  test('that become known and are too many make room for others', () => {
    const scene = new Scene({ maxConnections: 2, maxConnectionsPerAddress: 1 });
    const [one, two] = [scene.open({ address: '' }), scene.open({ address: '' })];
    identify(one);
    identify(two);
    scene.open({ address: '192.0.2.2' }).connect();
    expectRefusal(scene.open({ address: '192.0.2.3' }), 'quota_exceeded');
    expectRefusal(two, 'quota_exceeded');
  });

  test('that turn out to be others no longer count for the first', () => {
    const scene = new Scene({ maxConnectionsPerAddress: 1 });
    const one = identify(scene.open());
    const two = scene.open();
    two.connect({ clientId: 'two' });
    one.cut();
    scene.open({ address: '198.51.100.7' }).connect({ clientId: 'three' });
    expectRefusal(scene.open(), 'quota_exceeded');
  });

  test('are forgotten with their last connection', () => {
    const scene = new Scene();
    const kept = heapKeptBy((round) => {
      for (let i = 0; i < 20_000; i++) scene.open({ address: `2001:db8::${round}:${i}` }).cut();
    });
    assert.ok(kept < 500_000, `${kept} bytes`);
  });

  test('that become known when no refused wire can be kept any more are ended at once', () => {
    const scene = new Scene({ maxConnectionsPerAddress: 1 });
    scene.connect();
    for (let i = 0; i < REFUSED_KEPT; i++) scene.open();
    const late = scene.open({ address: '' });
    assert.ok(!late.ended);
    late.wire.identify({ address: '192.0.2.1' });
    late.expectEnd(null);
    assert.equal(scene.broker.stats().connections, 1);
    assert.equal(scene.broker.stats().limited.connections_per_address, REFUSED_KEPT + 1);
  });

  test('an address that becomes known of a wire that is refused or over changes nothing', () => {
    const scene = new Scene({ maxConnections: 1, maxConnectionsPerAddress: 1 });
    const first = scene.open({ address: '' });
    const refused = scene.open({ address: '' });
    refused.wire.identify({ address: '198.51.100.7' });
    first.cut();
    first.wire.identify({ address: '198.51.100.7' });
    scene.open({ address: '198.51.100.7' }).connect();
    assert.equal(scene.broker.stats().connectionsRefused, 1);
  });
});

describe('new connections per second', () => {
  test('are bounded: as many at once as in a second, then one for each part of it', () => {
    const scene = new Scene({ maxConnectRate: 4 });
    for (let i = 0; i < 4; i++) scene.connect();
    expectRefusal(scene.open(), 'connection_rate_exceeded');
    scene.clock.advance(250);
    scene.connect();
    expectRefusal(scene.open(), 'connection_rate_exceeded');
    scene.clock.advance(10_000);
    for (let i = 0; i < 4; i++) scene.connect();
    expectRefusal(scene.open(), 'connection_rate_exceeded');
    const { limited, connectionsRefused } = scene.broker.stats();
    assert.deepEqual([limited.connect_rate, connectionsRefused], [3, 3]);
  });

  test('that are refused do not put off those that come in time', () => {
    const scene = new Scene({ maxConnectRate: 1 });
    scene.connect();
    for (let i = 0; i < 9; i++) {
      scene.clock.advance(100);
      expectRefusal(scene.open(), 'connection_rate_exceeded');
    }
    scene.clock.advance(100);
    scene.connect();
  });

  test('may be less than one', () => {
    const scene = new Scene({ maxConnectRate: 0.5 });
    scene.connect();
    scene.clock.advance(1999);
    const early = scene.open().sendConnect({ clientId: 'early' });
    assert.equal(early.next('connack').reasonCode, 3);
    scene.clock.advance(1);
    scene.connect();
  });
});

describe('the policy of a listener', () => {
  test('bounds its connections besides those of the broker', async () => {
    const scene = new Scene({ maxConnections: 3 });
    const open = await scene.listen({ maxConnections: 2 });
    const own = [open(), open()];
    expectRefusal(open(), 'quota_exceeded');
    const other = scene.open();
    other.connect({ clientId: 'other' });
    expectRefusal(scene.open(), 'quota_exceeded');
    own[0]?.cut();
    scene.open().connect({ clientId: 'another' });
    expectRefusal(open(), 'quota_exceeded');
    other.cut();
    open().connect({ clientId: 'third' });
    assert.equal(scene.broker.stats().connections, 3);
  });

  test('bounds connections per address and per second', async () => {
    const scene = new Scene({ maxConnectionsPerAddress: 3 });
    const narrow = await scene.listen({ maxConnectionsPerAddress: 1 }, 'narrow');
    const slow = await scene.listen({ maxConnectRate: 1 }, 'slow');
    narrow();
    expectRefusal(narrow(), 'quota_exceeded');
    slow();
    expectRefusal(slow(), 'connection_rate_exceeded');
    scene.open();
    scene.clock.advance(1000);
    expectRefusal(slow(), 'quota_exceeded');
    slow({ address: '192.0.2.2' }).connect();
    const { limited } = scene.broker.stats();
    assert.deepEqual([limited.connections_per_address, limited.connect_rate], [2, 1]);
  });

  test('has no higher bounds than the broker', async () => {
    const scene = new Scene({ maxConnections: 1 });
    const open = await scene.listen({ maxConnections: 10 });
    open();
    expectRefusal(open(), 'quota_exceeded');
  });

  test('says whether clients may connect about whom no hook has an opinion', async () => {
    const scene = new Scene({ allowAnonymous: false });
    const inside = await scene.listen({ allowAnonymous: true }, 'inside');
    const outside = await scene.listen({}, 'outside');
    expectRefusal(outside(), 'not_authorized');
    expectRefusal(scene.open(), 'not_authorized');
    inside().connect({ clientId: 'in' });
    const unhook = scene.broker.hook('client.authenticate', ({ username }) => (username === 'u' ? 'allow' : 'ignore'));
    outside().connect({ clientId: 'out', username: 'u' });
    expectRefusal(outside(), 'not_authorized');
    unhook();
    scene.broker.hook('client.authenticate', async () => 'ignore' as const);
    const late = [outside().sendConnect({ clientId: 'no' }), inside().sendConnect({ clientId: 'yes' })];
    await scene.clock.settle();
    assert.deepEqual(
      late.map((client) => client.next('connack').reasonCode),
      [5, 0],
    );
  });

  test('says how large a packet may be, which 5.0 is told', async () => {
    const scene = new Scene({ maxPacketSize: 100 });
    const small = await scene.listen({ maxPacketSize: 50 }, 'small');
    const large = await scene.listen({ maxPacketSize: 1000 }, 'large');
    for (const [open, size] of [
      [small, 50],
      [large, 1000],
      [() => scene.open(), 100],
    ] as const) {
      const client = open();
      assert.equal(client.connect({ version: 5, clientId: `c${size}` }).properties?.maximumPacketSize, size);
      const around = size < 130 ? 6 : 7;
      client.publish('t', Buffer.alloc(size - around)).expectNothing();
      client.publish('t', Buffer.alloc(size - around + 1)).expectEnd('packet_too_large');
    }
    assert.equal(scene.broker.stats().limited.packet_size, 3);
  });

  test('may be that of one wire', () => {
    const scene = new Scene();
    const attach = scene.broker.attach.bind(scene.broker);
    const client = scene.openBy((wire) => attach(wire, { allowAnonymous: false }));
    expectRefusal(client, 'not_authorized');
  });
});

test('a connection that sends no CONNECT in time is counted', () => {
  const scene = new Scene({ connectTimeout: 3000 });
  scene.open();
  scene.open().send('10');
  scene.connect();
  scene.clock.advance(3000);
  const { connections, limited } = scene.broker.stats();
  assert.deepEqual([connections, limited.connect_timeout], [1, 2]);
});
