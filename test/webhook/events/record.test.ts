import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { RecordReader } from '../../../src/webhook/events/record-reader.ts';
import {
  laneAt,
  lengthAt,
  recordCost,
  recordSince,
  RecordWriter,
  splitBatch,
  sinceAt,
  type StoredRecord,
} from '../../../src/webhook/events/record.ts';

function split(batch: ArrayBuffer | null): { lane: number; record: StoredRecord }[] {
  const records: { lane: number; record: StoredRecord }[] = [];
  if (batch !== null) splitBatch(batch, (lane, record) => records.push({ lane, record }));
  return records;
}

const text = fc.string({ unit: 'binary', maxLength: 40 });
const count = fc.integer({ min: 1, max: 2 ** 52 });
const event = fc.record(
  {
    id: fc.integer({ min: 0, max: 255 }),
    origin: fc.record(
      { clientId: text, lane: count, sequence: count, clientSequence: count },
      { noNullPrototype: true },
    ),
    time: fc.double({ noNaN: true }),
    byte: fc.integer({ min: 0, max: 255 }),
    uint16: fc.integer({ min: 0, max: 65_535 }),
    float64: fc.double(),
    text,
    optional: fc.option(text, { nil: undefined }),
    // Enough now and then to make the writer's buffer grow.
    bytes: fc.integer({ min: 0, max: 300 }).map((size) => Buffer.alloc(size < 270 ? size : size * 1000, size)),
  },
  { noNullPrototype: true },
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

function write(writer: RecordWriter, each: Event, room = Infinity): number {
  writer.begin(each.id, each.origin, each.time, room);
  writer.byte(each.byte);
  writer.uint16(each.uint16);
  writer.float64(each.float64);
  writer.text(each.text);
  writer.optionalText(each.optional);
  writer.bytes(each.bytes);
  return writer.end();
}

function read(reader: RecordReader, lane: number, record: StoredRecord): Event {
  reader.open(record);
  const { clientId, sequence, clientSequence } = reader;
  const each = {
    id: reader.event,
    origin: { clientId, lane, sequence, clientSequence },
    time: reader.time,
    byte: reader.byte(),
    uint16: reader.uint16(),
    float64: reader.float64(),
    text: reader.text(),
    optional: reader.optionalText(),
    bytes: Buffer.from(reader.bytes(), 'latin1'),
  };
  reader.close();
  return each;
}

suite('records', () => {
  test('give back what was written, in order', () => {
    const writer = new RecordWriter();
    const reader = new RecordReader();
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const costs = events.map((each) => write(writer, each));
        const batch = writer.take() ?? new ArrayBuffer(0);
        const records = split(batch);
        assert.deepEqual(
          records.map(({ record }) => recordCost(record)),
          costs,
        );
        const found = records.map(({ lane, record }) => read(reader, lane, record));
        assert.ok(isDeepStrictEqual(found, events));
      }),
    );
  });

  test('can be looked at where they are', () => {
    const writer = new RecordWriter();
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 3 }), (events) => {
        for (const each of events) write(writer, each);
        const batch = writer.take() ?? new ArrayBuffer(0);
        const bytes = Buffer.from(batch);
        let at = 0;
        for (const [index, { record }] of split(batch).entries()) {
          const { origin, time } = events[index] ?? assert.fail('more records than events');
          assert.equal(lengthAt(bytes, at), record.length);
          assert.equal(laneAt(bytes, at), origin.lane);
          assert.equal(sinceAt(bytes, at), time);
          assert.equal(recordSince(record), time);
          at += record.length;
        }
        assert.equal(at, bytes.length);
      }),
    );
  });

  test('that are cut off are found out', () => {
    const writer = new RecordWriter();
    const reader = new RecordReader();
    fc.assert(
      fc.property(event, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (each, share) => {
        write(writer, each);
        const [whole = assert.fail('no record')] = split(writer.take());
        const cut = whole.record.slice(0, Math.floor(share * whole.record.length));
        assert.throws(() => read(reader, whole.lane, cut), RangeError);
      }),
    );
  });

  test('that do not fit leave no trace', () => {
    fc.assert(
      fc.property(event, fc.double({ min: 0, max: 1, noNaN: true }), (each, share) => {
        const writer = new RecordWriter();
        const cost = write(writer, each);
        assert.ok(cost > 128);
        assert.equal(write(writer, each, cost), cost, 'just enough room is enough');
        assert.equal(write(writer, each, Math.floor(share * (cost - 1))), 0);
        assert.equal(write(writer, each, -1), 0);
        assert.equal(split(writer.take()).length, 2);
        assert.equal(writer.take(), null);
      }),
    );
  });
});
