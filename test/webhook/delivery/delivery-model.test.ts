import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { clientNames, type Sent, Stage } from './delivery-stage.ts';
import type { EndpointFields } from '../endpoint.ts';

/** Numbers from 0 to below 1 that are the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const CLIENTS = 40;
const ROUNDS = 60;

/** What an endpoint has got, and whether that could be. */
class Endpoint {
  /** Payloads of each client as they were taken, repetitions left out. */
  readonly taken = new Map<string, number[]>();
  readonly repeated: string[] = [];
  readonly #stage: Stage;
  readonly #draw: () => number;
  /** Clients that are in a request which has no answer yet. */
  readonly #open = new Set<string>();
  /** Events whose answer got lost: they may come twice. */
  readonly #unsure = new Set<string>();
  /** Draws from 0 to 1 below which a request fails in some way. */
  faults = 0.4;

  constructor(stage: Stage, draw: () => number) {
    this.#stage = stage;
    this.#draw = draw;
  }

  receive(sent: Sent): void {
    const clients = new Set(sent.events.map(({ client }) => client));
    for (const client of clients) {
      assert.ok(!this.#open.has(client), `${client} is in two requests at a time`);
      this.#open.add(client);
    }
    this.#stage.clock.after(1 + this.#draw() * 50, () => {
      for (const client of clients) this.#open.delete(client);
      this.#answer(sent);
    });
  }

  #answer(sent: Sent): void {
    const draw = this.#draw() / this.faults;
    if (draw > 1) return this.#take(sent, 200);
    if (draw < 0.3) return sent.answer(500);
    if (draw < 0.5) return sent.answer(0);
    if (draw < 0.6) return sent.answer(429, { retryAfter: String(Math.floor(this.#draw() * 3)) });
    if (draw < 0.7) return sent.answer(400);
    if (draw < 0.72) return sent.answer(410);
    // It was taken, but the answer is lost.
    this.#take(sent, 0);
  }

  #take(sent: Sent, status: number): void {
    for (const { client, payload } of sent.events) {
      const own = this.taken.get(client) ?? [];
      this.taken.set(client, own);
      const name = `${client} ${payload}`;
      if (own.includes(Number(payload))) {
        assert.ok(this.#unsure.has(name), `${name} came twice although its answer was seen`);
        this.repeated.push(name);
      } else {
        assert.ok(Number(payload) > (own.at(-1) ?? -1), `${name} came after ${own.at(-1)}`);
        own.push(Number(payload));
      }
      if (status === 0) this.#unsure.add(name);
      else this.#unsure.delete(name);
    }
    sent.answer(status);
  }
}

/** Lets clients tell events while an endpoint fails at random, then gets well; checks that every event is somewhere. */
function run(t: TestContext, seed: number, fields: EndpointFields): void {
  const draw = random(seed);
  t.mock.method(Math, 'random', random(seed + 1_000_000));
  const stage = new Stage({ ...fields, spool: { maxBytes: 1e9 }, deadLetters: { maxBytes: 1e9 } });
  const endpoint = new Endpoint(stage, draw);
  stage.transport.reply = (sent) => endpoint.receive(sent);
  const clients = clientNames(CLIENTS);
  const told = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const who = clients.filter(() => draw() < 0.4);
    for (const client of who) told.set(client, (told.get(client) ?? 0) + 1);
    stage.add(...who);
    // A while without any answer, too.
    endpoint.faults = round > 20 && round < 30 ? 1 : 0.4;
    stage.clock.advance(draw() * 2000);
  }
  endpoint.faults = 0.000_001;
  stage.clock.advance(400_000);
  stage.add('last');
  told.set('last', 1);
  stage.clock.advance(1000);

  const { delivered, deadLettered, retried, failures, inFlight, latency, breaker, trouble } = stage.figures;
  assert.deepEqual(
    { held: stage.backlog.held.events, inFlight, breaker, trouble },
    { held: 0, inFlight: 0, breaker: 'closed', trouble: 'none' },
  );
  const total = [...told.values()].reduce((sum, count) => sum + count, 0);
  assert.equal(delivered + deadLettered, total);
  assert.equal(stage.letters.length, deadLettered);
  const dead = new Set(
    stage.letters.map(({ event }) => /"?(c\d+\/)/.exec(event.record)?.[1] + ' ' + /\d+$/.exec(event.record)?.[0]),
  );
  for (const [client, count] of told) {
    const got = new Set(endpoint.taken.get(client));
    for (let payload = 0; payload < count; payload++)
      assert.ok(got.has(payload) || dead.has(`${client} ${payload}`), `${client} ${payload} is lost`);
  }
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  const good = stage.sent.length - failed;
  assert.equal(latency.count, stage.sent.length - (failures['none'] ?? 0));
  assert.ok(
    good > 0 && failed > 0 && deadLettered > 0 && retried > 0 && endpoint.repeated.length > 0,
    'something of all',
  );
}

suite('random answers: every event is delivered or a dead letter, in order for each client', () => {
  for (let seed = 1; seed <= 12; seed++) {
    test(`one by one, seed ${seed}`, (t) => run(t, seed, { connection: { poolSize: 6 } }));
    test(`in batches, seed ${seed}`, (t) =>
      run(t, seed, { batch: { maxEvents: 8, maxWait: seed % 2 === 0 ? 40 : 0, maxBytes: 900 } }));
    test(`in batches, with limits, seed ${seed}`, (t) =>
      run(t, seed, { batch: { maxEvents: 30, maxWait: 10 }, retry: { maxAttempts: 5, maxAge: 60_000 }, rate: 200 }));
  }
});
