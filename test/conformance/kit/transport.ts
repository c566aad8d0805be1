import type { Listener, NetAddress } from '../../../src/index.ts';

export type TransportName = 'tcp' | 'websocket';

/** What a channel tells the client at its end. */
export interface ChannelHandler {
  data(bytes: Buffer): void;
  /** The stream is over, whoever ended it. */
  closed(): void;
  /** Something came that the transport does not allow: the case fails with it. */
  failed(error: Error): void;
}

/** The client's end of a connection: a stream of bytes. */
export interface Channel {
  send(bytes: Buffer): void;
  /** Ends our side as politely as the transport knows; the broker may still send. */
  end(): void;
  /** Cuts the connection: nothing more is read or sent. */
  cut(): void;
}

/** A way to reach the broker. */
export interface Transport {
  readonly name: TransportName;
  /** A listener of the broker on a free port of 127.0.0.1. */
  listener(): Listener<NetAddress>;
  /** A connection to it, on which nothing was said yet. */
  open(port: number, handler: ChannelHandler): Promise<Channel>;
}
