import { type Packet, PacketType } from '../../src/codec/packets.ts';
import { idOf } from './publication.ts';

/** The last events of each client, for who has to find out what happened. */
export class Diary {
  readonly #kept: number;
  readonly #events = new Map<string, string[]>();

  /** `kept`: how many of each client. */
  constructor(kept: number) {
    this.#kept = kept;
  }

  note(clientId: string, event: string): void {
    const events = this.#events.get(clientId) ?? [];
    events.push(`${performance.now().toFixed(1)} ${event}`);
    if (events.length > this.#kept) events.shift();
    this.#events.set(clientId, events);
  }

  /** The last events of these clients, a line each. */
  tell(clients: readonly string[]): string {
    return clients.map((id) => [`${id}:`, ...(this.#events.get(id) ?? [])].join('\n  ')).join('\n');
  }
}

const NAMES = new Map<number, string>(Object.entries(PacketType).map(([name, type]) => [type, name]));

/** A packet in a few words. */
export function summary(packet: Packet): string {
  const name = NAMES.get(packet.type) ?? '';
  if (packet.type === PacketType.publish) {
    const flags = `${packet.dup ? ' DUP' : ''}${packet.retain ? ' RETAIN' : ''}`;
    return `${name} ${packet.packetId} ${idOf(packet.payload)} ${packet.topic} QoS ${packet.qos}${flags}`;
  }
  const asked = packet.type === PacketType.subscribe ? ` ${JSON.stringify(packet.entries)}` : '';
  const ended = packet.type === PacketType.unsubscribe ? ` ${packet.filters.join(' ')}` : '';
  return `${name}${'packetId' in packet ? ` ${packet.packetId}` : ''}${asked}${ended}`;
}
