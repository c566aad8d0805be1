import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';

import type { Packet } from 'mqtt-packet';

import { ReasonCode, type ReasonName } from '../../src/codec/reason-codes.ts';
import { localBroker } from '../kit/local-broker.ts';
import { openClient, openSocket, type TcpClient } from '../kit/tcp-client.ts';
import { until } from '../kit/until.ts';

const MAX_PACKET_SIZE = 1024 * 1024;

const local = await localBroker({ maxPacketSize: MAX_PACKET_SIZE });
const witness = await openClient(local.port, 'witness');
witness.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'witness', qos: 1 }] });
await witness.next('suback');
after(async () => {
  witness.vanish();
  await local[Symbol.asyncDispose]();
});

/** Others are untouched, and nothing is left of the one that was ended. */
async function assertUntouched(): Promise<void> {
  witness.send({ cmd: 'publish', topic: 'witness', payload: 'x', qos: 1, messageId: 2, dup: false, retain: false });
  await witness.next('publish');
  await witness.next('puback');
  await until(() => local.broker.stats().connections === 1, 'the other connections to be gone');
  const { sessions, subscriptions } = local.broker.stats();
  assert.deepEqual({ sessions, subscriptions }, { sessions: 1, subscriptions: 1 });
}

function publishOf(bytes: number): Packet {
  const payload = Buffer.alloc(bytes);
  return { cmd: 'publish', topic: 't', payload, qos: 1, messageId: 1, dup: false, retain: false };
}

const WRONG: readonly (readonly [title: string, bytes: string, reason: ReasonName])[] = [
  ['a packet of the reserved type', '0000', 'malformed_packet'],
  ['flags that the type does not have', 'c100', 'malformed_packet'],
  ['a remaining length of five bytes', '30ffffffff01', 'malformed_packet'],
  ['the beginning of a packet that is too large', '30ffffff7f', 'packet_too_large'],
  ['QoS 3', '36050001610001', 'malformed_packet'],
  ['a topic that ends beyond its packet', '3003000861', 'malformed_packet'],
  ['a topic that is not UTF-8', '30050002fffe00', 'malformed_packet'],
  ['a topic with a wildcard', '300400012300', 'topic_name_invalid'],
  ['a property that is none', '3006000161027f00', 'malformed_packet'],
  ['packet identifier 0', '3206000161000000', 'protocol_error'],
  ['SUBSCRIBE without a filter', '8203000100', 'protocol_error'],
  ['a packet that only brokers send', '2003000000', 'protocol_error'],
  ['a second CONNECT', '101100044d5154540502000000000463303031', 'protocol_error'],
];

suite('a client that sends what it must not is told why and ended:', () => {
  for (const [title, bytes, reason] of WRONG)
    test(title, async () => {
      using rogue = await openClient(local.port, 'rogue', { protocolVersion: 5 });
      rogue.send(Buffer.from(bytes, 'hex'));
      assert.equal((await rogue.next('disconnect')).reasonCode, ReasonCode[reason]);
      await rogue.ended();
      assert.equal(local.reasons.get('rogue'), reason);
      await assertUntouched();
    });

  test('a packet of the largest size is still accepted, one byte more is not', async () => {
    using rogue = await openClient(local.port, 'rogue', { protocolVersion: 5 });
    const around = 1 + 3 + 3 + 2 + 1; // Type, remaining length, topic, packet identifier, no properties.
    rogue.send(publishOf(MAX_PACKET_SIZE - around));
    await rogue.next('puback');
    rogue.send(publishOf(MAX_PACKET_SIZE - around + 1));
    assert.equal((await rogue.next('disconnect')).reasonCode, ReasonCode.packet_too_large);
    await rogue.ended();
    await assertUntouched();
  });
});

