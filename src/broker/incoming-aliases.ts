import { protocolError } from '../codec/errors.ts';

/** Characters of all topics at once, each of one byte or two: 1 MB, while aliases of 65,535 bytes would be 64 MB. */
const CHARACTERS = 512 * 1024;

/** The topics that a client has set aliases for, on one connection. */
export class IncomingAliases {
  readonly #topics = new Map<number, string>();
  #characters = 0;

  /** Returns false, and sets nothing, when the topics together are too long. */
  set(alias: number, topic: string): boolean {
    const before = this.#topics.get(alias);
    if (before === topic) return true;
    const characters = this.#characters + topic.length - (before?.length ?? 0);
    if (characters > CHARACTERS) return false;
    this.#characters = characters;
    this.#topics.set(alias, topic);
    return true;
  }

  /** Throws ProtocolError for an alias that was not set. */
  get(alias: number): string {
    const topic = this.#topics.get(alias);
    if (topic === undefined) throw protocolError(`topic alias ${alias} was never set`);
    return topic;
  }
}
