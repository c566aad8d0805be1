import assert from 'node:assert/strict';
import type { ReasonName } from '../../../src/codec/reason-codes.ts';
import { bytes, packet, type Part, properties, u16, varint } from '../../kit/packets.ts';
import { type Case, NUMBERED, ONLY_5, statement, VERSIONS } from '../kit/case.ts';
import { each } from '../kit/each.ts';
import type { Scene } from '../kit/scene.ts';

/** Packets of a connected client that cannot be read. */
function malformed(version: number): Record<string, Buffer> {
  const list = version === 5 ? properties() : Buffer.alloc(0);
  return {
    'packet type 0': packet(0x00),
    'QoS 3': packet(0x36, 't', u16(1), list),
    'a topic that is longer than the packet': packet(0x30, u16(100), Buffer.from('t')),
    'a PUBLISH without packet identifier': packet(0x32, 't'),
    'a SUBSCRIBE that ends within a filter': packet(0x82, u16(1), list, u16(5), Buffer.from('ab')),
    'a SUBSCRIBE without options': packet(0x82, u16(1), list, 't'),
    'a PUBACK of one byte': packet(0x40, 1),
    'a PINGREQ with a body': packet(0xc0, 0),
    'a remaining length without end': bytes(0x30, Buffer.from('ffffffff01', 'hex')),
  };
}

/** Packets of a connected client that can be read and are not allowed. */
function forbidden(version: number): Record<string, Buffer> {
  const list = version === 5 ? properties() : Buffer.alloc(0);
  return {
    'a SUBSCRIBE without filters': packet(0x82, u16(1), list),
    'an UNSUBSCRIBE without filters': packet(0xa2, u16(1), list),
  };
}

/** Packets that only a server sends. */
function packetsOfServers(version: number): Record<string, Buffer> {
  const list = version === 5 ? properties() : Buffer.alloc(0);
  return {
    CONNACK: packet(0x20, 0, 0, list),
    SUBACK: packet(0x90, u16(1), list, 0),
    UNSUBACK: packet(0xb0, u16(1), list, ...(version === 5 ? [0] : [])),
    PINGRESP: packet(0xd0),
  };
}

function publishWith(...list: readonly Part[]): Buffer {
  return packet(0x30, 't', properties(...list));
}

/** Each of `packets` ends the connection of who sent it, what follows is not processed, and others go on. */
async function ends(scene: Scene, packets: Record<string, Buffer>, reasons: readonly ReasonName[]): Promise<void> {
  const witness = await scene.connect();
  await witness.subscribe('#');
  await each(Object.entries(packets), async ([, wrong]) => {
    const client = await scene.connect();
    client.send(wrong).publish('t', 'too late');
    await client.expectEnd(reasons);
    await witness.expectNothing();
  });
}

