import type { QoS } from '../../src/codec/packets.ts';
import type { Client } from './client.ts';
import type { ConnectPlan } from './connect-plan.ts';
import type { Break } from './link.ts';
import type { Model } from './model.ts';
import { Publication } from './publication.ts';
import { Random } from './random.ts';
import type { Terms } from './tenure.ts';

/** What a client is in a soak. */
export interface Role {
  readonly index: number;
  readonly clientId: string;
  /** The versions that it speaks, one for each connection. */
  readonly versions: readonly [3 | 4 | 5, ...(3 | 4 | 5)[]];
  /** The one shared subscription of a worker; others subscribe to whatever they like. */
  readonly group: { readonly filter: string; readonly qos: QoS } | null;
}

const FILTERS = [
  't/#',
  't/+/1',
  't/0/#',
  't/2/3',
  't/+/+',
  '+/1/2',
  '#',
  'ret/#',
  'ret/+/1',
  'will/#',
  'work/#',
] as const;
const BREAKS: readonly [Break, ...Break[]] = ['close', 'reset', 'half-close'];
const QOS = [0, 1, 2] as const;

/** Messages that one client may have on their way. */
const WINDOW = 20;
/** Bytes that wait for the system to take them, beyond which nothing is published. */
const BACKLOG = 256 * 1024;

/** Plays one client: each of its steps is drawn from the seed, the client and the number of the step alone. */
export class Actor {
  readonly role: Role;
  readonly client: Client;
  readonly #model: Model;
  readonly #seed: number;
  #step = 0;
  /** Steps until it connects, and until it reads again. */
  #rest = 0;
  #pause = 0;
  /** How readily it acknowledges, in thousandths for each step. */
  #readiness = 1000;

  constructor(seed: number, role: Role, client: Client, model: Model) {
    this.#seed = seed;
    this.role = role;
    this.client = client;
    this.#model = model;
  }

