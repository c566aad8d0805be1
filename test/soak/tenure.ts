import type { QoS } from '../../src/codec/packets.ts';
import { matches, parseFilter } from '../../src/topics/filter.ts';

/** The options of a subscription. */
export interface Terms {
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
  /** 0 for none. */
  readonly subscriptionId: number;
}

/** Options that a subscription may have had from one stamp to another. */
export interface Variant {
  readonly terms: Terms;
  readonly from: number;
  until: number;
  /** When its SUBACK came. */
  granted: number;
}

/** A subscription from SUBSCRIBE to UNSUBSCRIBE, with all options that it had: where it holds, and where it may hold. */
export class Tenure {
  readonly filter: string;
  /** The whole filter of a shared subscription, null for others. */
  readonly group: string | null;
  readonly #plain: string;
  readonly variants: Variant[] = [];
  /** It certainly holds from the first of these stamps up to the second. */
  heldFrom = Infinity;
  heldUntil = Infinity;
  /** It possibly holds between these. */
  readonly possibleFrom: number;
  possibleUntil = Infinity;

  constructor(filter: string, stamp: number) {
    const parsed = parseFilter(filter);
    this.filter = filter;
    this.group = parsed.group === null ? null : filter;
    this.#plain = parsed.filter;
    this.possibleFrom = stamp;
  }

  covers(topic: string): boolean {
    return matches(this.#plain, topic);
  }

  /** Whether it certainly holds all the time from `from` to `to`. */
  holds(from: number, to: number): boolean {
    return this.heldFrom <= from && this.heldUntil >= to;
  }

  /** The options that may have been in force at some time from `from` to `to`. */
  possible(from: number, to: number): Variant[] {
    if (this.possibleUntil < from) return [];
    return this.variants.filter((variant) => variant.from <= to && variant.until >= from);
  }
}

/** All subscriptions of one session. */
export class Tenures {
  #all: Tenure[] = [];

  get all(): readonly Tenure[] {
    return this.#all;
  }

  /** SUBSCRIBE goes out. */
  subscribing(filter: string, terms: Terms, stamp: number): Variant {
    let tenure = this.#all.findLast((other) => other.filter === filter);
    if (tenure === undefined || tenure.heldUntil !== Infinity) {
      tenure = new Tenure(filter, stamp);
      this.#all.push(tenure);
    }
    const variant = { terms, from: stamp, until: Infinity, granted: Infinity };
    tenure.variants.push(variant);
    return variant;
  }

  /** SUBACK came: older options, and older subscriptions to the same filter, are over. */
  subscribed(filter: string, variant: Variant, stamp: number): void {
    variant.granted = Math.min(variant.granted, stamp);
    for (const tenure of this.#of(filter)) {
      for (const other of tenure.variants) if (other.from < variant.from) other.until = Math.min(other.until, stamp);
      if (tenure.variants.includes(variant)) tenure.heldFrom = Math.min(tenure.heldFrom, stamp);
      else if (tenure.possibleFrom < variant.from) tenure.possibleUntil = Math.min(tenure.possibleUntil, stamp);
    }
  }

  /** UNSUBSCRIBE goes out. */
  unsubscribing(filter: string, stamp: number): void {
    for (const tenure of this.#of(filter)) tenure.heldUntil = Math.min(tenure.heldUntil, stamp);
  }

  /** UNSUBACK came for the UNSUBSCRIBE that was sent at `sent`. */
  unsubscribed(filter: string, sent: number, stamp: number): void {
    for (const tenure of this.#of(filter))
      if (tenure.possibleFrom < sent) tenure.possibleUntil = Math.min(tenure.possibleUntil, stamp);
  }

  /** The session is over: it certainly lived until `lived` and certainly is gone since `gone`. */
  end(lived: number, gone: number): void {
    for (const tenure of this.#all) {
      tenure.heldUntil = Math.min(tenure.heldUntil, lived);
      tenure.possibleUntil = Math.min(tenure.possibleUntil, gone);
    }
  }

  /** Forgets what was over at `stamp`. */
  forget(stamp: number): void {
    this.#all = this.#all.filter((tenure) => tenure.possibleUntil > stamp);
    for (const tenure of this.#all)
      tenure.variants.splice(0, tenure.variants.findLastIndex(({ until }) => until <= stamp) + 1);
  }

  #of(filter: string): Tenure[] {
    return this.#all.filter((tenure) => tenure.filter === filter);
  }
}
