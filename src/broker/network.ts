/**
 * What an address counts as where connections of one address are bounded: an IPv4 address, or anything that is no
 * address, as itself, an IPv6 address as its network of 64 bits, for that much the smallest network has for itself. The
 * zone of a link-local address belongs to its network.
 */
export function networkOf(address: string): string {
  const [, plain, zone = ''] = IPV6.exec(address) ?? [];
  if (plain === undefined) return address;
  const [front = [], back = []] = plain.split('::').map((part) => (part === '' ? [] : part.split(':')));
  // An IPv4 address at the end stands for two groups.
  const written = front.length + back.length + (plain.includes('.') ? 1 : 0);
  const zeros = Array.from({ length: Math.max(0, 8 - written) }, () => '0');
  const groups = [...front, ...zeros, ...back].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64${zone}`;
}

/** Roughly: what is handed to us is an address, or looks like none. */
const IPV6 = /^([\da-f]*:[\da-f:]*(?:\d+\.[\d.]+)?)(%.+)?$/i;
