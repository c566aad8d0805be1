import type { DropReason } from './backlog.ts';
import type { EndpointSettings } from '../settings.ts';
import { Shares } from './shares.ts';

/** A client with more than this part of the queue is told as the reason why its events are dropped. */
const LARGE_SHARE = 0.1;

/** What may come into a queue that is bounded by bytes. */
export class Room {
  readonly #settings: EndpointSettings['spool'];
  readonly #shares = new Shares();
  #used: number;

  /** `used`: bytes that are in the queue already. */
  constructor(settings: EndpointSettings['spool'], used = 0) {
    this.#settings = settings;
    this.#used = used;
  }

  get used(): number {
    return this.#used;
  }

  /** Bytes that are left; negative when older events must go (`drop_oldest`). */
  get free(): number {
    return this.#settings.maxBytes - this.#used;
  }

  /** Lets an event of `lane` in, unless there is a reason against it, which is counted in `refused`. */
  enter(lane: number, cost: number, refused: Partial<Record<DropReason, number>>): boolean {
    const reason = this.#refusal(lane, cost);
    if (reason === null) this.#take(lane, cost);
    else refused[reason] = (refused[reason] ?? 0) + 1;
    return reason === null;
  }

  #refusal(lane: number, cost: number): DropReason | null {
    const { maxBytes, overflow } = this.#settings;
    if (cost > maxBytes) return 'too_large';
    if (overflow === 'drop_oldest') return null;
    if (this.#shares.hasEnough(lane, this.free)) return this.#isLarge(lane) ? 'client_share' : 'queue_full';
    return cost > this.free ? 'queue_full' : null;
  }

  /** Whether it is this client that fills the queue, rather than all of them together. */
  #isLarge(lane: number): boolean {
    return this.#shares.of(lane) > this.#settings.maxBytes * LARGE_SHARE;
  }

  /** Lets an event in that somebody asked for by hand: whenever it fits. */
  add(lane: number, cost: number): boolean {
    if (cost > this.free) return false;
    this.#take(lane, cost);
    return true;
  }

  #take(lane: number, cost: number): void {
    this.#used += cost;
    this.#shares.add(lane, cost);
  }

  /** `lane` is null for an event that was there at the start. */
  leave(lane: number | null, cost: number): void {
    this.#used -= cost;
    if (lane !== null) this.#shares.add(lane, -cost);
  }
}
