import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { recordCost, RecordReader, RecordWriter, splitBatch, type StoredRecord } from '../../src/webhook/record.ts';

function split(batch: ArrayBuffer | null): { lane: string; record: StoredRecord }[] {
  const records: { lane: string; record: StoredRecord }[] = [];
  if (batch !== null) splitBatch(batch, (lane, record) => records.push({ lane, record }));
  return records;
}

const text = fc.string({ unit: 'binary', maxLength: 40 });
const event = fc.record(
  {
    id: fc.integer({ min: 0, max: 255 }),
    lane: text,
    byte: fc.integer({ min: 0, max: 255 }),
    uint16: fc.integer({ min: 0, max: 65_535 }),
    float64: fc.double(),
    text,
    optional: fc.option(text, { nil: undefined }),
    // Enough now and then to make the writer's buffer grow.
    bytes: fc.integer({ min: 0, max: 300 }).map((size) => Buffer.alloc(size < 270 ? size : size * 1000, size)),
    // What is at the end may be left out.
    last: fc.option(text, { nil: undefined }),
  },
  { noNullPrototype: true },
);

suite('records', () => {
  test('give back what was written, in order', () => {
    const writer = new RecordWriter();
    const reader = new RecordReader();
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const costs = events.map((each) => {
          writer.begin(each.id, each.lane, Infinity);
          writer.byte(each.byte);
          writer.uint16(each.uint16);
          writer.float64(each.float64);
          writer.text(each.text);
          writer.optionalText(each.optional);
          writer.bytes(each.bytes);
          if (each.last !== undefined) writer.text(each.last);
          return writer.end();
        });
        const records = split(writer.take());
        assert.deepEqual(
          records.map(({ record }) => recordCost(record)),
          costs,
        );
        const read = records.map(({ lane, record }) => {
          const id = reader.open(record);
          assert.equal(reader.text(), lane);
          return {
            id,
            lane,
            byte: reader.byte(),
            uint16: reader.uint16(),
            float64: reader.float64(),
            text: reader.text(),
            optional: reader.optionalText(),
            bytes: Buffer.from(reader.bytes()),
            last: reader.hasMore ? reader.text() : undefined,
          };
        });
        assert.ok(isDeepStrictEqual(read, events));
      }),
    );
  });

  test('that do not fit leave no trace', () => {
    fc.assert(
      fc.property(event, fc.double({ min: 0, max: 1, noNaN: true }), (each, share) => {
        const writer = new RecordWriter();
        const write = (room: number): number => {
          writer.begin(each.id, each.lane, room);
          writer.text(each.text);
          writer.bytes(each.bytes);
          writer.optionalText(each.optional);
          writer.float64(each.float64);
          return writer.end();
        };
        const cost = write(Infinity);
        assert.ok(cost > 128);
        assert.equal(write(cost), cost, 'just enough room is enough');
        assert.equal(write(Math.floor(share * (cost - 1))), 0);
        assert.equal(write(-1), 0);
        assert.equal(split(writer.take()).length, 2);
        assert.equal(writer.take(), null);
      }),
    );
  });
});
