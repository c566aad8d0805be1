import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** Collects the garbage now. */
export const collect: () => void = runInNewContext('gc');

/**
 * Bytes of the heap that are in use after `run` and were not before, garbage collected. Round 0 is to warm up, round 1
 * is measured; a `run` that should show what it keeps does not do the same in both.
 */
export function heapKeptBy(run: (round: number) => void): number {
  run(0);
  collect();
  const before = process.memoryUsage().heapUsed;
  run(1);
  collect();
  return process.memoryUsage().heapUsed - before;
}
