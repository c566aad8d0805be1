/**
 * Topic aliases that the broker sets towards one 5.0 client (5.0, section 3.3.2.3.4): the first topics get one, until
 * the client's maximum or ours is reached.
 */
export class OutgoingAliases {
  readonly #byTopic = new Map<string, number>();
  readonly #maximum: number;

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The alias that the client knows for `topic`, 0 for none. */
  get(topic: string): number {
    return this.#byTopic.get(topic) ?? 0;
  }

  /** The alias that `topic` would get, 0 where there is none left or it would save nothing. */
  next(topic: string): number {
    return topic.length > SHORT && this.#byTopic.size < this.#maximum ? this.#byTopic.size + 1 : 0;
  }

  /** The packet that tells the client the next alias is on its way. */
  set(topic: string): void {
    this.#byTopic.set(topic, this.#byTopic.size + 1);
  }
}

/** The property takes three bytes. */
const SHORT = 3;
