import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../../src/codec/errors.ts';
import type { ProtocolVersion } from '../../src/codec/packets.ts';
import { type ReasonName, reasonName } from '../../src/codec/reason-codes.ts';
import { decoderOf, pieces, readAll } from './reading.ts';

/** Packets that must be refused, by what is wrong with them; `versions` says in which protocol versions. */
export interface Refusal {
  readonly what: string;
  readonly sent: Buffer;
  readonly reason: ReasonName;
  readonly versions: readonly ProtocolVersion[];
}

/** One test for each row: it is refused with its reason, in one chunk and byte by byte. */
export function testRefusals(refusals: readonly Refusal[]): void {
  for (const { what, sent, reason, versions } of refusals)
    test(`refuses ${what}`, () => {
      for (const version of versions)
        for (const chunks of [[sent], pieces(sent, 1)])
          assert.equal(outcomeOf(chunks, version), reason, `protocol version ${version}`);
    });
}

/** The reason for which the decoder refuses `chunks`, or how many packets it finds in them. */
export function outcomeOf(chunks: readonly Buffer[], version: ProtocolVersion): ReasonName | number {
  try {
    return readAll(decoderOf(version), chunks).length;
  } catch (error) {
    if (error instanceof ProtocolError) return reasonName(error.reasonCode);
    throw error;
  }
}
