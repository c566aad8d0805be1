import type { Socket } from 'node:net';
import type { Peer } from '../broker/ports.ts';

/** Who is at the other end of a socket, as far as the system knows. */
export function peerOf(socket: Socket, listener: string): Peer {
  return {
    address: plainAddress(socket.remoteAddress ?? ''),
    port: socket.remotePort ?? 0,
    listener,
    certificate: null,
  };
}

/** An IPv4-mapped IPv6 address as IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
