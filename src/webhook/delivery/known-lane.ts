import type { Backlog, Lane } from '../queue/backlog.ts';

/** Lanes that are looked at: as many as cost nothing even with each probe. */
const LOOKED_AT = 100;

/**
 * Takes the lane with the id `wanted` if it is among the next ones that are ready, else one of those; null when none is.
 * Those before it wait for their turn anew, so that the next search begins behind them.
 */
export function takeLane(backlog: Backlog, wanted: number): Lane | null {
  const first = backlog.take();
  let lane = first;
  for (let looked = 1; lane !== null && lane.id !== wanted && looked < LOOKED_AT; looked++) {
    backlog.putBack(lane);
    lane = backlog.take();
    if (lane === first) break;
  }
  return lane;
}
