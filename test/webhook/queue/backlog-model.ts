import assert from 'node:assert/strict';
import type { Lane } from '../../../src/webhook/queue/backlog.ts';
import { type BacklogStage, clientOf, nameOf, numbered, REFUSED, type SettingsInput } from './backlog-kit.ts';

const CLIENTS = Array.from('abcdefgh');

/** Random steps from a seed (mulberry32): the same ones for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/**
 * Lets a backlog take in, hold, settle and give up events at random, and checks that each event comes once, in its
 * lane's order, or is counted as dropped.
 */
export async function modelRun(
  open: (fields?: SettingsInput) => BacklogStage,
  seed: number,
  overflow: 'drop_newest' | 'drop_oldest',
): Promise<void> {
  const random = randomOf(seed);
  const maxEvents = 1 + random(4);
  const stage = open({ maxBytes: 20_000, overflow, maxEvents });
  const held = new Set<Lane>();
  const settled: string[] = [];
  const counts = new Map(CLIENTS.map((client) => [client, 1000]));
  let accepted = 0;
  let refused = 0;
  let handed = 0;
  const end = (lane: Lane): void => {
    const count = Math.min(lane.length, 1 + random(maxEvents));
    for (let i = 0; i < count; i++) settled.push(nameOf(lane.at(i)?.record ?? ''));
    if (random(4) === 0) stage.bury(lane, count, REFUSED);
    else stage.settle(lane, count);
  };
  for (let step = 0; step < 150; step++) {
    const client = CLIENTS[random(CLIENTS.length)] ?? 'a';
    const first = counts.get(client) ?? 0;
    const count = 1 + random(12);
    counts.set(client, first + count);
    handed += count;
    // oxlint-disable-next-line no-await-in-loop -- one step after another
    const intake = await stage.accept(numbered(client, first, first + count - 1), random(200));
    accepted += intake.accepted;
    refused += Object.values(intake.dropped).reduce((sum, each) => sum + each, 0);
    for (let i = random(4); i > 0; i--) {
      const lane = stage.take();
      if (lane !== null) held.add(lane);
    }
    for (const lane of held) {
      if (random(3) > 0) continue;
      held.delete(lane);
      if (random(3) === 0) stage.putBack(lane);
      else end(lane);
    }
    assert.ok(stage.backlog.held.bytes <= 20_000);
  }
  for (const lane of held) end(lane);
  settled.push(...(await stage.drain()));
  assert.equal(accepted + refused, handed);
  assert.equal(settled.length + (stage.dropped.queue_full ?? 0), accepted);
  assert.deepEqual(stage.backlog.held, { events: 0, bytes: 0, oldest: null });
  for (const client of CLIENTS) {
    const own = settled.filter((name) => clientOf(name) === client);
    assert.deepEqual(own, [...new Set(own)].toSorted(), `the order of ${client} with seed ${seed}`);
  }
  stage.backlog.close();
}