/** Errors (5.0, section 4.13; 3.1.1, section 4.8). */
export const errorCases: readonly Case[] = [
  statement(
    ['5.0:MQTT-4.13.1-1', '3.1.1:MQTT-4.8.0-1'],
    'a packet that cannot be read ends its connection and no other',
    VERSIONS,
    (scene) => ends(scene, malformed(scene.version), ['malformed_packet']),
  ),
  statement(
    ['5.0:MQTT-4.13.1-1', '3.1.1:MQTT-4.8.0-1'],
    'a packet that is not allowed ends its connection and no other',
    VERSIONS,
    (scene) => ends(scene, forbidden(scene.version), ['protocol_error']),
  ),
  statement(
    ['5.0:MQTT-4.13.1-1', '3.1.1:MQTT-4.8.0-1'],
    'a packet that only a server sends ends the connection',
    NUMBERED,
    (scene) => ends(scene, packetsOfServers(scene.version), ['protocol_error', 'malformed_packet']),
  ),
  statement(
    ['3.1.1:MQTT-4.8.0-1'],
    'packet type 15 does not exist before 5.0: it ends the connection',
    [3, 4],
    (scene) => ends(scene, { 'type 15': packet(0xf0), 'type 15 with a body': packet(0xf0, 0x19, 0) }, []),
  ),
  statement(
    ['5.0:MQTT-4.13.1-1', '3.1.1:MQTT-4.8.0-1'],
    'an acknowledgement of the wrong kind ends the connection',
    NUMBERED,
    async (scene) => {
      await each([1, 2] as const, async (qos) => {
        const client = await scene.connect();
        await client.subscribe('t', { qos: 2 });
        await scene.publish('t', '', { qos });
        const { packetId } = await client.next('publish');
        client.ack(qos === 1 ? 'pubrec' : 'puback', packetId);
        await client.expectEnd('protocol_error');
      });
    },
  ),
  statement(
    ['5.0:MQTT-4.13.1-1'],
    'a property twice, one that is unknown, one of another packet, and a value that may not be: the code that is given',
    ONLY_5,
    async (scene) => {
      await ends(
        scene,
        {
          'payload format indicator twice': publishWith(0x01, 0, 0x01, 0),
          'payload format indicator 2': publishWith(0x01, 2),
          'subscription identifier 0': packet(0x82, u16(1), properties(0x0b, varint(0)), 't', 0),
          'retain handling 3': packet(0x82, u16(1), properties(), 't', 0x30),
          'a reserved bit of the options': packet(0x82, u16(1), properties(), 't', 0x40),
          'no local on a shared subscription': packet(0x82, u16(1), properties(), '$share/g/t', 0x04),
        },
        ['protocol_error', 'malformed_packet'],
      );
      await ends(
        scene,
        { 'an unknown property': publishWith(0x7f, 0), 'a property of CONNECT': publishWith(0x21, 0, 1) },
        ['malformed_packet', 'protocol_error'],
      );
      await ends(scene, { 'topic alias 0': publishWith(0x23, u16(0)) }, ['topic_alias_invalid']);
    },
  ),
  statement(
    ['5.0:MQTT-4.13.2-1'],
    'after a CONNACK of 0x80 or more the connection is closed',
    ONLY_5,
    async (scene) => {
      scene.broker.hook('client.authenticate', ({ clientId }) => (clientId === 'a' ? 'deny' : 'ignore'));
      const client = await scene.open();
      client.sendConnect({ clientId: 'a' });
      await client.expectRefusal('not_authorized');
    },
  ),
  statement(
    ['5.0:MQTT-4.13.2-1'],
    'so it is where the client has no room for the CONNACK or DISCONNECT that would say why',
    ONLY_5,
    async (scene) => {
      scene.broker.hook('client.authenticate', ({ clientId }) => (clientId === 'a' ? 'deny' : 'ignore'));
      const refused = await scene.open();
      refused.sendConnect({ clientId: 'a', properties: { maximumPacketSize: 4 } });
      await refused.expectEnd(null);
      // CONNACK of this broker and PINGRESP fit; DISCONNECT with a reason needs three bytes at least.
      const tiny = await scene.open();
      tiny.sendConnect({ properties: { maximumPacketSize: 2 } });
      await tiny.expectEnd(null);
    },
  ),
  statement(
    ['5.0:MQTT-4.13.2-1'],
    'a DISCONNECT of 0x80 or more from a client closes the connection without an answer',
    ONLY_5,
    (scene) =>
      each([0x80, 0x81, 0x82, 0x83, 0x93, 0x95], async (code) => {
        const client = await scene.connect();
        await client.disconnect(code);
      }),
  ),
  statement(
    ['5.0:MQTT-4.13.2-1', '3.1.1:MQTT-4.8.0-1'],
    'the session and its other connections outlive an error: who was disconnected may come back',
    VERSIONS,
    async (scene) => {
      const client = await scene.connectKept({ clientId: 'a' });
      await client.subscribe('t', { qos: 1 });
      client.send(packet(0x36, 't', u16(1), Buffer.alloc(4)));
      await client.expectEnd('malformed_packet');
      await scene.publish('t', 'text', { qos: 1 });
      const back = await scene.connectKept({ clientId: 'a' });
      assert.deepEqual(await back.texts(), ['text']);
    },
  ),
];
