import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { encode } from '../../src/codec/encode.ts';
import { type Packet, PacketType } from '../../src/codec/packets.ts';
import type { ReasonName } from '../../src/codec/reason-codes.ts';
import { binary, bytes, packet, type Part, properties, u16, u32, varint } from '../kit/packets.ts';
import { NONZERO, type Place, PLACES, PROPERTIES, type PropertyRow } from './property-table.ts';
import { decoderOf, readAll } from './reading.ts';
import { outcomeOf, type Refusal, testRefusals } from './refuses.ts';
import { bodyOf, FIRST_BYTES, fullConnect } from './samples.ts';

/** A packet of 5.0 with `list` as the property list at `place`. */
function packetWith(place: Place, list: Buffer): Buffer {
  return place === 'will' ? packet(0x10, fullConnect(5, list)) : packet(FIRST_BYTES[place], bodyOf(place, 5, list));
}

/** A property with a value that is fine by itself. */
function one(row: PropertyRow): Buffer {
  return bytes(row.id, SAMPLE_VALUES[row.kind]);
}

const SAMPLE_VALUES = {
  flag: bytes(1),
  u16: u16(10),
  u32: u32(10),
  varint: bytes(10),
  utf8: bytes('text'),
  binary: bytes('data'),
  pair: bytes('name', 'value'),
};

/** Authentication data need their method. */
function listWith(row: PropertyRow): Buffer {
  return row.name === 'authenticationData' ? properties(0x15, 'method', one(row)) : properties(one(row));
}

/** May occur several times; any other property is a Protocol Error the second time. */
function isRepeatable(row: PropertyRow, place: Place): boolean {
  return row.name === 'userProperties' || (row.name === 'subscriptionIdentifiers' && place === 'publish');
}

suite('each property', () => {
  for (const row of PROPERTIES) {
    test(`${row.name} is read where it may stand (table 2-4)`, () => {
      for (const place of row.places) {
        assert.equal(outcomeOf([packetWith(place, listWith(row))], 5), 1, place);
      }
    });

    test(`${row.name} is malformed anywhere else (2.2.2.2)`, () => {
      for (const place of PLACES)
        if (!row.places.includes(place))
          assert.equal(outcomeOf([packetWith(place, properties(one(row)))], 5), 'malformed_packet', place);
    });

    test(`${row.name} may stand ${row.kind === 'pair' ? 'several times' : 'once'}`, () => {
      for (const place of row.places) {
        const outcome = outcomeOf([packetWith(place, properties(one(row), one(row)))], 5);
        assert.equal(outcome, isRepeatable(row, place) ? 1 : 'protocol_error', place);
      }
    });

    test(`${row.name} is malformed when its value is cut`, () => {
      for (const place of row.places) {
        const whole = one(row);
        for (let length = 1; length < whole.length; length++)
          assert.equal(outcomeOf([packetWith(place, properties(whole.subarray(0, length)))], 5), 'malformed_packet');
      }
    });
  }
});

