import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { encode, encodeAck } from '../../src/codec/encode.ts';
import { PacketType, type ProtocolVersion, type PublishPacket, type QoS } from '../../src/codec/packets.ts';
import { encodePublish } from '../../src/codec/publish-frame.ts';
import type { PublishProperties } from '../../src/codec/properties.ts';
import { packet, u16 } from '../kit/packets.ts';

const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];
const LEVELS: readonly QoS[] = [0, 1, 2];
const properties: PublishProperties = { contentType: 'text/plain', userProperties: [['name', 'value']] };

/** The PUBLISH that a frame stands for when flags and packet identifier are put in. */
function publish(qos: QoS, payload: Buffer): PublishPacket {
  const fields = { dup: qos > 0, retain: true, topic: 'a/ä', packetId: qos === 0 ? 0 : 0x1234, properties };
  return { type: PacketType.publish, qos, payload, frame: null, ...fields };
}

suite('encodePublish', () => {
  test('is the packet but for first byte and packet identifier, whatever version and QoS', () => {
    for (const size of [0, 90, 128, 20_000])
      for (const version of VERSIONS)
        for (const qos of LEVELS) {
          const sent = publish(qos, Buffer.alloc(size, 'p'));
          const { frame, packetIdAt, tail } = encodePublish(sent, sent.payload, version, qos);
          assert.equal(tail, null);
          assert.equal(frame[0], 0x30);
          frame[0] = encode(sent, version)[0] ?? 0;
          if (qos > 0) u16(sent.packetId).copy(frame, packetIdAt);
          assert.ok(frame.equals(encode(sent, version)), `${size} bytes, version ${version}, QoS ${qos}`);
        }
  });

  test('has the shortest remaining length on both sides of each limit [MQTT-1.5.5-1]', () => {
    for (const remaining of [127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
      const payload = Buffer.alloc(remaining - 3, 'p');
      const { frame } = encodePublish({ topic: 'a', properties: null }, payload, 4, 0);
      assert.ok(frame.equals(packet(0x30, 'a', payload)), `${remaining} bytes`);
    }
  });

  test('says 0 for the place of the packet identifier at QoS 0', () => {
    assert.equal(encodePublish(publish(0, Buffer.alloc(0)), Buffer.alloc(0), 4, 0).packetIdAt, 0);
  });

  test('refers to a payload that stays out of the frame, and makes the same packet with it', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.constantFrom(...VERSIONS), fc.constantFrom(...LEVELS), (size, version, qos) => {
        const payload = Buffer.alloc(size, 'p');
        const { frame, packetIdAt, tail } = encodePublish(publish(qos, payload), payload, version, qos, true);
        const whole = encodePublish(publish(qos, payload), payload, version, qos);
        assert.equal(tail, payload);
        assert.equal(packetIdAt, whole.packetIdAt);
        // The packet identifier is not written yet, and its two bytes may be anything.
        for (const bytes of [frame, whole.frame]) if (packetIdAt > 0) bytes.fill(0, packetIdAt, packetIdAt + 2);
        assert.ok(Buffer.concat([frame, payload]).equals(whole.frame));
      }),
      { seed: 31, numRuns: 200 },
    );
  });
});

suite('encodeAck', () => {
  test('writes what encode writes for success, in every version', () => {
    for (const type of [PacketType.puback, PacketType.pubrec, PacketType.pubrel, PacketType.pubcomp])
      for (const packetId of [1, 255, 256, 0xffff])
        for (const version of VERSIONS) {
          const into = Buffer.alloc(8, 0xee);
          encodeAck(type, packetId, into, 2);
          assert.deepEqual(into.subarray(2, 6), encode({ type, packetId, reasonCode: 0, properties: null }, version));
          assert.deepEqual([...into.subarray(0, 2), ...into.subarray(6)], [0xee, 0xee, 0xee, 0xee]);
        }
  });
});

suite('encode', () => {
  test('leaves reason codes and properties out for versions that do not have them', () => {
    const told = { reasonCode: 0x87, properties: { reasonString: 'no' } };
    for (const version of [3, 4] as const) {
      assert.equal(encode({ type: PacketType.puback, packetId: 1, ...told }, version).toString('hex'), '40020001');
      assert.equal(encode({ type: PacketType.disconnect, ...told }, version).toString('hex'), 'e000');
      const unsuback = { type: PacketType.unsuback, packetId: 1, reasonCodes: [0, 0x11], properties: null };
      assert.equal(encode(unsuback, version).toString('hex'), 'b0020001');
    }
  });

  test('leaves subscription options out but for the QoS: they are reserved bits', () => {
    const entry = { filter: 'a', qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2 } as const;
    const subscribe = { type: PacketType.subscribe, packetId: 1, entries: [entry], properties: null };
    for (const version of [3, 4] as const)
      assert.ok(encode(subscribe, version).equals(packet(0x82, u16(1), 'a', 1)), `version ${version}`);
    assert.ok(encode(subscribe, 5).equals(packet(0x82, u16(1), 0, 'a', 0x2d)));
  });
});
