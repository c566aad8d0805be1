import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ProtocolVersion } from '../../src/codec/packets.ts';
import { bytes, packet, u16 } from '../kit/packets.ts';
import { outcomeOf, type Refusal, testRefusals } from './refuses.ts';
import { bodyOf, FIRST_BYTES, PACKET_NAMES, type PacketName } from './samples.ts';

const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];
const ALL_FLAGS = Array.from({ length: 16 }, (_, flags) => flags);

/** AUTH is a packet of 5.0 only. */
function versionsOf(name: PacketName): readonly ProtocolVersion[] {
  return name === 'auth' ? [5] : VERSIONS;
}

/** DUP is allowed on these before 3.1.1, which sends them again (3.1, sections 3.6, 3.8 and 3.10). */
const REPEATABLE: ReadonlySet<PacketName> = new Set(['pubrel', 'subscribe', 'unsubscribe']);

suite('first byte', () => {
  for (const name of PACKET_NAMES.filter((one) => one !== 'publish')) {
    test(`${name} is accepted with its flags and with no others [MQTT-2.1.3-1]`, () => {
      for (const version of versionsOf(name))
        for (const flags of ALL_FLAGS) {
          const firstByte = (FIRST_BYTES[name] & 0xf0) | flags;
          const isRight = firstByte === FIRST_BYTES[name] || (version === 3 && REPEATABLE.has(name) && flags === 0x0a);
          const outcome = outcomeOf([packet(firstByte, bodyOf(name, version))], version);
          assert.equal(outcome, isRight ? 1 : 'malformed_packet', `flags ${flags} in version ${version}`);
        }
    });
  }

  testRefusals([
    {
      what: 'QoS 3 in PUBLISH [MQTT-3.3.1-4]',
      sent: packet(0x36, 'a', u16(1), 0),
      reason: 'malformed_packet',
      versions: VERSIONS,
    },
    {
      what: 'DUP at QoS 0 [MQTT-3.3.1-2]',
      sent: packet(0x38, 'a', 0),
      reason: 'malformed_packet',
      versions: [4, 5],
    },
    { what: 'packet type 0', sent: packet(0x00), reason: 'malformed_packet', versions: VERSIONS },
    { what: 'AUTH before 5.0', sent: packet(0xf0), reason: 'protocol_error', versions: [3, 4] },
  ]);

  test('DUP at QoS 0 is read in 3.1, which does not forbid it', () => {
    assert.equal(outcomeOf([packet(0x38, 'a')], 3), 1);
  });
});

suite('remaining length', () => {
  const fiveBytes: readonly Refusal[] = [0x00, 0x01, 0x7f, 0x80, 0xff].map((last) => ({
    what: `five bytes of remaining length, the last ${last.toString(16)} [MQTT-1.5.5-1]`,
    sent: bytes(0x30, 0x80, 0x80, 0x80, 0x80, last),
    reason: 'malformed_packet',
    versions: VERSIONS,
  }));
  const tooLong: readonly Refusal[] = [
    [0x80, 0x00],
    [0x83, 0x80, 0x00],
    [0x83, 0x80, 0x80, 0x00],
  ].map((digits) => ({
    what: `${Buffer.from(digits).toString('hex')}, a longer form than needed, in 5.0 [MQTT-1.5.5-1]`,
    sent: bytes(0x30, ...digits, u16(1), 0x61),
    reason: 'malformed_packet',
    versions: [5],
  }));
  testRefusals([...fiveBytes, ...tooLong]);

  test('a longer form than needed is read before 5.0, which does not forbid it', () => {
    for (const version of [3, 4] as const) {
      const sent = [bytes(0xc0, 0x80, 0x00), bytes(0x30, 0x83, 0x80, 0x80, 0x00, 'a')];
      assert.equal(outcomeOf(sent, version), 2);
    }
  });
});
