import type { Peer, Wire, WireHandler } from '../broker/ports.ts';

/** What carries a wire's bytes once every layer (PROXY header, TLS, WebSocket) has done its handshake. */
export type Carrier = Omit<Wire, 'peer'>;

/**
 * A wire that begins when the system accepts a connection, while its layers are still at their handshakes: the broker
 * counts it and bounds its time from the first moment. `carry` hands over what carries its bytes in the end.
 */
export class LayeredWire implements Wire {
  #peer: Peer;
  #carrier: Carrier | null = null;
  readonly #abort: () => void;
  #paused = false;
  #probing = false;

  /** `abort` ends the connection while there is no carrier yet. */
  constructor(peer: Peer, abort: () => void) {
    this.#peer = peer;
    this.#abort = abort;
  }

  get peer(): Peer {
    return this.#peer;
  }

  /** What a layer has found out about the peer; `handler` is told where it is the address. */
  identify(found: Partial<Pick<Peer, 'address' | 'port' | 'certificate'>>, handler: WireHandler): void {
    this.#peer = { ...this.#peer, ...found };
    if (found.address !== undefined) handler.identified();
  }

  /** All layers are up. */
  carry(carrier: Carrier): void {
    this.#carrier = carrier;
    if (this.#paused) carrier.pause();
    if (this.#probing) carrier.probe();
  }

  get backlog(): number {
    return this.#carrier?.backlog ?? 0;
  }

  /** Before there is a carrier nobody has said anything that could be answered. */
  write(bytes: Buffer): boolean {
    return this.#carrier?.write(bytes) ?? true;
  }

  writeAll(pieces: readonly Buffer[]): void {
    this.#carrier?.writeAll(pieces);
  }

  pause(): void {
    this.#paused = true;
    this.#carrier?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#carrier?.resume();
  }

  end(): void {
    if (this.#carrier === null) this.#abort();
    else this.#carrier.end();
  }

  probe(): void {
    this.#probing = true;
    this.#carrier?.probe();
  }
}
