import { networkOf } from './network.ts';
import type { ListenerPolicy } from './options.ts';
import { Bucket } from './rate.ts';
import type { LimitName } from './stats.ts';

type Bounds = Pick<ListenerPolicy, 'maxConnections' | 'maxConnectionsPerAddress' | 'maxConnectRate'>;

/** Counts connections against bounds: those of the broker, or a listener's own. */
export class Gate {
  readonly #bounds: Bounds;
  readonly #rate: Bucket | null;
  /** By address, or by network of IPv6. */
  readonly #byAddress = new Map<string, number>();
  #connections = 0;

  constructor(bounds: Bounds, now: number) {
    this.#bounds = bounds;
    this.#rate = bounds.maxConnectRate === Infinity ? null : new Bucket(bounds.maxConnectRate, now);
  }

  /** The limit that one more connection from `address` would exceed, null for none. */
  limitFor(address: string, now: number): LimitName | null {
    if (this.#connections >= this.#bounds.maxConnections) return 'connections';
    if (!this.hasRoomFor(address)) return 'connections_per_address';
    if (this.#rate !== null && !this.#rate.hasOne(now)) return 'connect_rate';
    return null;
  }

  /** Whether one more connection from `address` is within the bound of one address; always, if it has none. */
  hasRoomFor(address: string): boolean {
    return (this.#byAddress.get(networkOf(address)) ?? 0) < this.#bounds.maxConnectionsPerAddress;
  }

  enter(address: string, now: number): void {
    this.#connections++;
    this.#rate?.take(1, now);
    this.claim(address);
  }

  leave(address: string): void {
    this.#connections--;
    this.release(address);
  }

  /** Counts a connection for its address; an empty one is none. */
  claim(address: string): void {
    const network = networkOf(address);
    if (network !== '') this.#byAddress.set(network, (this.#byAddress.get(network) ?? 0) + 1);
  }

  release(address: string): void {
    const network = networkOf(address);
    const count = this.#byAddress.get(network);
    if (count === undefined) return;
    if (count === 1) this.#byAddress.delete(network);
    else this.#byAddress.set(network, count - 1);
  }
}
