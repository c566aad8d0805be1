import { type AckPacket, PacketType } from '../../codec/packets.ts';
import { ReasonCode } from '../../codec/reason-codes.ts';
import type { Connection } from '../connection.ts';
import type { Session } from '../session.ts';

/** PUBACK, PUBREC, PUBREL, PUBCOMP: the four steps of QoS 1 and 2 (5.0, section 4.3). */
export function handleAck(connection: Connection, session: Session, packet: AckPacket): void {
  const { packetId } = packet;
  switch (packet.type) {
    case PacketType.puback:
    case PacketType.pubcomp:
      // An unknown identifier needs no answer: the message is done either way.
      session.acknowledge(packetId);
      return;
    case PacketType.pubrec:
      if (packet.reasonCode >= 0x80) session.acknowledge(packetId);
      else connection.sendAck(PacketType.pubrel, packetId, knownOr(session.received(packetId)));
      return;
    case PacketType.pubrel:
      connection.sendAck(PacketType.pubcomp, packetId, knownOr(session.inbox?.delete(packetId) ?? false));
  }
}

function knownOr(known: boolean): number {
  return known ? ReasonCode.success : ReasonCode.packet_identifier_not_found;
}
