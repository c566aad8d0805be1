import assert from 'node:assert/strict';
import { bytes, packet, type Part, properties, u16 } from '../../kit/packets.ts';
import { type Case, NUMBERED, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** An UNSUBSCRIBE of the scene's version from its first byte and its payload. */
function raw({ version }: Scene, first: number, ...payload: readonly Part[]): Buffer {
  return packet(first, u16(1), version === 5 ? properties() : Buffer.alloc(0), ...payload);
}

/** `codes` where UNSUBACK has any. */
function only5({ version }: Scene, ...codes: readonly number[]): readonly number[] {
  return version === 5 ? codes : [];
}

/** UNSUBSCRIBE and UNSUBACK (5.0, sections 3.10 and 3.11). */
export const unsubscribeCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.10.1-1', '3.1.1:MQTT-3.10.1-1'],
    'an UNSUBSCRIBE whose low bits are not 0010 ends the connection, and removes nothing',
    VERSIONS,
    (scene) =>
      each([0, 1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15], async (bits) => {
        const client = await scene.connectKept({ clientId: 'a' });
        await client.subscribe('t');
        client.send(raw(scene, 0xa0 | bits, 't'));
        await client.expectEnd('malformed_packet');
        assert.equal(scene.broker.stats().subscriptions, 1);
      }),
  ),
  statement(
    ['5.0:MQTT-3.10.3-1', '3.1.1:MQTT-3.10.3-1'],
    'a filter that is no UTF-8, or reaches beyond the packet, ends the connection',
    VERSIONS,
    (scene) =>
      each(
        [
          [u16(2), bytes(0xc3, 0x28)],
          [u16(3), bytes(0xed, 0xa0, 0x80)],
          [u16(9), bytes(0x61)],
          ['t', 0],
        ],
        async (payload) => {
          const client = await scene.connect();
          client.send(raw(scene, 0xa2, ...payload));
          await client.expectEnd('malformed_packet');
        },
      ),
  ),
  statement(
    ['5.0:MQTT-3.10.3-2', '3.1.1:MQTT-3.10.3-2'],
    'an UNSUBSCRIBE without a filter ends the connection with 0x82',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      client.send(raw(scene, 0xa2));
      await client.expectEnd('protocol_error');
    },
  ),
  statement(['5.0:MQTT-3.10.3-2'], 'a property other than User Property is malformed', ONLY_5, async (scene) => {
    await each([properties(0x0b, 1), properties(0x1f, 'a')], async (list) => {
      const client = await scene.connect();
      client.send(packet(0xa2, u16(1), list, 't'));
      await client.expectEnd('malformed_packet');
    });
    const client = await scene.connect();
    client.send(packet(0xa2, u16(1), properties(0x26, 'a', 'b', 0x26, 'a', 'b'), 't'));
    assert.deepEqual((await client.next('unsuback')).reasonCodes, [0x11]);
  }),
  statement(
    ['5.0:MQTT-3.10.4-1', '3.1.1:MQTT-3.10.4-1'],
    'the subscription with the very same filter is removed, not one that means as much or matches it',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe(['a/b', 'a/+']);
      const codes = await client.unsubscribe(['A/b', 'a/#', '#', '+/b', 'a/b/', '/a/b', 'a']);
      assert.deepEqual(codes, only5(scene, ...Array.from({ length: 7 }, () => 0x11)));
      assert.equal(scene.broker.stats().subscriptions, 2);
      assert.deepEqual(await client.unsubscribe('a/+'), only5(scene, 0));
      await scene.publish('a/b', 'b');
      await scene.publish('a/c', 'c');
      assert.deepEqual(await client.texts(), ['b']);
    },
  ),
  statement(
    ['5.0:MQTT-3.10.4-1'],
    'of a plain and a shared subscription to the same filter the one is removed that is named',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe(['t', '$share/a/t', '$share/b/t']);
      assert.deepEqual(await client.unsubscribe(['$share/a/t', '$share/c/t']), [0, 0x11]);
      await scene.publish('t', '');
      assert.equal((await client.messages()).length, 2);
      assert.deepEqual(await client.unsubscribe('t'), [0]);
      await scene.publish('t', '');
      assert.equal((await client.messages()).length, 1);
    },
  ),
  statement(
    ['5.0:MQTT-3.10.4-1', '3.1.1:MQTT-3.10.4-1'],
    'subscriptions of other clients to the filter stay',
    NUMBERED,
    async (scene) => {
      const client = await scene.connect();
      const other = await scene.connect();
      await client.subscribe('t');
      await other.subscribe('t');
      await client.unsubscribe('t');
      await scene.publish('t', 'text');
      await client.expectNothing();
      assert.deepEqual(await other.texts(), ['text']);
    },
  ),
  statement(
    ['5.0:MQTT-3.10.4-2', '3.1.1:MQTT-3.10.4-2'],
    'what is published after UNSUBSCRIBE does not come, now or on a later connection',
    VERSIONS,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'a' });
      await client.subscribe('t', { qos: 1 });
      await client.unsubscribe('t');
      await scene.publish('t', 'text', { qos: 1, retain: true });
      await client.expectNothing();
      await client.disconnect();
      await scene.publish('t', 'text', { qos: 1 });
      const back = await scene.connectKept({ clientId: 'a' });
      await back.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.10.4-3', '3.1.1:MQTT-3.10.4-3'],
    'what is on its way at QoS 1 and 2 is delivered to the end, over a new connection, too',
    VERSIONS,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'a' });
      await client.subscribe('t', { qos: 2 });
      await scene.publish('t', 'one', { qos: 1 });
      await scene.publish('t', 'two', { qos: 2 });
      await scene.publish('t', 'three', { qos: 2 });
      const [one, two, three] = await client.messages();
      assert.ok(one && two && three);
      await client.unsubscribe('t');
      client.ack('pubrec', two.packetId);
      assert.equal((await client.next('pubrel')).packetId, two.packetId);
      await scene.lose(client);
      const back = await scene.connectKept({ clientId: 'a' });
      const again = await back.next('publish');
      assert.deepEqual([again.payload.toString(), again.dup, again.packetId], ['one', true, one.packetId]);
      assert.equal((await back.next('pubrel')).packetId, two.packetId);
      const last = await back.next('publish');
      assert.deepEqual([last.payload.toString(), last.dup, last.packetId], ['three', true, three.packetId]);
      back.ack('puback', one.packetId).ack('pubcomp', two.packetId).ack('pubrec', three.packetId);
      assert.equal((await back.next('pubrel')).packetId, three.packetId);
      back.ack('pubcomp', three.packetId);
      await back.expectNothing();
      assert.equal(scene.broker.stats().queued, 0);
    },
  ),
  statement(
    ['5.0:MQTT-3.10.4-4', '5.0:MQTT-3.10.4-5', '3.1.1:MQTT-3.10.4-4', '3.1.1:MQTT-3.10.4-5'],
    'each UNSUBSCRIBE is answered with its identifier, also where there was nothing to remove',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe('t');
      client.sendUnsubscribe('t', 3).sendUnsubscribe('t', 0xffff).sendUnsubscribe('never', 1);
      await each([3, 0xffff, 1], async (packetId) => {
        assert.equal((await client.next('unsuback')).packetId, packetId);
      });
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.10.4-6', '3.1.1:MQTT-3.10.4-6'],
    'several filters are as several UNSUBSCRIBE, with one UNSUBACK',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe(['a', 'b', 'c']);
      client.sendUnsubscribe(['a', 'x', 'a', 'c'], 9);
      const { packetId, reasonCodes } = await client.next('unsuback');
      assert.deepEqual([packetId, reasonCodes], [9, only5(scene, 0, 0x11, 0x11, 0)]);
      await each(['a', 'b', 'c'], (topic) => scene.publish(topic, topic));
      assert.deepEqual(await client.texts(), ['b']);
    },
  ),
  statement(
    ['5.0:MQTT-3.11.2-1'],
    'a Reason String that would make UNSUBACK too large for the client is left out, one that fits is not',
    ONLY_5,
    async (scene) => {
      const whole = await scene.connect();
      whole.sendUnsubscribe(['a', 'b']);
      const text = (await whole.next('unsuback')).properties?.reasonString ?? '';
      assert.notEqual(text, '');
      // First byte, length, identifier, property length, property identifier and length of the text, two codes.
      const size = 2 + 2 + 1 + 3 + Buffer.byteLength(text) + 2;
      await each([size, size - 1], async (maximumPacketSize) => {
        const client = await scene.connect({ properties: { maximumPacketSize } });
        client.sendUnsubscribe(['a', 'b']);
        const { reasonCodes, properties: told } = await client.next('unsuback');
        assert.deepEqual(reasonCodes, [0x11, 0x11]);
        assert.equal(told?.reasonString, maximumPacketSize === size ? text : undefined);
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.11.3-1', '5.0:MQTT-3.11.3-2'],
    'UNSUBACK has a code for each filter, in their order: 0x00, and 0x11 where there was no subscription',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await client.subscribe(['a', 'b', '$share/g/t']);
      const filters = ['b', 'x', '$share/g/t', 'a', '#', '$share/h/t', 'b'];
      assert.deepEqual(await client.unsubscribe(filters), [0, 0x11, 0, 0, 0x11, 0x11, 0x11]);
      assert.equal(scene.broker.stats().subscriptions, 0);
    },
  ),
  statement(
    ['5.0:MQTT-3.10.4-6', '3.1.1:MQTT-3.10.4-6'],
    'a filter that is none ends the connection with 0x81, and those beside it stay',
    VERSIONS,
    (scene) =>
      each(
        ['', 'a#', '#/a', 'a+', ...(scene.version === 5 ? ['$share/', '$share/g', '$share//t'] : [])],
        async (filter) => {
          const client = await scene.connectKept({ clientId: 'a' });
          await client.subscribe('t');
          client.sendUnsubscribe(['t', filter]);
          await client.expectEnd('malformed_packet');
          assert.equal(scene.broker.stats().subscriptions, 1);
        },
      ),
  ),
];
