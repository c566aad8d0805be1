import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Arrival, type Verdict, Violation } from './arrival.ts';
import { Ledger } from './ledger.ts';

/** Two clients, each of which published four messages in the first life of the broker; all were acknowledged. */
class Scene {
  readonly ledger = new Ledger(2);
  readonly #attempts = new Map<string, number>();

  constructor() {
    this.begin();
  }

  begin(): void {
    this.ledger.begin();
    for (const client of [0, 1])
      for (let i = 0; i < 4; i++) this.ledger.acknowledge(client, this.ledger.publish(client));
  }

  /** Events of client 0 by their numbers, in one request. */
  arrive(numbers: readonly number[], verdict: Verdict = 'taken', fields: Partial<Arrival> = {}): void {
    const arrivals = numbers.map((number) => Object.assign(arrivalOf(0, number), fields));
    const id = arrivals.map((arrival) => arrival.id).join();
    const attempt = (this.#attempts.get(id) ?? 0) + 1;
    this.#attempts.set(id, attempt);
    this.ledger.arrive({ id, attempt, life: this.ledger.life, action: 'test', verdict }, arrivals);
  }

  /** All of the other client. */
  others(numbers = [0, 1, 2, 3]): void {
    for (const number of numbers) {
      const arrival = arrivalOf(1, number);
      this.ledger.arrive({ id: arrival.id, attempt: 1, life: 0, action: 'test', verdict: 'taken' }, [arrival]);
    }
  }
}

/** Numbers of the run: those of client 0 are odd. */
function arrivalOf(client: number, number: number): Arrival {
  const run = `run${Math.floor(number / 4)}`;
  const clientSequence = (number % 4) + 1;
  const sequence = 2 * clientSequence - 1 + client;
  return { id: `evt_${run}_${sequence}`, run, sequence, clientSequence, client, number };
}

function violates(act: () => void, message: RegExp): void {
  assert.throws(act, (error) => error instanceof Violation && message.test(error.message));
}

suite('the ledger', () => {
  test('is content when everything arrives, repeated where it was not taken', () => {
    const scene = new Scene();
    scene.others();
    scene.arrive([0], 'refused');
    scene.arrive([0], 'perhaps');
    scene.arrive([0]);
    scene.arrive([1, 2], 'refused');
    scene.arrive([1]);
    scene.arrive([2, 3]);
    const { arrived, repeated, tail } = scene.ledger.finish();
    assert.deepEqual({ arrived, repeated, tail }, { arrived: 8, repeated: 4, tail: 0 });
  });

  test('notices that an event is missing', () => {
    const scene = new Scene();
    scene.others();
    scene.arrive([0]);
    scene.arrive([1, 3]);
    violates(() => scene.ledger.finish(), /0:2 is missing, 0:3 is there/);
  });

  test('notices that the last event is missing, unless the broker was killed', () => {
    const scene = new Scene();
    scene.others([0, 1, 2]);
    scene.arrive([0, 1, 2]);
    violates(() => scene.ledger.finish(), /0:3 is missing, and nobody was killed/);
    scene.ledger.kill();
    assert.equal(scene.ledger.finish().tail, 2);
  });

  test('notices that less arrived than was in the spool, and that a number of the run is missing', () => {
    const scene = new Scene();
    scene.arrive([0, 1, 2]);
    scene.others([0, 1]);
    scene.ledger.accepted(6);
    scene.ledger.kill();
    violates(() => scene.ledger.finish(), /6 events were in the spool, 5 came/);
    scene.others([2]);
    assert.equal(scene.ledger.finish().arrived, 6);
    scene.arrive([3]);
    scene.ledger.accepted(8);
    violates(() => scene.ledger.finish(), /8 events were in the spool, 7 came/);
  });

  test('notices a gap in the numbers of a run', () => {
    const scene = new Scene();
    scene.arrive([0, 1, 2, 3]);
    scene.others([0, 1]);
    scene.ledger.kill();
    violates(() => scene.ledger.finish(), /there is no 6 of 7/);
  });

  test('notices that an event comes before the one before it was taken', () => {
    const scene = new Scene();
    scene.arrive([0], 'refused');
    violates(() => scene.arrive([1]), /0:1 comes before 0:0 was taken/);
  });

  test('notices events that come out of order', () => {
    const scene = new Scene();
    scene.arrive([1]);
    violates(() => scene.arrive([0]), /0:0 comes after 1/);
  });

  test('notices an event that comes again although its answer was seen', () => {
    const scene = new Scene();
    scene.arrive([0]);
    violates(() => scene.arrive([0]), /comes again, although its answer was seen/);
    const other = new Scene();
    other.arrive([0], 'perhaps');
    // Going on says that it was seen.
    other.arrive([1]);
    violates(() => other.arrive([0]), /comes again, although its answer was seen/);
  });

  test('lets the last two come again after a kill, and no others', () => {
    const scene = new Scene();
    for (const number of [0, 1, 2, 3]) scene.arrive([number]);
    scene.ledger.kill();
    scene.begin();
    scene.arrive([2]);
    scene.arrive([3]);
    violates(() => scene.arrive([1]), /0:1 comes again from an earlier life/);
  });

  test('notices other ids and numbers than before, or than are right', () => {
    const scene = new Scene();
    scene.arrive([0], 'refused');
    violates(() => scene.arrive([0], 'taken', { id: 'evt_run0_3' }), /0:0 came as evt_run0_1 before/);
    scene.arrive([0]);
    violates(() => scene.arrive([1], 'taken', { clientSequence: 3 }), /client sequence 3, not 2/);
    violates(() => new Scene().arrive([0], 'taken', { sequence: 2 }), /another number, 2/);
    violates(() => scene.arrive([2], 'taken', { run: 'other', id: 'evt_other_5' }), /is of run other/);
    violates(() => scene.arrive([4]), /0:4 was never published/);
  });

  test('notices a batch that has other events than before', () => {
    const { ledger } = new Scene();
    const visit = { id: 'batch', attempt: 1, life: 0, action: 'test', verdict: 'refused' } as const;
    ledger.arrive({ ...visit }, [arrivalOf(0, 0), arrivalOf(1, 0)]);
    violates(() => ledger.arrive({ ...visit }, [arrivalOf(0, 0)]), /has other events than before/);
  });
});
