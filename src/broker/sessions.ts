import { ReasonCode } from '../codec/reason-codes.ts';
import type { Client } from './client.ts';
import type { Connection } from './connection.ts';
import type { Core } from './core.ts';
import type { DisconnectReason, TerminationReason } from './events.ts';
import { Session } from './session.ts';

/** The session that a client got. */
export interface Opened {
  readonly session: Session;
  /** It was there already. */
  readonly present: boolean;
  /** Whose connection was ended for it, where it goes on; null otherwise. */
  readonly older: Client | null;
}

/** All sessions by client identifier: who takes over whom, how long a session lives, when its will is published. */
export class Sessions {
  readonly #core: Core;
  readonly #byId = new Map<string, Session>();
  readonly #connections = new Set<Connection>();
  #clients = 0;
  #closing = false;

  constructor(core: Core) {
    this.#core = core;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Sessions that have a connection. */
  get clients(): number {
    return this.#clients;
  }

  /** QoS 1 and 2 messages of all sessions that are not acknowledged yet. */
  get queued(): number {
    let queued = 0;
    for (const session of this.#byId.values()) queued += session.queued;
    return queued;
  }

  /** All connections, those that have not sent CONNECT included. */
  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** Whether a client may have a session: always, if it has one. */
  hasRoomFor(clientId: string): boolean {
    return this.#byId.size < this.#core.options.maxSessions || this.#byId.has(clientId);
  }

  connectionBegan(connection: Connection): void {
    this.#connections.add(connection);
  }

  /**
   * The session for an authenticated client: the one that is there, or a new one (5.0, section 3.1.2.4). A connection
   * that has it is ended first [MQTT-3.1.4-3]. Null when somebody who is told of that ends the new connection. The
   * caller tells how the session began: what ended before is told here.
   */
  open(connection: Connection, client: Client, expiryInterval: number): Opened | null {
    let session = this.#byId.get(client.clientId);
    const older = session?.connection?.client ?? null;
    if (session !== undefined) {
      session.discarded = client.cleanStart;
      session.connection?.close(ReasonCode.session_taken_over);
      session = this.#byId.get(client.clientId);
    }
    if (session !== undefined && client.cleanStart) {
      this.#end(session, 'session_taken_over');
      session = undefined;
    }
    if (connection.state === 'closed') return null;
    const present = session !== undefined;
    if (session === undefined) {
      session = new Session(this.#core, client);
      this.#byId.set(client.clientId, session);
    }
    this.#cancelDeadlines(session);
    session.will = null; // A delayed will that is not due yet is void [MQTT-3.1.3-9].
    session.client = client;
    session.connection = connection;
    const { counters } = this.#core;
    counters.clientsMaximum = Math.max(counters.clientsMaximum, ++this.#clients);
    session.expiryInterval = expiryInterval;
    connection.session = session;
    return { session, present, older: present ? older : null };
  }

  /** A connection is over; `reason` is null if it never was accepted. */
  connectionEnded(connection: Connection, reason: DisconnectReason | null): void {
    this.#connections.delete(connection);
    const { session, client } = connection;
    if (session === null || client === null || reason === null) return;
    const isOwn = session.connection === connection;
    if (isOwn) {
      session.detach();
      this.#clients--;
    }
    const tell = this.#core.hooks.events['client.disconnected'];
    if (tell !== null) tell(client, reason);
    // A listener may have closed the broker: then the session is over.
    if (!isOwn || session.connected || this.#byId.get(session.clientId) !== session) return;
    const { clock } = this.#core.options;
    if (session.expiryInterval === 0 || session.discarded) return this.#end(session, reason);
    if (session.expiryInterval !== Infinity)
      session.expiry = this.#core.deadlines.add(clock.now() + session.expiryInterval * 1000, () =>
        this.#end(session, 'expired'),
      );
    if (session.will === null) return;
    if (session.will.delay === 0) this.#publishWill(session);
    else
      session.willDue = this.#core.deadlines.add(clock.now() + session.will.delay * 1000, () =>
        this.#publishWill(session),
      );
  }

  /** Ends every connection (5.0 clients are told), keeps no session. */
  close(): void {
    this.#closing = true;
    for (const connection of this.#connections) connection.close(ReasonCode.server_shutting_down);
    for (const session of this.#byId.values()) this.#end(session, 'server_shutting_down');
  }

  /** The session's end: its will, if one waits, is due now [MQTT-3.1.2-8]. */
  #end(session: Session, reason: TerminationReason): void {
    this.#byId.delete(session.clientId);
    this.#cancelDeadlines(session);
    session.end(!this.#closing);
    const { events } = this.#core.hooks;
    if (session.discarded) events['session.discarded']?.(session.client);
    else events['session.terminated']?.(session.client, reason);
    this.#publishWill(session);
  }

  #publishWill(session: Session): void {
    const { will } = session;
    session.will = null;
    will?.publish();
  }

  #cancelDeadlines(session: Session): void {
    for (const deadline of [session.expiry, session.willDue])
      if (deadline !== null) this.#core.deadlines.remove(deadline);
    session.expiry = null;
    session.willDue = null;
  }
}
