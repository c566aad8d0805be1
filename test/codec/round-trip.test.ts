import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { encode } from '../../src/codec/encode.ts';
import { cuts, packetOf } from './arbitraries.ts';
import { oracleDecode, oracleEncode } from './oracle.ts';
import { decoderOf, readAll, received, split } from './reading.ts';

const RUNS = { numRuns: 1000, seed: 1 };

for (const version of [3, 4, 5] as const) {
  suite(`packets of protocol version ${version}`, () => {
    const packet = packetOf(version);

    test('what mqtt-packet writes is read with the same meaning, however it is split', () => {
      fc.assert(
        fc.property(fc.array(packet, { minLength: 1, maxLength: 4 }), cuts, (packets, where) => {
          const written = packets.map((one) => oracleEncode(one, version));
          const read = readAll(decoderOf(version), split(Buffer.concat(written), where));
          assert.deepEqual(
            read,
            packets.map((one, index) => received(one, version, written[index] ?? Buffer.alloc(0))),
          );
        }),
        RUNS,
      );
    });

    test('what we write mqtt-packet reads with the same meaning', () => {
      fc.assert(
        fc.property(packet, (one) => assert.deepEqual(oracleDecode(encode(one, version), version), one)),
        RUNS,
      );
    });

    test('what we write we read with the same meaning, however it is split', () => {
      fc.assert(
        fc.property(packet, cuts, (one, where) => {
          const bytes = encode(one, version);
          assert.deepEqual(readAll(decoderOf(version), split(bytes, where)), [received(one, version, bytes)]);
        }),
        RUNS,
      );
    });
  });
}
