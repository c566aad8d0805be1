import type { PeerCertificate } from './ports.ts';

/** What hooks and events see of a client: the facts of one connection, fixed from CONNECT on. */
export interface Client {
  /** The client identifier; the one that the broker assigned when the client sent none. */
  readonly clientId: string;
  /** Whether the broker assigned the identifier, as the client sent an empty one. */
  readonly clientIdAssigned: boolean;
  /** The user name of CONNECT, undefined when there is none. */
  readonly username: string | undefined;
  /** 3 (MQTT 3.1), 4 (3.1.1) or 5 (5.0). */
  readonly protocolVersion: 3 | 4 | 5;
  /** Seconds, as the client asked for; 0 is none. */
  readonly keepAlive: number;
  /** Clean Session (3.1, 3.1.1) or Clean Start (5.0). */
  readonly cleanStart: boolean;
  /** The peer's address without port; an IPv4-mapped IPv6 address is shown as IPv4. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The name of the listener that the connection came through. */
  readonly listener: string;
  /** The client certificate that TLS has verified, null without one. */
  readonly certificate: PeerCertificate | null;
}
