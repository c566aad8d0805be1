import { ReasonCode } from '../codec/reason-codes.ts';
import { Connection } from './connection.ts';
import type { Core } from './core.ts';
import { Gate } from './gate.ts';
import type { ListenerPolicy } from './options.ts';
import type { Wire, WireHandler } from './ports.ts';
import type { LimitName } from './stats.ts';

/**
 * Where wires come in: the policy of a listener, and the bounds within which its connections are. One that is beyond a
 * bound is told so when its CONNECT comes; until then it counts nowhere, and only so many are kept for it.
 */
export class Entrance {
  readonly policy: ListenerPolicy;
  readonly #core: Core;
  readonly #gates: readonly Gate[];

  /** `own`: what the listener has otherwise than the broker. */
  constructor(core: Core, own: Partial<ListenerPolicy> = {}) {
    this.#core = core;
    this.policy = { ...core.options, ...own };
    this.#gates = isBounded(own) ? [core.gate, new Gate(this.policy, core.options.clock.now())] : [core.gate];
  }

  /** Serves the wire, or refuses it. */
  accept(wire: Wire): WireHandler {
    const { counters, options, sessions } = this.#core;
    const now = options.clock.now();
    const { address } = wire.peer;
    const limit = this.#limitFor(address, now);
    if (limit !== null) {
      this.#countRefusal(limit);
      if (this.#core.refused.size >= REFUSED_KEPT) return endAtOnce(wire);
      const connection = new Connection(this.#core, wire, this);
      this.#refuse(connection, limit);
      return connection;
    }
    const connection = new Connection(this.#core, wire, this);
    counters.connectionsAccepted++;
    sessions.connectionBegan(connection);
    for (const gate of this.#gates) gate.enter(address, now);
    connection.countedAddress = address;
    return connection;
  }

  /** The address of a wire that was accepted without is known now. */
  identified(connection: Connection): void {
    const { address } = connection.wire.peer;
    if (connection.refusal !== null || address === connection.countedAddress) return;
    for (const gate of this.#gates) gate.release(connection.countedAddress);
    connection.countedAddress = '';
    if (this.#gates.every((gate) => gate.hasRoomFor(address))) {
      for (const gate of this.#gates) gate.claim(address);
      connection.countedAddress = address;
      return;
    }
    this.#countRefusal('connections_per_address');
    if (this.#core.refused.size >= REFUSED_KEPT) return connection.end('quota_exceeded');
    this.left(connection);
    this.#core.sessions.connectionEnded(connection, null);
    this.#refuse(connection, 'connections_per_address');
  }

  /** The connection is over: it makes room. */
  left(connection: Connection): void {
    if (connection.refusal !== null) this.#core.refused.delete(connection);
    else for (const gate of this.#gates) gate.leave(connection.countedAddress);
  }

  #limitFor(address: string, now: number): LimitName | null {
    for (const gate of this.#gates) {
      const limit = gate.limitFor(address, now);
      if (limit !== null) return limit;
    }
    return null;
  }

  #countRefusal(limit: LimitName): void {
    this.#core.counters.connectionsRefused++;
    this.#core.counters.limited[limit]++;
  }

  #refuse(connection: Connection, limit: LimitName): void {
    this.#core.refused.add(connection);
    connection.turnAway(limit === 'connect_rate' ? ReasonCode.connection_rate_exceeded : ReasonCode.quota_exceeded);
  }
}

/** Ends a wire to whose client nothing can be said; what it still brings is not looked at. */
export function endAtOnce(wire: Wire): WireHandler {
  wire.end();
  return NOBODY;
}

const NOBODY: WireHandler = { identified() {}, data() {}, drained() {}, closed() {} };

/** Refused wires of a broker that are kept until they can be told why. */
const REFUSED_KEPT = 256;

/** Whether the listener's connections are to be counted by themselves. */
function isBounded(own: Partial<ListenerPolicy>): boolean {
  return (
    own.maxConnections !== undefined || own.maxConnectionsPerAddress !== undefined || own.maxConnectRate !== undefined
  );
}
