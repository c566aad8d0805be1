import type { Listener, NetAddress } from '../broker/ports.ts';
import { layeredListener } from './listener.ts';
import { netPlace } from './place.ts';
import { proxyProtocol } from './proxy-layer.ts';

/** Where a TCP listener listens. */
export interface TcpOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Name or address; 127.0.0.1 where it is left out, `::` for every address of IPv6 and IPv4. */
  readonly host?: string;
  /** Name of the listener: `tcp` where it is left out. */
  readonly name?: string;
  /**
   * Every connection begins with the header of the PROXY protocol, version 1 or 2, which tells the client's address:
   * for a listener that only a load balancer can reach, as anybody can send such a header.
   */
  readonly proxyProtocol?: boolean;
}

/** A listener for MQTT over TCP. */
export function tcp(options: TcpOptions): Listener<NetAddress> {
  const { name = 'tcp', proxyProtocol: behindProxy = false } = options;
  return layeredListener({ name, place: netPlace(options), layers: behindProxy ? [proxyProtocol] : [] });
}