  /** Does the next thing. */
  step(): void {
    const random = new Random(this.#seed, this.role.index, ++this.#step);
    const { link, receiver } = this.client;
    if (link === null) {
      if (--this.#rest < 0) this.#connect(random);
    } else if (receiver !== null && !this.client.leaving) this.#act(random);
  }

  #connect(random: Random): void {
    const { client } = this;
    client.connect(this.#plan(random));
    this.#rest = random.perMille(200) ? random.below(150) : random.below(10);
    this.#readiness = random.pick([1000, 1000, 300, 30]);
    this.#pause = 0;
    const dice = random.below(1000);
    if (dice < 40) client.link?.cutAfterOut(random.below(120), random.pick(BREAKS));
    else if (dice < 80) client.link?.cutAfterIn(1 + random.below(200), random.pick(BREAKS));
  }

  #plan(random: Random): ConnectPlan {
    const version = random.pick(this.role.versions);
    const receiveMaximum = random.pick([1, 2, 5, 20, 65_535]);
    const aliasMaximum = random.pick([0, 3, 10]);
    const will = random.perMille(350) ? { qos: random.pick(QOS), delay: random.pick([0, 0, 1, 2]) } : null;
    const common = { version, receiveMaximum, aliasMaximum, will };
    // The sessions of workers end in every second round only: in the others no message may change hands.
    const mayEnd = this.role.group === null || (version === 5 && this.#model.round % 2 === 1);
    const cleanStart = random.perMille(250) && mayEnd;
    const expiry = version === 5 && this.role.group === null ? random.pick([0, 1, Infinity, Infinity]) : Infinity;
    return { ...common, cleanStart, expiry };
  }

  #act(random: Random): void {
    const { client } = this;
    if (this.#pause > 0 && --this.#pause === 0) client.link?.resume();
    if (random.perMille(this.#readiness))
      client.receiver?.acknowledge(random.perMille(500) ? Infinity : random.below(4));
    if (client.subscriber.filters.size === 0 && random.perMille(200)) return this.#subscribe(random);
    const dice = random.below(1000);
    if (dice < 130) this.#publish(random);
    else if (dice < 170) client.ping();
    else if (dice < 190) this.#subscribe(random);
    else if (dice < 198) this.#unsubscribe(random);
    else if (dice < 212) this.#leave(random, dice - 198);
    else if (dice < 218) this.#stall(random);
  }

  #publish(random: Random): void {
    for (let count = 1 + random.below(4); count > 0; count--) {
      const { link, publisher, version } = this.client;
      if (link === null || publisher.underway >= WINDOW || link.backlog > BACKLOG) return;
      const qos = random.pick(QOS);
      const size = random.perMille(950)
        ? 24 + random.below(200)
        : 24 + random.below(random.perMille(900) ? 9000 : 100_000);
      const topic = this.#topic(random, size);
      const expires = version === 5 && !topic.retain && random.perMille(100);
      const expiry = expires ? random.pick([1, 60]) : Infinity;
      const id = this.client.nextName();
      const common = { id, publisher: this.client.clientId, qos, expiry, will: false };
      const publication = new Publication({ ...common, ...topic });
      publisher.publish(link, publication, this.client.nextId(), random.perMille(400) && this.client.aliases >= 8);
    }
  }

  #topic(random: Random, size: number): { topic: string; retain: boolean; size: number } {
    const dice = random.below(100);
    if (dice < 60) return { topic: `t/${random.below(4)}/${random.below(4)}`, retain: false, size };
    if (dice < 80) return { topic: `work/${random.below(4)}`, retain: false, size };
    // One publisher for each retained topic: what it retains in the end is known.
    const topic = `ret/${this.client.clientId}/${random.below(3)}`;
    return { topic, retain: true, size: random.perMille(100) ? 0 : size };
  }

  #subscribe(random: Random): void {
    const { link, session } = this.client;
    if (link === null || session === null) return;
    const { group } = this.role;
    if (group !== null && this.client.subscriber.filters.size > 0) return;
    const subscriptionId = random.below(6);
    const wishes = Array.from({ length: group === null ? 1 + random.below(3) : 1 }, () => {
      const terms: Terms = {
        qos: group?.qos ?? random.pick(QOS),
        noLocal: group === null && random.perMille(200),
        retainAsPublished: random.perMille(300),
        retainHandling: random.pick([0, 0, 1, 2]),
        subscriptionId,
      };
      return { filter: group?.filter ?? random.pick(FILTERS), terms: this.client.speakable(terms) };
    });
    const distinct = [...new Map(wishes.map((wish) => [wish.filter, wish])).values()];
    this.client.subscriber.subscribe(link, session, this.client.nextId(), distinct);
  }

  #unsubscribe(random: Random): void {
    const { link, session, subscriber } = this.client;
    const [first, ...rest] = subscriber.filters;
    if (link === null || session === null || first === undefined) return;
    if (this.role.group === null || this.#model.round % 2 === 1)
      subscriber.unsubscribe(link, session, this.client.nextId(), [random.pick([first, ...rest])]);
  }

  #leave(random: Random, way: number): void {
    const { client } = this;
    const how = random.pick(BREAKS);
    if (way < 3) {
      const expiry = this.role.group === null ? random.pick([0, 1, Infinity]) : Infinity;
      return client.disconnect(random.perMille(800), expiry);
    }
    if (way < 5) return client.cut(how);
    if (way < 8) return client.link?.cutAfterOut(random.below(random.perMille(500) ? 12 : 2000), how);
    if (way < 12) return client.link?.cutAfterIn(1 + random.below(random.perMille(500) ? 40 : 5000), how);
    client.note('takes over');
    this.#connect(random);
  }

  #stall(random: Random): void {
    if (this.#pause > 0) return;
    this.client.link?.pause();
    this.#pause = 2 + random.below(60);
  }

  /** Helps the soak to come to rest: connects, reads, acknowledges everything, asks for nothing new. */
  settle(): void {
    const { client } = this;
    if (this.#pause > 0) client.link?.resume();
    this.#pause = 0;
    if (client.link === null) {
      const random = new Random(this.#seed, this.role.index, ++this.#step);
      client.connect({ ...this.#plan(random), cleanStart: false });
    } else {
      client.link.heal();
      client.receiver?.acknowledge(Infinity);
    }
  }
}
