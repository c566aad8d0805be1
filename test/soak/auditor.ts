/* oxlint-disable no-await-in-loop -- it asks again until nothing new comes */
import { Client } from './client.ts';
import { type Model, Violation } from './model.ts';
import type { Publication } from './publication.ts';
import type { Surroundings } from './surroundings.ts';

/** Waits for a condition. */
type Until = (what: string, condition: () => boolean) => Promise<void>;

/** A client that comes at the end of each round to see what is retained. */
export class Auditor {
  readonly #client: Client;
  readonly #model: Model;

  constructor(surroundings: Surroundings) {
    this.#model = surroundings.model;
    this.#client = new Client('auditor', surroundings);
  }

  /** What every topic retains, compared with what it may. */
  async retained(until: Until): Promise<Map<string, Publication>> {
    const client = this.#client;
    const plan = { version: 5, cleanStart: true, expiry: 0, receiveMaximum: 10, aliasMaximum: 0, will: null } as const;
    client.connect(plan);
    await this.#wait(until, () => client.receiver !== null);
    const { link, session } = client;
    if (link === null || session === null) throw new Violation('closed', 'the auditor', ['auditor']);
    const terms = { qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0, subscriptionId: 0 } as const;
    client.subscriber.subscribe(link, session, client.nextId(), [{ filter: 'ret/#', terms }]);
    await this.#wait(until, () => client.subscriber.underway === 0);
    for (let before = -1; before !== this.#model.delivered;) {
      before = this.#model.delivered;
      // What waits for room in the window goes out when the last exchange has ended, before the next PINGRESP.
      await this.#wait(until, () => [...session.exchanges.values()].every(({ finishedAt }) => finishedAt !== Infinity));
      client.ping();
      await this.#wait(until, () => client.pings === 0);
    }
    const found = this.#compare([...session.backfilled.keys()]);
    client.disconnect(true, 0);
    await this.#wait(until, () => client.link === null);
    session.end(0, this.#model.stamp());
    return found;
  }

  #compare(came: readonly Publication[]): Map<string, Publication> {
    const found = new Map(came.map((publication) => [publication.fields.topic, publication]));
    for (const topic of new Set([...this.#model.attempts.keys(), ...this.#model.retained.keys(), ...found.keys()])) {
      this.#model.checks++;
      const possible = this.#model.retainable(topic);
      const actual = found.get(topic);
      if (possible.has(actual)) continue;
      const names = [...possible].map((publication) => publication?.fields.id ?? 'nothing');
      const text = `${topic} retains ${actual?.fields.id ?? 'nothing'}, not ${names.join(' or ')}`;
      throw new Violation('retained', text, [topic.split('/')[1] ?? '']);
    }
    return found;
  }

  #wait(until: Until, condition: () => boolean): Promise<void> {
    return until('the auditor has seen what is retained', () => {
      this.#client.receiver?.acknowledge(Infinity);
      return condition();
    });
  }

  destroy(): void {
    this.#client.destroy();
  }
}
