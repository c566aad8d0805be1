import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '../../src/broker/client.ts';
import type { QoS } from '../../src/codec/packets.ts';
import type { RawClient } from '../kit/raw-client.ts';
import { Scene } from '../kit/scene.ts';

/** Random numbers below a bound, the same for the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >> 8) % below;
  };
}

/** What is known of one client identifier from what was told alone. */
interface Known {
  /** Who has the session; null where there is none. */
  owner: Client | null;
  /** Who has the connection. */
  connected: Client | null;
  /** Who was told how its session begins, and not yet what was answered. */
  beginning: Client | null;
  /** Whose connection a newer one has just ended. */
  ousted: Client | null;
}

/** Believes what it is told, and fails where that contradicts what it was told before. */
class Witness {
  readonly known = new Map<string, Known>();
  /** How often each event was told. */
  readonly told = new Map<string, number>();
  readonly #onTheirWay = new Map<unknown, number>();

  constructor({ broker }: Scene) {
    broker.on('client.connect', (client) => this.#note('connect', client));
    broker.on('client.connack', (client, reason) => this.#connack(this.#note('connack', client), client, reason));
    broker.on('client.connected', (client, present) =>
      this.#connected(this.#note('connected', client), client, present),
    );
    broker.on('client.disconnected', (client, reason) =>
      this.#left(this.#note('disconnected', client), client, reason),
    );
    broker.on('session.created', (client) => this.#created(this.#note('created', client), client));
    broker.on('session.resumed', (client) => this.#resumed(this.#note('resumed', client), client));
    broker.on('session.takenover', (client) => this.#takenOver(this.#note('takenover', client), client));
    broker.on('session.discarded', (client) => this.#ended(this.#note('discarded', client), client));
    broker.on('session.terminated', (client, reason) => {
      this.#note(`terminated: ${reason}`, client);
      this.#ended(this.#note('terminated', client), client);
    });
    broker.on('message.delivered', (message, client, qos) => this.#delivered(client, message, qos));
    broker.on('message.acked', (message, client, qos) => this.#acked(client, message, qos));
  }

  get sessions(): number {
    return [...this.known.values()].filter(({ owner }) => owner !== null).length;
  }

  #note(event: string, { clientId }: Client): Known {
    this.told.set(event, (this.told.get(event) ?? 0) + 1);
    const known = this.known.get(clientId) ?? { owner: null, connected: null, beginning: null, ousted: null };
    this.known.set(clientId, known);
    return known;
  }

  #created(known: Known, client: Client): void {
    assert.equal(known.owner, null, 'created where there is one');
    known.owner = known.beginning = client;
    known.ousted = null;
  }

  #resumed(known: Known, client: Client): void {
    assert.ok(known.owner !== null && known.owner !== client, 'resumed where there is none');
    assert.equal(known.connected, null, 'resumed under a connection');
    known.owner = known.beginning = client;
    known.ousted = null;
  }

  #takenOver(known: Known, client: Client): void {
    assert.equal(known.owner, client, 'taken over from somebody else');
    assert.equal(known.ousted, client, 'taken over without its connection having been ended');
    known.ousted = null;
  }

  #ended(known: Known, client: Client): void {
    assert.equal(known.owner, client, 'ended where there is none');
    assert.equal(known.connected, null, 'ended before its connection');
    known.owner = known.ousted = null;
  }

  #connack(known: Known, client: Client, reason: string): void {
    if (reason !== 'success') return;
    assert.equal(known.ousted, null, 'nothing was said of the older one');
    // After a take-over nothing else tells whose the session is now.
    known.owner = known.beginning = client;
  }

  #connected(known: Known, client: Client, present: boolean): void {
    assert.equal(known.beginning, client, 'connected without CONNACK');
    assert.equal(known.connected, null, 'connected beside another one');
    assert.equal(typeof present, 'boolean');
    known.connected = client;
    known.beginning = null;
  }

  #left(known: Known, client: Client, reason: string): void {
    assert.equal(known.connected, client, 'disconnected, but not connected');
    known.connected = null;
    if (reason === 'session_taken_over') known.ousted = client;
  }

  #delivered(client: Client, message: unknown, qos: QoS): void {
    assert.equal(this.#note('delivered', client).connected, client, 'delivered to somebody who is not there');
    if (qos > 0) this.#onTheirWay.set(message, (this.#onTheirWay.get(message) ?? 0) + 1);
  }

  #acked(client: Client, message: unknown, qos: QoS): void {
    assert.equal(this.#note('acked', client).connected, client, 'acknowledged by somebody who is not there');
    assert.ok(qos > 0 && (this.#onTheirWay.get(message) ?? 0) > 0, 'acknowledged, but not delivered');
  }
}

/** One random thing happens to one of four identifiers. */
function step(scene: Scene, random: (below: number) => number, clients: Map<string, RawClient>): void {
  const clientId = `c${random(4)}`;
  const client = clients.get(clientId);
  const expiry = [0, 5, 60][random(3)] ?? 0;
  switch (random(12)) {
    case 0:
    case 1:
    case 2:
    case 3: {
      const newer = scene.open();
      newer.acknowledges = random(2) === 0;
      newer.sendConnect({
        version: random(3) === 0 ? 4 : 5,
        clientId,
        cleanStart: random(3) === 0,
        ...(random(2) === 0 && { will: { topic: 't', qos: 1, properties: { willDelayInterval: random(10) } } }),
        properties: { sessionExpiryInterval: expiry },
        ...(random(8) === 0 && { username: 'refused' }),
      });
      if (!newer.ended) clients.set(clientId, newer.sendSubscribe('t', { qos: 2 }));
      return;
    }
    case 4:
      return client?.cut();
    case 5:
      return client?.disconnect();
    case 6:
      return void (
        client?.ended === false &&
        client.version === 5 &&
        client.disconnect(4, { sessionExpiryInterval: 0 })
      );
    case 7:
      return void client?.send('d000');
    case 8:
      return scene.clock.advance(random(20_000));
    case 9:
      return void client?.packets();
    default:
      return scene.publish('t', 'x', { qos: random(3) as QoS });
  }
}

for (let seed = 1; seed <= 20; seed++)
  test(`500 random steps, seed ${seed}: what is told of clients and sessions never contradicts itself`, async () => {
    const random = numbers(seed);
    const scene = new Scene({ maxSessionExpiry: 100 });
    scene.broker.hook('client.authenticate', ({ username }) => (username === 'refused' ? 'deny' : 'allow'));
    const witness = new Witness(scene);
    const clients = new Map<string, RawClient>();
    for (let i = 0; i < 500; i++) {
      step(scene, random, clients);
      assert.deepEqual(scene.errors, [], `step ${i}`);
      assert.equal(witness.sessions, scene.broker.stats().sessions, `step ${i}`);
    }
    await scene.broker.close();
    assert.deepEqual([scene.errors, witness.sessions, scene.clock.timers], [[], 0, 0]);
    const times = (...events: string[]): number =>
      events.reduce((sum, event) => sum + (witness.told.get(event) ?? 0), 0);
    assert.equal(times('created'), times('terminated', 'discarded'));
    // All that there is has happened.
    const reasons = ['expired', 'session_taken_over', 'normal', 'tcp_closed', 'protocol_error', 'server_shutting_down'];
    const events = ['resumed', 'takenover', 'discarded', 'acked', ...reasons.map((reason) => `terminated: ${reason}`)];
    assert.deepEqual(
      events.filter((event) => times(event) === 0),
      [],
    );
  });
