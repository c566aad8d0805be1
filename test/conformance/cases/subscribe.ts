import assert from 'node:assert/strict';
import { bytes, packet, type Part, properties, u16, varint } from '../../kit/packets.ts';
import { isNamed } from '../../kit/raw-client.ts';
import { type Case, NUMBERED, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import type { Client } from '../kit/client.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** A SUBSCRIBE of the scene's version from its first byte and its payload. */
function raw({ version }: Scene, first: number, ...payload: readonly Part[]): Buffer {
  return packet(first, u16(1), version === 5 ? properties() : Buffer.alloc(0), ...payload);
}

/** Payload and RETAIN of what has come. */
async function got(client: Client): Promise<[payload: string, retain: boolean][]> {
  return (await client.messages()).map(({ payload, retain }) => [payload.toString(), retain]);
}

const FLAGS = [0, 1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15];

/** SUBSCRIBE (5.0, section 3.8). */
export const subscribeCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-3.8.1-1', '3.1.1:MQTT-3.8.1-1'],
    'a SUBSCRIBE whose low bits are not 0010 ends the connection, and subscribes to nothing',
    VERSIONS,
    (scene) =>
      each(FLAGS, async (bits) => {
        const client = await scene.connect();
        client.send(raw(scene, 0x80 | bits, 't', 0));
        await client.expectEnd('malformed_packet');
        assert.equal(scene.broker.stats().subscriptions, 0);
      }),
  ),
  statement(
    ['5.0:MQTT-3.8.3-1', '3.1.1:MQTT-3.8.3-1'],
    'a filter that is no UTF-8, or reaches beyond the packet, ends the connection',
    VERSIONS,
    (scene) =>
      each(
        [[u16(2), bytes(0xc3, 0x28), 0], [u16(3), bytes(0xed, 0xa0, 0x80), 0], [u16(9), bytes(0x61)], ['t']],
        async (payload) => {
          const client = await scene.connect();
          client.send(raw(scene, 0x82, ...payload));
          await client.expectEnd('malformed_packet');
        },
      ),
  ),
  statement(
    ['5.0:MQTT-3.8.3-2', '3.1.1:MQTT-3.8.3-3'],
    'a SUBSCRIBE without a filter ends the connection with 0x82',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      client.send(raw(scene, 0x82));
      await client.expectEnd('protocol_error');
    },
  ),
  statement(
    ['5.0:MQTT-3.8.3-5', '3.1.1:MQTT-3.8.3-4'],
    'reserved option bits that are not 0 end the connection with 0x81',
    VERSIONS,
    (scene) =>
      each(scene.version === 5 ? [0x40, 0x80, 0xc0] : [4, 8, 0x10, 0x20, 0x40, 0x80, 0xfc], async (options) => {
        const client = await scene.connect();
        client.send(raw(scene, 0x82, 't', options));
        await client.expectEnd('malformed_packet');
        assert.equal(scene.broker.stats().subscriptions, 0);
      }),
  ),
  statement(
    ['5.0:MQTT-3.8.3-5', '3.1.1:MQTT-3.8.3-4'],
    'QoS 3 in the options ends the connection, in 5.0 with 0x82, be it in the last filter only',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      client.send(raw(scene, 0x82, 't', 0, 'u', 3));
      await client.expectEnd('protocol_error');
      assert.equal(scene.broker.stats().subscriptions, 0);
    },
  ),
  statement(['5.0:MQTT-3.8.3-5'], 'retain handling 3 ends the connection with 0x82', ONLY_5, async (scene) => {
    const client = await scene.connect();
    client.send(raw(scene, 0x82, 't', 0x30));
    await client.expectEnd('protocol_error');
  }),
  statement(
    ['5.0:MQTT-3.8.3-5'],
    'a Subscription Identifier that is 0 or comes twice is a Protocol Error, any other property malformed',
    ONLY_5,
    async (scene) => {
      const wrong = {
        0x82: [properties(0x0b, 0), properties(0x0b, 1, 0x0b, 2)],
        0x81: [properties(0x1f, 'a'), properties(0x01, 1)],
      };
      await each(wrong[0x82], async (list) => {
        const client = await scene.connect();
        client.send(packet(0x82, u16(1), list, 't', 0));
        await client.expectEnd('protocol_error');
      });
      await each(wrong[0x81], async (list) => {
        const client = await scene.connect();
        client.send(packet(0x82, u16(1), list, 't', 0));
        await client.expectEnd('malformed_packet');
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.8.4-3', '3.1.1:MQTT-3.8.4-3'],
    'a filter that is there already replaces the subscription: a message comes once, as the new one has it',
    VERSIONS,
    async (scene) => {
      const client = await scene.connect();
      await each([2, 0, 1] as const, async (qos) => {
        assert.deepEqual(await client.subscribe('t/+', { qos }), [qos]);
        await scene.publish('t/a', '', { qos: 2 });
        assert.deepEqual(
          (await client.messages()).map((message) => message.qos),
          [qos],
        );
        assert.equal(scene.broker.stats().subscriptions, 1);
      });
      await client.unsubscribe('t/+');
      await scene.publish('t/a', '');
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.8.4-3'],
    'a shared filter does not replace the plain one, nor that of another group',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      await each(['t', '$share/a/t', '$share/b/t'], async (filter) => void (await client.subscribe(filter)));
      await scene.publish('t', '');
      assert.equal((await client.messages()).length, 3);
      await client.subscribe('$share/a/t', { qos: 1 });
      await scene.publish('t', '', { qos: 1 });
      const granted = (await client.messages()).map(({ qos }) => qos);
      assert.deepEqual(
        granted.toSorted((a, b) => a - b),
        [0, 0, 1],
      );
    },
  ),
  statement(
    ['5.0:MQTT-3.8.4-4', '3.1.1:MQTT-3.8.4-3'],
    'a subscription that is replaced loses nothing that is on its way or waits, and gets the retained messages again',
    NUMBERED,
    async (scene) => {
      await scene.publish('t', 'retained', { qos: 1, retain: true });
      const fields = { clientId: 'a', ...(scene.version === 5 && { properties: { receiveMaximum: 2 } }) };
      const client = await scene.connectKept(fields);
      await client.subscribe('t', { qos: 1, retainHandling: 2 });
      if (scene.version < 5) client.ack('puback', (await client.next('publish')).packetId);
      await each(['1', '2', '3', '4'], (text) => scene.publish('t', text, { qos: 1 }));
      const received: string[] = [];
      client.sendSubscribe('t', { qos: 1, packetId: 9 });
      while (received.length < 5) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const messages = (await client.received()).filter((came) => isNamed(came, 'publish'));
        assert.notEqual(messages.length, 0, received.join());
        for (const { payload, retain, packetId } of messages) {
          received.push(`${payload.toString()} ${retain}`);
          client.ack('puback', packetId);
        }
      }
      assert.deepEqual(received.toSorted(), ['1 false', '2 false', '3 false', '4 false', 'retained true']);
      await client.expectNothing();
    },
  ),
  statement(
    ['5.0:MQTT-3.8.4-5', '3.1.1:MQTT-3.8.4-4'],
    'several filters are as several SUBSCRIBE: the last of two that are the same holds, one SUBACK answers',
    NUMBERED,
    async (scene) => {
      await scene.publish('t', 'retained', { retain: true });
      const client = await scene.connect();
      const list = scene.version === 5 ? properties() : Buffer.alloc(0);
      client.send(packet(0x82, u16(5), list, 't', 2, 'other', 1, 't', 0));
      const suback = await client.next('suback');
      assert.deepEqual([suback.packetId, suback.reasonCodes], [5, [2, 1, 0]]);
      const retained = await got(client);
      assert.ok(retained.length >= 1 && retained.every(([text, retain]) => text === 'retained' && retain));
      await scene.publish('t', '', { qos: 2 });
      assert.equal((await client.next('publish')).qos, 0);
      await client.expectNothing();
      assert.equal(scene.broker.stats().subscriptions, 2);
    },
  ),
  statement(
    ['5.0:MQTT-3.8.4-8', '3.1.1:MQTT-3.8.4-6'],
    'a message comes at the lower of its QoS and the one that was granted',
    VERSIONS,
    async (scene) => {
      await each([0, 1, 2] as const, async (granted) => {
        const client = await scene.connect();
        assert.deepEqual(await client.subscribe('t', { qos: granted }), [granted]);
        await each([0, 1, 2] as const, (qos) => scene.publish('t', '', { qos }));
        assert.deepEqual(
          (await client.messages()).map(({ qos }) => qos),
          [0, Math.min(1, granted), granted],
        );
        await client.disconnect();
      });
    },
  ),
  statement(
    ['5.0:MQTT-3.8.4-1'],
    'a SUBSCRIBE with User Properties and the largest identifier is taken',
    ONLY_5,
    async (scene) => {
      const client = await scene.connect();
      const list = properties(0x26, 'a', 'b', 0x0b, varint(268_435_455), 0x26, 'a', 'b');
      client.send(packet(0x82, u16(1), list, 't', 0x2e));
      assert.deepEqual((await client.next('suback')).reasonCodes, [2]);
      await scene.publish('t', '', { retain: true });
      const message = await client.next('publish');
      assert.deepEqual([message.retain, message.properties], [true, { subscriptionIdentifiers: [268_435_455] }]);
    },
  ),
];
