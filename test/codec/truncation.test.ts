import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ProtocolVersion } from '../../src/codec/packets.ts';
import { bytes, packet, u16 } from '../kit/packets.ts';
import { outcomeOf } from './refuses.ts';
import { bodyOf, fullConnect, type PacketName } from './samples.ts';

type Body = (version: ProtocolVersion) => Buffer;
/** Lengths at which the beginning of a body is a packet of its own. */
type Lengths = (version: ProtocolVersion) => readonly number[];

/** A PUBLISH in every version that begins like a text, so that a field which reaches into it goes unnoticed. */
const FOLLOWING = packet(0x30, 'a', 0);

function testBeginnings(what: string, firstByte: number, body: Body, complete: Lengths = () => []): void {
  test(`refuses each beginning of ${what}`, () => {
    for (const version of [3, 4, 5] as const) {
      const whole = body(version);
      for (let length = 0; length < whole.length; length++) {
        const beginning = packet(firstByte, whole.subarray(0, length));
        // In a chunk of its own, and followed by bytes that are not its own.
        for (const [sent, count] of [
          [beginning, 1],
          [bytes(beginning, FOLLOWING), 2],
        ] as const) {
          const outcome = outcomeOf([sent], version);
          if (complete(version).includes(length)) assert.equal(outcome, count);
          else assert.match(String(outcome), /^(malformed_packet|protocol_error)$/, `${length} bytes in ${version}`);
        }
      }
    }
  });
}

function bodiesOf(name: PacketName): Body {
  return (version) => bodyOf(name, version);
}

/** 5.0 lets reason code and properties be left out (3.4.2.1). */
function withoutReason(version: ProtocolVersion): number[] {
  return version === 5 ? [2, 3] : [];
}

/** In 3.1 the password, or user name and password, may be missing, whatever the flags say (3.1, section 3.1). */
function withoutCredentials(version: ProtocolVersion): number[] {
  const { length } = fullConnect(version);
  return version === 3 ? [length - bytes('password').length, length - bytes('user', 'password').length] : [];
}

suite('packets that end too early', () => {
  testBeginnings('CONNECT with all fields', 0x10, fullConnect, withoutCredentials);
  testBeginnings('CONNECT', 0x10, bodiesOf('connect'));
  testBeginnings('PUBLISH at QoS 0', 0x30, (version) => bytes('topic', ...(version === 5 ? [0] : [])));
  testBeginnings('PUBLISH at QoS 1', 0x32, (version) => bytes('topic', u16(1), ...(version === 5 ? [0] : [])));
  testBeginnings('SUBSCRIBE', 0x82, bodiesOf('subscribe'));
  testBeginnings('UNSUBSCRIBE', 0xa2, bodiesOf('unsubscribe'));
  testBeginnings('PUBACK', 0x40, bodiesOf('puback'), withoutReason);
  testBeginnings('PUBREC', 0x50, bodiesOf('pubrec'), withoutReason);
  testBeginnings('PUBREL', 0x62, bodiesOf('pubrel'), withoutReason);
  testBeginnings('PUBCOMP', 0x70, bodiesOf('pubcomp'), withoutReason);
});