suite('a connection that never was accepted', () => {
  test('learns that there is no such version, in the words of 3.1.1 [MQTT-3.1.2-2]', async () => {
    using rogue = await openSocket(local.port);
    rogue.send(Buffer.from('100f00044d5154540602000000036e6577', 'hex'));
    assert.equal((await rogue.next('connack')).returnCode, 1);
    await rogue.ended();
    await assertUntouched();
  });

  test('gets no memory for a CONNECT that claims to be huge', async () => {
    using rogue = await openSocket(local.port);
    rogue.send(Buffer.from('10ffffff7f00044d51545404', 'hex'));
    await rogue.ended();
    assert.equal(rogue.bytes, 0);
    await assertUntouched();
  });
});

test('random bytes after CONNECT, in 300 connections, disturb nobody', async (t) => {
  const random = randomNumbers(20_261_120);
  const inputs = Array.from({ length: 300 }, () =>
    Buffer.from(Array.from({ length: 1 + random(400) }, () => random(256))),
  );
  const rogue = async (bytes: Buffer, index: number): Promise<void> => {
    using client = await openClient(local.port, `random-${index}`, { protocolVersion: index % 2 === 0 ? 4 : 5 });
    client.send(bytes);
    client.socket.end();
    await client.ended();
  };
  await Promise.all(inputs.map(rogue));
  await assertUntouched();
  const reasons = [...local.reasons].flatMap(([id, reason]) => (id.startsWith('random-') ? [reason] : []));
  assert.equal(reasons.length, inputs.length);
  t.diagnostic(
    [...new Set(reasons)].map((reason) => `${reasons.filter((r) => r === reason).length} ${reason}`).join(', '),
  );
});

/** A generator of whole numbers below a bound: the same ones in every run, so that a failure comes again. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

suite('a QoS 2 exchange that was cut', () => {
  test('by the publisher after PUBREC: the repetition is delivered no second time [MQTT-4.3.3-10]', async () => {
    const before = await openClient(local.port, 'cut', LASTING);
    before.send({ ...ONCE, dup: false });
    await before.next('pubrec');
    const client = await again(before);
    client.send({ ...ONCE, dup: true });
    await client.next('pubrec');
    client.send({ cmd: 'pubrel', messageId: 9 });
    await client.next('pubcomp');
    assert.equal((await witness.next('publish')).payload.toString(), 'once');
    assert.equal(witness.packets.length, 0);
    await clear(client);
  });

  test('by the receiver before PUBREC: PUBLISH is repeated with DUP [MQTT-4.4.0-1]', async () => {
    const client = await received();
    const first = await client.next('publish');
    const back = await again(client);
    const second = await back.next('publish');
    assert.equal(second.dup, true);
    assert.equal(second.messageId, first.messageId);
    await clear(back);
  });

  test('by the receiver after PUBREC: PUBREL is repeated, PUBLISH is not [MQTT-4.3.3-4]', async () => {
    const client = await received();
    const { messageId } = await client.next('publish');
    assert.ok(messageId !== undefined);
    client.send({ cmd: 'pubrec', messageId });
    await client.next('pubrel');
    const back = await again(client);
    assert.equal((await back.next('pubrel')).messageId, messageId);
    back.send({ cmd: 'pubcomp', messageId });
    await clear(back);
  });
});

const LASTING = { clean: false } as const;
const ONCE = { cmd: 'publish', topic: 'witness', payload: 'once', qos: 2, messageId: 9, retain: false } as const;

async function again(client: TcpClient): Promise<TcpClient> {
  client.vanish();
  await until(() => local.reasons.get('cut') === 'tcp_closed', 'the broker to notice');
  local.reasons.delete('cut');
  return openClient(local.port, 'cut', LASTING);
}

/** Ends the session as well. */
async function clear(client: TcpClient): Promise<void> {
  client.vanish();
  const last = await openClient(local.port, 'cut');
  last.send({ cmd: 'disconnect' });
  await last.ended();
  await assertUntouched();
}

/** A client with a session to which a QoS 2 message is on its way. */
async function received(): Promise<TcpClient> {
  const client = await openClient(local.port, 'cut', LASTING);
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'cut', qos: 2 }] });
  await client.next('suback');
  await local.broker.publish({ topic: 'cut', payload: 'once', qos: 2 });
  return client;
}