suite('values of properties', () => {
  for (const row of PROPERTIES.filter(({ kind }) => kind === 'flag'))
    test(`${row.name} is 0 or 1`, () => {
      for (const place of row.places)
        for (const value of [2, 0x80, 0xff])
          assert.equal(outcomeOf([packetWith(place, properties(row.id, value))], 5), 'protocol_error', place);
    });

  for (const row of PROPERTIES.filter(({ kind }) => kind === 'u16' || kind === 'u32'))
    test(`${row.name} may ${NONZERO.has(row.name) ? 'not be' : 'be'} 0`, () => {
      for (const place of row.places) {
        const zero = Buffer.alloc(row.kind === 'u16' ? 2 : 4);
        const outcome = outcomeOf([packetWith(place, properties(row.id, zero))], 5);
        assert.equal(outcome, NONZERO.has(row.name) ? 'protocol_error' : 1, place);
      }
    });

  test('numbers are read to their largest value', () => {
    const list = properties(0x27, u32(0xffffffff), 0x21, u16(0xffff), 0x11, u32(0x80000000));
    const [read] = readAll(decoderOf(5), [packetWith('connect', list)]);
    assert.ok(read?.type === PacketType.connect);
    const expected = { maximumPacketSize: 0xffffffff, receiveMaximum: 0xffff, sessionExpiryInterval: 0x80000000 };
    assert.deepEqual(read.properties, expected);
  });

  test('user properties keep their order and their repetitions [MQTT-3.3.2-18]', () => {
    const pairs: [string, string][] = [
      ['b', '1'],
      ['a', ''],
      ['b', '1'],
      ['', ''],
      ['__proto__', 'x'],
      ['b', '2'],
    ];
    const list = properties(...pairs.flatMap((pair): Part[] => [0x26, ...pair]));
    const [read] = readAll(decoderOf(5), [packetWith('publish', list)]);
    assert.ok(read?.type === PacketType.publish);
    assert.deepEqual(read.properties, { userProperties: pairs });
    assert.deepEqual(readAll(decoderOf(5), [encode(read, 5)]), [read]);
  });

  test('subscription identifiers of a PUBLISH keep their order, from 1 to 268,435,455', () => {
    const list = properties(0x0b, 1, 0x0b, varint(268_435_455), 0x0b, varint(128));
    const [read] = readAll(decoderOf(5), [packetWith('publish', list)]);
    assert.ok(read?.type === PacketType.publish);
    assert.deepEqual(read.properties, { subscriptionIdentifiers: [1, 268_435_455, 128] });
  });

  test('what is kept of a packet other than the payload of PUBLISH is no view on the chunk', () => {
    const list = properties(0x09, binary(Buffer.from('kept')));
    const chunk = packetWith('will', list);
    const decoder = decoderOf(5);
    decoder.push(chunk);
    const read: Packet | null = decoder.next();
    chunk.fill(0xff);
    assert.ok(read?.type === PacketType.connect);
    assert.equal(read.will?.properties?.correlationData?.toString(), 'kept');
    assert.equal(read.will.payload.toString(), 'gone');
    assert.equal(read.password?.toString(), 'password');
  });
});

function inPublish(what: string, list: Buffer, reason: ReasonName = 'malformed_packet'): Refusal {
  return { what, reason, versions: [5], sent: packet(0x30, 'a', list) };
}

suite('property lists', () => {
  testRefusals([
    inPublish('an unknown property 0x00', properties(0x00, 1)),
    inPublish('an unknown property 0x04', properties(0x04, 1)),
    inPublish('an unknown property 0x2b', properties(0x2b, 1)),
    inPublish('an unknown property 0x7f', properties(0x7f, 1)),
    inPublish('a property identifier of two bytes', properties(0x80, 0x01, 1)),
    inPublish('a property identifier in a longer form than needed [MQTT-1.5.5-1]', properties(0xa6, 0x00, 'n', 'v')),
    inPublish('a property length beyond the packet', bytes(5, 0x01, 1)),
    inPublish('a property length of five bytes', bytes(0x80, 0x80, 0x80, 0x80, 0x01)),
    inPublish('a property length in a longer form than needed [MQTT-1.5.5-1]', bytes(0x82, 0x00, 0x01, 1)),
    inPublish('a property length that is missing', bytes()),
    inPublish('a property that reaches beyond its list', bytes(3, 0x02, u32(1))),
    inPublish('a string that reaches beyond its list into the payload', bytes(3, 0x03, u16(4), Buffer.from('text'))),
    inPublish('subscription identifier 0 (3.3.2.3.8)', properties(0x0b, 0), 'protocol_error'),
    inPublish('a subscription identifier of five bytes', properties(0x0b, 0x80, 0x80, 0x80, 0x80, 0x01)),
    inPublish('a subscription identifier in a longer form than needed', properties(0x0b, 0x81, 0x00)),
    {
      what: 'subscription identifier 0 in SUBSCRIBE (3.8.2.1.2)',
      sent: packetWith('subscribe', properties(0x0b, 0)),
      reason: 'protocol_error',
      versions: [5],
    },
  ]);

  test('an empty list is read as null, so that the usual packet costs no object', () => {
    const [read] = readAll(decoderOf(5), [packetWith('publish', properties())]);
    assert.ok(read?.type === PacketType.publish);
    assert.equal(read.properties, null);
  });
});
