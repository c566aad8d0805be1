import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ProtocolVersion } from '../../src/codec/packets.ts';
import type { ReasonName } from '../../src/codec/reason-codes.ts';
import { packet, type Part, u16 } from '../kit/packets.ts';
import { outcomeOf, type Refusal, testRefusals } from './refuses.ts';
import { bodyOf, FIRST_BYTES } from './samples.ts';

const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];

function row(
  what: string,
  versions: readonly ProtocolVersion[],
  reason: ReasonName,
  first: number,
  ...body: Part[]
): Refusal {
  return { what, versions, reason, sent: packet(first, ...body) };
}

suite('packet identifier', () => {
  const zero = 'protocol_error';
  testRefusals([
    row('0 in PUBLISH at QoS 1 [MQTT-2.2.1-3]', VERSIONS, zero, 0x32, 'a', u16(0), 0),
    row('0 in PUBLISH at QoS 2 [MQTT-2.2.1-3]', VERSIONS, zero, 0x34, 'a', u16(0), 0),
    row('0 in SUBSCRIBE [MQTT-2.2.1-3]', [3, 4], zero, 0x82, u16(0), 'a', 0),
    row('0 in SUBSCRIBE of 5.0 [MQTT-2.2.1-3]', [5], zero, 0x82, u16(0), 0, 'a', 0),
    row('0 in UNSUBSCRIBE [MQTT-2.2.1-3]', [3, 4], zero, 0xa2, u16(0), 'a'),
    row('0 in UNSUBSCRIBE of 5.0 [MQTT-2.2.1-3]', [5], zero, 0xa2, u16(0), 0, 'a'),
    row('0 in PUBACK', VERSIONS, zero, 0x40, u16(0)),
    row('0 in PUBREC', VERSIONS, zero, 0x50, u16(0)),
    row('0 in PUBREL', VERSIONS, zero, 0x62, u16(0)),
    row('0 in PUBCOMP', VERSIONS, zero, 0x70, u16(0)),
    row('0 in SUBACK', VERSIONS, zero, 0x90, u16(0), 0, 0),
    row('0 in UNSUBACK', VERSIONS, zero, 0xb0, u16(0)),
  ]);
});

suite('SUBSCRIBE and UNSUBSCRIBE', () => {
  const malformed = 'malformed_packet';
  testRefusals([
    row('SUBSCRIBE without a filter [MQTT-3.8.3-2]', [3, 4], 'protocol_error', 0x82, u16(1)),
    row('SUBSCRIBE of 5.0 without a filter [MQTT-3.8.3-2]', [5], 'protocol_error', 0x82, u16(1), 0),
    row('UNSUBSCRIBE without a filter [MQTT-3.10.3-2]', [3, 4], 'protocol_error', 0xa2, u16(1)),
    row('UNSUBSCRIBE of 5.0 without a filter [MQTT-3.10.3-2]', [5], 'protocol_error', 0xa2, u16(1), 0),
    row('QoS 3 in SUBSCRIBE of 3.1.1 [MQTT-3-8.3-4]', [3, 4], malformed, 0x82, u16(1), 'a', 3),
    row('QoS 3 in SUBSCRIBE of 5.0 (3.8.3.1)', [5], 'protocol_error', 0x82, u16(1), 0, 'a', 3),
    row('QoS 3 in the second filter', [4], malformed, 0x82, u16(1), 'a', 1, 'b', 3),
    row('no local before 5.0: a reserved bit [MQTT-3-8.3-4]', [3, 4], malformed, 0x82, u16(1), 'a', 0x04),
    row('retain as published before 5.0: a reserved bit', [3, 4], malformed, 0x82, u16(1), 'a', 0x08),
    row('retain handling before 5.0: a reserved bit', [3, 4], malformed, 0x82, u16(1), 'a', 0x10),
    row('the reserved option 0x40 [MQTT-3.8.3-5]', [5], malformed, 0x82, u16(1), 0, 'a', 0x40),
    row('the reserved option 0x80 [MQTT-3.8.3-5]', [5], malformed, 0x82, u16(1), 0, 'a', 0x80),
    row('retain handling 3 (3.8.3.1)', [5], 'protocol_error', 0x82, u16(1), 0, 'a', 0x30),
    row('a filter without options', [4], malformed, 0x82, u16(1), 'a'),
  ]);
});

suite('reason codes and acknowledge flags', () => {
  const unknown = 'protocol_error';
  testRefusals([
    row('an unknown reason code in PUBACK', [5], unknown, 0x40, u16(1), 0x7f),
    row('an unknown reason code in PUBREC', [5], unknown, 0x50, u16(1), 0x03),
    row('an unknown reason code in PUBREL', [5], unknown, 0x62, u16(1), 0xff),
    row('an unknown reason code in PUBCOMP', [5], unknown, 0x70, u16(1), 0xa3),
    row('an unknown reason code in DISCONNECT', [5], unknown, 0xe0, 0x7f),
    row('an unknown reason code in AUTH [MQTT-3.15.2-1]', [5], unknown, 0xf0, 0x7f),
    row('reserved acknowledge flags in CONNACK [MQTT-3.2.2-1]', [3, 4], 'malformed_packet', 0x20, 2, 0),
    row('reserved acknowledge flags in CONNACK of 5.0', [5], 'malformed_packet', 0x20, 0x80, 0, 0),
  ]);
});

suite('bytes behind the last field', () => {
  const CLOSED = ['connect', 'connack', 'unsubscribe', 'pingreq', 'pingresp', 'auth', 'disconnect', 'puback'] as const;
  for (const name of [...CLOSED, 'pubrec', 'pubrel', 'pubcomp', 'subscribe'] as const)
    test(`refuses ${name} with a byte too many`, () => {
      for (const version of name === 'auth' ? ([5] as const) : VERSIONS) {
        const sent = packet(FIRST_BYTES[name], bodyOf(name, version), 0);
        assert.equal(outcomeOf([sent], version), 'malformed_packet', `protocol version ${version}`);
      }
    });

  testRefusals([
    row('UNSUBACK with reason codes before 5.0', [3, 4], 'malformed_packet', 0xb0, u16(1), 0),
    row('DISCONNECT with a reason code before 5.0', [3, 4], 'malformed_packet', 0xe0, 0),
    row('PUBACK with a reason code before 5.0', [3, 4], 'malformed_packet', 0x40, u16(1), 0),
  ]);
});
