/** A client certificate that the transport has verified. */
export interface PeerCertificate {
  /** The common name of its subject, empty where it has none. */
  readonly commonName: string;
  /** Its subject in the order and form of RFC 4514, for example `CN=sensor-1,O=Example`. */
  readonly subject: string;
}

/** Who is at the other end of a wire. */
export interface Peer {
  /**
   * Without port; an IPv4-mapped IPv6 address as IPv4. Empty where there is none (a Unix domain socket), and until
   * `WireHandler.identified` where it is still to come (the header of the PROXY protocol).
   */
  readonly address: string;
  readonly port: number;
  /** The name of the listener that accepted it. */
  readonly listener: string;
  /** Null where the client showed none. */
  readonly certificate: PeerCertificate | null;
}

/**
 * A byte stream to one client, whatever carries it. It begins with the connection that the system has accepted: a TLS
 * or WebSocket handshake is part of the time that CONNECT may take, and of what the limits count.
 */
export interface Wire {
  /** Read it when it is needed: it is complete once `identified` was told or bytes have come. */
  readonly peer: Peer;
  /** Bytes that were written and that the operating system has not taken yet. */
  readonly backlog: number;
  /** Sends the bytes. True: they were taken and the buffer may be used again; false: the wire keeps it. */
  write(bytes: Buffer): boolean;
  /** Sends several pieces as one; the wire keeps them. */
  writeAll(pieces: readonly Buffer[]): void;
  /** Stops and continues the reading of the peer's bytes. */
  pause(): void;
  resume(): void;
  /** Ends the stream after what was written, within a bounded time. */
  end(): void;
  /** Has the system find out when a peer that says nothing is gone. */
  probe(): void;
}

/** What a wire tells. */
export interface WireHandler {
  /** The peer's address is known now where it was not when the wire was accepted. */
  identified(): void;
  /** Bytes came; their memory is used again after the call. */
  data(bytes: Buffer): void;
  /** The backlog is gone. */
  drained(): void;
  /** The stream is over, whoever ended it; called once. */
  closed(): void;
}

/** A source of wires: a TCP port, for example. */
export interface Listener<Address extends ListenerAddress = ListenerAddress> {
  /** Unique among the listeners of a broker. */
  readonly name: string;
  /** Starts to accept; resolves with where, rejects when that is not possible. */
  open(accept: (wire: Wire) => WireHandler): Promise<Address>;
  /** Stops accepting; resolves when the last of its wires has ended, which it does not end itself. */
  close(): Promise<void>;
}

export interface NetAddress {
  readonly host: string;
  readonly port: number;
}

/** Where a listener listens: an address of the network, or the path of a Unix domain socket. */
export type ListenerAddress = NetAddress | { readonly path: string };
