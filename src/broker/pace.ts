import type { Deadline } from '../base/deadlines.ts';
import { ProtocolError } from '../codec/errors.ts';
import { ReasonCode } from '../codec/reason-codes.ts';
import type { Core } from './core.ts';
import type { ListenerPolicy } from './options.ts';
import type { Wire } from './ports.ts';
import { Bucket } from './rate.ts';
import type { LimitName } from './stats.ts';

/** Holds one client to its messages and bytes per second. */
export class Pace {
  readonly #core: Core;
  readonly #policy: ListenerPolicy;
  readonly #wire: Wire;
  readonly #goOn: () => void;
  readonly #messages: Bucket | null;
  readonly #bytes: Bucket | null;
  /** When bytes came last: if reading has stopped, then with them. */
  #readAt: number;
  #pause: Deadline | null = null;

  /** `goOn` is called when the client is within its bounds again, after a time in which it was `slowed`. */
  constructor(core: Core, policy: ListenerPolicy, wire: Wire, goOn: () => void) {
    const now = core.options.clock.now();
    this.#core = core;
    this.#policy = policy;
    this.#wire = wire;
    this.#goOn = goOn;
    this.#readAt = now;
    this.#messages = policy.maxMessageRate === Infinity ? null : new Bucket(policy.maxMessageRate, now);
    this.#bytes = policy.maxByteRate === Infinity ? null : new Bucket(policy.maxByteRate, now);
  }

  /** The client has sent too fast: for now nothing of it is handled or read. */
  get slowed(): boolean {
    return this.#pause !== null;
  }

  /** Counts a PUBLISH; slows the client down, or throws ProtocolError, where it is one too many. */
  message(): void {
    if (this.#messages?.take(1, this.#core.options.clock.now()) === false)
      this.#exceeded('message_rate', `${this.#policy.maxMessageRate} messages`);
  }

  /** The same for bytes that have come. */
  bytes(length: number): void {
    this.#readAt = this.#core.options.clock.now();
    if (this.#bytes?.take(length, this.#readAt) === false)
      this.#exceeded('byte_rate', `${this.#policy.maxByteRate} bytes`);
  }

  /** The client was not read from since its last bytes: what comes now, it has sent in that time. */
  catchUp(): void {
    const now = this.#core.options.clock.now();
    this.#messages?.catchUp(this.#readAt, now);
    this.#bytes?.catchUp(this.#readAt, now);
  }

  end(): void {
    if (this.#pause !== null) this.#core.deadlines.remove(this.#pause);
    this.#pause = null;
  }

  #exceeded(limit: LimitName, bound: string): void {
    this.#core.counters.limited[limit]++;
    if (this.#policy.rateAction === 'disconnect')
      throw new ProtocolError(ReasonCode.message_rate_too_high, `more than ${bound} per second`);
    this.end();
    const now = this.#core.options.clock.now();
    const debt = Math.max(this.#messages?.debt(now) ?? 0, this.#bytes?.debt(now) ?? 0);
    this.#wire.pause();
    this.#pause = this.#core.deadlines.add(now + Math.max(debt, SHORTEST_PAUSE), () => {
      this.#pause = null;
      this.#goOn();
    });
  }
}

/** Whether clients under this policy have such bounds at all. */
export function isPaced({ maxMessageRate, maxByteRate }: ListenerPolicy): boolean {
  return maxMessageRate !== Infinity || maxByteRate !== Infinity;
}

/** Milliseconds: a fast client is served in bursts of this length, not stopped after every packet. */
const SHORTEST_PAUSE = 10;
