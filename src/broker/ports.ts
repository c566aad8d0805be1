/** Who is at the other end of a wire. */
export interface Peer {
  /** Without port; an IPv4-mapped IPv6 address as IPv4. */
  readonly address: string;
  readonly port: number;
  /** The name of the listener that accepted it. */
  readonly listener: string;
}

/** A byte stream to one client, whatever carries it. */
export interface Wire {
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
  /** Bytes came; their memory is used again after the call. */
  data(bytes: Buffer): void;
  /** The backlog is gone. */
  drained(): void;
  /** The stream is over, whoever ended it; called once. */
  closed(): void;
}

/** A source of wires: a TCP port, for example. */
export interface Listener {
  readonly name: string;
  /** Starts to accept; resolves with where, rejects when that is not possible. */
  open(accept: (wire: Wire) => WireHandler): Promise<ListenerAddress>;
  /** Stops accepting; resolves when the last of its wires has ended, which it does not end itself. */
  close(): Promise<void>;
}

export interface ListenerAddress {
  readonly host: string;
  readonly port: number;
}
